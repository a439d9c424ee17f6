"""Pictures of curves that are made a little at a time, so that no frame waits for them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter

from wnin_desktop.qt.plots.frame import Frame

Stroke = Callable[[QPainter], None]
"""Draws one curve on the pixels of a frame."""


class Layer:
    """A finished picture that is shown, and one in the making that takes its place."""

    def __init__(self) -> None:
        self.shown: QImage | None = None
        self.frame: Frame | None = None
        self._making: QImage | None = None
        self._making_frame: Frame | None = None
        self._strokes: Iterator[Stroke] | None = None
        self.spent_s = 0.0
        """Time that the last finished picture took."""
        self._spent = 0.0

    @property
    def is_busy(self) -> bool:
        """Whether a picture is in the making."""
        return self._strokes is not None

    def clear(self) -> None:
        """Show nothing."""
        self.shown = self.frame = self._making = self._strokes = None

    def begin(self, frame: Frame, strokes: Iterator[Stroke], ratio: float) -> None:
        """Start a picture; one in the making is given up."""
        size = QSize(max(1, math.ceil(frame.width * ratio)), max(1, math.ceil(frame.height * ratio)))
        image = self._making
        if image is None or image.size() != size:
            image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(ratio)
        image.fill(Qt.GlobalColor.transparent)
        self._making, self._making_frame, self._strokes = image, frame, strokes
        self._spent = 0.0

    def advance(self, until: float) -> bool:
        """Draw until `time.perf_counter` says `until`, at least one stroke; return whether it is done."""
        if self._strokes is None or self._making is None:
            return True
        begun = time.perf_counter()
        painter = QPainter(self._making)
        done = False
        while not done:
            stroke = next(self._strokes, None)
            if stroke is None:
                done = True
            else:
                stroke(painter)
                if time.perf_counter() >= until:
                    break
        painter.end()
        self._spent += time.perf_counter() - begun
        if done:
            self.shown, self._making = self._making, self.shown
            self.frame, self._strokes, self.spent_s = self._making_frame, None, self._spent
        return done

    def paint(self, painter: QPainter, frame: Frame, opacity: float = 1.0) -> None:
        """Show the finished picture where its range lies now."""
        if self.shown is None or self.frame is None or not frame.is_like(self.frame):
            return
        painter.setOpacity(opacity)
        if self.frame == frame:
            painter.drawImage(QPointF(0, 0), self.shown)
        else:
            painter.drawImage(frame.place_of(self.frame), self.shown, QRectF(self.shown.rect()))
        painter.setOpacity(1.0)
