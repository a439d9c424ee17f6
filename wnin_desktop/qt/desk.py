"""The Desk: the services that the parts of the window share."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QLocale, QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication

from wnin_desktop.errors import StoppedByUser, WninError
from wnin_desktop.qt.bridge.arm_colours import ArmColours
from wnin_desktop.qt.bridge.catalogue_model import CatalogueModel
from wnin_desktop.qt.bridge.live_run import LiveRun
from wnin_desktop.qt.bridge.live_runs import LiveRuns
from wnin_desktop.qt.bridge.remote import RemoteRuns, ServerFaultError
from wnin_desktop.qt.bridge.resuming import resume_stored
from wnin_desktop.qt.bridge.shown import ShownExperiments
from wnin_desktop.qt.bridge.tasks import Task, Tasks
from wnin_desktop.qt.experiment.draft import Draft
from wnin_desktop.qt.preferences_model import PreferencesModel
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import theme
from wnin_desktop.qt.window.actions import Actions
from wnin_desktop.qt.window.notices import Notices
from wnin_desktop.runs.preferences import WindowState, save_preferences
from wnin_desktop.runs.store import Store
from wnin_desktop.runs.watch.experiment import WatchedExperiment
from wnin_desktop.schema.preferences import Preferences

logger = logging.getLogger("wnin.window")
PORT_MS = 500
SERVER = "server"
"""What notices about the server are about."""
"""How long a port rests before the server moves to it: each digit that is typed is another one."""
LAST_WORK_S = 0.5
"""How long the end of the program waits for work that was asked to end before."""


class Desk(QObject):
    """One per window. Parts ask it for what they need and know nothing of each other."""

    closing = Signal()
    """Everything outside the GUI thread ends now; parts end what is theirs, and wait for nothing."""
    page_wanted = Signal(str)
    """Somebody is to see the page of this name."""

    def __init__(
        self,
        store: Store,
        loop: asyncio.AbstractEventLoop,
        *,
        preferences: Preferences | None = None,
        state: WindowState | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.store = store
        self.loop = loop
        self.state = state or WindowState()
        self.preferences = PreferencesModel(preferences, self._save_preferences, self)
        self.notices = Notices(self)
        self.tasks = Tasks(self)
        self.actions = Actions(self)
        self.actions.set_own_keys(dict(self.preferences.value.shortcuts))
        self.catalogue = CatalogueModel(self.tasks, self)
        self.shown = ShownExperiments(self)
        self.runs = LiveRuns(store, self)
        self.remote = RemoteRuns(self)
        self.draft = Draft(self.catalogue, self)
        self.read_only = store.read_only
        self.colours = ArmColours(self.state)
        self.shown.dress = self.colours.dress
        self.is_closed = False
        self._unsaved = False
        self._move_soon = QTimer(self, singleShot=True, interval=PORT_MS)
        self._connect()
        self._follow_preferences()
        self._follow_server()

    def _connect(self) -> None:
        self.tasks.failed.connect(self._tell_failed_task)
        self.preferences.changed.connect(self._follow_preferences)
        self.preferences.field_changed.connect(self._follow_field)
        self._move_soon.timeout.connect(self._follow_server)
        self.draft.arms_changed.connect(self._recolour)
        self.runs.started.connect(self._show_started)
        self.runs.ended.connect(self._tell_ended)
        self.runs.received.connect(self.remote.publish)
        self.runs.add_source(self.remote.drain)
        self.remote.use_tasks(self._in_background)
        self.remote.arrived.connect(self._tell_arrived)

    def _in_background(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        self.tasks.start(lambda _task: work(), then=then)

    def get_ready(self) -> None:
        """Prepare for the next run while nothing else goes on."""
        if not self.is_closed and not self.runs.live:
            self.tasks.start(lambda _task: self.runs.get_ready())

    # -- preferences ---------------------------------------------------------------------------------------

    def _save_preferences(self, value: Preferences) -> None:
        if self.is_closed:
            self._save_now(value)
        else:
            self._unsaved = True
            # Whichever task comes last writes what holds last.
            self.tasks.start(lambda _task: save_preferences(self.preferences.value), then=self._take_saved)

    def _take_saved(self, _result: object) -> None:
        self._unsaved = False

    @staticmethod
    def _save_now(value: Preferences) -> None:
        try:
            save_preferences(value)
        except (WninError, OSError) as error:
            logger.warning("the preferences were not saved: %s", error)

    def _follow_field(self, path: str) -> None:
        if path == "server.port":
            self._move_soon.start()
        elif path.startswith("server."):
            self._follow_server()

    def _follow_server(self) -> None:
        if self.is_closed:
            return
        self._move_soon.stop()
        server = self.preferences.value.server
        if self.remote.is_on and server.enabled and self.remote.port != server.port:
            self.switch_server(on=False, port=server.port)
        self.switch_server(on=server.enabled, port=server.port)

    def _follow_preferences(self) -> None:
        value = self.preferences.value
        theme().apply(value.appearance.theme)
        theme().set_text_scale(value.appearance.text_scale)
        theme().reduced_motion = value.appearance.reduced_motion == "on"
        self.runs.preference = value.training.executor
        self.runs.limit = value.training.live_runs
        self.runs.set_frame_rate(value.training.frame_rate)
        self.actions.set_own_keys(dict(value.shortcuts))
        QLocale.setDefault(QLocale(value.appearance.number_locale or QLocale.system()))

    def switch_server(self, on: bool, port: int) -> None:
        """Turn the event server on or off; what goes wrong is a notice."""
        try:
            self.remote.switch(on, port)
        except ServerFaultError as fault:
            logger.warning("%s %s", fault, fault.details)
            self.notices.tell(
                str(fault),
                kind="danger",
                kept=tr("Runs in this window go on, and everything recorded is kept."),
                do=fault.do,
                details=fault.details,
                topic=SERVER,
            )
        else:
            self.notices.settle(SERVER)

    # -- what is told --------------------------------------------------------------------------------------

    def tell_fault(self, sentence: str, details: str) -> None:
        """Tell what nobody else caught: one notice, details folded."""
        self.notices.tell(
            sentence, kind="danger", kept=tr("Runs go on and nothing recorded is lost."), details=details
        )

    def _tell_failed_task(self, task: Task, error: Exception) -> None:
        self.notices.tell_error(error, what=task.title)

    def _show_started(self, run: LiveRun) -> None:
        run.noticed.connect(self._tell_notice)
        run.stuck.connect(self._tell_stuck)
        run.named.connect(self._keep_colours)
        run.experiment.colours |= self._chosen_colours(run.experiment)
        self.shown.show(run.experiment)

    def _chosen_colours(self, experiment: WatchedExperiment) -> dict[str, int]:
        """Return the colours that the cards of the editor give to the arms of an experiment."""
        found = {arm: self.draft.colour_of(arm) for arm in experiment.arms}
        return {
            arm: place
            for arm, place in found.items()
            if place is not None and place != experiment.arms.index(arm)
        }

    def _recolour(self) -> None:
        """Let the runs of the editor's experiment follow the colours of its cards."""
        for experiment in self.shown.all:
            names = {arm["name"] for arm in self.draft.data.get("arms", []) if "name" in arm}
            # Another experiment may have an arm of the same name; this one has all of them.
            if experiment.name != self.draft.data.get("name") or not names.issuperset(experiment.arms):
                continue
            colours = self._chosen_colours(experiment)
            if colours != experiment.colours:
                experiment.colours = colours
                self.colours.keep(experiment.experiment_id, colours)
                self.shown.changed.emit()

    def _keep_colours(self, experiment_id: str) -> None:
        run = self.sender()
        if isinstance(run, LiveRun):
            self.colours.keep(experiment_id, run.experiment.colours)

    def _tell_notice(self, text: str) -> None:
        self.notices.tell(text, kind="warning", stays=True)

    def _tell_stuck(self) -> None:
        run = self.sender()
        if isinstance(run, LiveRun) and not self.is_closed:
            done, planned = run.experiment.progress
            has_begun = done > 0
            what = (
                tr("a step takes long, or hangs")
                if has_begun
                else tr("what comes before its first step takes long, or hangs")
            )
            goes_on = tr("Wait, or end its process; then it goes on from the last checkpoint.")
            self.notices.tell(
                tr("{0} has not stopped yet: {1}.", run.config.name, what),
                kind="warning",
                kept=tr("{0} of {1} steps are recorded.", done, planned) if has_begun else "",
                do=goes_on if has_begun else tr("Wait, or end its process."),
                action=(tr("End the process"), run.kill),
                topic=_stop_of(run),
                stays=True,
            )

    def _tell_arrived(self, experiment: WatchedExperiment) -> None:
        def show() -> None:
            self.shown.show(experiment)
            self.page_wanted.emit("compare")

        text = tr("Remote run from {0}: {1}", experiment.host or "?", experiment.name)
        self.notices.tell(text, action=(tr("Show"), show))
        if self.shown.current is None:
            self.shown.show(experiment)

    def _tell_ended(self, run: LiveRun) -> None:
        if self.is_closed:
            return
        self.get_ready()
        self.notices.settle(_stop_of(run))
        name = run.config.name
        if isinstance(run.error, StoppedByUser):
            self.notices.tell(tr("{0} was stopped before its first step; nothing new was recorded.", name))
            return
        if run.error is not None:
            kept = tr("What was recorded before is kept.")
            self.notices.tell_error(run.error, what=tr("{0} ended with an error", name), kept=kept)
            return
        diverged = sum(each.status == "diverged" for each in run.experiment.runs.values())
        failed = sum(each.status == "failed" for each in run.experiment.runs.values())
        if failed or diverged:
            parts = [tr("{0} runs failed", failed)] if failed else []
            parts += [tr("{0} runs diverged", diverged)] if diverged else []
            text = tr("{0}: {1}.", name, ", ".join(parts))
            self.notices.tell(text, kind="warning", kept=tr("They are kept up to their last finite step."))
        elif run.experiment.status == "stopped":
            self._tell_stopped(run)
        else:
            self.notices.tell(tr("{0} is finished.", name), kind="good")
        self._call_person(run)

    def _tell_stopped(self, run: LiveRun) -> None:
        name, experiment_id = run.config.name, run.experiment.experiment_id
        if self.store.latest_checkpoint(experiment_id) is None:
            text = tr("{0} was stopped without a checkpoint. What was recorded is kept.", name)
            self.notices.tell(text)
            return
        resume = (tr("Resume"), lambda: resume_stored(self, experiment_id, name))
        self.notices.tell(tr("{0} was stopped; it can be resumed (Run, Resume).", name), action=resume)

    def _call_person(self, run: LiveRun) -> None:
        """Let the task bar tell of a long comparison that ended while another program was in front."""
        behaviour = self.preferences.value.behaviour
        if behaviour.notify_at_end and run.seconds >= behaviour.notify_after:
            for window in QApplication.topLevelWidgets():
                if window.isVisible() and not window.isActiveWindow():
                    QApplication.alert(window)

    # -- the end -------------------------------------------------------------------------------------------

    def close(self) -> None:
        """End everything that lives outside the GUI thread, in the order that loses nothing."""
        if self.is_closed:
            return
        self.is_closed = True
        self.closing.emit()
        self.preferences.flush()
        self.tasks.stop()
        self.runs.close()
        self.remote.close()
        if not self.tasks.close(LAST_WORK_S) and self._unsaved:
            self._save_now(self.preferences.value)
        try:
            self.state.save()
        except (WninError, OSError) as error:
            logger.warning("the window's state was not saved: %s", error)


def _stop_of(run: LiveRun) -> str:
    """Return the topic of what is told while a run is asked to stop: it is settled once the run has ended."""
    return f"stop:{id(run)}"
