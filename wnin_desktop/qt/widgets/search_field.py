"""A field to search in, which waits until a person has stopped typing."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import set_icon

PATIENCE_MS = 150


class SearchField(QLineEdit):
    """Tells `searched` a moment after the last key, or at once with Enter; Escape clears."""

    searched = Signal(str)
    went_down = Signal()
    """The Down key: a person wants to go on in the list below."""

    def __init__(
        self, placeholder: str = "", parent: QWidget | None = None, *, name: str = "search-field"
    ) -> None:
        super().__init__(parent)
        words = placeholder or tr("Search")
        self.setObjectName(name)
        self.setAccessibleName(words)
        self.setPlaceholderText(words)
        self.setClearButtonEnabled(True)
        icon = self.addAction(QIcon(), QLineEdit.ActionPosition.LeadingPosition)
        icon.setObjectName("search-icon")
        set_icon(icon, "search", "muted")
        self._said = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PATIENCE_MS)
        self._timer.timeout.connect(self._tell)
        self.textChanged.connect(self._wait)
        self.returnPressed.connect(self._tell)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - the name is Qt's
        """Clear with Escape, go on with Down."""
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
            self._tell()
        elif event.key() == Qt.Key.Key_Down:
            self.went_down.emit()
        else:
            super().keyPressEvent(event)

    def _wait(self, _text: str) -> None:
        self._timer.start()

    def _tell(self) -> None:
        self._timer.stop()
        if self.text() != self._said:
            self._said = self.text()
            self.searched.emit(self._said)
