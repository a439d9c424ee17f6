"""Work that is put off, a piece in each turn of the event loop: the window draws and answers in between."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer
from shiboken6 import isValid

Piece = Callable[[], None]
"""A method of a QObject that lives in the GUI thread."""


class Turns(QObject):
    """Holds each piece once, in the order in which they came."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pieces: list[Piece] = []
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._do_next)

    def put(self, piece: Piece) -> None:
        """Do `piece` after those that wait."""
        if piece not in self._pieces:
            self._pieces.append(piece)
            self._soon.start()

    def take_back(self, piece: Piece) -> bool:
        """Do not do `piece`; return whether it was waiting."""
        waiting = piece in self._pieces
        if waiting:
            self._pieces.remove(piece)
        return waiting

    def holds(self, piece: Piece) -> bool:
        """Return whether `piece` waits."""
        return piece in self._pieces

    def _do_next(self) -> None:
        if not self._pieces:
            return
        piece = self._pieces.pop(0)
        if self._pieces:
            self._soon.start()
        owner = getattr(piece, "__self__", None)
        if not isinstance(owner, QObject) or isValid(owner):
            piece()
