"""What the crosshair meets: every arm at a step, with its interval and the number of seeds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from wnin_desktop.qt import numbers
from wnin_desktop.qt.plots.curves import Curves
from wnin_desktop.qt.plots.ticks import short
from wnin_desktop.qt.text import tr
from wnin_desktop.runs.watch.band import Band

INTERVAL_DIGITS = 3


@dataclass(frozen=True)
class Reading:
    """One arm: mean over `n` seeds and its interval; `low` and `high` are NaN with fewer than two.

    `is_cut` where the interval reaches values that the axis, being logarithmic, has no place for.
    """

    arm: str
    x: float
    mean: float
    low: float
    high: float
    n: int
    is_cut: bool = False

    @property
    def interval(self) -> str:
        """The interval as text; empty where there is none."""
        if not (math.isfinite(self.low) and math.isfinite(self.high)):
            return ""
        return f"[{short(self.low, INTERVAL_DIGITS)}, {short(self.high, INTERVAL_DIGITS)}]"

    @property
    def note(self) -> str:
        """What the picture of the interval cannot show; empty where it shows everything."""
        return tr("reaches 0 or below") if self.is_cut else ""


def readings(curves: Curves, x: float) -> list[Reading]:
    """Return the arms that are seen and measured at or before `x`, the greatest first."""
    found = [_reading(curves, arm, x) for arm in curves.arms]
    return sorted((each for each in found if each is not None), key=lambda each: -each.mean)


def _reading(curves: Curves, arm: str, x: float) -> Reading | None:
    band = curves.whole(arm)
    if band is None or not len(band):
        return None
    index = _nearest(band, x) if curves.lens.mode == "matched" else band.at(x)
    if index is None or not np.isfinite(band.mean[index]):
        return None
    x, mean, low, high = (float(column[index]) for column in (band.steps, band.mean, band.low, band.high))
    is_cut = curves.is_log and low <= 0
    return Reading(arm, x, mean, low, high, int(band.n[index]), is_cut)


def _nearest(band: Band, x: float) -> int | None:
    """Return the index of the loss nearest to `x`, none beyond what the arm has reached."""
    steps = band.steps
    if not steps[0] * (1 - 1e-9) <= x <= steps[-1] * (1 + 1e-9):
        return None
    return int(np.abs(steps - x).argmin())


def heading(curves: Curves, x: float) -> str:
    """Return where the crosshair is, in words."""
    if curves.lens.mode == "matched":
        return tr("Training loss {0}", short(x, 4))
    return tr("Step {0}", numbers.show(round(x)))


def summary(curves: Curves, x: float | None) -> str:
    """Return what a plot shows at `x`, or lately, as sentences for those who do not see it."""
    if x is None:
        return curves.experiment.describe(curves.key)
    lines = []
    for each in readings(curves, x):
        said = " ".join(part for part in (short(each.mean), each.interval, each.note) if part)
        lines.append(tr("{0}: {1}, {2} seeds", each.arm, said, each.n))
    return "; ".join([heading(curves, x), *lines])
