"""A slider over decades with a zero at its left end."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QLinearGradient, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QWidget,
)

from wnin_desktop.qt import numbers
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import FOCUS, Space, set_font, theme

STEPS_PER_DECADE = 20
ZERO_GAP = 8
"""Steps between the zero and the least value above it; none of them can be held."""
DIGITS = 3
GROOVE, HANDLE = 4.0, 14.0
WIDTH = 150


class Decades:
    """Positions 0, 1, 2, ... of a slider as values: zero, then equal ratios from `low` to `high`."""

    def __init__(self, low: float, high: float, *, zero: bool = True) -> None:
        if not 0 < low < high:
            raise ValueError("a logarithmic slider goes from above zero to something greater")
        self.low, self.high = low, high
        self.first = ZERO_GAP if zero else 0
        self._span = math.log10(high / low)
        self.last = self.first + max(1, round(STEPS_PER_DECADE * self._span))

    def value(self, position: int) -> float:
        """Return the value at a position, rounded to three digits inside."""
        if position < self.first:
            return 0.0
        if position == self.first:
            return self.low
        if position >= self.last:
            return self.high
        share = (position - self.first) / (self.last - self.first)
        return float(f"{self.low * 10 ** (share * self._span):.{DIGITS}g}")

    def position(self, value: float) -> int:
        """Return the position nearest to a value."""
        if value <= 0:
            return 0
        share = math.log10(value / self.low) / self._span
        return self.first + round(min(max(share, 0.0), 1.0) * (self.last - self.first))

    def settled(self, position: int) -> int:
        """Return the position a handle may rest at: not in the gap beside the zero."""
        if 0 < position < self.first:
            return 0 if position < self.first / 2 else self.first
        return position

    def ticks(self) -> list[int]:
        """Return the positions of the powers of ten."""
        powers = range(math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9) + 1)
        return [self.position(10.0**power) for power in powers]


class Track(QSlider):
    """The slider itself, over positions."""

    reset_wanted = Signal()

    def __init__(self, decades: Decades, parent: QWidget, tint: Callable[[float], QColor] | None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._decades, self._tint = decades, tint
        self.setRange(0, decades.last)
        self.setSingleStep(1)
        self.setPageStep(STEPS_PER_DECADE // 4)
        self.setMinimumWidth(WIDTH // 2)
        self.actionTriggered.connect(self._leap)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - the names are Qt's
        """Bring the handle to the pointer; dragging goes on from there."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._go_to(event.position().x())
            event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Drag."""
        if self.isSliderDown():
            self._go_to(event.position().x())
            event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Let go."""
        if event.button() == Qt.MouseButton.LeftButton and self.isSliderDown():
            self.setSliderDown(False)
            event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Ask for the value it began with."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.reset_wanted.emit()
            event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Turn only while it has the keyboard, so that scrolling a page changes nothing."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def _go_to(self, x: float) -> None:
        span = self.width() - HANDLE
        share = min(max((x - HANDLE / 2) / span, 0.0), 1.0) if span > 0 else 0.0
        self.setValue(self._decades.settled(round(share * self.maximum())))

    def _leap(self, _action: int) -> None:
        """Let a key step over the gap beside the zero."""
        position = self.sliderPosition()
        if 0 < position < self._decades.first:
            self.setSliderPosition(self._decades.first if position > self.value() else 0)

    def _x(self, position: int) -> float:
        return HANDLE / 2 + position / max(self.maximum(), 1) * (self.width() - HANDLE)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Draw anew in another theme."""
        self.update()
        super().changeEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Draw groove, decades, the filled part and the handle."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, here = self.height() / 2, self._x(self.value())
        self._paint_ticks(painter, middle)
        self._paint_groove(painter, middle, here)
        self._paint_handle(painter, QPointF(here, middle))

    def _paint_ticks(self, painter: QPainter, middle: float) -> None:
        painter.setPen(QPen(theme().colour("edge"), 1))
        below = middle + GROOVE / 2 + 3
        for position in self._decades.ticks():
            x = round(self._x(position)) + 0.5
            painter.drawLine(QPointF(x, below), QPointF(x, below + 3))

    def _paint_groove(self, painter: QPainter, middle: float, here: float) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().colour("pressed"))
        first, end = self._x(self._decades.first), self.width() - HANDLE / 2
        painter.drawRoundedRect(QRectF(first, middle - GROOVE / 2, end - first, GROOVE), 2, 2)
        if self._decades.first:
            painter.drawEllipse(QPointF(self._x(0), middle), GROOVE / 2 + 0.5, GROOVE / 2 + 0.5)
        if here > first:
            painter.setBrush(self._fill(first, end) if self.isEnabled() else theme().colour("edge"))
            painter.drawRoundedRect(QRectF(first, middle - GROOVE / 2, here - first, GROOVE), 2, 2)

    def _fill(self, first: float, end: float) -> QLinearGradient | QColor:
        if self._tint is None:
            return theme().colour("accent")
        gradient = QLinearGradient(first, 0, end, 0)
        for part in range(9):
            gradient.setColorAt(part / 8, self._tint(part / 8))
        return gradient

    def _paint_handle(self, painter: QPainter, centre: QPointF) -> None:
        radius = HANDLE / 2 - 1
        focused, hovered = self.hasFocus(), self.underMouse() or self.isSliderDown()
        edge = "accent" if focused or hovered else "muted"
        painter.setPen(QPen(theme().colour(edge if self.isEnabled() else "edge"), FOCUS if focused else 1.2))
        share = (self.value() - self._decades.first) / max(self.maximum() - self._decades.first, 1)
        tinted = self._tint is not None and self.isEnabled() and self.value() >= self._decades.first
        painter.setBrush(self._tint(share) if tinted and self._tint else theme().colour("raised"))
        painter.drawEllipse(centre, radius, radius)


class LogSlider(QWidget):
    """A name, a slider over decades, and the value as people write it.

    Arrow keys go by one twentieth of a decade, page keys by a quarter, Home to zero and End to the greatest;
    a double click goes back to the default.
    """

    changing = Signal(float)
    """The value while the handle is held."""
    changed = Signal(float)
    """The value after a drag or a key."""

    def __init__(
        self,
        low: float,
        high: float,
        value: float = 0.0,
        parent: QWidget | None = None,
        *,
        label: str = "",
        default: float | None = None,
        zero: bool = True,
        temperature: bool = False,
        name: str = "log-slider",
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._decades = Decades(low, high, zero=zero)
        self._value, self._default = value, value if default is None else default
        self._told = value
        self._various = False
        self.track = Track(self._decades, self, theme().temperature_colour if temperature else None)
        self.track.setObjectName(f"{name}-track")
        self.label, self.readout = QLabel(label, self), QLabel(self)
        self._place(label, name)
        self.track.valueChanged.connect(self._moved)
        self.track.sliderReleased.connect(self._settle)
        self.track.reset_wanted.connect(self.reset)
        self.set_value(value)

    def value(self) -> float:
        """Return the value; one that was set is kept to the last bit."""
        return self._value

    def set_value(self, value: float) -> None:
        """Show a value without telling."""
        self._value = self._told = value
        self._various = False
        self.track.blockSignals(True)  # the handle goes to the nearest position; the value is not that one
        self.track.setValue(self._decades.position(value))
        self.track.blockSignals(False)
        self._show()

    def show_various(self) -> None:
        """Say that it stands for several values that differ, until it is moved or set.

        The handle goes to the left end: where it stood it would tell of one of them, or of another run.
        """
        self._various = True
        self.track.blockSignals(True)
        self.track.setValue(self.track.minimum())
        self.track.blockSignals(False)
        self._show()

    def set_default(self, value: float) -> None:
        """Set what a double click goes back to."""
        self._default = value
        self._show()

    def reset(self) -> None:
        """Go back to the default, and tell."""
        if self._value != self._default:
            self.set_value(self._default)
            self.changed.emit(self._value)

    def setToolTip(self, tip: str) -> None:  # noqa: N802 - the name is Qt's
        """Say what this steers."""
        super().setToolTip(tip)
        self.track.setToolTip(tip)

    def _place(self, label: str, name: str) -> None:
        self.label.setBuddy(self.track)
        self.label.setVisible(bool(label))
        self.label.setObjectName(f"{name}-label")
        self.readout.setObjectName(f"{name}-value")
        set_font(self.readout, "numbers")
        self.track.setAccessibleName(label)
        self.setAccessibleName(label)
        self.setFocusProxy(self.track)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(Space.S)
        layout.addWidget(self.label)
        layout.addWidget(self.track, 1)
        layout.addWidget(self.readout)

    def _moved(self, position: int) -> None:
        self._value = self._decades.value(self._decades.settled(position))
        self._various = False
        self._show()
        if self.track.isSliderDown():
            self.changing.emit(self._value)
        else:
            self._settle()

    def _settle(self) -> None:
        if self._value != self._told:
            self._told = self._value
            self.changed.emit(self._value)

    def _show(self) -> None:
        words = numbers.brief(self._value, DIGITS) if self._value else "0"
        words = tr("various") if self._various else words
        self.readout.setText(words)
        widest = numbers.brief(1.23e-5, DIGITS)
        self.readout.setMinimumWidth(self.readout.fontMetrics().horizontalAdvance(widest))
        self.track.setAccessibleDescription(
            tr("{0}; double click for {1}", words, numbers.brief(self._default, DIGITS))
        )

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Keep room for the value in another size of text."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "readout"):
            self._show()
