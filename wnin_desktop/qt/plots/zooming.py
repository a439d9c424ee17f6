"""What dragging and the wheel do to the ranges of the plots."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import QObject, QPointF, QRectF

from wnin_desktop.qt.plots.figure import Figure
from wnin_desktop.qt.plots.history import Range
from wnin_desktop.qt.plots.lens import Lens

WHEEL_PAUSE_S = 0.5
"""Turns of the wheel that follow each other faster are one zoom."""
DRAGGING = math.inf
SMALLEST = 1e-12


class Zooming(QObject):
    """Turns pixels of one figure into ranges of its lens."""

    def __init__(self, figure: Figure, lens: Lens, key: str, parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName(f"zooming-{key}")
        self._figure, self._lens, self._key = figure, lens, key
        self._last = 0.0
        sight = figure.sight
        sight.zoomed.connect(self._zoom_to)
        sight.moved.connect(self._move_by)
        sight.rested.connect(self._end_move)
        sight.wheeled.connect(self._wheel)

    def by(self, factor: float, pixel: float, *, vertical: bool = False, continuing: bool = False) -> None:
        """Make an axis' range `factor` times as long, around a pixel."""
        frame = self._figure.frame
        first = pixel - pixel * factor
        if vertical:
            places = self._places(first + frame.height * factor, first)
            self._lens.zoom(y={self._key: places}, continuing=continuing)
            return
        low, high = sorted((frame.x_at(first), frame.x_at(first + frame.width * factor)))
        self._zoom_x(low, high, continuing=continuing)

    def _zoom_x(self, low: float, high: float, *, continuing: bool = False) -> None:
        """Show x from `low` to `high`, of which what cannot be (steps below zero) is cut off."""
        lens = self._lens
        least = 0.0 if lens.mode != "matched" and not lens.log_x else SMALLEST
        if high > max(low, least):
            lens.zoom(x=(max(low, least), high), continuing=continuing)

    def _zoom_to(self, chosen: QRectF) -> None:
        frame = self._figure.frame
        low, high = sorted((frame.x_at(chosen.left()), frame.x_at(chosen.right())))
        y = None
        if chosen.height() < frame.height - 1:
            y = {self._key: self._places(chosen.bottom(), chosen.top())}
        self._lens.zoom(x="same" if chosen.width() >= frame.width - 1 else (low, high), y=y)

    def _places(self, bottom: float, top: float) -> Range:
        """Return vertical pixels as places on the axis."""
        frame = self._figure.frame
        span = (frame.y1 - frame.y0) / max(frame.height, 1.0)
        return frame.y1 - bottom * span, frame.y1 - top * span

    def _move_by(self, way: QPointF) -> None:
        frame = self._figure.frame
        low, high = sorted((frame.x_at(-way.x()), frame.x_at(frame.width - way.x())))
        y = {self._key: self._places(frame.height - way.y(), -way.y())}
        continuing, self._last = self._last == DRAGGING, DRAGGING
        self._lens.zoom(x=(low, high), y=y, continuing=continuing)

    def _end_move(self) -> None:
        self._last = 0.0

    def _wheel(self, pixel: float, factor: float, vertical: bool) -> None:
        now = time.monotonic()
        continuing, self._last = now - self._last < WHEEL_PAUSE_S, now
        self.by(factor, pixel, vertical=vertical, continuing=continuing)
