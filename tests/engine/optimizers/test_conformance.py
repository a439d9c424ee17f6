"""The certificate over every built-in; and each law is shown to fail on an optimizer that breaks it."""

import pytest
import torch
from torch.optim import SGD, Optimizer

from wnin_desktop.engine.optimizers.conformance import CASES, certify
from wnin_desktop.engine.optimizers.loader import load_registry
from wnin_desktop.engine.optimizers.registry import Hyper, OptimizerRegistry
from wnin_desktop.schema.base import quantity

VARIANTS = {
    "adamw": [{}, {"weight_decay": 0.3, "beta1": 0.5}],
    "muon": [{}, {"nesterov": False, "adjust": "match_rms_adamw", "weight_decay": 0.1}],
    "normalized_dynamics": [
        {},
        {"scope": "global", "preserve_scale": True},
        {"weight_decay": 0.1, "sigma": 0.2},
    ],
    "psgld": [{}, {"drop_gamma": True}],
    "rmsprop": [{}, {"centered": True, "momentum": 0.9, "weight_decay": 0.1}],
    "sgd": [{}, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}],
    "sgld": [{}, {"weight_decay": 0.1}],
}
TESTED = [(name, params) for name, variants in VARIANTS.items() for params in variants]


@pytest.mark.parametrize(("name", "params"), TESTED)
def test_that_every_built_in_keeps_every_law(name, params):
    certificate = certify(load_registry().get(name), params)
    assert certificate.passed, certificate.failed
    assert len(certificate.rows) == len(CASES)
    spared = [row.law for row in certificate.rows if row.status == "not applicable"]
    assert spared == ([] if name in ("sgld", "psgld") else ["temperature"])


def test_that_every_built_in_is_tested():
    assert sorted(VARIANTS) == load_registry().names()


class BadHyper(Hyper):
    lr: float = quantity(0.01, title="lr", help="h", gt=0)
    temperature: float = quantity(0.5, title="T", help="T", ge=0)


class Bad(Optimizer):
    """Plain descent with one fault at a time; `kind` says which."""

    def __init__(self, groups, hyper, context, kind):
        super().__init__(groups, dict(hyper))
        self.context, self.kind, self.count = context, kind, 0
        self.first_lr = hyper.lr

    @torch.no_grad()
    def step(self, closure=None):
        self.count += 1
        for group in self.param_groups:
            for name, p in zip(group["names"], group["params"], strict=True):
                self.step_tensor(name, p, group)

    def step_tensor(self, name, p, group):
        if p.grad is None:
            p.mul_(0.99 if self.kind == "moves the missing" else 1.0)
            return
        lr = self.first_lr if self.kind == "deaf" else group["lr"]
        lr = lr / self.count if self.kind == "forgets" else lr
        if self.kind == "keeps an object":
            self.state[p]["object"] = object()
        spread = SPREADS.get(self.kind, lambda _: 0.0)(group)
        if spread:
            p.add_(self.context.normal(name, p), alpha=spread)
        p.add_(FAULTS.get(self.kind, lambda g: g)(p.grad), alpha=-lr)


def fail(_):
    raise OSError("no")


FAULTS = {
    "shrinks with the gradient": lambda g: g / (1 + g.abs()),
    "knows positions": lambda g: g * torch.linspace(1, 2, g.shape[-1], dtype=g.dtype),
    "moves at rest": lambda g: g + 1e-3,
    "divides zero by zero": lambda g: g / g.norm(),
    "overwrites": lambda g: g.mul_(0.5),
    "draws its own": lambda g: g + torch.randn_like(g),
    "mixes members": lambda g: g - 1e-3 * g.mean(),
    "rounds by company": lambda g: g * (1 + 1e-6 * len(g)),
    "runs away": lambda g: -1e4 * g,
    "raises": fail,
}
SPREADS = {
    "spreads twice": lambda group: 2 * group["lr"],
    "samples too hot": lambda group: (4 * group["lr"] * group["temperature"]) ** 0.5,
}


