"""One window on one store: a second start raises the first window, hands it its experiment, and leaves."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from PySide6.QtWidgets import QWidget

PATIENCE_MS = 500
START_S = 1.0
"""How long another start may take from holding the store to listening."""
RETRY_S = 0.05
MOST_BYTES = 16_384
"""How long a message may be: a path, a name, and what holds them together."""


@dataclass(frozen=True)
class Wish:
    """What another start asks of the window: to come to the front, and to open and run an experiment.

    Attributes:
        file: Absolute path of an experiment to open; "" for none.
        preset: A shipped experiment to open instead; "" for none.
        run: Run it at once.
    """

    file: str = ""
    preset: str = ""
    run: bool = False

    def to_bytes(self) -> bytes:
        """Return the message, one line."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def of_bytes(cls, data: bytes) -> Wish | None:
        """Return what a message asks for; None where it is no message of ours."""
        try:
            said = json.loads(data) if len(data) <= MOST_BYTES else None
        except (ValueError, RecursionError):
            return None
        if not isinstance(said, dict) or set(said) != {"file", "preset", "run"}:
            return None
        file, preset, run = said["file"], said["preset"], said["run"]
        if not isinstance(file, str) or not isinstance(preset, str) or not isinstance(run, bool):
            return None
        if "\0" in file + preset or (file and (preset or not Path(file).is_absolute())):
            return None
        return cls(file, preset, run)


class SingleWindow(QObject):
    """A local socket, for this user only, named after the store."""

    asked = Signal(object)
    """A `Wish` of another start; told when the window is in front."""

    def __init__(self, store: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        digest = hashlib.sha256(str(store.expanduser().absolute()).encode()).hexdigest()[:16]
        self._name = f"wnin-window-{digest}"
        self._server: QLocalServer | None = None
        self._window: QWidget | None = None

    def raise_other(self, wish: Wish | None = None) -> bool:
        """Ask the window that has the store to come to the front, and for more; return whether there is one.

        One that is just starting, and listens in a moment, is waited for: no window of this start stands
        yet that could stand still.
        """
        message = (wish or Wish()).to_bytes()
        patience, deadline = threading.Event(), time.monotonic() + START_S
        while not (found := self._ask(message)) and time.monotonic() < deadline:
            patience.wait(RETRY_S)
        return found

    def _ask(self, message: bytes) -> bool:
        socket = QLocalSocket(self)
        socket.connectToServer(self._name)
        if not socket.waitForConnected(PATIENCE_MS):
            return False
        socket.write(message)
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
        """Bring this window to the front whenever another start asks, and tell what it asks for."""
        self._window = window
        if self._server is not None:
            self._server.newConnection.connect(self._meet)
            self._meet()

    def _meet(self) -> None:
        while self._server is not None and (socket := self._server.nextPendingConnection()) is not None:
            socket.setReadBufferSize(MOST_BYTES + 1)
            socket.readyRead.connect(self._hear)
            socket.disconnected.connect(socket.deleteLater)
            self._read(socket)
            if socket.state() == QLocalSocket.LocalSocketState.UnconnectedState:
                socket.deleteLater()

    def _hear(self) -> None:
        socket = self.sender()
        if isinstance(socket, QLocalSocket):
            self._read(socket)

    def _read(self, socket: QLocalSocket) -> None:
        """Take one line from a socket, and nothing after it."""
        if not socket.canReadLine():
            if socket.bytesAvailable() > MOST_BYTES:
                socket.abort()
            return
        wish = Wish.of_bytes(bytes(socket.readLine(MOST_BYTES + 1).data()))
        socket.disconnectFromServer()
        if wish is not None:
            self._raise()
            self.asked.emit(wish)

    def _raise(self) -> None:
        window = self._window
        if window is None:
            return
        window.setWindowState(window.windowState() & ~window.windowState().WindowMinimized)
        window.show()
        window.raise_()
        window.activateWindow()

    def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
