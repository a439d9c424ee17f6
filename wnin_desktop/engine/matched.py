"""Where a run first reaches a given clean training loss: a point on the segment between two evaluations."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from wnin_desktop.analysis.matched import bisect_to_loss
from wnin_desktop.engine.cohort.unit import Unit
from wnin_desktop.engine.measure import Meter


@dataclass(frozen=True)
class MatchedPoint:
    """Parameters and running statistics of one member at the matched loss; `fraction` is where, 0 to 1."""

    theta: dict[str, Tensor]
    fraction: float
    train_loss: float
    val_loss: float


@torch.no_grad()
def match_loss(
    meter: Meter, unit: Unit, before: Tensor, statistics: dict[str, Tensor], row: int, target: float
) -> MatchedPoint | None:
    """Return where member `row` crosses `target` between the flat parameters `before` and the present ones.

    Running statistics of normalization layers move along the segment from `statistics` to the present ones:
    old weights under new statistics are another network, whose loss may lie on the other side of the target.

    None where the run began below the target, so that it never crossed it.
    """
    old = unit.theta.like()
    old.flat.copy_(before)
    start, end = old.member(row), unit.theta.member(row)
    buffers = unit.engine.buffers()
    now = {name: value.clone() for name, value in buffers.items()}

    def at(fraction: float) -> dict[str, Tensor]:
        return {name: torch.lerp(start[name], end[name], fraction) for name in start}

    def scores_at(fraction: float) -> tuple[float, float]:
        for name, value in _between(statistics, now, fraction).items():
            buffers[name].copy_(value)
        return meter.of_row(unit, row, at(fraction))

    try:
        high = scores_at(0.0)[0]
        if high <= target:
            return None
        found = bisect_to_loss(lambda fraction: scores_at(fraction)[0], high, scores_at(1.0)[0], target)
        train_loss, val_loss = scores_at(found.fraction)
        theta = at(found.fraction) | _between(statistics, now, found.fraction)
        return MatchedPoint(theta, found.fraction, train_loss, val_loss)
    finally:
        for name, value in now.items():
            buffers[name].copy_(value)


def _between(start: dict[str, Tensor], end: dict[str, Tensor], fraction: float) -> dict[str, Tensor]:
    # Counters do not lie between two others.
    return {
        name: torch.lerp(start[name], value, fraction) if value.is_floating_point() else value
        for name, value in end.items()
    }
