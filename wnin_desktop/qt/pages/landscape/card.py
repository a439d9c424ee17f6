"""The card beside the pointer: the height there, and the point of a path that is near."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from wnin_desktop.qt.theme import HAIRLINE, RADIUS, ArmLook, Space, marker_path, theme

FONT = "small_numbers"
MARKER = 10
AWAY = 14
"""Pixels between the pointer and the card."""


class Card(QWidget):
    """One or two lines. It takes no clicks and lies above its parent."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._holder = parent
        self.setObjectName("landscape-card")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._lines: list[str] = []
        self._look: ArmLook | None = None
        self.hide()

    def set(self, lines: list[str], look: ArmLook | None) -> None:
        """Show lines; the second one has the marker of an arm."""
        self._lines, self._look = lines, look
        self.setFont(theme().font(FONT))
        metrics = QFontMetrics(self.font())
        width = max(metrics.horizontalAdvance(line) + self._indent(row) for row, line in enumerate(lines))
        self.resize(QSize(width + 2 * Space.M, len(lines) * metrics.height() + 2 * Space.S))
        self.setAccessibleName(self.text())
        self.update()

    def text(self) -> str:
        """Return everything as text."""
        return "; ".join(self._lines)

    def _indent(self, row: int) -> int:
        return MARKER + Space.XS if row and self._look is not None else 0

    def place(self, at: QPoint) -> None:
        """Stand beside a point of the parent, on the side that has room."""
        room, size = self._holder.size(), self.size()
        x = at.x() + AWAY
        if x + size.width() > room.width():
            x = at.x() - AWAY - size.width()
        y = at.y() - AWAY - size.height()
        if y < 0:
            y = at.y() + AWAY
        x = max(0, min(x, room.width() - size.width()))
        self.move(x, max(0, min(y, room.height() - size.height())))
        self.raise_()
        self.show()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - the name is Qt's
        """Draw the card."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme().colour("edge"), HAIRLINE))
        painter.setBrush(theme().colour("raised"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        metrics = painter.fontMetrics()
        for row, line in enumerate(self._lines):
            top = Space.S + row * metrics.height()
            if row and self._look is not None:
                self._paint_marker(
                    painter, self._look, QPointF(Space.M + MARKER / 2, top + metrics.height() / 2)
                )
            painter.setPen(theme().colour("text"))
            painter.drawText(QPointF(Space.M + self._indent(row), top + metrics.ascent()), line)

    @staticmethod
    def _paint_marker(painter: QPainter, look: ArmLook, at: QPointF) -> None:
        painter.save()
        painter.translate(at)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour)
        painter.drawPath(marker_path(look.marker, MARKER / 2 - 1))
        painter.restore()
