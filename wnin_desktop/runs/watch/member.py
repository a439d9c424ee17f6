"""What a band is made of: a seed's series, or the difference of two that share their seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from wnin_desktop.runs.watch.series import Series, index_of

Mark = tuple[int, ...]
Part = tuple[NDArray[np.int64], NDArray[np.float64]]


class News(NamedTuple):
    """Steps that came since a mark was taken.

    Attributes:
        mark: To ask with the next time.
        is_rewritten: Whether steps changed that were there before; then `first` is of no use.
        first: First step that is new; beyond `last` where nothing is.
        last: Last step there is.
    """

    mark: Mark
    is_rewritten: bool
    first: int
    last: int


class Member(Protocol):
    """One seed's part in a band."""

    @property
    def sources(self) -> tuple[Series, ...]:
        """The series behind it."""
        ...

    def news(self, mark: Mark) -> News:
        """Return what came since `mark`; since the beginning where it is empty."""
        ...

    def part(self, first: int, last: int) -> Part:
        """Return steps and values from step `first` to `last`."""
        ...


class Single:
    """A series by itself."""

    def __init__(self, series: Series) -> None:
        self._series = series

    @property
    def sources(self) -> tuple[Series, ...]:
        """The series."""
        return (self._series,)

    def news(self, mark: Mark) -> News:
        """Return what came since `mark`."""
        return _news(self._series, mark)

    def part(self, first: int, last: int) -> Part:
        """Return views of the series."""
        steps = self._series.steps
        where = slice(index_of(steps, first), index_of(steps, last, after=True))
        return steps[where], self._series.values[where]


class Difference:
    """One series minus another, at the steps that both have measured."""

    def __init__(self, mine: Series, theirs: Series) -> None:
        self._mine = Single(mine)
        self._theirs = Single(theirs)

    @property
    def sources(self) -> tuple[Series, ...]:
        """Both series."""
        return self._mine.sources + self._theirs.sources

    def news(self, mark: Mark) -> News:
        """Return what came since `mark` to both."""
        mine, theirs = self._mine.news(mark[:2]), self._theirs.news(mark[2:])
        return News(
            mine.mark + theirs.mark,
            mine.is_rewritten or theirs.is_rewritten,
            min(mine.first, theirs.first),
            min(mine.last, theirs.last),
        )

    def part(self, first: int, last: int) -> Part:
        """Return the differences."""
        a, x = self._mine.part(first, last)
        b, y = self._theirs.part(first, last)
        if len(a) == len(b) and (a == b).all():
            return a, x - y
        common, at_a, at_b = np.intersect1d(a, b, assume_unique=True, return_indices=True)
        return common, x[at_a] - y[at_b]


def _news(series: Series, mark: Mark) -> News:
    steps = series.steps
    size, rewrites = mark or (0, series.rewrites)
    now = (len(steps), series.rewrites)
    last = int(steps[-1]) if len(steps) else -1
    first = int(steps[size]) if size < len(steps) else last + 1
    return News(now, rewrites != now[1], first, last)


def aligned(parts: Sequence[Part]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the union of the members' steps, and their values `[members, steps]`, NaN where one has none."""
    having = [(steps, values) for steps, values in parts if len(steps)]
    if not having:
        return np.empty(0, dtype=np.int64), np.empty((len(parts), 0))
    steps = having[0][0]
    if all(len(other) == len(steps) and (other == steps).all() for other, _ in having[1:]):
        return steps, np.stack([values for _, values in having])
    steps = np.unique(np.concatenate([other for other, _ in having]))
    table = np.full((len(having), len(steps)), np.nan)
    for row, (own, values) in zip(table, having, strict=True):
        row[np.searchsorted(steps, own)] = values
    return steps, table
