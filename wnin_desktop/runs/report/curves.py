"""What one plot shows of each arm, and the range that shows it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wnin_desktop.runs.report.look import ArmStyle
from wnin_desktop.runs.report.summary import Floats
from wnin_desktop.runs.report.text import elided

DECADES_BELOW, DECADES_ABOVE = 4.0, 2.5
MOST_TIMES = 20.0
MOSTLY = 0.9
"""Share of values above 0 that a logarithmic axis needs; the others are 0."""


@dataclass(frozen=True)
class Curve:
    """One arm on one plot. Arrays are `[points]`, seeds `[seeds, points]`; NaN is not measured.

    `lost` are the rows of seeds that diverged or failed: drawn, not averaged. `error` is the standard error
    of the mean by measuring.
    """

    name: str
    style: ArmStyle
    steps: np.ndarray
    seeds: Floats
    lost: np.ndarray
    mean: Floats
    low: Floats
    high: Floats
    n: int
    error: Floats | None = None
    note: str = ""

    def label(self, length: int) -> str:
        """Return the legend's words: name, n, and what was lost."""
        return f"{elided(self.name, length)}  n = {self.n}{f', {self.note}' if self.note else ''}"


@dataclass(frozen=True)
class Limits:
    """The vertical range of a plot; `clipped` names the arms whose mean leaves it, with their extreme."""

    bottom: float
    top: float
    log: bool
    clipped: tuple[tuple[str, float], ...] = ()


def limits(curves: Sequence[Curve], *, log: bool, floor_at_zero: bool = False) -> Limits:
    """Return the range that shows the curves, without letting one that explodes flatten the others.

    The measure is the typical value of the arms that are well: on a logarithmic axis a plot covers at most
    `DECADES_BELOW` and `DECADES_ABOVE` it, on a linear one at most `MOST_TIMES` it. Curves with
    `floor_at_zero` are settings (temperature, noise): they were chosen, so all of them are shown.
    """
    kept = [curve for curve in curves if not curve.lost.all()] or list(curves)
    shown = np.concatenate([_shown(curve) for curve in kept])
    log = log and bool((shown >= 0).all()) and float((shown > 0).mean()) >= MOSTLY
    bottom, top = _log_range(kept, shown) if log else _linear_range(kept, shown, floor_at_zero)
    return Limits(bottom, top, log, _clipped(curves, bottom, top, log=log))


def _log_range(kept: Sequence[Curve], shown: Floats) -> tuple[float, float]:
    typical = _lower_median(
        [float(np.median(values[values > 0])) for values in map(_well, kept) if (values > 0).any()]
    )
    ends = np.concatenate([shown, *(_ends(curve) for curve in kept)])
    low = max(float(shown[shown > 0].min()), typical * 10.0**-DECADES_BELOW)
    high = min(float(ends.max()), typical * 10.0**DECADES_ABOVE)
    margin = max(0.04 * math.log10(high / low), 0.01)
    return low * 10**-margin, high * 10**margin


def _linear_range(kept: Sequence[Curve], shown: Floats, floor_at_zero: bool) -> tuple[float, float]:
    together = np.concatenate([shown, *(_ends(curve) for curve in kept)])
    size = MOST_TIMES * _lower_median([float(np.abs(_well(curve)).max()) for curve in kept])
    low, high = float(together.min()), float(together.max())
    if size > 0 and not floor_at_zero:
        low, high = max(low, -size), min(high, size)
    at_zero = floor_at_zero and low >= 0
    low = 0.0 if at_zero else low
    room = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
    return (low if at_zero else low - room), high + room


def _clipped(
    curves: Sequence[Curve], bottom: float, top: float, *, log: bool
) -> tuple[tuple[str, float], ...]:
    found = []
    for curve in curves:
        mean = curve.mean[~np.isnan(curve.mean)]
        if mean.size and mean.max() > top:
            found.append((curve.name, float(mean.max())))
        elif mean.size and mean.min() < bottom and not log:
            found.append((curve.name, float(mean.min())))
    return tuple(found)


def _lower_median(values: Sequence[float]) -> float:
    return sorted(values)[(len(values) - 1) // 2]


def _shown(curve: Curve) -> Floats:
    values = _well(curve)
    return values if values.size else np.ones(1)


def _well(curve: Curve) -> Floats:
    """Return the values that decide the axes: those of kept seeds; of lost ones only where none was kept."""
    kept = curve.seeds[~curve.lost]
    values = kept if kept.size else curve.seeds
    return values[~np.isnan(values)]


def _ends(curve: Curve) -> Floats:
    both = np.concatenate([curve.low, curve.high])
    return both[~np.isnan(both)]
