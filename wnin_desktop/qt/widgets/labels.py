"""Text that gives way, and lines that part things."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QSizePolicy, QWidget

from wnin_desktop.qt.theme import HAIRLINE, Space, theme

LEAST_CHARACTERS = 4


class ElidedLabel(QLabel):
    """A line of text that is cut where there is no room; the tooltip then holds all of it."""

    def __init__(
        self,
        text: str = "",
        parent: QWidget | None = None,
        *,
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> None:
        super().__init__(text, parent)
        self._mode = mode
        self._own_tip = ""
        self.setObjectName("elided-label")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_tip(self, tip: str) -> None:
        """Set what the tooltip says when all of the text is seen."""
        self._own_tip = tip
        self._tell_tip()

    def shown_text(self) -> str:
        """Return the text as it is seen."""
        return self.fontMetrics().elidedText(self.text(), self._mode, self.contentsRect().width())

    def setText(self, text: str) -> None:  # noqa: N802 - the name is Qt's
        """Show another text."""
        if text != self.text():
            super().setText(text)
            self._tell_tip()

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return room for a few letters."""
        metrics = self.fontMetrics()
        few = metrics.horizontalAdvance(self.text()[:LEAST_CHARACTERS] + "\u2026")
        return QSize(min(few, super().sizeHint().width()), super().sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Cut anew."""
        super().resizeEvent(event)
        self._tell_tip()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Draw as much as there is room for."""
        painter = QPainter(self)
        flags = self.alignment() | Qt.TextFlag.TextSingleLine
        self.style().drawItemText(
            painter,
            self.contentsRect(),
            int(flags),
            self.palette(),
            self.isEnabled(),
            self.shown_text(),
            self.foregroundRole(),
        )

    def _tell_tip(self) -> None:
        self.setToolTip(self._own_tip if self.shown_text() == self.text() else self.text())


class PathLine(QLineEdit):
    """A path to be read and copied: cut in the middle, and whole as long as it has the keyboard."""

    def __init__(self, path: str, parent: QWidget | None = None, *, name: str, label: str) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(label)
        self.setReadOnly(True)
        self.path = path
        self.setToolTip(path)
        self._show_path()

    def _show_path(self) -> None:
        margins = self.textMargins()
        room = self.width() - 4 * Space.S - margins.left() - margins.right()
        cut = self.fontMetrics().elidedText(self.path, Qt.TextElideMode.ElideMiddle, room)
        self.setText(self.path if self.hasFocus() else cut)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Cut anew."""
        super().resizeEvent(event)
        self._show_path()

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Show all of it, selected, ready to be copied."""
        super().focusInEvent(event)
        self._show_path()
        self.selectAll()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Cut it again."""
        super().focusOutEvent(event)
        self._show_path()


class Hairline(QWidget):
    """A line of one pixel that parts two things."""

    def __init__(
        self, orientation: Qt.Orientation = Qt.Orientation.Horizontal, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("hairline")
        if orientation == Qt.Orientation.Horizontal:
            self.setFixedHeight(HAIRLINE)
        else:
            self.setFixedWidth(HAIRLINE)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Draw the line."""
        QPainter(self).fillRect(self.rect(), theme().colour("hairline"))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Draw anew in the colours of another theme."""
        if event.type() == QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)
