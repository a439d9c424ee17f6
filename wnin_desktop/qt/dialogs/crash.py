"""The report that an unexpected end left behind: to be read, copied, saved or deleted. Nothing is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import shiboken6
from PySide6.QtWidgets import QFileDialog, QPlainTextEdit, QWidget

from wnin_desktop.engine.durable import replacing
from wnin_desktop.qt.bridge.crash import LIMIT, redacted
from wnin_desktop.qt.dialogs.base import CopyButton, Dialog, make_default, push_button, read_only_text
from wnin_desktop.qt.dialogs.confirm import head
from wnin_desktop.qt.text import tr

LETTERS, LINES = 104, 34


class CrashDialog(Dialog):
    """Shows the report of the last start, as it would be given to somebody else."""

    def __init__(self, desk: Any, report: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent, "crash-dialog", tr("The last start ended unexpectedly"))
        self._desk, self.report = desk, report
        head(
            self,
            self.windowTitle(),
            tr(
                "Runs are kept up to their last committed step. A report was written on this machine, "
                "without your name and folders. Nothing is sent anywhere: what becomes of it is up to you."
            ),
            "warning",
        )
        self.text: QPlainTextEdit = read_only_text(tr("Reading..."), "crash-text", tr("Crash report"), self)
        self.column.addWidget(self.text, 1)
        row = self.add_row()
        self.copy = CopyButton(tr("Copy"), tr("Copied"), self.text.toPlainText, "crash-copy", self)
        row.addWidget(self.copy)
        self.save = push_button(tr("Save as..."), "crash-save", self._ask_where, icon="save-as", parent=self)
        row.addWidget(self.save)
        self.delete = push_button(tr("Delete"), "crash-delete", self._delete, icon="trash", kind="danger",
                                  parent=self)  # fmt: skip
        row.addWidget(self.delete)
        row.addStretch(1)
        self.keep = push_button(tr("Keep and close"), "crash-keep", self.close, parent=self)
        row.addWidget(self.keep)
        self.fit(LETTERS, LINES)
        make_default(self.keep)
        desk.tasks.start(lambda _task: read_report(report), then=self._show, failed=self._fail)

    def _show(self, text: str) -> None:
        if shiboken6.isValid(self):
            self.text.setPlainText(text)

    def _fail(self, error: Exception) -> None:
        self._show(tr("The report cannot be read: {0}", error))

    def _ask_where(self) -> None:
        dialog = QFileDialog(self, tr("Save the report"), str(Path.home() / self.report.name))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("txt")
        dialog.fileSelected.connect(self.save_to)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def save_to(self, path: str) -> None:
        """Write the report, as it is shown, to a file."""
        text, notices = self.text.toPlainText(), self._desk.notices
        self._desk.tasks.start(
            lambda _task: _write(Path(path), text),
            then=lambda _done: notices.tell(tr("The report was saved as {0}.", path), kind="good"),
        )

    def _delete(self) -> None:
        report = self.report
        self._desk.tasks.start(lambda _task: report.unlink(missing_ok=True))
        self.close()


def read_report(path: Path) -> str:
    """Return the text of a report, redacted once more: what is shown is what may be passed on."""
    with path.open("rb") as handle:
        return redacted(handle.read(LIMIT).decode("utf-8", "replace"))


def _write(path: Path, text: str) -> None:
    with replacing(path) as handle:
        handle.write(text.encode())
