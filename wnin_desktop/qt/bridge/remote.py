"""The window's event server, and the runs that other processes and machines send to it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from wnin_desktop.errors import StreamError, WninError
from wnin_desktop.runs.mailbox import Mailbox
from wnin_desktop.runs.watch.experiment import WatchedExperiment
from wnin_desktop.schema.events import RunEvent, RunStarted
from wnin_desktop.stream.server import EventServer, ServerStats
from wnin_desktop.stream.token import Token, remove_token, token_path

STATS_MS = 1000
MOST_REMOTE = 256
"""Remote experiments that are kept in memory; the oldest is forgotten first."""


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
    def token_path(self) -> str:
        """Return the file that holds this launch's token."""
        return str(token_path())

    def use_tasks(
        self, ask: Callable[[Callable[[], ServerStats], Callable[[ServerStats], None]], None]
    ) -> None:
        """Let `ask(work, then)` fetch the counters off the GUI thread."""
        self._ask = ask

    def switch(self, on: bool, port: int = 0) -> None:
        """Start the server on `port` of this machine, or stop it.

        Raises:
            StreamError: The port cannot be opened.
        """
        if on == self.is_on:
            return
        if on:
            self.port = port
            self._start(port)
        else:
            self._stop()
        self.changed.emit()

    def _start(self, port: int) -> None:
        token = Token.new()
        server = EventServer(port=port, token=token, on_event=self._mailbox.put)
        server.start()
        try:
            token.write(token_path())
        except WninError:
            server.stop()
            raise
        self._server, self._token, self.error = server, token, ""
        self._timer.start()

    def _stop(self) -> None:
        self._timer.stop()
        server, token = self._server, self._token
        self._server = self._token = None
        if token is not None:
            remove_token(token_path(), token)
        if server is not None:
            server.stop()

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

    def _measure(self) -> None:
        server = self._server
        if server is not None and self._ask is not None:
            self._ask(server.stats, self._take_stats)

    def _take_stats(self, stats: ServerStats) -> None:
        self.stats = stats
        self.changed.emit()

    def close(self) -> None:
        """Stop the server, at the end of the program."""
        try:
            self._stop()
        except StreamError as error:
            self.error = str(error)
