"""Grids on a plane: exact coordinates from (i, j), and an order that goes from coarse to fine.

A coordinate is computed from its index alone. Walking, adding a step again and again, drifts and puts odd
rows off by one (as loss-landscapes 3.0.6 does); here the origin of the plane is a point of the grid, exactly.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from wnin_desktop.errors import InputError

COARSEST = ((101, 4), (201, 8))
"""(points of an axis up to which, stride of the first level); beyond, 16. Of 51 x 51 points the first level
has 13 x 13, a fifteenth."""
LARGEST_STRIDE = 16


@dataclass(frozen=True)
class Axis:
    """Coordinates length * (i - origin) / parts for i = 0 .. count - 1; exactly 0 at i = origin.

    `parts` is the number of intervals in `length`, so that a point at `length` is met exactly.
    """

    count: int
    origin: int
    length: float
    parts: int

    def at(self, index: int) -> float:
        """Return one coordinate."""
        return self.length * ((index - self.origin) / self.parts)

    def coordinates(self) -> np.ndarray:
        """Return all coordinates, float64 `[count]`."""
        return self.length * ((np.arange(self.count) - self.origin) / self.parts)

    @classmethod
    def symmetric(cls, count: int, half: float) -> Axis:
        """Return `count` points from -half to half.

        Raises:
            InputError: `count` is even or less than 3, which would leave no point in the middle.
        """
        if count < 3 or count % 2 == 0:
            raise InputError.of("size", count, "allowed: an odd number from 3, so that a point is the centre")
        return cls(count, count // 2, half, count // 2)

    @classmethod
    def covering(cls, count: int, low: float, high: float) -> Axis:
        """Return the finest `count` points that hold 0 and cover `low` to `high`.

        Raises:
            InputError: Fewer than 3 points.
        """
        if count < 3:
            raise InputError.of("size", count, "allowed: a number from 3")
        low, high = min(low, 0.0), max(high, 0.0)
        if high == low:
            low, high = -1.0, 1.0
        origin = min(count - 1, math.ceil((count - 2) * (-low / (high - low))))
        return cls(count, origin, high - low, count - 2)

    @classmethod
    def between(cls, count: int, margin: float) -> Axis:
        """Return about -margin to 1 + margin, with 0 and 1 among the points."""
        parts = max(1, round((count - 1) / (1 + 2 * margin)))
        return cls(count, (count - 1 - parts) // 2, 1.0, parts)

    @classmethod
    def single(cls) -> Axis:
        """Return the one coordinate 0, the second axis of a line."""
        return cls(1, 0, 0.0, 1)


@dataclass(frozen=True)
class Grid:
    """All pairs (a, b): a along the columns, b along the rows of an array `[b.count, a.count]`."""

    a: Axis
    b: Axis

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.b.count, self.a.count

    @property
    def points(self) -> int:
        """Number of points."""
        return self.a.count * self.b.count

    def strides(self) -> tuple[int, ...]:
        """Return the strides of the levels, coarsest first; the last is 1."""
        longest = max(self.shape)
        first = next((stride for limit, stride in COARSEST if longest <= limit), LARGEST_STRIDE)
        if longest <= 2 * first:
            return (1,)
        return tuple(2**k for k in range(int(math.log2(first)), -1, -1))

    def rows(self, level: int | None) -> list[tuple[int, np.ndarray]]:
        """Return (row, columns) of the points that level number `level` adds; None is every point."""
        if level is None:
            return [(row, np.arange(self.a.count)) for row in range(self.b.count)]
        strides = self.strides()
        fresh = self.mask(strides[level])
        if level:
            fresh &= ~self.mask(strides[level - 1])
        return [(int(row), np.flatnonzero(fresh[row])) for row in np.flatnonzero(fresh.any(1))]

    def mask(self, stride: int) -> np.ndarray:
        """Return which points a level of that stride has with those before it, bool `[rows, columns]`."""
        columns = (np.arange(self.a.count) - self.a.origin) % stride == 0
        rows = (np.arange(self.b.count) - self.b.origin) % stride == 0
        return rows[:, None] & columns[None, :]


def filled(values: np.ndarray, grid: Grid, stride: int) -> np.ndarray:
    """Return `values` with each point that is not known yet taken from the nearest known one.

    Args:
        values: `[rows, columns]`, known where `grid.mask(stride)` is.
        grid: Their grid.
        stride: Of the last level that is complete.
    """
    rows, columns = (_nearest(axis, stride) for axis in (grid.b, grid.a))
    return values[np.ix_(rows, columns)]


def _nearest(axis: Axis, stride: int) -> np.ndarray:
    index = np.arange(axis.count)
    known = index[(index - axis.origin) % stride == 0]
    place = np.clip(np.searchsorted(known, index), 0, len(known) - 1)
    before = np.clip(place - 1, 0, len(known) - 1)
    closer = np.abs(known[before] - index) <= np.abs(known[place] - index)
    return np.where(closer, known[before], known[place])


def points_of(grid: Grid) -> Iterator[tuple[float, float]]:
    """Yield (a, b) of every point, row by row."""
    for row in range(grid.b.count):
        for column in range(grid.a.count):
            yield grid.a.at(column), grid.b.at(row)
