"""The rectangle that shows curves: it turns what the mouse does into wishes for another range."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPen

from wnin_desktop.qt.plots.graph import GraphicsWidget, ViewBox
from wnin_desktop.qt.theme import theme

FLAT = 10.0
"""Pixels: a rectangle lower or narrower than this zooms along the other axis only."""
WHEEL = 1.0015
"""Zoom of one unit of the wheel's angle."""


class Sight(ViewBox):
    """Dragging with the left button zooms to a rectangle, with any other moves; the wheel zooms."""

    zoomed = Signal(QRectF)
    """A rectangle of pixels was chosen."""
    moved = Signal(QPointF)
    """The picture was dragged by so many pixels since the last time."""
    rested = Signal()
    """Dragging has ended."""
    wheeled = Signal(float, float, bool)
    """Pixel along the axis, factor of the range, and whether the vertical axis is meant."""
    clicked_twice = Signal()
    menu_wanted = Signal(object)
    """Where on the screen a menu was asked for."""

    def __init__(self, parent: GraphicsWidget) -> None:
        super().__init__(parent, enableMenu=False, enableMouse=False, defaultPadding=0)
        self.disableAutoRange()
        self.setZValue(0)
        self.follow_theme()

    def follow_theme(self) -> None:
        """Draw the rectangle of a zoom in the colours of the theme."""
        accent = theme().colour("accent")
        pen = QPen(accent, 1)
        pen.setCosmetic(True)
        self.rbScaleBox.setPen(pen)
        fill = QColor(accent)
        fill.setAlphaF(0.12)
        self.rbScaleBox.setBrush(fill)

    def mouseDragEvent(self, ev: Any, axis: int | None = None) -> None:  # noqa: N802, ARG002 - pyqtgraph's name and signature
        """Zoom to a rectangle, or move."""
        ev.accept()
        if ev.button() == Qt.MouseButton.LeftButton and not ev.modifiers() & Qt.KeyboardModifier.AltModifier:
            self._drag_rectangle(ev)
            return
        self.moved.emit(QPointF(ev.pos() - ev.lastPos()))
        if ev.isFinish():
            self.rested.emit()

    def _drag_rectangle(self, ev: Any) -> None:
        chosen = self._chosen(QPointF(ev.buttonDownPos()), QPointF(ev.pos()))
        if ev.isFinish():
            self.rbScaleBox.hide()
            if max(chosen.width(), chosen.height()) >= FLAT:
                self.zoomed.emit(chosen)
        else:
            self.updateScaleBox(chosen.topLeft(), chosen.bottomRight())

    def _chosen(self, start: QPointF, end: QPointF) -> QRectF:
        """Return the rectangle between two points; a flat one takes the whole of the other axis."""
        whole = QRectF(self.rect())
        chosen = QRectF(start, end).normalized()
        if chosen.height() < FLAT <= chosen.width():
            chosen.setTop(whole.top())
            chosen.setBottom(whole.bottom())
        elif chosen.width() < FLAT <= chosen.height():
            chosen.setLeft(whole.left())
            chosen.setRight(whole.right())
        return chosen.intersected(whole)

    def wheelEvent(self, ev: Any, axis: int | None = None) -> None:  # noqa: N802, ARG002
        """Zoom around the pointer; with Shift the vertical axis."""
        ev.accept()
        vertical = bool(ev.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self.wheeled.emit(ev.pos().y() if vertical else ev.pos().x(), WHEEL ** -ev.delta(), vertical)

    def mouseClickEvent(self, ev: Any) -> None:  # noqa: N802 - Qt
        """Ask for the menu, or for the whole range."""
        if ev.button() == Qt.MouseButton.RightButton:
            ev.accept()
            self.menu_wanted.emit(ev.screenPos())
        elif ev.button() == Qt.MouseButton.LeftButton and ev.double():
            ev.accept()
            self.clicked_twice.emit()
