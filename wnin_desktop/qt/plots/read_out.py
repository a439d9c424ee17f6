"""The card beside the pointer that says what the crosshair meets."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from wnin_desktop.qt.plots.looks import arm_look
from wnin_desktop.qt.plots.tell import Reading
from wnin_desktop.qt.plots.ticks import short
from wnin_desktop.qt.theme import HAIRLINE, RADIUS, ArmLook, Space, marker_path, theme

FONT = "small_numbers"
MARKER = 10
LONGEST_NAME = 180
AWAY = 14
"""Pixels between the crosshair and the card."""


class ReadOut(QWidget):
    """A heading and a row for every arm. It takes no clicks and lies above everything of its window."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._holder = parent
        self.setObjectName("read-out")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._heading = ""
        self._rows: Sequence[Reading] = ()
        self._look: Callable[[str], ArmLook] = lambda _arm: arm_look(-1)
        self._widths: list[int] = []
        self.hide()

    def set(self, heading: str, rows: Sequence[Reading], look: Callable[[str], ArmLook]) -> None:
        """Show readings."""
        self._heading, self._rows, self._look = heading, rows, look
        self.setFont(theme().font(FONT))
        self._measure()
        self.setAccessibleName(self.text())
        self.update()

    def text(self) -> str:
        """Return everything as text."""
        return "; ".join([self._heading, *(" ".join(filter(None, self._cells(row))) for row in self._rows)])

    def place(self, at: QPoint) -> None:
        """Stand beside a point of the parent, on the side that has room."""
        room, size = self._holder.size(), self.size()
        x = at.x() + AWAY
        if x + size.width() > room.width():
            x = at.x() - AWAY - size.width()
        y = min(max(at.y() - size.height() // 2, 0), max(room.height() - size.height(), 0))
        self.move(max(x, 0), y)
        self.raise_()
        self.show()

    @staticmethod
    def _cells(row: Reading) -> tuple[str, ...]:
        return (row.arm, short(row.mean), row.interval, f"n = {row.n}", row.note)

    def _measure(self) -> None:
        metrics = QFontMetrics(self.font())
        cells = [self._cells(row) for row in self._rows]
        self._widths = [max(map(metrics.horizontalAdvance, column)) for column in zip(*cells, strict=True)]
        if self._widths:
            self._widths[0] = min(self._widths[0], LONGEST_NAME)
        gaps = sum(width > 0 for width in self._widths[1:])
        inner = MARKER + Space.S + sum(self._widths) + gaps * Space.M
        width = max(inner, metrics.horizontalAdvance(self._heading)) + 2 * Space.M
        height = (len(self._rows) + 1) * metrics.height() + Space.XS + 2 * Space.S
        self.resize(QSize(width, height))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - the name is Qt's
        """Draw the card."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme().colour("edge"), HAIRLINE))
        painter.setBrush(theme().colour("raised"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        metrics = painter.fontMetrics()
        painter.setPen(theme().colour("muted"))
        painter.drawText(QPointF(Space.M, Space.S + metrics.ascent()), self._heading)
        top = Space.S + metrics.height() + Space.XS
        for row in self._rows:
            self._paint_row(painter, row, top)
            top += metrics.height()

    def _paint_row(self, painter: QPainter, row: Reading, top: int) -> None:
        metrics, look = painter.fontMetrics(), self._look(row.arm)
        painter.save()
        painter.translate(Space.M + MARKER / 2, top + metrics.height() / 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour)
        painter.drawPath(marker_path(look.marker, MARKER / 2 - 1))
        painter.restore()
        left = Space.M + MARKER + Space.S
        name, *others = self._cells(row)
        name = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, self._widths[0])
        for column, text in enumerate((name, *others)):
            painter.setPen(theme().colour("muted" if column > 1 else "text"))
            width = self._widths[column]
            side = Qt.AlignmentFlag.AlignRight if column == 1 else Qt.AlignmentFlag.AlignLeft
            box = QRectF(left, top, width, metrics.height())
            painter.drawText(box, side | Qt.AlignmentFlag.AlignVCenter, text)
            left += width + Space.M if width else 0
