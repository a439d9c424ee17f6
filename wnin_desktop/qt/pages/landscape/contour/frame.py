"""Where places of a plane lie on the pixels of a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF

Array = NDArray[np.float64]
Range = tuple[float, float]


@dataclass(frozen=True)
class Frame:
    """A part of a plane on a rectangle; b grows upwards."""

    a: Range
    b: Range
    rect: QRectF

    def x(self, a: float) -> float:
        """Return the horizontal pixel of a coordinate."""
        return self.rect.left() + (a - self.a[0]) / (self.a[1] - self.a[0]) * self.rect.width()

    def y(self, b: float) -> float:
        """Return the vertical pixel of a coordinate."""
        return self.rect.bottom() - (b - self.b[0]) / (self.b[1] - self.b[0]) * self.rect.height()

    def pixels(self, places: Array) -> Array:
        """Return pixels `[n, 2]` of places `[n, 2]`."""
        scale = np.array(
            [self.rect.width() / (self.a[1] - self.a[0]), -self.rect.height() / (self.b[1] - self.b[0])]
        )
        return (np.asarray(places) - (self.a[0], self.b[0])) * scale + (self.rect.left(), self.rect.bottom())

    def place(self, pixel: QPointF) -> tuple[float, float]:
        """Return the place at a pixel."""
        u = (pixel.x() - self.rect.left()) / max(self.rect.width(), 1.0)
        v = (self.rect.bottom() - pixel.y()) / max(self.rect.height(), 1.0)
        return self.a[0] + u * (self.a[1] - self.a[0]), self.b[0] + v * (self.b[1] - self.b[0])

    def box(self, a: Range, b: Range) -> QRectF:
        """Return the rectangle of a part of the plane."""
        return QRectF(QPointF(self.x(a[0]), self.y(b[1])), QPointF(self.x(a[1]), self.y(b[0])))


def zoomed(span: Range, middle: float, factor: float) -> Range:
    """Return a range made so many times as long, with `middle` staying where it is."""
    return middle + (span[0] - middle) * factor, middle + (span[1] - middle) * factor


def kept_within(span: Range, whole: Range) -> Range:
    """Return a range moved so that it stays in sight of the whole; all of it where it is as long."""
    length, most = span[1] - span[0], whole[1] - whole[0]
    if length >= most:
        return whole
    low = min(max(span[0], whole[0]), whole[1] - length)
    return low, low + length
