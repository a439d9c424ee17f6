"""Folders of this person, opened in the system's own file manager."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

from wnin_desktop import paths
from wnin_desktop.qt.dialogs.base import Dialog
from wnin_desktop.qt.text import tr

TOPIC = "open folder"
"""What its notices are about."""


def store_folder(preferred: str | None) -> Path:
    """Return the folder that runs are kept in."""
    return Path(preferred).expanduser() if preferred else paths.store_dir()


def log_folder() -> Path:
    """Return the folder of logs."""
    return paths.home() / "logs"


class FolderOpener(QObject):
    """Makes a folder where it is not there yet, off the GUI thread, and opens it.

    What goes wrong is told over the page, and in the dialog that owns this: it may lie above the notice.
    """

    def __init__(self, desk: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.show: Callable[[str], bool] = show_folder

    def open(self, folder: Path) -> None:
        """Open `folder`; where that cannot be done, its path is told."""
        self._desk.tasks.start(
            lambda _task: _made(folder), then=self._made, failed=lambda error: self._tell(folder, str(error))
        )

    def _made(self, folder: Path) -> None:
        if not self.show(str(folder)):
            self._tell(folder, tr("no file manager answers"))
            return
        self._desk.notices.settle(TOPIC)
        self._tell_dialog("")

    def _tell(self, folder: Path, why: str) -> None:
        text = tr("The folder {0} could not be opened: {1}.", folder, why.rstrip("."))
        self._desk.notices.tell(text, kind="warning", topic=TOPIC)
        self._tell_dialog(text)

    def _tell_dialog(self, text: str) -> None:
        dialog = self.parent()
        if isinstance(dialog, Dialog):
            dialog.tell(text)


def show_folder(folder: str) -> bool:
    """Open a folder in the system's file manager; return whether one answered."""
    return QDesktopServices.openUrl(QUrl.fromLocalFile(folder))


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
