"""Run, pause, step, stop: the commands that act on the live comparison a person looks at."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QWidget,
)

from wnin_desktop.errors import WninError
from wnin_desktop.qt.bridge.live_run import LiveRun
from wnin_desktop.qt.bridge.resuming import RESUMABLE, resume_stored
from wnin_desktop.qt.desk import Desk
from wnin_desktop.qt.numbers import show
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import set_icon
from wnin_desktop.schema.events import Intervention, RunEvent

OWN_SPACE = (QAbstractButton, QAbstractItemView, QAbstractSlider, QAbstractSpinBox, QComboBox)
"""Widgets in which the space bar has a meaning of its own."""


class RunControl(QObject):
    """Registers the actions and keeps them enabled as they fit."""

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        add = desk.actions.add
        add("run.start", tr("&Run"), self.start, menu="run", icon="run", shortcut="F5",
            tip=tr("Run the experiment: every arm with every seed"))  # fmt: skip
        add("run.pause", tr("&Pause"), self.pause, menu="run", icon="pause", shortcut="Space",
            tip=tr("Hold after the current step, or go on"))  # fmt: skip
        add("run.resume", tr("R&esume"), self.resume, menu="run", icon="play-fast", shortcut="Alt+F5",
            tip=tr("Go on with what is shown from its last checkpoint, bit for bit"))  # fmt: skip
        add("run.step", tr("&Single step"), self.step, menu="run", icon="step", shortcut="F6",
            tip=tr("Take one step, then hold"))  # fmt: skip
        add("run.stop", tr("S&top after checkpoint"), self.stop, menu="run|", icon="stop-save",
            shortcut="Shift+F5", tip=tr("Save the state, then stop; the run can be resumed"))  # fmt: skip
        add("run.stop-now", tr("Stop &now"), self.stop_now, menu="run", icon="stop",
            shortcut="Ctrl+Shift+F5", tip=tr("Stop after the current step without a checkpoint"))  # fmt: skip
        add("run.checkpoint", tr("Save a &checkpoint"), self.checkpoint, menu="run|", icon="checkpoint",
            shortcut="Ctrl+Shift+K", tip=tr("Save the state after the current step and go on"))  # fmt: skip
        self._turned: tuple[str, int, str, float] | None = None
        desk.runs.received.connect(self._log_turns)
        desk.runs.started.connect(self._follow)
        desk.runs.ended.connect(self.refresh)
        desk.shown.changed.connect(self.refresh)
        desk.draft.problems_changed.connect(self.refresh)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            # A filter over the whole application would call Python for each event of every widget.
            application.focusChanged.connect(self._guard_space)
        self.refresh()

    @property
    def current(self) -> LiveRun | None:
        """Return the live run of what is shown: a button acts on what a person sees."""
        shown = self._desk.shown.current
        return next((run for run in self._desk.runs.live if run.experiment is shown), None)

    def start(self) -> None:
        """Run what the editor holds."""
        config = self._desk.draft.config
        if config is None:
            return
        try:
            self._desk.runs.start(config)
        except WninError as error:
            self._desk.notices.tell_error(error)
            return
        runs = len(config.arms) * len(config.seeds)
        self._desk.notices.log(tr("{0} was started: {1} runs.", config.name, runs))

    def pause(self) -> None:
        """Hold, or go on."""
        run = self.current
        if run is None:
            return
        if run.state == "paused":
            run.go_on()
            self._log(tr("{0} goes on.", run.config.name))
        else:
            run.pause()
            self._log(tr("{0} is held.", run.config.name))

    def resume(self) -> None:
        """Go on with the stored comparison that is shown."""
        shown = self._desk.shown.current
        if shown is not None and not self._why_not_resume():
            resume_stored(self._desk, shown.experiment_id, shown.name)

    def step(self) -> None:
        """Take one step, then hold."""
        if (run := self.current) is not None:
            run.single_step()
            self._log(tr("{0} takes one step.", run.config.name))

    def stop(self) -> None:
        """Stop after a checkpoint."""
        if (run := self.current) is not None:
            run.stop(checkpoint=True)
            self._log(tr("{0} saves a checkpoint and stops.", run.config.name))

    def stop_now(self) -> None:
        """Stop without a checkpoint."""
        if (run := self.current) is not None:
            run.stop(checkpoint=False)
            self._log(tr("{0} stops without a checkpoint.", run.config.name))

    def checkpoint(self) -> None:
        """Save a checkpoint and go on."""
        if (run := self.current) is not None:
            run.save_checkpoint()
            self._log(tr("A checkpoint was asked for."))

    def _log(self, text: str) -> None:
        self._desk.notices.log(text)

    def _log_turns(self, events: list[RunEvent]) -> None:
        """Write a knob that was turned into the log, once for all runs it was turned for."""
        for event in events:
            if isinstance(event, Intervention):
                turn = (event.run_id.partition("/")[0], event.step, event.knob, event.value)
                if turn != self._turned:
                    self._turned = turn
                    before = "" if event.previous is None else tr(" (it was {0})", show(event.previous))
                    knob = {"temperature": tr("temperature"), "noise": tr("noise"), "lr": tr("learning rate")}
                    words = (event.step, knob[event.knob], show(event.value), before)
                    self._log(tr("Step {0}: {1} is turned to {2}{3}.", *words))

    def _follow(self, run: LiveRun) -> None:
        run.state_changed.connect(self.refresh)
        self.refresh()

    def refresh(self, *_: object) -> None:
        """Enable what fits; say of the rest why not."""
        actions, run = self._desk.actions, self.current
        reason = self._why_not_start()
        actions.set_enabled("run.start", not reason, reason)
        reason = self._why_not_resume()
        actions.set_enabled("run.resume", not reason, reason)
        state = run.state if run is not None else "ended"
        idle = tr("It is stopping.") if run is not None else self._why_idle()
        going = state in ("starting", "running", "paused")
        for name in ("run.pause", "run.step", "run.stop", "run.stop-now", "run.checkpoint"):
            actions.set_enabled(name, going, idle)
        self._name_pause(is_paused=state == "paused")

    def _name_pause(self, *, is_paused: bool) -> None:
        """Let the one button say what it would do now."""
        pause = self._desk.actions.get("run.pause")
        pause.setText(tr("&Go on") if is_paused else tr("&Pause"))
        set_icon(pause, "play-fast" if is_paused else "pause")
        pause.setCheckable(is_paused)
        pause.setChecked(is_paused)
        if pause.isEnabled():
            pause.setToolTip(tr("Go on with training") if is_paused else tr("Hold after the current step"))

    def _why_idle(self) -> str:
        live = self._desk.runs.live
        if not live:
            return tr("Nothing is running.")
        return tr("What is shown does not train here; show {0} to steer it.", live[-1].config.name)

    def _why_not_resume(self) -> str:
        desk, shown = self._desk, self._desk.shown.current
        if desk.read_only:
            return tr("Another process writes this store; close it first.")
        if shown is None or shown.origin == "remote" or not shown.experiment_id:
            return tr("Nothing that is stored here is shown.")
        if self.current is not None:
            return tr("It is running.")
        if shown.status not in RESUMABLE:
            return tr("Nothing of it is left to do.")
        return self._why_too_many()

    def _why_too_many(self) -> str:
        live = self._desk.runs.live
        return (
            tr("{0} comparisons are running; stop one first.", len(live))
            if len(live) >= self._desk.runs.limit
            else ""
        )

    def _why_not_start(self) -> str:
        desk = self._desk
        if desk.read_only:
            return tr("Another process writes this store; close it first.")
        if desk.draft.config is None:
            problems = desk.draft.problems
            return problems[0].sentence() if problems else tr("The experiment has no enabled arm.")
        return self._why_too_many()

    def _guard_space(self, old: QWidget | None, new: QWidget | None) -> None:
        if isinstance(old, OWN_SPACE):
            old.removeEventFilter(self)
        if isinstance(new, OWN_SPACE):
            new.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - the name is Qt's
        """Leave the space bar to buttons, lists and sliders, where it means something else."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Space
            and not event.modifiers()
        ):
            event.accept()
        return False
