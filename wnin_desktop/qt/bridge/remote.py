"""The window's event server, and the runs that other processes and machines send to it."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from wnin_desktop.errors import StreamError, WninError
from wnin_desktop.qt.bridge.clients import Client, Clients
from wnin_desktop.qt.text import tr
from wnin_desktop.runs.mailbox import Mailbox
from wnin_desktop.runs.watch.experiment import WatchedExperiment
from wnin_desktop.schema.events import RunEvent, RunStarted
from wnin_desktop.stream.stats import ServerStats
from wnin_desktop.stream.token import Token, remove_token, token_path

if TYPE_CHECKING:
    from wnin_desktop.stream.server import EventServer

STATS_MS = 1000
MOST_REMOTE = 256
"""Remote experiments that are kept in memory; the oldest is forgotten first."""


class ServerFaultError(StreamError):
    """The server did not start or stop: its text says what happened, `do` what may help."""

    def __init__(self, text: str, *, do: str = "", details: str = "") -> None:
        super().__init__(text)
        self.do, self.details = do, details


class RemoteRuns(QObject):
    """Off until `switch(True)`. What arrives becomes experiments that look like local ones."""

    changed = Signal()
    """The server went on or off, or its counters moved."""
    arrived = Signal(object)
    """A `WatchedExperiment` nobody has seen before."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.experiments: dict[str, WatchedExperiment] = {}
        self.stats = ServerStats()
        self.error = ""
        self._clients = Clients()
        self._mailbox = Mailbox()
        self._server: EventServer | None = None
        self._token: Token | None = None
        self.port = 0
        """The port asked for; 0 let the system choose."""
        self._timer = QTimer(self)
        self._timer.setInterval(STATS_MS)
        self._timer.timeout.connect(self._measure)
        self._ask: Callable[[Callable[[], ServerStats], Callable[[ServerStats], None]], None] | None = None

    @property
    def is_on(self) -> bool:
        """Whether the server listens."""
        return self._server is not None

    @property
    def uri(self) -> str:
        """Return the address for trainers, or nothing while it is off."""
        return self._server.uri if self._server is not None else ""

    @property
    def clients(self) -> tuple[Client, ...]:
        """Return the clients of this launch: those that are connected, then the last that ended."""
        return self._clients.all()

    @property
    def token_path(self) -> str:
        """Return the file that holds this launch's token."""
        return str(token_path())

    def use_tasks(
        self, ask: Callable[[Callable[[], ServerStats], Callable[[ServerStats], None]], None]
    ) -> None:
        """Let `ask(work, then)` fetch the counters off the GUI thread."""
        self._ask = ask

    def switch(self, on: bool, port: int = 0) -> None:
        """Start the server on `port` of this machine, or stop it; a fault is kept as `error` too.

        Raises:
            ServerFaultError: It did not start, or did not stop in time.
        """
        if on == self.is_on and not self.error:
            return
        self.error = ""
        try:
            if not on:
                self._stop()
            elif not self.is_on:
                self.port = port
                self._start(port)
        except ServerFaultError as fault:
            self.error = " ".join(part for part in (str(fault), fault.do) if part)
            raise
        finally:
            self.changed.emit()

    def _start(self, port: int) -> None:
        from wnin_desktop.stream.server import EventServer  # noqa: PLC0415 - it is off in most windows

        token = Token.new()
        server = EventServer(port=port, token=token, on_event=self._mailbox.put)
        try:
            server.start()
        except (WninError, OSError) as error:
            raise _closed_port(port, error) from error
        try:
            token.write(token_path())
        except (WninError, OSError) as error:
            server.stop()
            raise ServerFaultError(
                tr("The server for remote runs did not start: its token could not be written."),
                do=tr("Let this account write {0}, then turn the server on again.", token_path()),
                details=str(error),
            ) from error
        self._server, self._token = server, token
        self._timer.start()

    def _stop(self) -> None:
        self._timer.stop()
        server, token = self._server, self._token
        self._server = self._token = None
        self._clients.take((), time.time())
        if token is not None:
            remove_token(token_path(), token)
        if server is not None:
            try:
                server.stop()
            except StreamError as error:
                raise ServerFaultError(
                    tr("The server for remote runs did not stop in time."),
                    do=tr("It accepts nobody any more, and ends with the window."),
                    details=str(error),
                ) from error

    def publish(self, events: list[RunEvent]) -> None:
        """Pass on what is trained here."""
        if self._server is not None:
            self._server.publish(events)

    def drain(self) -> set[WatchedExperiment]:
        """Take in what arrived since the last frame and return what changed."""
        changed: set[WatchedExperiment] = set()
        parts: dict[str, list[RunEvent]] = {}
        for event in self._mailbox.drain():
            parts.setdefault(event.run_id.split("/")[0], []).append(event)
        for experiment_id, events in parts.items():
            experiment = self.experiments.get(experiment_id) or self._meet(experiment_id, events)
            if experiment is not None:
                experiment.apply(events)
                changed.add(experiment)
                self._hear(experiment, len(events))
        return changed

    def _meet(self, experiment_id: str, events: list[RunEvent]) -> WatchedExperiment | None:
        started = next((event for event in events if isinstance(event, RunStarted)), None)
        if started is None or self._server is None:
            return None
        peers = {run.run_id: run.peer for run in self._server.live_runs()}
        experiment = WatchedExperiment.of_started(started, peers.get(started.run_id, ""))
        self.experiments[experiment_id] = experiment
        while len(self.experiments) > MOST_REMOTE:
            del self.experiments[next(iter(self.experiments))]
        self.arrived.emit(experiment)
        return experiment

    def _hear(self, experiment: WatchedExperiment, events: int) -> None:
        if experiment.peer:
            self._clients.hear(experiment.peer, experiment.name, experiment.host, events, time.time())

    def _measure(self) -> None:
        server = self._server
        if server is not None and self._ask is not None:
            self._ask(server.stats, self._take_stats)

    def _take_stats(self, stats: ServerStats) -> None:
        self.stats = stats
        if self.is_on:  # an answer that comes after the server was stopped tells of nobody who is there
            self._clients.take(stats.clients, time.time())
        self.changed.emit()

    def close(self) -> None:
        """Stop the server, at the end of the program."""
        try:
            self._stop()
        except StreamError as error:
            self.error = str(error)


def _closed_port(port: int, error: Exception) -> ServerFaultError:
    """Return what became of opening a port, with what may help."""
    cause = error if isinstance(error, OSError) else error.__context__
    if isinstance(cause, OSError) and cause.errno == errno.EADDRINUSE:
        text = tr("The server for remote runs did not start: port {0} is in use.", port)
    else:
        reason = (getattr(cause, "strerror", None) or str(error)).rstrip(".")
        text = tr("The server for remote runs did not start: port {0} cannot be opened ({1}).", port, reason)
    do = tr("Choose another port under Tools, Remote runs; 0 takes any free one.")
    return ServerFaultError(text, do=do, details=str(error))
