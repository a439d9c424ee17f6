"""The viewer's process as the window keeps it: started, heard, restarted, given up. Nothing here waits."""

from __future__ import annotations

import time
from typing import ClassVar

from PySide6.QtCore import QCoreApplication, QObject, QProcess, QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from wnin_desktop.errors import WninError
from wnin_desktop.qt.text import tr
from wnin_desktop.viewer import binary
from wnin_desktop.viewer.conversation import (
    Conversation,
    ImpostorError,
    OtherVersionError,
    new_token,
)
from wnin_desktop.viewer.messages import (
    Bye,
    CameraChanged,
    Error,
    FrameReady,
    Message,
    Ping,
    Quality,
    Ready,
    Stats,
)
from wnin_desktop.viewer.ring import FrameRing, RingError
from wnin_desktop.viewer.scene import Scene
from wnin_desktop.viewer.supervision import Life, Supervision

NO_ADAPTER = 4
"""Exit code of a viewer that found nothing to draw with: it would find nothing the next time either."""
BYE_MS = 1000
KILLED_MS = 500
"""How long the end of a process that was killed may take."""
STILL_S = 2.0
"""Without a new picture for so long none is on its way."""
UNREAD_BYTES = 8 * 1024 * 1024
"""What may wait to be read by the viewer; while more waits, updates that can be left out are."""


