"""Ranges that follow growing data calmly: they jump rarely, and never hide the newest point."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from wnin_desktop.qt.plots.curves import Curves, Window
from wnin_desktop.qt.plots.frame import scaled
from wnin_desktop.runs.watch.band import Band

GROWTH = (1.0, 1.25, 1.6, 2.0, 2.5, 3.2, 4.0, 5.0, 6.4, 8.0, 10.0)
"""Ends of the horizontal axis while runs grow, within a power of ten."""
PADDING = 0.06
LEAST_FILLED = 0.55
"""Share of the vertical range that data fill at least; with less the range shrinks."""
DIVERGED_ROOM = 0.5
"""Share of the others' range that diverging curves may add."""
LOOK_PIXELS = 200
Range = tuple[float, float]


def grown_end(last: int, planned: int) -> int:
    """Return where the horizontal axis ends while runs are at step `last` of `planned`."""
    if last <= 0:
        return max(planned, 1)
    power = 10 ** math.floor(math.log10(last))
    end = next(math.ceil(factor * power) for factor in GROWTH if factor * power >= last)
    return max(last, min(end, planned)) if planned else end


def x_range(curves: Curves, *, is_alive: bool, log: bool) -> Range:
    """Return the whole horizontal range, in steps or losses."""
    if curves.lens.mode == "matched":
        found = [band for arm in curves.arms if (band := curves.whole(arm)) is not None and len(band)]
        if not found:
            return (0.1, 1.0)
        low = min(float(band.steps[0]) for band in found)
        high = max(float(band.steps[-1]) for band in found)
        return (low, high) if low < high else (low * 0.9, high * 1.1 + 1e-9)
    planned = max((run.steps for run in curves.experiment.runs.values()), default=0)
    reached = max(curves.last_step(), max((run.step for run in curves.experiment.runs.values()), default=0))
    end = grown_end(reached, planned) if is_alive else max(reached, 1)
    return (1.0, float(max(end, 2))) if log else (0.0, float(max(end, 1)))


def extents(curves: Curves, sight: Range, *, log: bool) -> dict[str, Range]:
    """Return by arm how far its curve reaches between two x, as places on the axis."""
    found = {}
    for arm in curves.arms:
        band = curves.band(arm, Window(*sight, LOOK_PIXELS, log=curves.lens.log_x))
        reach = extent(band, sight, log=log, with_band=curves.lens.bands)
        if reach is not None:
            found[arm] = reach
    return found


def y_range(curves: Curves, reaches: Mapping[str, Range], *, log: bool, before: Range | None = None) -> Range:
    """Return the vertical range for curves that reach so far, as places on the axis.

    `before` is kept where it still fits.
    """
    steady, wild = [], []
    for arm, reach in reaches.items():
        (wild if curves.experiment.diverged(arm) else steady).append(reach)
    wanted = _wanted(steady, wild)
    if curves.lens.mode == "difference":
        wanted = (min(wanted[0], 0.0), max(wanted[1], 0.0)) if wanted else (-1.0, 1.0)
    if wanted is None:
        return before or ((-1.0, 0.0) if log else (0.0, 1.0))
    return _calm(_padded(wanted), wanted, before)


def extent(band: Band | None, sight: Range, *, log: bool, with_band: bool) -> Range | None:
    """Return how far a band reaches between two x, as places on the axis; None where there is nothing."""
    if band is None:
        return None
    seen = (band.steps >= sight[0]) & (band.steps <= sight[1])
    mean = band.mean[seen]
    found = _least_and_greatest(mean, log=log)
    if found is None or not with_band:
        return found
    # A band may reach far beyond its mean; it gets half of the mean's own range.
    inner = _least_and_greatest(np.concatenate([band.low[seen], band.high[seen]]), log=log)
    if inner is None:
        return found
    room = max(found[1] - found[0], 0.1 * abs(found[1]), 1e-12)
    return (max(inner[0], found[0] - room) if inner[0] < found[0] else found[0],
            min(inner[1], found[1] + room) if inner[1] > found[1] else found[1])  # fmt: skip


def _least_and_greatest(values: NDArray[np.float64], *, log: bool) -> Range | None:
    known = values[np.isfinite(values)]
    if log:
        known = known[known > 0]
    if not len(known):
        return None
    return scaled(float(known.min()), log), scaled(float(known.max()), log)


def _wanted(steady: Sequence[Range], wild: Sequence[Range]) -> Range | None:
    if not steady:
        return _hull(wild)
    low, high = _hull(steady) or (0.0, 1.0)
    room = DIVERGED_ROOM * max(high - low, 1e-12)
    widest = _hull([(low, high), *wild]) or (low, high)
    return max(widest[0], low - room), min(widest[1], high + room)


def _hull(ranges: Iterable[Range]) -> Range | None:
    every = list(ranges)
    return (min(low for low, _ in every), max(high for _, high in every)) if every else None


def _padded(wanted: Range) -> Range:
    low, high = wanted
    span = high - low
    if span <= 1e-9 * max(abs(low), abs(high), 1e-300):
        span = max(abs(high) * 0.2, 1e-9) / PADDING / 2
    return low - PADDING * span, high + PADDING * span


def _calm(padded: Range, wanted: Range, before: Range | None) -> Range:
    if before is None:
        return padded
    fits = before[0] <= wanted[0] and wanted[1] <= before[1]
    filled = (padded[1] - padded[0]) / max(before[1] - before[0], 1e-300)
    return before if fits and filled >= LEAST_FILLED else padded
