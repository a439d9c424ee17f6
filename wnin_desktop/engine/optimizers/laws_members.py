"""The law of the conformance certificate on cohorts: a member does not know who else is there."""

from __future__ import annotations

import math

import torch

from wnin_desktop.engine.optimizers.laws import STEPS, LawBroken, Subject
from wnin_desktop.engine.optimizers.walk import Tensors, apart, keyed, moved, random_tensors, stacked

SINGLE_ROUNDING = 1e-3
"""Largest relative difference of a step in single precision, a thousandth of what it is added to."""
SEEDS = (11, 12, 13)


def members_apart(subject: Subject) -> str:
    """Stacked members step as they do alone, and what befalls one does not reach another."""
    exact = _together_and_alone(subject, reproducible=True)
    if exact > 0:
        raise LawBroken(f"in the reproducible mode a stacked member differs by {exact:.1e} from itself alone")
    fast = _together_and_alone(subject, reproducible=False)
    if not fast < SINGLE_ROUNDING:
        raise LawBroken(f"a stacked member differs by {fast:.1e} from itself alone")
    clean, hurt = _stacked_run(subject, hurt=False), _stacked_run(subject, hurt=True)
    if not all(torch.equal(hurt[name][1:], tensor[1:]) for name, tensor in clean.items()):
        raise LawBroken("a member whose gradients are not finite changes the others")
    return (
        f"same bits in the reproducible mode, {fast:.1e} apart in the fast one; a broken member stays alone"
    )


def _together_and_alone(subject: Subject, *, reproducible: bool) -> float:
    together = _stacked_run(subject, hurt=False, reproducible=reproducible)
    worst = 0.0
    for member, seed in enumerate(SEEDS):
        walk = subject.walk(_of_member(1, member), reproducible=reproducible, draw=keyed(seed))
        for step in range(STEPS):
            walk.step(_of_member(100 + step, member))
        mine = {name: tensor[member] for name, tensor in together.items()}
        start = _of_member(1, member)
        worst = max(worst, apart(moved(start, mine), moved(start, walk.where())))
    return worst


def _stacked_run(subject: Subject, *, hurt: bool, reproducible: bool = False) -> Tensors:
    settings = {"members": len(SEEDS), "reproducible": reproducible, "draw": stacked(SEEDS)}
    walk = subject.walk(_of_all(1), **settings)
    for step in range(STEPS):
        gradient = _of_all(100 + step)
        if hurt:
            for tensor in gradient.values():
                tensor[0] = math.nan
        walk.step(gradient)
    return walk.where()


def _of_member(seed: int, member: int) -> Tensors:
    return random_tensors(1000 * member + seed, dtype=torch.float32)


def _of_all(seed: int) -> Tensors:
    each = [_of_member(seed, member) for member in range(len(SEEDS))]
    return {name: torch.stack([tensors[name] for tensors in each]) for name in each[0]}
