"""Laws of the conformance certificate on what a step does with gradients, state and learning rate.

A law returns one sentence saying what was found, or raises `LawBroken` with one. `Subject` is what it is
about: the spec and the hyper-parameters to test it with.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from wnin_desktop.engine.optimizers.registry import OptimizerSpec
from wnin_desktop.engine.optimizers.walk import (
    Tensors,
    Walk,
    apart,
    keyed,
    moved,
    random_tensors,
    same_bits,
    silent,
)

STEPS = 3
ROUNDING = 1e-9
"""Largest relative difference that double precision may leave in a few steps."""
SCALE_TOLERANCE = 1e-3


class LawBroken(Exception):  # noqa: N818 - it is a finding, not an error of the program
    """The optimizer does not do what it promises; the text says what it does."""


@dataclass(frozen=True)
class Subject:
    """An optimizer and the hyper-parameters, beside its defaults, that it is tested with."""

    spec: OptimizerSpec
    params: Mapping[str, Any]

    def quiet(self) -> dict[str, Any]:
        """Return the hyper-parameters without temperature and decay: the bare answer to the gradient."""
        off = {"temperature": 0.0, "weight_decay": 0.0}
        return {**self.params, **{key: off[key] for key in off if key in self.spec.parameter_names}}

    def walk(self, start: Tensors, params: Mapping[str, Any] | None = None, **settings: Any) -> Walk:
        """Return a walk of this optimizer from `start`."""
        return Walk(self.spec, start, self.params if params is None else params, **settings)


def gradients(count: int = STEPS, *, dtype: torch.dtype = torch.float64, scale: float = 1.0) -> list[Tensors]:
    """Return the gradients of `count` steps."""
    return [random_tensors(100 + step, dtype=dtype, scale=scale) for step in range(count)]


def gradient_scale(subject: Subject) -> str:
    """Multiplying all gradients by a constant does to the step what was declared."""
    measured = _measured_scale(subject)
    declared = subject.spec.gradient_scale
    if declared != measured:
        raise LawBroken(f"declared {declared}, measured {measured}")
    return f"measured {measured}, over factors from 1/16 to 1024"


def measured_scale(subject: Subject) -> str:
    """Return what multiplying the gradients does, for an optimizer that says nothing of it."""
    return f"nothing is declared; measured {_measured_scale(subject)}"


def _measured_scale(subject: Subject) -> str:
    start = random_tensors(1)

    def displacement(factor: float) -> Tensors:
        walk = subject.walk(start, subject.quiet(), draw=silent)
        for gradient in gradients(scale=100.0 * factor):
            walk.step(gradient)
        return moved(start, walk.where())

    one = displacement(1.0)
    others = {factor: displacement(factor) for factor in (1 / 16, 16.0, 1024.0)}
    if all(apart(other, one) < SCALE_TOLERANCE for other in others.values()):
        return "invariant"
    grown = {factor: {name: move * factor for name, move in one.items()} for factor in others}
    if all(apart(other, grown[factor]) < SCALE_TOLERANCE for factor, other in others.items()):
        return "proportional"
    return "neither"


def permutation(subject: Subject) -> str:
    """Renaming neurons commutes with stepping: no number depends on where in its tensor it stands."""
    start, slopes = random_tensors(1), gradients()
    plain = subject.walk(start)
    renamed = subject.walk(
        _renamed(start), draw=lambda step, name, like: _shuffled(name, keyed()(step, name, like))
    )
    for gradient in slopes:
        plain.step(gradient)
        renamed.step(_renamed(gradient))
    distance = apart(moved(_renamed(start), renamed.where()), _renamed(moved(start, plain.where())))
    if not distance < ROUNDING:
        raise LawBroken(f"steps of renamed neurons differ from renamed steps by {distance:.1e}")
    return f"difference {distance:.1e}"


def _renamed(tensors: Tensors) -> Tensors:
    return {name: _shuffled(name, tensor) for name, tensor in tensors.items()}


def _shuffled(name: str, tensor: Tensor) -> Tensor:
    generator = torch.Generator().manual_seed(len(name))
    for axis, length in enumerate(tensor.shape):
        tensor = tensor.index_select(axis, torch.randperm(length, generator=generator))
    return tensor


def zero_gradient(subject: Subject) -> str:
    """Without gradient, noise and decay nothing moves, and the first true gradient is answered well."""
    start = random_tensors(1)
    walk = subject.walk(start, subject.quiet(), draw=silent)
    for _ in range(STEPS):
        walk.step({name: torch.zeros_like(tensor) for name, tensor in start.items()})
    if not same_bits(walk.where(), start):
        raise LawBroken(
            f"it moved by {apart(walk.where(), start):.1e} of the weights, or to no number at all"
        )
    walk.step(gradients(1)[0])
    _require_finite(walk, "the first gradient after zeros")
    return "no move; finite afterwards"


def missing_gradient(subject: Subject) -> str:
    """Tensors without a gradient stay as they are, to the bit, whatever the others do."""
    start = random_tensors(1)
    walk = subject.walk(start)
    absent = set(list(start)[::2])
    for gradient in gradients():
        walk.step({name: None if name in absent else value for name, value in gradient.items()})
    end = walk.where()
    if touched := [name for name in absent if not torch.equal(end[name], start[name])]:
        raise LawBroken(f"{min(touched)} has no gradient and moved")
    if stuck := [name for name in start if name not in absent and torch.equal(end[name], start[name])]:
        raise LawBroken(f"{stuck[0]} has a gradient and did not move")
    nothing = subject.walk(start)
    nothing.step(dict.fromkeys(start))
    if not same_bits(nothing.where(), start):
        raise LawBroken("it moved although no tensor had a gradient")
    return f"{len(absent)} of {len(start)} tensors left alone, and all of them when none had one"


def round_trip(subject: Subject) -> str:
    """State written as tensors and JSON and put into a new optimizer goes on with the same bits."""
    start, slopes = random_tensors(1, dtype=torch.float32), gradients(2 * STEPS, dtype=torch.float32)
    first = subject.walk(start)
    for gradient in slopes[:STEPS]:
        first.step(gradient)
    second = subject.walk(first.where())
    second.optimizer.load_state_dict(through_a_file(first.optimizer.state_dict()))
    second.steps = STEPS
    for gradient in slopes[STEPS:]:
        first.step(gradient)
        second.step(gradient)
    if not same_bits(first.where(), second.where()):
        distance = apart(second.where(), first.where())
        raise LawBroken(
            f"after loading it goes another way (difference {distance:.1e}): not all state is saved"
        )
    return f"{STEPS} steps after loading are the same to the bit"


def through_a_file(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return a state_dict as it comes back from a checkpoint: tensors copied, the rest through JSON.

    Raises:
        LawBroken: It holds something that is neither.
    """
    kept: dict[int, dict[str, Any]] = {}
    for number, entries in state["state"].items():
        kept[number] = {}
        for key, value in entries.items():
            is_tensor = isinstance(value, Tensor)
            kept[number][key] = value.clone() if is_tensor else _through_json(f"state {key}", value)
    groups = [
        {key: _like(_through_json(f"group entry {key}", value), value) for key, value in group.items()}
        for group in state["param_groups"]
    ]
    return {"state": kept, "param_groups": groups}


