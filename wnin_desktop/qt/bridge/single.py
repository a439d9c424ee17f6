"""One window on one store: a second start raises the first window and leaves."""

from __future__ import annotations

import hashlib
import threading
import time
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from PySide6.QtWidgets import QWidget

PATIENCE_MS = 500
START_S = 1.0
"""How long another start may take from holding the store to listening."""
RETRY_S = 0.05
RAISE = b"raise\n"


class SingleWindow(QObject):
    """A local socket, for this user only, named after the store."""

    def __init__(self, store: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        digest = hashlib.sha256(str(store.expanduser().absolute()).encode()).hexdigest()[:16]
        self._name = f"wnin-window-{digest}"
        self._server: QLocalServer | None = None
        self._window: QWidget | None = None

    def raise_other(self) -> bool:
        """Ask the window that has the store to come to the front; return whether there is one.

        One that is just starting, and listens in a moment, is waited for: no window of this start stands
        yet that could stand still.
        """
        patience, deadline = threading.Event(), time.monotonic() + START_S
        while not (found := self._ask()) and time.monotonic() < deadline:
            patience.wait(RETRY_S)
        return found

    def _ask(self) -> bool:
        socket = QLocalSocket(self)
        socket.connectToServer(self._name)
        if not socket.waitForConnected(PATIENCE_MS):
            return False
        socket.write(RAISE)
        socket.waitForBytesWritten(PATIENCE_MS)
        socket.disconnectFromServer()
        return True

    def listen(self) -> None:
        """Hear other starts from now on; they are answered as soon as there is a window.

        To be called as soon as the store is open, so that two starts at one moment make one window.
        """
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        # The store's lock says that no living window has this name: what is left of a dead one goes.
        QLocalServer.removeServer(self._name)
        self._server.listen(self._name)

    def show(self, window: QWidget) -> None:
        """Bring this window to the front whenever another start asks."""
        self._window = window
        if self._server is not None:
            self._server.newConnection.connect(self._raise)
            self._raise()

    def _raise(self) -> None:
        if self._server is None or self._window is None or not self._server.hasPendingConnections():
            return
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.disconnected.connect(socket.deleteLater)
        window = self._window
        window.setWindowState(window.windowState() & ~window.windowState().WindowMinimized)
        window.show()
        window.raise_()
        window.activateWindow()

    def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
