"""Lines of equal height, found by contourpy where there is time for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
QUICK_SIDE = 151
"""Points of an axis up to which lines are found at once: three milliseconds."""


@dataclass(frozen=True, eq=False)
class Isoline:
    """All lines of one height: points `[n, 2]` one line behind the other, and where each begins."""

    level: float
    points: Array
    starts: NDArray[np.int64]

    def lines(self) -> list[Array]:
        """Return the lines one by one."""
        return [self.points[low:high] for low, high in zip(self.starts[:-1], self.starts[1:], strict=True)]


def isolines(a: Array, b: Array, values: Array, levels: Sequence[float]) -> list[Isoline]:
    """Return lines of some heights of a surface; holes have none."""
    import contourpy  # noqa: PLC0415 - the first surface comes long after the window

    if min(values.shape) < 2 or not levels:
        return []
    masked = np.ma.masked_invalid(values)
    generator = contourpy.contour_generator(
        a, b, masked, name="serial", line_type=contourpy.LineType.ChunkCombinedOffset
    )
    found = []
    for level in levels:
        points, offsets = cast("tuple[list[Array | None], list[Any]]", generator.lines(level))
        if points and points[0] is not None:
            found.append(Isoline(level, points[0], np.asarray(offsets[0], np.int64)))
    return found


def coarser(a: Array, b: Array, values: Array) -> tuple[Array, Array, Array]:
    """Return every so many points of a surface that is too fine for lines at once, with its ends."""
    rows, columns = _every(len(b)), _every(len(a))
    return a[columns], b[rows], values[np.ix_(rows, columns)]


def _every(count: int) -> NDArray[np.intp]:
    if count <= QUICK_SIDE:
        return np.arange(count)
    return np.unique(np.linspace(0, count - 1, QUICK_SIDE).round().astype(np.intp))
