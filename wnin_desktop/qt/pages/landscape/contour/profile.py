"""Draws the height along a line between two runs: a surface of one dimension."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from wnin_desktop.qt.pages.landscape.contour.frame import Frame
from wnin_desktop.qt.pages.landscape.contour.painting import (
    END,
    PATH,
    START,
    Y_GAP,
    paint_axes,
)
from wnin_desktop.qt.pages.landscape.contour.sheet import Sheet, Trace
from wnin_desktop.qt.plots.graph import arrayToQPolygonF
from wnin_desktop.qt.plots.ink import draw_band, draw_marker
from wnin_desktop.qt.plots.ticks import Tick
from wnin_desktop.qt.theme import HAIRLINE, theme

Array = NDArray[np.float64]
TWO_SIDED = 1.96
"""Standard errors to each side of a 95 % interval."""


def frame_in(a: tuple[float, float], rect: QRectF) -> Frame:
    """Return the frame of a profile: its upward coordinate is a place on the axis of heights."""
    return Frame(a, (0.0, 1.0), rect)


def paint_profile(painter: QPainter, sheet: Sheet, frame: Frame) -> None:
    """Draw axes, the grid, the interval of a smoothed line and the line itself."""
    most = max(2, int(frame.rect.height() / Y_GAP))
    ticks = [Tick(sheet.axis.place(tick.value), tick.text) for tick in sheet.axis.ticks(most)]
    ticks = [tick for tick in ticks if 0 <= tick.value <= 1]
    _paint_grid(painter, frame, ticks)
    paint_axes(painter, frame, sheet.titles[0], sheet.titles[2], beside_ticks=ticks)
    if sheet.values is None:
        return
    painter.save()
    painter.setClipRect(frame.rect)
    x = frame.pixels(np.stack([sheet.a, np.zeros_like(sheet.a)], 1))[:, 0]
    if sheet.se is not None:
        low, high = (
            _upward(sheet, frame, sheet.values[0] + side * sheet.se[0]) for side in (-TWO_SIDED, TWO_SIDED)
        )
        band = theme().colour("accent")
        band.setAlphaF(theme().band_alpha)
        draw_band(painter, x, low, high, band)
    y = _upward(sheet, frame, sheet.values[0])
    known = np.isfinite(y)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(theme().colour("accent"), PATH))
    painter.drawPolyline(arrayToQPolygonF(x[known], y[known]))
    painter.restore()


def _paint_grid(painter: QPainter, frame: Frame, ticks: Sequence[Tick]) -> None:
    painter.setPen(QPen(theme().colour("hairline"), HAIRLINE))
    for tick in ticks:
        y = frame.y(tick.value)
        painter.drawLine(QPointF(frame.rect.left(), y), QPointF(frame.rect.right(), y))


def _upward(sheet: Sheet, frame: Frame, heights: Array) -> Array:
    places = sheet.axis.places(heights)
    return frame.pixels(np.stack([np.zeros_like(places), places], 1))[:, 1]


def points_of(sheet: Sheet, trace: Trace) -> Array:
    """Return where a path is drawn: at its own height where that was measured, else on the line."""
    a = trace.points[:, 0]
    line = np.full(len(a), np.nan)
    if sheet.values is not None:
        line = np.interp(a, sheet.a, sheet.values[0], left=np.nan, right=np.nan)
    heights = np.where(np.isfinite(trace.heights), trace.heights, line)
    return np.stack([a, sheet.axis.places(heights)], 1)


def paint_ends(painter: QPainter, sheet: Sheet, traces: Sequence[Trace], frame: Frame) -> None:
    """Draw where the paths begin and end; what lies between has no place on a line."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.save()
    painter.setClipRect(frame.rect.adjusted(-END, -END, END, END))
    ground = theme().colour("panel")
    for trace in traces:
        pixels = frame.pixels(points_of(sheet, trace))
        pixels = pixels[np.isfinite(pixels).all(1)]
        if not len(pixels):
            continue
        if len(pixels) > 1:
            painter.setPen(QPen(trace.look.colour, PATH))
            painter.setBrush(ground)
            painter.drawEllipse(QPointF(*pixels[0]), START, START)
        x, y = pixels[-1]
        draw_marker(painter, x, y, trace.look.marker, END, trace.look.colour, ground)
    painter.restore()
