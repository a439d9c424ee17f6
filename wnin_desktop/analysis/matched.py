"""Matched training loss: where on a segment the loss first equals a target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wnin_desktop.errors import InputError

MOST_HALVINGS = 60


@dataclass(frozen=True)
class Crossing:
    """A point of the segment: `fraction` of the way, and the `loss` (nat) there."""

    fraction: float
    loss: float


def bisect_to_loss(
    loss_at: Callable[[float], float],
    start_loss: float,
    end_loss: float,
    target: float,
    tolerance: float = 1e-4,
) -> Crossing:
    """Return a point whose loss is within `tolerance` of `target`, by halving the segment.

    Where rounding forbids that, the closest point found is returned.

    Args:
        loss_at: Loss at a fraction of the segment, 0 to 1.
        start_loss: `loss_at(0)`; above the target.
        end_loss: `loss_at(1)`; not above the target.
        target: The loss looked for.
        tolerance: Accepted distance, nat.

    Raises:
        InputError: The target does not lie between the two ends.
    """
    if not end_loss <= target < start_loss:
        raise InputError.of("target", target, f"allowed: at least {end_loss:.6g} and below {start_loss:.6g}")
    low, high, best = 0.0, 1.0, Crossing(1.0, end_loss)
    for _ in range(MOST_HALVINGS):
        if abs(best.loss - target) <= tolerance:
            break
        middle = 0.5 * (low + high)
        loss = loss_at(middle)
        if abs(loss - target) < abs(best.loss - target):
            best = Crossing(middle, loss)
        low, high = (middle, high) if loss > target else (low, middle)
    return best
