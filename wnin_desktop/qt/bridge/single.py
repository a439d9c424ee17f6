"""One window on one store: a second start raises the first window and leaves."""

from __future__ import annotations

import hashlib
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from PySide6.QtWidgets import QWidget

PATIENCE_MS = 500
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
        """Ask the window that has the store to come to the front; return whether there is one."""
        socket = QLocalSocket(self)
        socket.connectToServer(self._name)
        if not socket.waitForConnected(PATIENCE_MS):
            return False
        socket.write(RAISE)
        socket.waitForBytesWritten(PATIENCE_MS)
        socket.disconnectFromServer()
        return True

    def listen(self, window: QWidget) -> None:
        """Come to the front whenever another start asks."""
        self._window = window
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        # The store's lock says that no living window has this name: what is left of a dead one goes.
        QLocalServer.removeServer(self._name)
        self._server.listen(self._name)
        self._server.newConnection.connect(self._raise)

    def _raise(self) -> None:
        if self._server is None or self._window is None:
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
