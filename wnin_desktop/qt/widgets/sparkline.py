"""A curve as small as a word."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QEvent, QPointF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from wnin_desktop.qt import numbers
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import theme

WIDTH, HEIGHT, INSET = 72, 20, 3.0
DOT = 2.0
MOST_POINTS = 256
"""More than one point a pixel is not seen; longer rows keep the least and the greatest of each part."""


class Sparkline(QWidget):
    """Values from left to right in one colour, with a dot at the last; gaps where a value is not finite."""

    def __init__(
        self, parent: QWidget | None = None, *, colour: str = "accent", name: str = "sparkline"
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._colour: str | QColor = colour
        self._values: NDArray[np.float64] = np.empty(0)
        self.set_values(())

    def set_values(self, values: ArrayLike) -> None:
        """Show other values."""
        self._values = thinned(np.asarray(values, dtype=np.float64).ravel(), MOST_POINTS)
        finite = self._values[np.isfinite(self._values)]
        if len(finite):
            parts = (finite[0], finite[-1], finite.min(), finite.max())
            words = (numbers.brief(float(part), 3) for part in parts)
            self.setAccessibleName(tr("from {0} to {1}, least {2}, greatest {3}", *words))
        else:
            self.setAccessibleName(tr("no values yet"))
        self.update()

    def set_colour(self, colour: str | QColor) -> None:
        """Draw in another colour: the name of one of the theme's, or that of an arm."""
        self._colour = colour
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - the name is Qt's
        """Return the size of a long word."""
        return QSize(WIDTH, HEIGHT)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Draw anew in another theme."""
        self.update()
        super().changeEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Draw the line and its last point."""
        points = self._points()
        if not points:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = theme().colour(self._colour) if isinstance(self._colour, str) else self._colour
        painter.setPen(QPen(colour, 1.5))
        for part in points:
            painter.drawPolyline(QPolygonF(part))
        painter.setBrush(colour)
        painter.drawEllipse(points[-1][-1], DOT - 0.5, DOT - 0.5)

    def _points(self) -> list[list[QPointF]]:
        """Return the unbroken parts of the curve in pixels."""
        values, finite = self._values, np.isfinite(self._values)
        if not finite.any():
            return []
        low, high = float(values[finite].min()), float(values[finite].max())
        width, height = self.width() - 2 * INSET, self.height() - 2 * INSET
        span = high - low
        xs = INSET + np.linspace(0, 1, len(values)) * width if len(values) > 1 else np.array([INSET + width])
        ys = INSET + ((high - values) / span if span > 0 else np.full(len(values), 0.5)) * height
        starts = np.flatnonzero(np.diff(finite.astype(np.int8))) + 1
        parts = np.split(np.arange(len(values)), starts)
        return [[QPointF(float(xs[i]), float(ys[i])) for i in part] for part in parts if finite[part[0]]]


def thinned(values: NDArray[np.float64], most: int) -> NDArray[np.float64]:
    """Return at most `most` values; the least and the greatest of each part stay, in their order."""
    if len(values) <= most:
        return values
    kept = [np.array([0, len(values) - 1])]
    for part in np.array_split(np.arange(len(values)), most // 2 - 1):
        numbers_of = values[part]
        if np.isfinite(numbers_of).any():
            kept.append(part[[int(np.nanargmin(numbers_of)), int(np.nanargmax(numbers_of))]])
        else:
            kept.append(part[:1])
    return values[np.unique(np.concatenate(kept))]
