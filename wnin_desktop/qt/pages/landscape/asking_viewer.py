"""A picture or a scene that the viewer writes, and what came of it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from wnin_desktop.qt.text import tr
from wnin_desktop.qt.viewer.process import ViewerProcess
from wnin_desktop.viewer.messages import Error, Export, ExportDone, Message, Snapshot, SnapshotDone
from wnin_desktop.viewer.supervision import Life


class Asked(QObject):
    """One file that the viewer writes under another name first, so that a failure leaves what was there.

    Attributes:
        path: Where it is to be in the end.
        part: Where the viewer writes it.
    """

    done = Signal()
    failed = Signal(str)

    def __init__(self, viewer: ViewerProcess, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = path
        self.part = path.with_name(f".{path.stem[:60]}-{secrets.token_hex(4)}{path.suffix}")
        self._viewer = viewer
        self._sequence = 0

    def start(self, make: Callable[[str], Snapshot | Export]) -> None:
        """Ask for it; `make` returns the message for a file name."""
        if self._viewer.life is not Life.READY:
            self._end(tr("there is no 3-D viewer now"))
            return
        self._viewer.said.connect(self._take)
        self._viewer.life_changed.connect(self._take_life)
        self._sequence = self._viewer.say(make(str(self.part)))

    def _take(self, message: Message) -> None:
        if not isinstance(message, SnapshotDone | ExportDone | Error) or message.reply_to != self._sequence:
            return
        self._end(message.message if isinstance(message, Error) else "")

    def _take_life(self) -> None:
        if self._viewer.life is not Life.READY:
            self._end(self._viewer.reason or tr("the 3-D viewer was ended"))

    def _end(self, fault: str) -> None:
        if self._sequence:
            self._viewer.said.disconnect(self._take)
            self._viewer.life_changed.disconnect(self._take_life)
            self._sequence = 0
        if fault:
            self.failed.emit(fault)
        else:
            self.done.emit()

    def settle(self) -> Path:
        """Give the file its name; in a thread.

        Raises:
            OSError: It cannot be.
        """
        os.replace(self.part, self.path)  # noqa: PTH105 - replaces on every system
        return self.path

    def clear(self) -> None:
        """Take away what a failure left; in a thread."""
        self.part.unlink(missing_ok=True)
