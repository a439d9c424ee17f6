"""Axes of a plot: ticks, the grid and the unit, without a frame."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from wnin_desktop.qt.plots.frame import Frame
from wnin_desktop.qt.plots.graph import GraphicsWidget
from wnin_desktop.qt.plots.ticks import Tick, linear_ticks, log_ticks, superscript
from wnin_desktop.qt.theme import HAIRLINE, Space, theme

X_GAP, Y_GAP = 56.0, 26.0
"""Pixels between ticks, at least."""
LABEL_FONT = "small"
TICK_FONT = "small_numbers"


def x_ticks(frame: Frame, *, whole: bool) -> list[Tick]:
    """Return the ticks of the horizontal axis."""
    return _ticks(*frame.x_range, max(2, int(frame.width / X_GAP)), log=frame.log_x, whole=whole)


def y_ticks(frame: Frame) -> tuple[list[Tick], int]:
    """Return the ticks of the vertical axis, and the power of ten that they leave to its label."""
    low, high = frame.y_range
    most = max(2, int(frame.height / Y_GAP))
    exponent = 0 if frame.log_y else common_exponent(max(abs(low), abs(high)))
    if exponent == 0:
        return _ticks(low, high, most, log=frame.log_y, whole=False), 0
    size = 10.0**exponent
    found = linear_ticks(low / size, high / size, most)
    return [Tick(tick.value * size, tick.text) for tick in found], exponent


def common_exponent(largest: float) -> int:
    """Return the power of ten that ticks of a linear axis leave to its label; 0 for common numbers."""
    if largest == 0 or not math.isfinite(largest) or 1e-2 <= largest < 1e5:
        return 0
    return math.floor(math.log10(largest))


def _ticks(low: float, high: float, most: int, *, log: bool, whole: bool) -> list[Tick]:
    if log:
        return log_ticks(low, high, most)
    return linear_ticks(low, high, most, whole=whole)


class Axes(GraphicsWidget):
    """Draws grid, ticks and labels of both axes around the rectangle that shows the curves.

    It covers the whole figure and lies under everything else.
    """

    def __init__(self, parent: GraphicsWidget) -> None:
        super().__init__(parent)
        self.setZValue(-10)
        # Painted again only when ticks change, not whenever curves above them do.
        self.setCacheMode(GraphicsWidget.CacheMode.DeviceCoordinateCache)
        self.x_label, self.y_label = "", ""
        self.whole_steps = True
        self._frame: Frame | None = None
        self._inner = QRectF()
        self._x: list[Tick] = []
        self._y: list[Tick] = []
        self._exponent = 0

    def set_frame(self, frame: Frame, inner: QRectF) -> None:
        """Show another range; `inner` is where the curves are."""
        if frame != self._frame or inner != self._inner:
            self._frame, self._inner = frame, QRectF(inner)
            self._x = x_ticks(frame, whole=self.whole_steps)
            self._y, self._exponent = y_ticks(frame)
            self.update()

    def refresh(self) -> None:
        """Make texts anew, in other numbers or fonts."""
        frame, self._frame = self._frame, None
        if frame is not None:
            self.set_frame(frame, self._inner)

    @staticmethod
    def margin_left() -> float:
        """Return the room that the vertical axis takes."""
        metrics = QFontMetricsF(theme().font(TICK_FONT))
        label = QFontMetricsF(theme().font(LABEL_FONT)).height()
        return metrics.horizontalAdvance("0.0000") + label + Space.S

    @staticmethod
    def margin_bottom() -> float:
        """Return the room that the horizontal axis takes."""
        return QFontMetricsF(theme().font(TICK_FONT)).height() + Space.XS + 2

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,  # noqa: ARG002 - the signature is Qt's
        widget: QWidget | None = None,  # noqa: ARG002
    ) -> None:
        """Draw everything."""
        if self._frame is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setFont(theme().font(TICK_FONT))
        self._paint_x(painter, self._frame)
        self._paint_y(painter, self._frame)
        self._paint_labels(painter)

    def _paint_x(self, painter: QPainter, frame: Frame) -> None:
        inner, metrics = self._inner, QFontMetricsF(painter.font())
        room = inner.right() + Space.XS
        if self.x_label:
            label = QFontMetricsF(theme().font(LABEL_FONT))
            room = self.size().width() - label.horizontalAdvance(self.x_label)
        taken = -1e9
        places = sorted((frame.x_pixel(tick.value), tick.text) for tick in self._x)
        for place, text in places:
            x = inner.left() + place
            painter.setPen(_grid_pen())
            painter.drawLine(QPointF(x, inner.top()), QPointF(x, inner.bottom()))
            width = metrics.horizontalAdvance(text)
            left = x - width / 2
            if left < taken + Space.S or left + width > room - Space.S:
                continue
            taken = left + width
            painter.setPen(theme().colour("muted"))
            painter.drawText(QPointF(left, inner.bottom() + metrics.ascent() + Space.XS), text)

    def _paint_y(self, painter: QPainter, frame: Frame) -> None:
        inner, metrics = self._inner, QFontMetricsF(painter.font())
        for tick in self._y:
            y = inner.top() + frame.y_pixel(tick.value)
            painter.setPen(_grid_pen())
            painter.drawLine(QPointF(inner.left(), y), QPointF(inner.right(), y))
            painter.setPen(theme().colour("muted"))
            right = inner.left() - Space.XS - 2
            box = QRectF(0, y - metrics.height() / 2, right, metrics.height())
            if box.top() < -2 or box.bottom() > inner.bottom() + metrics.height() / 2:
                continue
            flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip
            painter.drawText(box, flags, tick.text)

    def _paint_labels(self, painter: QPainter) -> None:
        font = theme().font(LABEL_FONT)
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        painter.setPen(theme().colour("muted"))
        inner = self._inner
        if self.x_label:
            width = metrics.horizontalAdvance(self.x_label)
            baseline = inner.bottom() + metrics.ascent() + Space.XS
            painter.drawText(QPointF(self.size().width() - width - 2, baseline), self.x_label)
        label = f"10{superscript(self._exponent)} {self.y_label}" if self._exponent else self.y_label
        if label:
            text = metrics.elidedText(label, Qt.TextElideMode.ElideRight, inner.height())
            painter.save()
            painter.translate(metrics.ascent(), inner.center().y() + metrics.horizontalAdvance(text) / 2)
            painter.rotate(-90)
            painter.drawText(QPointF(0, 0), text)
            painter.restore()


def _grid_pen() -> QPen:
    pen = QPen(theme().colour("hairline"), HAIRLINE)
    pen.setCosmetic(True)
    return pen