def planted(kind, **declared):
    with OptimizerRegistry.collecting() as collected:
        OptimizerRegistry.register(
            "bad",
            lambda groups, hyper, context: Bad(groups, hyper, context, kind),
            hyper=BadHyper,
            **declared,
        )
    return collected["bad"]


SCALE = {"gradient_scale": "proportional"}
ELEMENTWISE = SCALE | {"batching": "elementwise"}
STACKED = SCALE | {"batching": "stacked"}
PLANTED = {
    "shrinks with the gradient": (SCALE, {"gradient scale"}),
    "knows positions": (SCALE, {"permutation equivariance"}),
    "moves at rest": ({}, {"zero gradients"}),
    "divides zero by zero": ({}, {"zero gradients"}),
    "moves the missing": (SCALE, {"missing gradients"}),
    "forgets": (SCALE, {"state round trip"}),
    "keeps an object": (SCALE, {"state round trip"}),
    "overwrites": (SCALE, {"gradients left alone"}),
    "draws its own": ({}, {"zero gradients", "permutation equivariance", "state round trip", "replay"}),
    "deaf": (SCALE, {"live learning rate"}),
    "spreads twice": (SCALE | {"update_noise": lambda hyper, _: hyper.lr}, {"noise as declared"}),
    "samples too hot": (
        SCALE | {"samples": True, "update_noise": lambda hyper, _: (4 * hyper.lr * hyper.temperature) ** 0.5},
        {"temperature"},
    ),
    "mixes members": (ELEMENTWISE, {"members apart"}),
    "rounds by company": (STACKED, {"members apart"}),
    "runs away": (SCALE, {"stays finite"}),
}


def broken_laws(spec):
    return {row.law for row in certify(spec).failed}


@pytest.mark.parametrize("kind", PLANTED)
def test_that_a_planted_fault_breaks_its_law(kind):
    declared, expected = PLANTED[kind]
    found = broken_laws(planted(kind, **declared))
    # A fault may show in more laws than its own; noise of its own shows in most.
    assert expected <= found
    assert kind == "draws its own" or found == expected


def test_that_without_a_fault_the_same_optimizer_keeps_every_law():
    assert broken_laws(planted("none", **ELEMENTWISE)) == set()


def test_that_every_law_is_shown_to_break():
    assert set().union(*(laws for _, laws in PLANTED.values())) == {case.law for case in CASES}


def test_that_an_optimizer_that_raises_is_a_finding_not_a_crash():
    certificate = certify(planted("raises"))
    assert not certificate.passed
    assert all(row.detail == "it raised OSError: no" for row in certificate.failed)


def test_that_an_undeclared_scale_is_measured_and_not_judged():
    with OptimizerRegistry.collecting() as collected:
        OptimizerRegistry.register("plain", SGD)
    certificate = certify(collected["plain"])
    row = certificate.rows[0]
    assert (row.status, row.detail) == ("not applicable", "nothing is declared; measured proportional")
    assert certificate.passed


@pytest.mark.parametrize(
    "factory",
    [torch.optim.Adam, torch.optim.NAdam, torch.optim.RAdam, torch.optim.Adagrad, torch.optim.Adamax],
)
def test_that_torchs_own_optimizers_pass_as_plain_factories(factory):
    with OptimizerRegistry.collecting() as collected:
        OptimizerRegistry.register("peer", factory)
    assert {row.law for row in certify(collected["peer"]).failed} == set()


def test_that_rprop_is_found_to_keep_its_first_learning_rate():
    """A true finding: its steps start from lr and then go their own way, so no schedule can act."""
    with OptimizerRegistry.collecting() as collected:
        OptimizerRegistry.register("rprop", torch.optim.Rprop)
    assert broken_laws(collected["rprop"]) == {"live learning rate"}
