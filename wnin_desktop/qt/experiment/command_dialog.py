"""Paste a command, get its experiment."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QWidget

from wnin_desktop.errors import InputError
from wnin_desktop.qt.dialogs.base import Dialog, push_button
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import set_font

LETTERS, LINES = 76, 16


class CommandDialog(Dialog):
    """Asks for a command; what is wrong with it is said below it, and nothing is lost."""

    offered = Signal(str)
    """The text a person wants opened; the dialog stays until `accept` or `refuse` is called."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, "open-command", tr("Open command"), modal=True)
        self.label = QLabel(tr("&Command (wnin-train, wnin train or wnin compare):"), self)
        self.label.setObjectName("open-command-label")
        self.text = QPlainTextEdit(self)
        self.text.setObjectName("open-command-text")
        self.text.setAccessibleName(tr("Command"))
        self.text.setPlaceholderText("wnin-train --optimizer sgd --lr 0.1 --noise-mode sgld")
        self.text.setTabChangesFocus(True)
        set_font(self.text, "mono")
        self.label.setBuddy(self.text)
        self.column.addWidget(self.label)
        self.column.addWidget(self.text, 1)
        self.fault = self.add_text("", "open-command-fault", "danger")
        self.fault.hide()
        self.add_text(
            tr("Several wnin-train lines that differ in arm and seed only become one comparison."),
            "open-command-help",
            "muted",
        )
        row = self.add_row()
        row.addStretch(1)
        row.addWidget(push_button(tr("Cancel"), "open-command-cancel", self.reject, parent=self))
        self.open_button = push_button(
            tr("&Open experiment"), "open-command-open", self._offer, kind="primary", parent=self
        )
        self.open_button.setDefault(True)
        row.addWidget(self.open_button)
        self.text.textChanged.connect(self._typed)
        self._take_clipboard()
        self._typed()
        self.fit(LETTERS, LINES)
        self.text.setFocus()

    def _take_clipboard(self) -> None:
        """Begin with what was copied, where it is such a command."""
        text = QGuiApplication.clipboard().text().strip()
        if "wnin" in text.partition("\n")[0]:
            self.text.setPlainText(text)
            self.text.selectAll()

    def _typed(self) -> None:
        self.fault.hide()
        self.open_button.setEnabled(bool(self.text.toPlainText().strip()))

    def _offer(self) -> None:
        self.open_button.setEnabled(False)
        self.offered.emit(self.text.toPlainText())

    def refuse(self, error: Exception) -> None:
        """Say what is wrong and let a person mend it."""
        problems = error.problems if isinstance(error, InputError) else []
        self.fault.setText("\n".join(each.sentence() for each in problems) or str(error))
        self.fault.show()
        self.open_button.setEnabled(True)
        self.text.setFocus()
