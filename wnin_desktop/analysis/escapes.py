"""Escape events: when a noisy path leaves one minimum for another, found by inherent structure.

Each checkpoint is quenched: noise-free descent leads it to the minimum whose basin it is in (Stillinger &
Weber, Phys. Rev. A 25, 978 (1982)). An event is a straight-line barrier above a threshold from the reference
minimum to the quenched point at two consecutive checkpoints; then the reference moves. What the raw path does
- its own barrier, its displacement - is shown beside and not counted: thermal motion within one basin has
both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

LossAndGradient = Callable[[Tensor], tuple[Tensor, Tensor]]
"""Points `[n, d]` -> losses `[n]` and gradients `[n, d]`, each row by itself."""
Losses = Callable[[Tensor], Tensor]
"""Points `[n, d]` -> losses `[n]`."""

THRESHOLDS = (0.01, 0.05, 0.1)
"""Barriers in nat that are usual; 0.05 is the default."""
DEFAULT_THRESHOLD = 0.05
LINE_POINTS = 21
"""Points of a straight line, ends included."""
AHEAD = 16
"""Checkpoints whose barriers are measured together; more are in vain once an event moves the reference."""
ARMIJO = 1e-4
GROWTH, SHRINKAGE = 1.2, 0.5


@dataclass(frozen=True)
class Quenched:
    """Where descent led.

    Attributes:
        points: `[n, d]`.
        losses: `[n]`.
        gradient_norms: `[n]`, what is left of the slope.
        evaluations: Gradient evaluations of each point.
    """

    points: Tensor
    losses: Tensor
    gradient_norms: Tensor
    evaluations: int


@torch.no_grad()
def quench(
    loss_and_gradient: LossAndGradient,
    start: Tensor,
    *,
    rate: float,
    steps: int,
    longest: float,
    tolerance: float = 1e-6,
) -> Quenched:
    """Return where noise-free descent leads from each row of `start`.

    A step that does not lower the loss as Armijo asks is taken back and halved; one that does grows the next
    by a fifth. No step is longer than `longest`, so that descent follows its basin and does not jump out of
    it.

    Args:
        loss_and_gradient: Of every row by itself.
        start: `[n, d]`.
        rate: First step size.
        steps: Largest number of evaluations.
        longest: Longest step in parameter space.
        tolerance: Gradient norm at which a row is at rest.
    """
    x = start.clone()
    loss, gradient = loss_and_gradient(x)
    size = torch.full_like(loss, rate)
    taken = 1
    while taken < steps:
        norm = gradient.norm(dim=1)
        moving = norm > tolerance
        if not bool(moving.any()):
            break
        size = torch.minimum(size, longest / norm.clamp_min(1e-30))
        trial = x - torch.where(moving, size, torch.zeros_like(size)).unsqueeze(1) * gradient
        trial_loss, trial_gradient = loss_and_gradient(trial)
        taken += 1
        better = trial_loss <= loss - ARMIJO * size * norm.square()
        accepted = (better & moving).unsqueeze(1)
        x = torch.where(accepted, trial, x)
        gradient = torch.where(accepted, trial_gradient, gradient)
        loss = torch.where(better & moving, trial_loss, loss)
        size = torch.where(better, size * GROWTH, size * SHRINKAGE)
    return Quenched(x, loss, gradient.norm(dim=1), taken)


@torch.no_grad()
def straight_barriers(losses: Losses, first: Tensor, others: Tensor, points: int = LINE_POINTS) -> Tensor:
    """Return max L - L(first) over the straight lines from `first` to each of `others`, `[n]`.

    Args:
        losses: Of points.
        first: `[d]`.
        others: `[n, d]`.
        points: Points of a line, ends included.
    """
    at = torch.linspace(0, 1, points, dtype=first.dtype, device=first.device)
    lines = first + at.view(-1, 1, 1) * (others - first)
    values = losses(lines.flatten(0, 1)).view(points, -1)
    return values.amax(0) - values[0]


@dataclass(frozen=True)
class Escape:
    """One event: the first of the two checkpoints beyond the barrier, and its barrier in nat."""

    checkpoint: int
    barrier: float


@dataclass(frozen=True)
class EscapeTrace:
    """A path's events, and what they were found by.

    Attributes:
        events: In order.
        barriers: From the reference of the moment to each quenched checkpoint, `[n]`, nat.
        displacements: Distance between both, `[n]`.
        raw_barriers: From each checkpoint to the next, not quenched, `[n - 1]`, nat; shown, not counted.
        raw_displacements: Distance between these, `[n - 1]`; shown, not counted.
        curvature_drops: How far the curvature fell from each checkpoint to the next, `[n - 1]`, empty where
            it was not given; shown, not counted.
        forwards: Cost in loss evaluations.
    """

    events: tuple[Escape, ...]
    barriers: np.ndarray
    displacements: np.ndarray
    raw_barriers: np.ndarray
    raw_displacements: np.ndarray
    curvature_drops: np.ndarray
    forwards: int


@torch.no_grad()
def find_escapes(
    losses: Losses,
    quenched: Tensor,
    raw: Tensor | None = None,
    *,
    curvatures: np.ndarray | None = None,
    threshold: float = DEFAULT_THRESHOLD,
    line_points: int = LINE_POINTS,
) -> EscapeTrace:
    """Return the escape events of one path.

    Args:
        losses: Of points; noise-free, on fixed data.
        quenched: The quenched checkpoints, `[n, d]`.
        raw: The checkpoints themselves, for what is shown beside.
        curvatures: Of the loss at the checkpoints, such as Hessian traces, `[n]`, likewise.
        threshold: Barrier b in nat.
        line_points: Points of each straight line.
    """
    count = len(quenched)
    barriers, displacements = np.zeros(count), np.zeros(count)
    events: list[Escape] = []
    reference, known, place, forwards = quenched[0], 1, 1, 0
    while place < count:
        if place == known:
            ahead = slice(place, min(count, place + AHEAD))
            found = straight_barriers(losses, reference, quenched[ahead], line_points)
            forwards += line_points * (ahead.stop - ahead.start)
            barriers[ahead] = found.double().cpu().numpy()
            displacements[ahead] = (quenched[ahead] - reference).norm(dim=1).double().cpu().numpy()
            known = ahead.stop
        if (
            place > 1
            and barriers[place] > threshold
            and barriers[place - 1] > threshold
            and _fresh(events, place)
        ):
            events.append(Escape(place - 1, float(barriers[place - 1])))
            reference, known = quenched[place], place + 1
        place += 1
    pairs = _raw(losses, raw, line_points) if raw is not None else (np.zeros(0), np.zeros(0))
    forwards += line_points * len(pairs[0])
    drops = np.zeros(0) if curvatures is None else -np.diff(curvatures)
    return EscapeTrace(tuple(events), barriers, displacements, *pairs, drops, forwards)


def _fresh(events: Sequence[Escape], place: int) -> bool:
    """Return whether both checkpoints were measured from the same reference."""
    return not events or place - 1 > events[-1].checkpoint + 1


def _raw(losses: Losses, raw: Tensor, line_points: int) -> tuple[np.ndarray, np.ndarray]:
    found = [straight_barriers(losses, here, there[None], line_points)[0] for here, there in pairwise(raw)]
    moves = (raw[1:] - raw[:-1]).norm(dim=1)
    return np.array([float(each) for each in found]), moves.double().cpu().numpy()
