"""Optimizers that break in every way a plugin may, and the comparison that one of them joins."""

import asyncio

import torch

from tests.engine.comparisons import arm, comparison
from wnin_desktop.engine.optimizers.loader import load_registry
from wnin_desktop.engine.optimizers.registry import Hyper, OptimizerRegistry
from wnin_desktop.errors import DiskFullError, InputError
from wnin_desktop.schema.base import quantity


class MuteError(Exception):
    """An error that cannot even say what it is."""

    def __str__(self):
        raise RuntimeError("no words")


def _raising(error):
    def broken(_optimizer):
        raise error

    return broken


def _recurse(optimizer):
    _recurse(optimizer)


def _write_nan(optimizer):
    for group in optimizer.param_groups:
        for tensor in group["params"]:
            tensor.detach().fill_(float("nan"))
    raise ValueError("after the weights were spoiled")


def _forget_rates(optimizer):
    for group in optimizer.param_groups:
        del group["initial_lr"]
    optimizer.param_groups.clear()
    optimizer.param_groups.append({"params": []})


def _hold(value):
    def broken(optimizer):
        optimizer.state[optimizer.param_groups[0]["params"][0]]["mine"] = value

    return broken


IN_STEP = {
    "value error": _raising(ValueError("no")),
    "exits": _raising(SystemExit(0)),
    "is cancelled": _raising(asyncio.CancelledError()),
    "stops iterating": _raising(StopIteration()),
    "closes a generator": _raising(GeneratorExit()),
    "is mute": _raising(MuteError()),
    "half a letter": _raising(ValueError("\ud800")),
    "a megabyte of words": _raising(ValueError("\0" * 10**6)),
    "endless recursion": _recurse,
    "spoils its weights": _write_nan,
    "speaks of input": _raising(InputError.of("lr", 1, "none")),
    "speaks of a full disk": _raising(DiskFullError("no space")),
    "makes up a lost device": _raising(torch.AcceleratorError("CUDA error: made up")),
    "asks for an unknown draw": lambda optimizer: optimizer.draw(),
}
IN_STATE = {
    "a set in its state": _hold({1, 2}),
    "a function in its state": _hold(print),
    "not-a-number in its state": _hold(float("nan")),
    "a sparse tensor in its state": _hold(torch.eye(2).to_sparse()),
    "a tensor of no known type": _hold(torch.ones(2, dtype=torch.complex128)),
}
MEMORY = {
    "of Python": MemoryError(),
    "of the device": torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB."),
    "of torch": RuntimeError(
        "[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory"
    ),
}


class BrokenHyper(Hyper):
    """When it breaks."""

    at: int = quantity(5, title="At", help="Step that breaks.", ge=0)


def specs_with(broken, *, batching="member", **overrides):
    """Return the registered optimizers and `broken`, which is plain descent until `broken` is called."""

    class Broken(torch.optim.SGD):
        def __init__(self, groups, hyper, context):
            super().__init__(groups, lr=hyper.lr)
            self.at, self.context = hyper.at, context
            self.param_groups[0]["taken"] = 0  # kept with the state, so that it breaks where it would have
            if self.at == 0:
                broken(self)

        def draw(self):
            self.context.normal("nobody", torch.ones(3))

        def step(self, closure=None):
            super().step(closure)
            self.param_groups[0]["taken"] += 1
            if self.param_groups[0]["taken"] == self.at:
                broken(self)

    for name, function in overrides.items():
        setattr(Broken, name, function)
    with OptimizerRegistry.collecting() as collected:
        OptimizerRegistry.register("broken", Broken, hyper=BrokenHyper, batching=batching)
    return {**load_registry().specs, **collected}


def broken_arm(at=5, **changes):
    """The arm of that optimizer; it breaks at step `at`, or when it is built with `at` 0."""
    return {"name": "broken", "optimizer": {"name": "broken", "lr": 0.1, "params": {"at": at}}, **changes}


GOOD = (arm("adamw", "gradient_gaussian"), arm("sgd", "sgld"))


def company(third, **changes):
    """Return a comparison of two good arms with `third` between them; None leaves it out."""
    arms = [GOOD[0], *([] if third is None else [third]), GOOD[1]]
    changes = {"budget": {"checkpoint_every": 4}, **changes}
    return comparison(*arms, **changes)
