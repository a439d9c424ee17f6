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
    """Parameters of one member at the matched loss; `fraction` is the place on the segment, 0 to 1."""

    theta: dict[str, Tensor]
    fraction: float
    train_loss: float
    val_loss: float


@torch.no_grad()
def match_loss(meter: Meter, unit: Unit, before: Tensor, row: int, target: float) -> MatchedPoint | None:
    """Return where member `row` crosses `target` between the flat parameters `before` and the present ones.

    None where the run began below the target, so that it never crossed it.
    """
    old = unit.theta.like()
    old.flat.copy_(before)
    start, end = old.member(row), unit.theta.member(row)

    def at(fraction: float) -> dict[str, Tensor]:
        return {name: torch.lerp(start[name], end[name], fraction) for name in start}

    def loss_at(fraction: float) -> float:
        return meter.of_row(unit, row, at(fraction))[0]

    high = loss_at(0.0)
    if high <= target:
        return None
    found = bisect_to_loss(loss_at, high, loss_at(1.0), target)
    theta = {name: value.clone() for name, value in at(found.fraction).items()}
    train_loss, val_loss = meter.of_row(unit, row, theta)
    return MatchedPoint(theta, found.fraction, train_loss, val_loss)
