"""The status bar: device, steps a second, memory, store, server, events, frames; four times a second."""

from __future__ import annotations

import psutil
from PySide6.QtCore import QElapsedTimer, Qt, QTimer
from PySide6.QtWidgets import QStatusBar, QWidget

from wnin_desktop.qt.bridge.live_run import LiveRun
from wnin_desktop.qt.bridge.tasks import Task
from wnin_desktop.qt.desk import Desk
from wnin_desktop.qt.numbers import show
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.widgets import ProgressChip, StatusChip
from wnin_desktop.runs.watch.experiment import WatchedExperiment

REFRESH_MS = 250
MEGABYTE = 1 << 20


class Status(QStatusBar):
    """Says how the program is."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status-bar")
        self.setSizeGripEnabled(False)
        self._desk = desk
        self._process = psutil.Process()
        self._frames = 0
        self._clock = QElapsedTimer()
        self._clock.start()
        self._chips: dict[Task, ProgressChip] = {}
        self._starting: dict[LiveRun, ProgressChip | None] = {}
        """What is fetched or read before training begins; None once it trains."""
        self.device = self._chip("device", "device", tr("Where training runs"))
        self.rate = self._chip("rate", "clock", tr("Optimizer steps of all runs, per second"))
        self.memory = self._chip("memory", "memory", tr("Memory of this window"))
        self.store = self._chip("store", "save", tr("Where runs are recorded"))
        self.server = self._chip("server", "server", tr("The server for remote runs"))
        self.events = self._chip("events", "plot", tr("Events taken in, and frames drawn, per second"))
        desk.runs.framed.connect(self._count_frame)
        desk.runs.started.connect(self._follow_run)
        desk.runs.framed.connect(self._end_starting)
        desk.runs.ended.connect(self._forget_run)
        desk.tasks.started.connect(self._add_task)
        desk.tasks.ended.connect(self._drop_task)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)  # a coarse one would fire together with others
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        self._timer.start()
        self.refresh()

    def _chip(self, name: str, icon: str, tip: str) -> StatusChip:
        chip = StatusChip("", icon=icon, name=f"status-{name}", parent=self)
        chip.setToolTip(tip)
        self.addPermanentWidget(chip)
        return chip

    def _count_frame(self, _changed: object) -> None:
        self._frames += 1

    def refresh(self) -> None:
        """Write the numbers anew."""
        seconds = max(self._clock.restart(), 1) / 1000
        frames, self._frames = self._frames / seconds, 0
        live = self._desk.runs.live
        rates = [each.experiment.rate for each in live if each.state not in ("paused", "ended")]
        rate = sum(each for each in rates if each is not None)
        devices = {run.device for each in live for run in each.experiment.runs.values() if run.device}
        self.device.set(", ".join(sorted(devices)) or tr("idle"))
        self.rate.set(self._pace(rate))
        self.memory.set(tr("{0} MB", show(self._process.memory_info().rss // MEGABYTE)))
        self.store.set(tr("store ok"))
        self.store.setToolTip(str(self._desk.store.path))
        self._show_server()
        events = show(round(self._desk.runs.events_per_second))
        self.events.set(tr("{0} events/s, {1} fps", events, round(frames)))

    def _pace(self, rate: float) -> str:
        live = self._desk.runs.live
        if rate:
            return tr("{0} steps/s", show(round(rate)))
        if any(each.state == "stopping" for each in live):
            return tr("stopping")
        if any(each.state == "starting" for each in live):
            return tr("starting")
        held = next((each for each in live if each.state == "paused"), None)
        return tr("paused at step {0}", held.experiment.last_step) if held is not None else tr("no steps")

    def _show_server(self) -> None:
        remote = self._desk.remote
        if not remote.is_on:
            self.server.set(tr("server off"))
        else:
            count = len(remote.stats.clients)
            self.server.set(tr("server on, 1 client") if count == 1 else tr("server on, {0} clients", count))
            self.server.setToolTip(remote.uri)

    def _add_task(self, task: Task) -> None:
        if not task.title:
            return
        chip = ProgressChip(task.title, self, cancellable=task.cancellable)
        chip.cancelled.connect(task.cancel)
        task.changed.connect(lambda: chip.set_progress(task.done if task.done >= 0 else None, task.text))
        self._chips[task] = chip
        self.insertWidget(0, chip)

    def _drop_task(self, task: Task) -> None:
        self._remove(self._chips.pop(task, None))

    def _remove(self, chip: ProgressChip | None) -> None:
        if chip is not None:
            self.removeWidget(chip)
            chip.deleteLater()

    # -- before training begins ----------------------------------------------------------------------------

    def _follow_run(self, run: LiveRun) -> None:
        run.progressed.connect(self._take_progress)

    def _take_progress(self, what: str, done: float) -> None:
        run = self.sender()
        if not isinstance(run, LiveRun) or not run.is_live:
            return
        if run not in self._starting:
            chip = ProgressChip(run.config.name, self)
            chip.cancelled.connect(lambda: run.stop(checkpoint=False))
            self._starting[run] = chip
            self.insertWidget(0, chip)
        if (shown := self._starting[run]) is not None:
            shown.set_progress(done or None, tr(what))  # 0: nobody knows how much it is

    def _end_starting(self, changed: frozenset[WatchedExperiment]) -> None:
        for run in self._desk.runs.live:
            if run.experiment in changed:
                self._remove(self._starting.get(run))
                self._starting[run] = None

    def _forget_run(self, run: LiveRun) -> None:
        self._remove(self._starting.pop(run, None))
