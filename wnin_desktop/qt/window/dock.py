"""A panel beside the pages. Its title follows the size of text, which Qt's own does not."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QDockWidget, QStyle, QStyleOptionDockWidget, QStylePainter

from wnin_desktop.qt.theme import Space, theme

BUTTONS = 2 * 18 + 2 * Space.S
"""Pixels of what floats and closes the panel."""


class Dock(QDockWidget):
    """Draws its title itself."""

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - the name is Qt's
        """Draw the ground as the style does, and the title in the font of the theme."""
        if self.isFloating() or self.titleBarWidget() is not None:
            super().paintEvent(event)
            return
        option = QStyleOptionDockWidget()
        self.initStyleOption(option)
        title = option.title  # type: ignore[attr-defined] - the stubs leave the fields out
        option.title = ""  # type: ignore[attr-defined]
        painter = QStylePainter(self)
        painter.drawControl(QStyle.ControlElement.CE_DockWidgetTitle, option)
        painter.setFont(theme().font("ui"))
        painter.setPen(theme().colour("text"))
        room = option.rect.adjusted(Space.M, 0, -BUTTONS, 0)  # type: ignore[attr-defined]
        shown = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
