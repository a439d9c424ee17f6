"""The view of one figure: it follows the pointer and the keyboard."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QToolTip, QWidget

from wnin_desktop.qt.plots import marks
from wnin_desktop.qt.plots.figure import Figure
from wnin_desktop.qt.plots.graph import GraphicsView
from wnin_desktop.qt.theme import theme

Key = Qt.Key
BACK, FORWARD = Qt.MouseButton.BackButton, Qt.MouseButton.ForwardButton
STRIP_REACH = 6.0


class Canvas(GraphicsView):
    """Shows a `Figure`; what the pointer and the keys ask for leaves as signals."""

    pointed = Signal(QPointF)
    """The pointer is at these pixels of the sight."""
    left = Signal()
    went_back = Signal()
    went_forward = Signal()
    key_pressed = Signal(QKeyEvent)
    """A key that may mean something to the plot; it is ignored unless accepted."""
    focus_changed = Signal()

    def __init__(self, key: str, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(f"plot-canvas-{key}")
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(60, 50)
        self.figure = Figure()
        self.setCentralItem(self.figure)
        self.follow_theme()

    def follow_theme(self) -> None:
        """Take the ground and the texts of the theme."""
        self.setBackground(theme().colour("panel"))
        self.figure.sight.follow_theme()
        self.figure.axes.refresh()
        self.figure.place()

    def in_sight(self, point: QPoint | QPointF) -> QPointF | None:
        """Return a point of this widget as pixels of the sight; None outside of it."""
        inner = self.figure.sight.geometry()
        place = QPointF(point) - inner.topLeft()
        return place if 0 <= place.x() <= inner.width() and 0 <= place.y() <= inner.height() else None

    def mouseMoveEvent(self, ev: QMouseEvent) -> None:  # noqa: N802 - the names are Qt's
        """Follow the pointer."""
        super().mouseMoveEvent(ev)
        place = self.in_sight(ev.position())
        if place is None:
            self.left.emit()
        else:
            self.pointed.emit(place)

    def mousePressEvent(self, ev: QMouseEvent) -> None:  # noqa: N802
        """Take the mouse's own buttons for back and forward."""
        if ev.button() == BACK:
            self.went_back.emit()
        elif ev.button() == FORWARD:
            self.went_forward.emit()
        else:
            super().mousePressEvent(ev)

    def leaveEvent(self, ev: QEvent) -> None:  # noqa: N802
        """Put the crosshair away."""
        super().leaveEvent(ev)
        self.left.emit()

    def keyPressEvent(self, ev: QKeyEvent) -> None:  # noqa: N802
        """Offer the key to the plot, then to the window."""
        ev.ignore()
        self.key_pressed.emit(ev)

    def focusInEvent(self, ev: QFocusEvent) -> None:  # noqa: N802
        """Show the ring."""
        super().focusInEvent(ev)
        self.focus_changed.emit()

    def focusOutEvent(self, ev: QFocusEvent) -> None:  # noqa: N802
        """Take the ring away."""
        super().focusOutEvent(ev)
        self.focus_changed.emit()

    def viewportEvent(self, ev: QEvent) -> bool:  # noqa: N802
        """Tell what a mark of the strip stands for."""
        if isinstance(ev, QHelpEvent) and ev.type() == QEvent.Type.ToolTip:
            text = self.mark_text(ev.pos())
            QToolTip.showText(ev.globalPos(), text, self) if text else QToolTip.hideText()
            return True
        return bool(super().viewportEvent(ev))

    def mark_text(self, point: QPoint) -> str:
        """Return what happened where a point of this widget is; empty away from the strip."""
        place = self.in_sight(point)
        if place is None or place.y() < self.figure.frame.height - marks.STRIP - STRIP_REACH:
            return ""
        return "\n".join(mark.text() for mark in marks.at(self.figure.marks, place.x()))

    def close(self) -> Any:
        """Close as any widget does; the scene stays, for the owner may show it again."""
        return QWidget.close(self)
