"""Minima and maxima of a growing row of numbers, kept ready for every zoom.

Level k holds two points, the least and the greatest value in the order in which they came, of each `16 * 2^k`
points of the row. Each level is made of the one below, four points to two, and only from groups that are
complete, so that appending costs O(1) a point and no level is ever made anew. What a level does not cover yet
is taken from the row itself. A view has at least one bin for each pixel and, as painting costs more than
looking, rarely many more; its bins are made of a few neighbours of one level, its ragged ends exactly. Every
point in it is one that was measured, and the minimum and maximum of what is in sight are among them.

Columns are x, y and, where asked for, more of the same length that are summarised beside y (`carried`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

BASE = 16
"""Points behind one bin of the lowest level; finer bins are made when they are looked at."""
MOST_NEIGHBOURS = 8
"""A view's bin is made of fewer than this many of a level, and of at least half of it above the lowest."""
CHUNK = 1024
"""Levels grow by whole chunks, so that a point is never appended to all of them by itself."""
POINTS_A_PIXEL = 4
FEWEST_PIXELS = 4
"""A view of fewer is made as if it had these."""
FIRST_ROOM = 64

Columns = Sequence[NDArray]


class Grown:
    """A one-dimensional array that grows at its end."""

    __slots__ = ("_data", "size")

    def __init__(self, dtype: type = np.float64) -> None:
        self._data: NDArray = np.empty(0, dtype=dtype)
        self.size = 0

    @property
    def values(self) -> NDArray:
        """What is in it: a view, which only `truncate` and `replace` invalidate."""
        return self._data[: self.size]

    def extend(self, values: NDArray) -> None:
        """Append `values`."""
        size = self.size + len(values)
        if size > len(self._data):
            larger = np.empty(max(FIRST_ROOM, size + size // 2), dtype=self._data.dtype)
            larger[: self.size] = self.values
            self._data = larger
        self._data[self.size : size] = values
        self.size = size

    def truncate(self, size: int) -> None:
        """Forget what lies beyond `size`."""
        self.size = min(size, self.size)

    def replace(self, start: int, stop: int, values: NDArray) -> None:
        """Put `values` in place of what lies from index `start` to `stop`."""
        if len(values) == stop - start:
            self._data[start:stop] = values
            return
        after = self.values[stop:].copy()
        self.truncate(start)
        self.extend(values)
        self.extend(after)


@dataclass
class _Level:
    width: int
    columns: list[Grown] = field(default_factory=list)

    @property
    def bins(self) -> int:
        return self.columns[0].size // 2

    def extend(self, columns: Columns) -> None:
        for own, values in zip(self.columns, columns, strict=True):
            own.extend(values)


class Pyramid:
    """Levels over columns that somebody else holds and passes in; see the module.

    Args:
        carried: How each column after x and y is summarised, such as `np.fmin`.
    """

    def __init__(self, carried: tuple[np.ufunc, ...] = ()) -> None:
        self._carried = carried
        self._levels: list[_Level] = []
        # The bins of the last look, from an index on: the next look mostly needs them again.
        self._looked: tuple[int, _Level] | None = None

    def truncate(self, size: int) -> None:
        """Forget everything that was made of points from index `size` on."""
        self._looked = None
        for level in self._levels:
            for column in level.columns:
                column.truncate(2 * (size // level.width))

    def view(
        self, columns: Columns, first: int, end: int, pixels: int, *, neighbours: bool = True
    ) -> list[NDArray]:
        """Return points for `pixels` pixels that show indices `first` to `end` of the columns.

        Args:
            columns: All of them, from their beginning.
            first: Index of the first point in sight.
            end: Index behind the last one.
            pixels: Width of the picture.
            neighbours: Whether the nearest points out of sight come too, for a line that runs to the edge.
        """
        most = POINTS_A_PIXEL * max(pixels, FEWEST_PIXELS)
        before, after = (max(first - 1, 0), min(end + 1, len(columns[0]))) if neighbours else (first, end)
        if after - before <= most:
            return [column[before:after] for column in columns]
        width = _bin_width(end - first, most // POINTS_A_PIXEL)
        self._catch_up(columns)
        middle = self._bins(columns, first, end, width)
        pieces = [_single(columns, before), *middle, _single(columns, after - 1)]
        return _joined(pieces)

    def _bins(self, columns: Columns, first: int, end: int, width: int) -> list[list[NDArray]]:
        """Return two points of each bin in the range and two of each ragged end, in order, as pieces."""
        start, stop = -(-first // width), end // width
        if stop < start:
            return [self._pair(columns, first, end, width)]
        head = self._pair(columns, first, start * width, width)
        tail = self._pair(columns, stop * width, end, width)
        return [head, *self._whole_bins(columns, start, stop, width), tail]

    def _whole_bins(self, columns: Columns, start: int, stop: int, width: int) -> list[list[NDArray]]:
        level = self._level(_level_width(width))
        ready = start if level is None else min(max(level.bins * level.width // width, start), stop)
        pieces = []
        if level is not None and ready > start:
            pieces.append(self._neighbours_joined(level, start, ready, width))
        if stop > ready:
            finer = self._finer(columns, ready * width, stop * width, width)
            pieces.append(reduced(finer, len(finer[0]) // (stop - ready), self._carried))
        return pieces

    def _neighbours_joined(self, level: _Level, start: int, stop: int, width: int) -> list[NDArray]:
        """Return bins `start` to `stop` of `width`, each made of a few neighbours of `level`."""
        points = 2 * width // level.width
        if points == 2:
            return [column.values[2 * start : 2 * stop] for column in level.columns]
        origin, looked = self._looked or (start, None)
        if looked is None or looked.width != width or not origin <= start <= origin + looked.bins:
            origin, looked = start, _Level(width, [Grown() for _ in level.columns])
            self._looked = (origin, looked)
        done = origin + looked.bins
        if stop > done:
            fresh = [column.values[points * done : points * stop] for column in level.columns]
            looked.extend(reduced(fresh, points, self._carried))
        return [column.values[2 * (start - origin) : 2 * (stop - origin)] for column in looked.columns]

    def _finer(self, columns: Columns, first: int, end: int, width: int) -> list[NDArray]:
        """Return what whole bins of `width` can be made of: a finer level's points, or the row's."""
        for level in reversed(self._levels):
            if width % level.width == 0 and level.bins * level.width >= end:
                return [c.values[2 * first // level.width : 2 * end // level.width] for c in level.columns]
        return [column[first:end] for column in columns]

    def _pair(self, columns: Columns, first: int, end: int, width: int) -> list[NDArray]:
        """Return the least and greatest point of a range shorter than a bin of `width`."""
        if end - first > CHUNK and width > CHUNK:
            finer = _joined(self._bins(columns, first, end, CHUNK // 2))
        else:
            finer = [column[first:end] for column in columns]
        if len(finer[0]) <= 2:
            return finer
        return reduced(finer, len(finer[0]), self._carried)

    def _level(self, width: int) -> _Level | None:
        index = (width // BASE).bit_length() - 1
        return self._levels[index] if 0 <= index < len(self._levels) else None

    def _catch_up(self, columns: Columns) -> None:
        size = len(columns[0]) // CHUNK * CHUNK
        width, below, group = BASE, list(columns), BASE
        for index in range(64):
            if width > size:
                return
            if index == len(self._levels):
                self._levels.append(_Level(width, [Grown() for _ in columns]))
            level = self._levels[index]
            done, wanted = level.bins, size // width
            if wanted <= done:
                return
            fresh = reduced([c[done * group : wanted * group] for c in below], group, self._carried)
            level.extend(fresh)
            width, below, group = 2 * width, [column.values for column in level.columns], 4


def reduced(columns: Columns, group: int, carried: tuple[np.ufunc, ...] = ()) -> list[NDArray]:
    """Return two points of each `group` points: where y is least and where it is greatest, in their order.

    A group with no more than one number in it also keeps a NaN, so that gaps stay gaps. The carried columns
    have the same value at both points.
    """
    x, y, *more = columns
    lowest, highest = _extremes(np.asarray(y).reshape(-1, group))
    at = np.empty((len(lowest), 2), dtype=np.intp)
    np.minimum(lowest, highest, out=at[:, 0])
    np.maximum(lowest, highest, out=at[:, 1])
    at += np.arange(0, len(y), group)[:, None]
    where = at.ravel()
    values = [
        np.repeat(how.reduce(column.reshape(-1, group), axis=1), 2)
        for how, column in zip(carried, more, strict=True)
    ]
    return [np.asarray(x[where], dtype=np.float64), y[where], *values]


def _extremes(rows: NDArray) -> tuple[NDArray, NDArray]:
    """Return the column of the least and of the greatest value of each row; they always differ."""
    missing = np.isnan(rows)
    if missing.any():
        lowest = np.where(missing, np.inf, rows).argmin(axis=1)
        greatest = np.where(missing, -np.inf, rows)
    else:
        lowest, greatest = rows.argmin(axis=1), rows
    # The last of equal ones, so that a constant row gives its two ends.
    highest = rows.shape[1] - 1 - greatest[:, ::-1].argmax(axis=1)
    same = np.flatnonzero(lowest == highest)
    highest[same] = np.where(lowest[same] == 0, rows.shape[1] - 1, 0)
    return lowest, highest


def _single(columns: Columns, index: int) -> list[NDArray]:
    return [column[index : index + 1] for column in columns]


def _joined(pieces: list[list[NDArray]]) -> list[NDArray]:
    """Return pieces that follow one another as one; the edges may repeat a point of their neighbour."""
    pieces = [piece for piece in pieces if len(piece[0])]
    if len(pieces) > 1 and pieces[0][0][-1] >= pieces[1][0][0]:
        del pieces[0]
    if len(pieces) > 1 and pieces[-1][0][0] <= pieces[-2][0][-1]:
        del pieces[-1]
    return [np.concatenate(column) for column in zip(*pieces, strict=True)]


def _bin_width(count: int, pixels: int) -> int:
    """Return how many of `count` points a bin holds: at least one bin a pixel, at most `2 * pixels - 3`.

    Two points a bin, two for each ragged end and one at each edge then make at most four a pixel.
    """
    fewest = -(-count // (2 * pixels - 3))
    width = max(count // pixels, fewest)
    part = max(_level_width(width), 1)
    return max(width // part, -(-fewest // part)) * part


def _level_width(width: int) -> int:
    """Return the width of the level that bins of `width` are made of; 0 where they are finer than any."""
    part = BASE if width >= BASE else 0
    while part and width // part >= MOST_NEIGHBOURS:
        part *= 2
    return part