def _through_json(what: str, value: object) -> Any:
    try:
        return json.loads(json.dumps(value))
    except (TypeError, ValueError):
        kind = type(value).__name__
        raise LawBroken(f"{what} is a {kind}, neither a tensor nor JSON: no checkpoint can hold it") from None


def _like(value: Any, original: Any) -> Any:
    return tuple(value) if isinstance(original, tuple) else value


def gradients_kept(subject: Subject) -> str:
    """p.grad is the same after the step as before, unless the optimizer says that it is not."""
    walk = subject.walk(random_tensors(1))
    changed: set[str] = set()
    for gradient in gradients():
        walk.step(gradient)
        changed |= {name for name, tensor in walk.tensors.items() if not _kept(tensor.grad, gradient[name])}
    if changed and not subject.spec.overwrites_gradient:
        raise LawBroken(f"step() overwrites the gradient of {min(changed)}; declare overwrites_gradient=True")
    return "overwritten, as declared" if changed else "left alone"


def _kept(now: Tensor | None, before: Tensor) -> bool:
    return now is not None and torch.equal(now, before)


def live_lr(subject: Subject) -> str:
    """The learning rate set in the groups acts at once: at zero nothing moves."""
    start = random_tensors(1)
    still, slow, plain = (subject.walk(start) for _ in range(3))
    still.set_groups("lr", 0.0)
    for group in slow.optimizer.param_groups:
        group["lr"] = group["initial_lr"] / 2
    for walk in (still, slow, plain):
        walk.step(gradients(1)[0])
    if not same_bits(still.where(), start):
        raise LawBroken("it moves although the learning rate of every group is 0")
    if same_bits(slow.where(), plain.where()):
        raise LawBroken("halving the learning rate of every group changes nothing")
    return "no move at 0, another step at half"


def finite(subject: Subject) -> str:
    """Fifty steps down a random bowl leave finite numbers."""
    start, target = random_tensors(1, dtype=torch.float32), random_tensors(2, dtype=torch.float32)
    walk = subject.walk(start)
    for _ in range(50):
        walk.step({name: tensor.detach() - target[name] for name, tensor in walk.tensors.items()})
    _require_finite(walk, "50 steps")
    before, after = (
        sum(float((t[n] - target[n]).square().sum()) / 2 for n in t) for t in (start, walk.where())
    )
    return f"loss {before:.1f} -> {after:.1f}"


def _require_finite(walk: Walk, after: str) -> None:
    lost = [name for name, tensor in walk.where().items() if not bool(tensor.isfinite().all())]
    if lost:
        raise LawBroken(f"after {after} {lost[0]} is not finite")


Law = Callable[[Subject], str]
