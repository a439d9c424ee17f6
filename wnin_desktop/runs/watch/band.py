"""Mean and Student's t 95 % interval over seeds, step by step, growing with the runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wnin_desktop.runs.watch.pyramid import Grown, Pyramid
from wnin_desktop.runs.watch.series import Series, index_of
from wnin_desktop.runs.watch.student import half_width


@dataclass(frozen=True)
class Band:
    """Mean over seeds with its interval; `low` and `high` are NaN where fewer than two seeds have a number.

    `steps` are steps, or clean training losses in the matched view. `n` counts the seeds that have a number.
    """

    steps: NDArray
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    n: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.steps)

    def at(self, step: float) -> int | None:
        """Return the index of the last step at or before `step`; None before the first."""
        index = int(np.searchsorted(self.steps, step, side="right")) - 1
        return index if index >= 0 else None


def over_seeds(steps: NDArray, values: NDArray[np.float64]) -> Band:
    """Return the band of values `[seeds, steps]`; NaN where a seed has no number."""
    missing = np.isnan(values)
    if not missing.any():
        n = np.full(len(steps), len(values))
        mean = values.mean(axis=0)
        squares = ((values - mean) ** 2).sum(axis=0)
    else:
        n = len(values) - missing.sum(axis=0)
        # 0 / 0 is the mean of nothing: NaN.
        with np.errstate(invalid="ignore"):
            mean = np.where(missing, 0.0, values).sum(axis=0) / n
        squares = np.where(missing, 0.0, (values - mean) ** 2).sum(axis=0)
    half = half_width(squares, n)
    return Band(steps, mean, mean - half, mean + half, n)


class GrowingBand:
    """The band of some series, kept up with them.

    Only the steps between the first and the last that changed since the last look are made anew.
    """

    def __init__(self, members: Sequence[Series]) -> None:
        self.members = tuple(members)
        self._seen = [(0, 0)] * len(self.members)
        self._columns = _columns()
        self._pyramid = Pyramid((np.fmin, np.fmax, np.minimum))

    def band(self) -> Band | None:
        """Return the band as it is now; None where no member has a point.

        Its arrays are views, good until the next look.
        """
        self._catch_up()
        return Band(*(column.values for column in self._columns)) if self._columns[0].size else None

    def view(self, low: float, high: float, pixels: int) -> Band | None:
        """Return a band of at most four points a pixel that encloses the whole one.

        The mean keeps its minima and maxima; `low` and `high` are the least and greatest around them, `n` the
        smallest.
        """
        if self.band() is None:
            return None
        columns = [column.values for column in self._columns]
        first = index_of(columns[0], low)
        end = max(first, index_of(columns[0], high, after=True))
        return Band(*self._pyramid.view(columns, first, end, pixels))

    def _catch_up(self) -> None:
        seen = [(len(member), member.rewrites) for member in self.members]
        if seen == self._seen:
            return
        if any(now[1] != before[1] for now, before in zip(seen, self._seen, strict=True)):
            self._columns = _columns()
            self._pyramid.truncate(0)
            self._seen = [(0, 0)] * len(self.members)
        fresh = [m.steps[size:] for m, (size, _) in zip(self.members, self._seen, strict=True)]
        fresh = [steps for steps in fresh if len(steps)]
        self._seen = seen
        if fresh:
            self._renew(min(int(steps[0]) for steps in fresh), max(int(steps[-1]) for steps in fresh))

    def _renew(self, first: int, last: int) -> None:
        """Make the steps from `first` to `last` anew and put them in place of what was there."""
        parts = [_part(member, first, last) for member in self.members]
        made = over_seeds(*_aligned(parts))
        steps = self._columns[0].values
        start, stop = index_of(steps, first), index_of(steps, last, after=True)
        self._pyramid.truncate(start)
        renewed = (made.steps, made.mean, made.low, made.high, made.n)
        for column, values in zip(self._columns, renewed, strict=True):
            column.replace(start, stop, values)


def _columns() -> tuple[Grown, ...]:
    return (Grown(np.int64), Grown(), Grown(), Grown(), Grown(np.int64))


def _part(member: Series, first: int, last: int) -> tuple[NDArray, NDArray]:
    steps = member.steps
    where = slice(index_of(steps, first), index_of(steps, last, after=True))
    return steps[where], member.values[where]


def _aligned(parts: Sequence[tuple[NDArray, NDArray]]) -> tuple[NDArray, NDArray]:
    """Return the union of the members' steps, and their values `[members, steps]`, NaN where one has none."""
    having = [(steps, values) for steps, values in parts if len(steps)]
    steps = having[0][0]
    if all(len(other) == len(steps) and (other == steps).all() for other, _ in having[1:]):
        return steps, np.stack([values for _, values in having])
    steps = np.unique(np.concatenate([other for other, _ in having]))
    table = np.full((len(having), len(steps)), np.nan)
    for row, (own, values) in zip(table, having, strict=True):
        row[np.searchsorted(steps, own)] = values
    return steps, table
