"""The log at the bottom: everything told, with its time; it can be searched and copied."""

from __future__ import annotations

import time

from PySide6.QtGui import QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, set_font, theme
from wnin_desktop.qt.widgets import IconButton, SearchField
from wnin_desktop.qt.window.notices import Notice, Notices

MOST_LINES = 5000
COLOURS = {"info": "text", "good": "good", "warning": "warning", "danger": "danger"}


class LogView(QWidget):
    """One line for each thing told."""

    def __init__(self, notices: Notices, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("log")
        self._lines: list[tuple[str, str]] = []
        self.text = QPlainTextEdit(self)
        self.text.setObjectName("log-text")
        self.text.setAccessibleName(tr("Log"))
        self.text.setReadOnly(True)
        self.text.setMaximumBlockCount(MOST_LINES)
        self.text.setPlaceholderText(tr("What happens is written here: starts, ends, knobs turned, faults."))
        set_font(self.text, "mono")
        self.search = SearchField(tr("Search the log"), self)
        self.search.textChanged.connect(self._refill)
        clear = IconButton("trash", tr("Empty the log"), self, name="log-clear")
        clear.clicked.connect(self.clear)
        self._place(clear)
        notices.told.connect(self._add_notice)
        notices.logged.connect(self.add)
        theme().changed.connect(self._refill)

    def _place(self, clear: QWidget) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(Space.S, Space.XS, Space.S, Space.XS)
        head.addWidget(self.search)
        head.addWidget(clear)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self.text)

    def add(self, kind: str, text: str) -> None:
        """Write a line."""
        line = f"{time.strftime('%H:%M:%S')}  {text}"
        self._lines = [*self._lines[-MOST_LINES:], (kind, line)]
        if self._fits(line):
            self._write(kind, line)

    def clear(self) -> None:
        """Forget all lines."""
        self._lines = []
        self.text.clear()

    def lines(self) -> list[str]:
        """Return the lines, oldest first."""
        return [line for _, line in self._lines]

    def _add_notice(self, notice: Notice) -> None:
        self.add(notice.kind, " ".join(part for part in (notice.text, notice.kept, notice.do) if part))

    def _fits(self, line: str) -> bool:
        return self.search.text().lower() in line.lower()

    def _refill(self, *_: object) -> None:
        self.text.clear()
        for kind, line in self._lines:
            if self._fits(line):
                self._write(kind, line)

    def _write(self, kind: str, line: str) -> None:
        form = QTextCharFormat()
        form.setForeground(theme().colour(COLOURS.get(kind, "text")))
        cursor = QTextCursor(self.text.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        if not self.text.document().isEmpty():
            cursor.insertBlock()
        cursor.insertText(line, form)
        bar = self.text.verticalScrollBar()
        bar.setValue(bar.maximum())
