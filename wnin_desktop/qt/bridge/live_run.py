"""One live comparison: a QThread that drives the same generator as the command line, and how to steer it."""

from __future__ import annotations

import time
from typing import Literal

from PySide6.QtCore import QObject, QThread, QTimer, Signal

from wnin_desktop.engine.control import RunControl
from wnin_desktop.runs.drive import Watchers, drive, resume
from wnin_desktop.runs.job import EventSource
from wnin_desktop.runs.mailbox import Mailbox
from wnin_desktop.runs.store import Store
from wnin_desktop.runs.watch.experiment import WatchedExperiment
from wnin_desktop.runs.worker import kill
from wnin_desktop.schema.commands import Knob, SaveCheckpoint, TurnKnob
from wnin_desktop.schema.run import CompareConfig

STUCK_MS, SAVING_MS = 3000, 30_000
"""Time after which a run that was asked to stop is told to hang, and the same while it writes its state."""
PROGRESS_S = 0.1
"""Least time between two words about what is read: some of it is read in thousands of files."""
State = Literal["starting", "running", "paused", "stopping", "ended"]


class LiveRun(QThread):
    """Trains, records, and fills `mailbox`. Everything public belongs to the GUI thread.

    Attributes:
        config: What is trained.
        experiment: How it is watched; its id is known once it has begun.
        mailbox: Events on their way to the window.
        error: What ended it, when something did.
    """

    state_changed = Signal()
    named = Signal(str)
    """The experiment is in the store under this id."""
    stuck = Signal()
    """It was asked to stop a while ago and has not: a step takes long, or hangs."""
    noticed = Signal(str)
    progressed = Signal(str, float)
    """What is being fetched or read before training begins, and the part done."""

    def __init__(
        self,
        store: Store,
        config: CompareConfig,
        source: EventSource,
        experiment: WatchedExperiment,
        *,
        resumed: bool = False,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("wnin-live-run")
        self.config = config
        self.experiment = experiment
        self.control = RunControl()
        self.mailbox = Mailbox()
        self.error: BaseException | None = None
        self.state: State = "starting"
        self.knobs: dict[tuple[Knob, str | None], float] = {}
        """Knobs as they were last turned here, by knob and arm (None: all arms)."""
        self._begun = time.monotonic()
        self._store = store
        self._source = source
        self._resumed = resumed
        self._is_saving = False
        """Whether its state is being written; set by its thread."""
        self._told = ("", 0.0)
        """What was told of last, and when; its thread's own."""

    def run(self) -> None:
        """Drive the comparison to its end; in this thread."""
        watchers = Watchers(
            committed=[self.mailbox.put],
            notice=self.noticed.emit,
            progress=self._tell_progress,
            saving=self._note_saving,
        )
        try:
            if self._resumed:
                resume(
                    self._store, self.experiment.experiment_id, self.control, watchers, source=self._source
                )
            else:
                drive(
                    self._store,
                    self.config,
                    self.control,
                    watchers,
                    source=self._source,
                    on_started=self.named.emit,
                )
        except BaseException as error:  # it crosses to the GUI thread, which tells it
            self.error = error

    def _tell_progress(self, what: str, done: float) -> None:
        """Pass on what is fetched or read; in this thread."""
        now, (before, at) = time.monotonic(), self._told
        if what != before or done >= 1 or now - at >= PROGRESS_S:
            self._told = (what, now)
            self.progressed.emit(what, done)

    # -- steering ------------------------------------------------------------------------------------------

    @property
    def is_live(self) -> bool:
        """Whether it has not ended."""
        return self.state != "ended"

    @property
    def seconds(self) -> float:
        """Return the time since it was started here."""
        return time.monotonic() - self._begun

    def pause(self) -> None:
        """Hold after the current step."""
        if self.state in ("starting", "running"):
            self.control.pause()
            self._enter("paused")

    def go_on(self) -> None:
        """Go on after a pause."""
        if self.state == "paused":
            self.control.resume()
            self._enter("running")

    def single_step(self, count: int = 1) -> None:
        """Take `count` steps, then hold."""
        if self.state in ("starting", "running", "paused"):
            self.control.single_step(count)
            self._enter("paused")

    def stop(self, *, checkpoint: bool = True) -> None:
        """End after the current step, with its state saved first unless `checkpoint` is off."""
        if self.state in ("starting", "running", "paused"):
            self.control.stop(checkpoint=checkpoint)
            self._enter("stopping")
            QTimer.singleShot(STUCK_MS, self, self._tell_if_stuck)

    def kill(self) -> bool:
        """End the worker process at once; return whether there was one. What was committed is kept."""
        return kill(self.control)

    def _note_saving(self, begins: bool) -> None:
        self._is_saving = begins

    def _tell_if_stuck(self) -> None:
        if self.state != "stopping":
            return
        if self._is_saving:
            QTimer.singleShot(SAVING_MS, self, self._tell_that_stuck)
        else:
            self.stuck.emit()

    def _tell_that_stuck(self) -> None:
        if self.state == "stopping":
            self.stuck.emit()

    def save_checkpoint(self) -> None:
        """Save the state after the current step and go on."""
        self.control.send(SaveCheckpoint())

    def turn(self, knob: Knob, value: float, arm: str | None = None) -> None:
        """Set a knob of one arm, or of all; it acts before the next step and is recorded."""
        self.knobs[knob, arm] = value
        self.control.send(TurnKnob(knob, value, arm))

    def mark_running(self) -> None:
        """Take note that steps arrive."""
        if self.state == "starting":
            self._enter("running")

    def note_end(self) -> None:
        """Take note that its thread has ended and that everything it sent was taken in."""
        self._enter("ended")

    def _enter(self, state: State) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit()
