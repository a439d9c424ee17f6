"""Lines and bands on pixels, in time that does not depend on how wild they are.

A pen that follows ten thousand zigzags costs a quarter of a second; where a curve is denser than the pixels
its least and greatest value in each column say the same, as bars, in a fraction of a millisecond.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from wnin_desktop.qt.plots.graph import PrimitiveArray, arrayToQPath, arrayToQPolygonF
from wnin_desktop.qt.theme import marker_path

Array = NDArray[np.float64]
DENSE = 8.0
"""Pixels of ink a pixel of width: beyond it a line is drawn in columns."""
FAR = 1e5
"""Pixels beyond which nothing is told apart; the painter's numbers are not good for more."""


def draw_line(
    painter: QPainter, x: Array, y: Array, pen: QPen, *, exact: bool = False, faint: bool = False
) -> None:
    """Draw a line through points in pixels, x ascending or descending; NaN parts it.

    Args:
        painter: Draws.
        x: Horizontal pixels.
        y: Vertical pixels.
        pen: Colour, width and dash. Dense stretches are solid: a dash that follows noise tells nothing.
        exact: Draw every segment however long it takes, as figures for print want it.
        faint: Steps of a pixel do not show, so more points than pixels are drawn in columns.
    """
    y = np.clip(y, -FAR, FAR)
    if len(x) == 1:
        _draw_dot(painter, x[0], y[0], pen)
    elif len(x) > 1:
        if not exact and (_is_dense(x, y) or (faint and len(x) > abs(x[-1] - x[0]))):
            _draw_columns(painter, *columns(x, y), pen)
        else:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            if np.isnan(y).any():
                painter.drawPath(arrayToQPath(x, y, connect="finite"))
            else:
                painter.drawPolyline(arrayToQPolygonF(x, y))


def _draw_dot(painter: QPainter, x: float, y: float, pen: QPen) -> None:
    if np.isnan(y):
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(pen.color())
    painter.drawEllipse(QPointF(x, y), pen.widthF(), pen.widthF())


def _is_dense(x: Array, y: Array) -> bool:
    width = abs(float(x[-1] - x[0])) + 1.0
    return len(x) > 64 and float(np.nansum(np.minimum(np.abs(np.diff(y)), 2000.0))) > DENSE * width


def columns(x: Array, y: Array) -> tuple[Array, Array, Array]:
    """Return the columns of pixels that a line passes, and its least and greatest y in each.

    Where the line crosses from one column to the next, its height there belongs to both.
    """
    known = ~np.isnan(y)
    x, y = x[known], y[known]
    if not len(x):
        return x, y, y
    if x[-1] < x[0]:
        x, y = x[::-1], y[::-1]
    edges = np.arange(np.floor(x[0]) + 1, np.floor(x[-1]) + 1)
    crossed = np.interp(edges, x, y)
    # Each crossing twice: at the end of one column and at the beginning of the next.
    places = np.concatenate([np.floor(x), edges - 1, edges])
    heights = np.concatenate([y, crossed, crossed])
    order = np.argsort(places, kind="stable")
    places, heights = places[order], heights[order]
    starts = np.flatnonzero(np.append(True, places[1:] > places[:-1]))
    return places[starts], np.minimum.reduceat(heights, starts), np.maximum.reduceat(heights, starts)


def _draw_columns(painter: QPainter, x: Array, low: Array, high: Array, pen: QPen) -> None:
    half = max(pen.widthF(), 1.0) / 2
    draw_bars(painter, x, low - half, high + half, pen.color())


def draw_bars(painter: QPainter, x: Array, top: Array, bottom: Array, colour: QColor) -> None:
    """Fill columns of pixels from `top` to `bottom`; each is as wide as it is to the next one."""
    if not len(x):
        return
    bars = PrimitiveArray(QRectF, 4)
    bars.resize(len(x))
    table = bars.ndarray()
    table[:, 0], table[:, 1] = x, top
    table[:, 2] = np.append(np.diff(x), 1.0)
    table[:, 3] = bottom - top
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRects(*bars.drawargs())  # type: ignore[call-overload] - a pointer to them, and their number


def draw_band(
    painter: QPainter, x: Array, low: Array, high: Array, colour: QColor, *, exact: bool = False
) -> None:
    """Fill between two lines in pixels; stretches where one is NaN stay empty."""
    for start, end in _stretches(~(np.isnan(low) | np.isnan(high))):
        across = x[start:end]
        top, bottom = np.clip(high[start:end], -FAR, FAR), np.clip(low[start:end], -FAR, FAR)
        if not exact and len(across) > 64 and (_is_dense(across, top) or _is_dense(across, bottom)):
            places, least, _ = columns(across, top)
            _, _, greatest = columns(across, bottom)
            draw_bars(painter, places, least, greatest, colour)
            continue
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        outline = np.concatenate([across, across[::-1]]), np.concatenate([top, bottom[::-1]])
        painter.drawPolygon(arrayToQPolygonF(*outline))


def _stretches(known: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return where `known` holds, as half-open ranges of at least two."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2) if b - a > 1]


def draw_marker(
    painter: QPainter, x: float, y: float, marker: str, radius: float, colour: QColor, edge: QColor
) -> None:
    """Draw the marker of an arm with a rim in the colour of the ground."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(x, y)
    painter.setPen(QPen(edge, 1.2))
    painter.setBrush(colour)
    painter.drawPath(marker_path(marker, radius))
    painter.restore()
