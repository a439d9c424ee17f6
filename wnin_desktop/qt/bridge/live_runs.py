"""All live comparisons of the window, and the one timer that shows them."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from wnin_desktop.errors import InputError
from wnin_desktop.qt.bridge.live_run import LiveRun
from wnin_desktop.runs.executors import Preference, source_for, trains_here
from wnin_desktop.runs.store import Store
from wnin_desktop.runs.watch.experiment import WatchedExperiment
from wnin_desktop.runs.worker import cool_down, warm_up, work_for_a_window
from wnin_desktop.schema.events import RunEvent
from wnin_desktop.schema.run import CompareConfig

APPLY_BUDGET_S = 0.001
"""Time a frame may spend on taking in events; what is left waits for the next frame."""
APPLY_EVENTS = 64
"""Events taken in between two looks at the clock."""
RATE_S = 1.0
KILLED_MS = 1000
"""How long a thread may take to note that its worker was killed."""


class LiveRuns(QObject):
    """Starts, watches and ends comparisons. `framed` comes at most once a frame."""

    started = Signal(object)
    ended = Signal(object)
    framed = Signal(object)
    """A frozenset of the `WatchedExperiment`s that changed."""
    received = Signal(object)
    """A list of events as they were applied, for whoever passes them on."""

    def __init__(self, store: Store, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self.preference: Preference = "auto"
        self.limit = 4
        self.events_per_second = 0.0
        self._live: list[LiveRun] = []
        self._also: list[Callable[[], set[WatchedExperiment]]] = []
        self._pending: dict[LiveRun, list[RunEvent]] = {}
        self._counted, self._since = 0, time.monotonic()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._frame)
        self._changed: set[WatchedExperiment] = set()
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._tell)
        self.set_frame_rate(60)
        work_for_a_window()

    # -- starting and ending -------------------------------------------------------------------------------

    @property
    def live(self) -> list[LiveRun]:
        """Return the comparisons that have not ended, oldest first."""
        return list(self._live)

    def start(self, config: CompareConfig) -> LiveRun:
        """Start a comparison.

        Raises:
            InputError: As many as may run at once are running.
        """
        self._refuse_too_many()
        experiment = WatchedExperiment.of_config(config, "")
        return self._launch(
            LiveRun(self._store, config, source_for(self.preference, config.device), experiment, parent=self)
        )

    def resume(self, experiment: WatchedExperiment) -> LiveRun:
        """Go on with a stopped or interrupted comparison that was loaded from the store.

        Raises:
            InputError: As many as may run at once are running, or this one is.
        """
        self._refuse_too_many()
        if experiment.config is None:
            raise InputError.of("experiment", experiment.experiment_id, "only a recorded one can be resumed")
        if any(run.experiment.experiment_id == experiment.experiment_id for run in self._live):
            raise InputError.of("experiment", experiment.experiment_id, "it is running already")
        config = experiment.config
        source = source_for(self.preference, config.device)
        return self._launch(LiveRun(self._store, config, source, experiment, resumed=True, parent=self))

    def get_ready(self) -> None:
        """Have a worker process ready, so that the next run begins at once; slow, not for the GUI thread."""
        if not trains_here(self.preference, "auto") and not self._store.read_only:
            warm_up()

    def _refuse_too_many(self) -> None:
        if len(self._live) >= self.limit:
            allowed = f"at most {self.limit} comparisons run at once; stop one first"
            raise InputError.of("runs", len(self._live) + 1, allowed)

    def _launch(self, run: LiveRun) -> LiveRun:
        run.named.connect(self._name)
        run.finished.connect(self._end)
        self._live.append(run)
        self._pending[run] = []
        run.start()
        self._tick()
        self.started.emit(run)
        return run

    def _name(self, experiment_id: str) -> None:
        run = self.sender()
        if isinstance(run, LiveRun):
            run.experiment.experiment_id = experiment_id

    def _end(self) -> None:
        run = self.sender()
        if not isinstance(run, LiveRun) or run not in self._live:
            return
        self._live.remove(run)
        self._apply(self._take(run), run)
        self._pending.pop(run, None)
        run.experiment.end()
        run.note_end()
        self._changed.add(run.experiment)
        self._tell()
        self._tick()
        self.ended.emit(run)

    def close(self, timeout_s: float = 2.5) -> bool:
        """Stop everything with a checkpoint, kill workers that do not answer; return whether all ended."""
        for run in self._live:
            run.stop(checkpoint=True)
        cool_down()
        deadline = time.monotonic() + timeout_s
        stuck = [run for run in self._live if not run.wait(max(1, int(1000 * (deadline - time.monotonic()))))]
        killed = [run for run in stuck if run.kill()]
        waits = [run.wait(KILLED_MS) for run in killed]
        return all(waits) and len(killed) == len(stuck)

    # -- frames --------------------------------------------------------------------------------------------

    def set_frame_rate(self, hertz: float) -> None:
        """Show at most so many frames a second."""
        self._timer.setInterval(max(1, round(1000 / hertz)))

    def add_source(self, drain: Callable[[], set[WatchedExperiment]]) -> None:
        """Let `drain` be asked once a frame for experiments that changed elsewhere, such as remote ones."""
        self._also.append(drain)
        self._tick()

    def _tick(self) -> None:
        if self._live or self._also:
            if not self._timer.isActive():
                self._timer.start()
        else:
            self._timer.stop()

    def _frame(self) -> None:
        until = time.monotonic() + APPLY_BUDGET_S
        for run in self._live:
            events = self._take(run)
            if events:
                self._pending[run] = self._apply(events, run, until)
                self._changed.add(run.experiment)
        for drain in self._also:
            self._changed |= drain()
        self._measure()
        if self._changed:
            self._soon.start()  # by itself: whatever else is due has its turn between the two

    def _tell(self) -> None:
        changed, self._changed = frozenset(self._changed), set()
        if changed:
            self.framed.emit(changed)

    def _take(self, run: LiveRun) -> list[RunEvent]:
        return self._pending.get(run, []) + run.mailbox.drain()

    def _apply(self, events: list[RunEvent], run: LiveRun, until: float | None = None) -> list[RunEvent]:
        """Take in events while there is time, and return what is left."""
        place = 0
        while place < len(events) and (until is None or place == 0 or time.monotonic() < until):
            part = events[place : place + APPLY_EVENTS]
            run.experiment.apply(part)
            self.received.emit(part)
            place += len(part)
        if place:
            self._counted += place
            run.mark_running()
        return events[place:]

    def _measure(self) -> None:
        passed = time.monotonic() - self._since
        if passed >= RATE_S:
            self.events_per_second = self._counted / passed
            self._counted, self._since = 0, time.monotonic()
