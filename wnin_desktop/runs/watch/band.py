"""Mean and Student's t 95 % interval over seeds, step by step, growing with the runs."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wnin_desktop.runs.watch.member import Mark, Member, News, aligned
from wnin_desktop.runs.watch.pyramid import Grown, Pyramid
from wnin_desktop.runs.watch.series import index_of
from wnin_desktop.runs.watch.student import half_width

BLOCK = 8192
"""Steps whose bands are made together."""


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
    """The band of some members, kept up with them.

    Only the steps between the first and the last that changed since the last look are made anew.
    """

    def __init__(self, members: Sequence[Member]) -> None:
        self._members = tuple(members)
        self.sources = tuple(source for member in members for source in member.sources)
        self._marks: list[Mark] = [()] * len(self._members)
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
        news = self._news()
        if any(each.is_rewritten for each in news):
            self._columns = _columns()
            self._pyramid.truncate(0)
            self._marks = [()] * len(self._members)
            news = self._news()
        self._marks = [each.mark for each in news]
        fresh = [each for each in news if each.first <= each.last]
        if fresh:
            self._renew(min(each.first for each in fresh), max(each.last for each in fresh))

    def _news(self) -> list[News]:
        return [member.news(mark) for member, mark in zip(self._members, self._marks, strict=True)]

    def _renew(self, first: int, last: int) -> None:
        """Make the steps from `first` to `last` anew and put them in place of what was there.

        Long stretches go in blocks, so that what is made in between stays in the cache.
        """
        parts = [member.part(first, last) for member in self._members]
        longest = max((steps for steps, _ in parts), key=len)
        if len(longest) > BLOCK:
            edges = [first, *longest[BLOCK::BLOCK].tolist(), last + 1]
            for start, end in itertools.pairwise(edges):
                self._renew(start, end - 1)
            return
        made = over_seeds(*aligned(parts))
        steps = self._columns[0].values
        start, stop = index_of(steps, first), index_of(steps, last, after=True)
        self._pyramid.truncate(start)
        renewed = (made.steps, made.mean, made.low, made.high, made.n)
        for column, values in zip(self._columns, renewed, strict=True):
            column.replace(start, stop, values)


def _columns() -> tuple[Grown, ...]:
    return (Grown(np.int64), Grown(), Grown(), Grown(), Grown(np.int64))
