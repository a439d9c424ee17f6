"""Exports from the run table: ask where to, write in a task that can be cancelled, tell the end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QStandardPaths, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from wnin_desktop.qt.pages.runs.dialogs import ExportDialog
from wnin_desktop.qt.text import tr
from wnin_desktop.runs.export import FOLDERS, FORMATS, default_name, export

TOPIC = "export"
"""What its notices are about."""


class Exporting(QObject):
    """Remembers the folder and the format that were used last."""

    def __init__(self, desk: Any, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("runs-exporting")
        self._desk = desk
        self._window = window
        self.folder = ""
        self.kind = "csv"

    def start(self, run_ids: Sequence[str]) -> None:
        """Ask for a format and a place, and export."""
        store = self._desk.store

        def name(_task: object) -> dict[str, str]:
            return {kind: default_name(store, run_ids, kind) for kind in FORMATS}

        self._desk.tasks.start(name, then=lambda names: self._ask(list(run_ids), names))

    def _ask(self, run_ids: list[str], names: dict[str, str]) -> None:
        dialog = ExportDialog(self._window, len(run_ids), names.__getitem__, self._folder(), self.kind)
        dialog.chosen.connect(lambda kind, path, over: self.write(run_ids, kind, Path(path), overwrite=over))
        dialog.present()

    def _folder(self) -> Path:
        if self.folder and Path(self.folder).is_dir():
            return Path(self.folder)
        documents = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation))
        return documents if documents.is_dir() else Path.home()

    def write(self, run_ids: list[str], kind: str, path: Path, *, overwrite: bool) -> None:
        """Export now."""
        self.folder, self.kind = str(path.parent), kind
        store, last = self._desk.store, [0.0]

        def work(task: Any) -> int:
            def report(done: float) -> None:
                now = time.monotonic()
                # Cancelling is looked at before every run and once more before the file takes its name;
                # the screen is told ten times a second.
                if now - last[0] > 0.1 or task.cancelled or done >= 1.0:
                    last[0] = now
                    task.report(done, tr("{0} runs", len(run_ids)))

            return export(store, run_ids, kind, path, overwrite=overwrite, progress=report)

        self._desk.tasks.start(
            work,
            then=lambda rows: self._tell(path, kind, rows),
            failed=lambda error: self._tell_failed(path, error),
            title=tr("Exporting {0}", path.name),
            cancellable=True,
        )

    def _tell(self, path: Path, kind: str, rows: int) -> None:
        folder = path if kind in FOLDERS else path.parent
        do = ""
        if kind == "mlflow":
            do = tr("Open it with: MLFLOW_ALLOW_FILE_STORE=true mlflow server --backend-store-uri {0}", path)
        self._desk.notices.tell(
            tr("{0} is written: {1} rows.", path.name, rows),
            kind="good",
            do=do,
            action=(tr("Open folder"), lambda: open_folder(folder)),
            topic=TOPIC,
        )

    def _tell_failed(self, path: Path, error: Exception) -> None:
        self._desk.notices.tell_error(error, what=tr("Exporting {0}", path.name), topic=TOPIC)


def open_folder(path: Path) -> bool:
    """Show a folder in the system's file manager."""
    return QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
