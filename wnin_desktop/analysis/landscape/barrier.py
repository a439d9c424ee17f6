"""How high the loss rises on the straight way between two points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Barrier:
    """Losses along a straight line from 0 to 1, in nat.

    Attributes:
        from_first: Highest loss between the ends minus the loss of the first end.
        from_second: The same minus the loss of the second end.
        above_chord: Largest excess over the straight line between both losses (Frankle et al., arXiv
            1912.05671); 0 where the loss never rises above it.
        at: Where the highest loss is, 0 to 1.
        points: Points that were looked at, ends included; a barrier between two of them may be higher.
    """

    from_first: float
    from_second: float
    above_chord: float
    at: float
    points: int


def barrier_of(fraction: np.ndarray, loss: np.ndarray) -> Barrier:
    """Return the barrier on the part 0 to 1 of a line.

    Args:
        fraction: Places on the line `[n]`, ascending, 0 and 1 among them.
        loss: Losses there `[n]`; one that is not finite is a wall of infinite height.
    """
    inside = (fraction >= 0) & (fraction <= 1)
    t, values = fraction[inside], np.where(np.isfinite(loss[inside]), loss[inside], np.inf)
    assert t[0] == 0
    assert t[-1] == 1
    highest = int(np.argmax(values))
    chord = values[0] + t * (values[-1] - values[0])
    with np.errstate(invalid="ignore"):
        excess = np.nan_to_num(values - chord, nan=np.inf, posinf=np.inf)
    return Barrier(
        from_first=float(values[highest] - values[0]),
        from_second=float(values[highest] - values[-1]),
        above_chord=float(max(0.0, excess.max())),
        at=float(t[highest]),
        points=len(t),
    )
