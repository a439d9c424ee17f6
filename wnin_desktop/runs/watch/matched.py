"""A metric against clean training loss: what each arm has at equal training loss, whenever it got there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wnin_desktop.runs.watch.band import Band, over_seeds
from wnin_desktop.runs.watch.series import Series

GRID = 256
"""Losses at which the arms are compared."""
Path = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Losses, ascending, and the metric at each."""


def path(train_loss: Series, metric: Series) -> Path | None:
    """Return a run's metric as a function of its clean training loss, None where it has no two losses.

    Training loss goes up and down; its running minimum gives each loss one place: where it was first reached.
    There the metric is its last measured value.
    """
    losses, steps = train_loss.values, train_loss.steps
    index = np.searchsorted(metric.steps, steps, side="right") - 1
    known = (index >= 0) & ~np.isnan(losses)
    losses, index = losses[known], index[known]
    lowest = np.minimum.accumulate(losses)
    first = np.append(True, lowest[1:] < lowest[:-1])[: len(lowest)]
    losses, values = losses[first], metric.values[index[first]]
    finite = ~np.isnan(values)
    if finite.sum() < 2:
        return None
    return losses[finite][::-1], values[finite][::-1]


def grid(paths: Sequence[Path]) -> NDArray[np.float64]:
    """Return losses that all arms are read at, ascending: from the least to the greatest that any run met."""
    low = min(float(losses[0]) for losses, _ in paths)
    high = max(float(losses[-1]) for losses, _ in paths)
    return np.geomspace(low, high, GRID) if low > 0 else np.linspace(low, high, GRID)


def against(paths: Sequence[Path], losses: NDArray[np.float64]) -> Band | None:
    """Return the band over runs at `losses`, where any run has been; `n` counts the runs that have."""
    if not paths:
        return None
    rows = [np.interp(losses, own, values, left=np.nan, right=np.nan) for own, values in paths]
    band = over_seeds(losses, np.stack(rows))
    there = band.n > 0
    return Band(losses[there], band.mean[there], band.low[there], band.high[there], band.n[there])
