"""Source code to be read: numbered lines, the font of code, nothing that can be edited."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, set_font, theme


class CodeView(QPlainTextEdit):
    """A view on source code with a gutter of line numbers, which are not copied."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setObjectName("code-view")
        self.setAccessibleName(tr("Source code"))
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._gutter = Gutter(self)
        self.updateRequest.connect(self._scroll_gutter)
        set_font(self, "mono")
        self._fit()

    def gutter_width(self) -> int:
        """Return the room that the largest line number needs."""
        digits = len(str(max(self.blockCount(), 1)))
        return digits * self.fontMetrics().horizontalAdvance("9") + 2 * Space.S

    def _fit(self) -> None:
        self.setTabStopDistance(4 * self.fontMetrics().horizontalAdvance(" "))
        self.setViewportMargins(self.gutter_width(), 0, 0, 0)
        self._gutter.setFont(self.font())
        inner = self.contentsRect()
        self._gutter.setGeometry(QRect(inner.left(), inner.top(), self.gutter_width(), inner.height()))

    def _scroll_gutter(self, rect: QRect, by: int) -> None:
        if by:
            self._gutter.scroll(0, by)
        else:
            self._gutter.update(0, rect.y(), self._gutter.width(), rect.height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - the names are Qt's
        """Keep the gutter as high as the text."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Follow another size of text."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange) and hasattr(self, "_gutter"):
            self._fit()

    def paint_numbers(self, painter: QPainter, rect: QRect) -> None:
        """Draw the numbers of the lines that are seen."""
        painter.fillRect(rect, theme().colour("window"))
        painter.setPen(theme().colour("muted"))
        painter.setFont(self.font())
        block = self.firstVisibleBlock()
        top = round(self.blockBoundingGeometry(block).translated(self.contentOffset()).top())
        width, height = self._gutter.width() - Space.S, self.fontMetrics().height()
        while block.isValid() and top <= rect.bottom():
            number = str(block.blockNumber() + 1)
            painter.drawText(0, top, width, height, Qt.AlignmentFlag.AlignRight, number)
            top += round(self.blockBoundingRect(block).height())
            block = block.next()


class Gutter(QWidget):
    """The strip of line numbers."""

    def __init__(self, view: CodeView) -> None:
        super().__init__(view)
        self.setObjectName("code-gutter")
        self._view = view

    def sizeHint(self) -> QSize:  # noqa: N802 - the names are Qt's
        """Return the width of the numbers."""
        return QSize(self._view.gutter_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the numbers."""
        self._view.paint_numbers(QPainter(self), event.rect())