class ViewerProcess(QObject):
    """One viewer and what it shows. `show` what is to stay, `say` what is meant for now only.

    Attributes:
        image: The newest frame; it shares the memory of the ring and is good until `framed` comes again.
        ready: What the viewer said of itself, while it lives.
        stats: What it said last of its speed.
    """

    framed = Signal()
    """`image` is another one."""
    said = Signal(object)
    """A message that is not about frames or life."""
    life_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.scene = Scene()
        self.image: QImage | None = None
        self.ready: Ready | None = None
        self.stats: Stats | None = None
        self._supervision = Supervision()
        self._process: QProcess | None = None
        self._server: QLocalServer | None = None
        self._socket: QLocalSocket | None = None
        self._talk: Conversation | None = None
        self._size: tuple[int, int, float] | None = None
        self._asked_for: tuple[int, int, float] | None = None
        """The size of the last ring."""
        self._ring: FrameRing | None = None
        self._told = 0
        """Number of the last message whose effect can be seen."""
        self._told_at = self._framed_at = 0.0
        self._seen: FrameReady | None = None
        self._painted: FrameRing | None = None
        """The ring whose memory `image` shares."""
        self._generation = self._answered = 0
        """Numbers of the last ring, and of the last one that a frame came in."""
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._tick)

    # -- life ----------------------------------------------------------------------------------------------

    @property
    def life(self) -> Life:
        """What the viewer is doing."""
        return self._supervision.life

    @property
    def reason(self) -> str:
        """Why it does not live, as a sentence; empty while it does."""
        return self._supervision.reason

    @property
    def process_id(self) -> int:
        """Return the number of the process, 0 without one."""
        return int(self._process.processId()) if self._process is not None else 0

    def start(self) -> None:
        """Have a viewer, if none lives or was given up."""
        if self.life is Life.AWAY:
            self._begin()

    def retry(self) -> None:
        """Try again what was given up."""
        self._drop()
        self._supervision.retry()
        self._begin()

    def stop(self) -> None:
        """End the viewer; it is gone within a second, and nobody waits for it."""
        process = self._process
        self._process = None
        if process is not None:
            process.finished.disconnect(self._take_end)
            process.errorOccurred.disconnect(self._take_error)
            if self._talk is not None and self._talk.is_known and self._socket is not None:
                self._talk.send(Bye())
                self._socket.flush()
            _Ending(process, BYE_MS)
        self._drop()
        self._supervision.stopped()
        self._timer.stop()
        self._change()

    def forget(self) -> None:
        """Let go of the picture that was shown last, and of its memory."""
        self.image = None
        if self._painted is not None and self._painted is not self._ring:
            self._painted.close()
        self._painted = None

    def _begin(self) -> None:
        found = binary.find()
        if isinstance(found, str):
            self._supervision.cannot(tr(found))
            self._change()
            return
        token = new_token()
        server = self._server = QLocalServer(self)
        server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        server.setMaxPendingConnections(4)
        if not server.listen(f"wnin-viz-{new_token()[:24]}"):
            self._supervision.cannot(tr("No local socket could be made: {0}.", server.errorString()))
            self._change()
            return
        server.newConnection.connect(self._take_connections)
        self._token = token
        process = self._process = QProcess(self)
        process.finished.connect(self._take_end)
        process.errorOccurred.connect(self._take_error)
        process.setStandardOutputFile(QProcess.nullDevice())
        program, *words = found.command(server.fullServerName())
        process.start(program, words)
        process.write(token.encode() + b"\n")
        process.closeWriteChannel()
        self._supervision.started(time.monotonic())
        self._change()

    def _take_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and self._process is not None:
            why = self._process.errorString()
            self._drop()
            self._supervision.cannot(tr("The 3-D viewer cannot be started: {0}.", why))
            self._change()

    def _take_end(self, code: int, status: QProcess.ExitStatus) -> None:
        process = self._process
        if process is None:
            return
        lines = bytes(process.readAllStandardError().data()).decode("utf-8", "replace").strip().splitlines()
        last = lines[-1].strip() if lines else ""
        crashed = status == QProcess.ExitStatus.CrashExit
        how = tr("it was killed or crashed") if crashed else last or tr("it ended with code {0}", code)
        reason = self.reason or tr("The 3-D viewer ended: {0}.", how.rstrip("."))
        self._drop()
        if code == NO_ADAPTER and not crashed:
            self._supervision.cannot(tr("There is nothing to draw with here: {0}.", how.rstrip(".")))
        elif self.life is not Life.GIVEN_UP:
            self._supervision.crashed(time.monotonic(), reason)
        self._change()

    def _drop(self) -> None:
        """Let go of the conversation and of the process; the picture that was shown stays."""
        socket, server, process = self._socket, self._server, self._process
        self._socket = self._server = self._process = self._talk = self.ready = self.stats = self._seen = None
        if socket is not None:
            socket.readyRead.disconnect(self._read)
            socket.abort()
            socket.deleteLater()
        if server is not None:
            server.close()
            server.deleteLater()
        if process is not None:
            process.finished.disconnect(self._take_end)
            process.errorOccurred.disconnect(self._take_error)
            _Ending(process, 0)
        if self._ring is not None and self._ring is not self._painted:
            self._ring.close()
        self._ring = None

    def _tick(self) -> None:
        what = self._supervision.tick(time.monotonic())
        if what == "start":
            self._begin()
        elif what == "ping" and self._talk is not None:
            self._talk.send(Ping())
        elif what == "kill":
            self._fail(self.reason)
        self._wait()

    def _fail(self, reason: str) -> None:
        """End a viewer that hangs or does not keep to the protocol."""
        self._drop()
        self._supervision.crashed(time.monotonic(), reason)
        self._change()

    def _change(self) -> None:
        self._wait()
        self.life_changed.emit()

    def _wait(self) -> None:
        due = self._supervision.due
        if due is None:
            self._timer.stop()
        else:
            self._timer.start(max(0, round(1000 * (due - time.monotonic()))))

    # -- what is said --------------------------------------------------------------------------------------

    def show(self, *messages: Message) -> None:
        """Show something, now and after every restart."""
        for message in messages:
            self.scene.take(message)
            self.say(message)

    def say(self, message: Message) -> int:
        """Say something to the viewer that lives now, and return its number; 0 where none does."""
        if self._talk is None or not self._talk.is_known:
            return 0
        sequence = self._talk.send(message)
        if not isinstance(message, Ping | Quality):
            self._told, self._told_at = sequence, time.monotonic()
        return sequence

    @property
    def is_current(self) -> bool:
        """Whether the picture shows everything that was said, as finely as it will be.

        What changes nothing makes no picture: after a while without one there is nothing to wait for.
        """
        if self.life is not Life.READY or self._seen is None:
            return False
        is_seen = self._seen.after >= self._told and self._seen.quality == "still"
        return is_seen or time.monotonic() - max(self._told_at, self._framed_at) > STILL_S

    @property
    def is_busy(self) -> bool:
        """Whether the viewer is behind with reading: updates should wait."""
        return self._socket is not None and self._socket.bytesToWrite() > UNREAD_BYTES

    def resize(self, width: int, height: int, scale: float) -> None:
        """Have frames of so many device pixels; `scale` is device pixels per pixel."""
        if (width, height, scale) != self._size:
            self._size = (width, height, scale)
            # While a viewer is busy it has not opened the last file yet, which must not go from under it.
            if self._answered == self._generation:
                self._renew_ring()

    def _renew_ring(self) -> None:
        if self._talk is None or not self._talk.is_known or self._size is None:
            return
        width, height, scale = self._size
        self._generation += 1
        try:
            ring = FrameRing(self._generation, width, height)
        except RingError as error:
            self._drop()
            self._supervision.cannot(str(error))
            self._change()
            return
        if self._ring is not None and self._ring is not self._painted:
            self._ring.close()
        self._ring, self._asked_for = ring, self._size
        self._talk.use_ring(ring, scale)

    # -- what is heard -------------------------------------------------------------------------------------

    def _take_connections(self) -> None:
        server = self._server
        while server is not None and server.hasPendingConnections():
            socket = server.nextPendingConnection()
            if self._talk is not None and self._talk.is_known:
                socket.abort()
                continue
            self._replace_stranger()
            self._socket = socket
            self._talk = Conversation(self._token, lambda part, link=socket: link.write(bytes(part)))
            socket.readyRead.connect(self._read)
            if socket.bytesAvailable():
                self._read()

    def _replace_stranger(self) -> None:
        """Leave one who connected and has not proved who he is: whoever comes next may be the viewer."""
        if self._socket is not None:
            self._socket.readyRead.disconnect(self._read)
            self._socket.abort()
            self._socket.deleteLater()
        self._socket = self._talk = None

    def _read(self) -> None:
        socket, talk = self._socket, self._talk
        if socket is None or talk is None:
            return
        was_known = talk.is_known
        try:
            messages = talk.feed(socket.readAll().data())
            if talk.is_known and not was_known:
                self._welcome(talk)
            for message in messages:
                if self._talk is not talk:
                    return
                self._take(message, talk)
        except ImpostorError:
            # The viewer itself may still come: only this one is sent away.
            self._replace_stranger()
        except OtherVersionError as error:
            self._drop()
            self._supervision.cannot(str(error))
            self._change()
        except WninError as error:
            if was_known:
                self._fail(tr("The 3-D viewer sent what cannot be read: {0}", error))
            else:
                self._replace_stranger()

    def _welcome(self, talk: Conversation) -> None:
        """Show the viewer what there is to see; nobody else may connect any more."""
        if self._server is not None:
            self._server.close()
        self._renew_ring()
        for message in self.scene.replay():
            self._told, self._told_at = talk.send(message), time.monotonic()

    def _take(self, message: Message, talk: Conversation) -> None:
        self._supervision.heard(time.monotonic())
        if isinstance(message, FrameReady):
            self._take_frame(message, talk)
            return
        if isinstance(message, Ready):
            self.ready = message
            self._supervision.ready(time.monotonic())
            self._change()
        elif isinstance(message, CameraChanged):
            self.scene.look(message)
        elif isinstance(message, Stats):
            self.stats = message
        elif isinstance(message, Error) and message.fatal:
            self._supervision.reason = tr("The 3-D viewer ended: {0}.", message.message.rstrip("."))
        self._wait()
        self.said.emit(message)

    def _take_frame(self, message: FrameReady, talk: Conversation) -> None:
        frame = talk.take_frame(message)
        if frame is None or self._ring is None or self._size is None:
            return
        image = QImage(frame, message.width, message.height, message.stride, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(self._size[2])
        before, self._painted = self._painted, self._ring
        self.image, self._answered = image, message.generation
        self._seen, self._framed_at = message, time.monotonic()
        self.framed.emit()
        if before is not None and before is not self._ring:
            before.close()
        if self._asked_for != self._size:
            self._renew_ring()


class _Ending(QObject):
    """Sees a process to its end without waiting for it, whatever becomes of those who started it."""

    kept: ClassVar[set[_Ending]] = set()

    def __init__(self, process: QProcess, patience_ms: int) -> None:
        super().__init__()
        self.kept.add(self)
        self._process = process
        process.setParent(self)
        process.finished.connect(self._let_go)
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self._end_now)
        if process.state() == QProcess.ProcessState.NotRunning:
            self._let_go()
        elif patience_ms:
            QTimer.singleShot(patience_ms, process, process.kill)
        else:
            process.kill()

    def _end_now(self) -> None:
        """End it at the end of the program, when nobody will see to it any more."""
        if self._process.state() != QProcess.ProcessState.NotRunning:
            self._process.kill()
            self._process.waitForFinished(KILLED_MS)

    def _let_go(self) -> None:
        self.kept.discard(self)
        self.deleteLater()
