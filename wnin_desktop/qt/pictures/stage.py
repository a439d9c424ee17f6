"""A whole window for pictures: the real program on a store of its own, driven step by step."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import qasync
from PySide6.QtCore import QCoreApplication, QEvent, QSize, Qt
from PySide6.QtWidgets import QApplication, QMenu, QScrollArea, QWidget

from wnin_desktop.qt.desk import Desk
from wnin_desktop.qt.dialogs.base import SCREEN_SHARE, Dialog
from wnin_desktop.qt.dialogs.overlay import Overlay
from wnin_desktop.qt.experiment.section import Section
from wnin_desktop.qt.forms.fold import Fold
from wnin_desktop.qt.theme import theme
from wnin_desktop.qt.widgets import NoticeBar
from wnin_desktop.qt.window.commands import SAMPLE, Commands
from wnin_desktop.qt.window.log_dock import LogView
from wnin_desktop.qt.window.main_window import MainWindow
from wnin_desktop.runs.config_files import load_preset
from wnin_desktop.runs.preferences import WindowState
from wnin_desktop.runs.store import Store
from wnin_desktop.runs.watch.experiment import WatchedExperiment
from wnin_desktop.schema.preferences import Preferences
from wnin_desktop.schema.run import CompareConfig

PULSE_MS = 10
KEPT = ("text_scale", "reduced_motion", "number_locale")
"""Preferences that scenes change and that are put back; the theme is that of the picture."""
QUIET_MS = 25
"""What follows from events, such as layouts and timers of no time, is done after so long."""
PATIENCE_S = 60.0
WANTED = "wanted-size"
"""Property of a dialog: its size where there is room."""


class StageError(Exception):
    """A scene did not come about."""


class Stage:
    """A window, what stands behind it, and how a scene is set up on it.

    Attributes:
        ids: Experiments of the store, by the names that scenes use.
    """

    def __init__(
        self,
        store: Store,
        folder: Path,
        size: QSize,
        *,
        ids: Mapping[str, str] | None = None,
        greeted: bool = True,
        text_scale: float = 1.0,
    ) -> None:
        """Open a window.

        Args:
            store: Open for writing; it is closed with the stage.
            folder: Where the window keeps its state.
            size: Of the window.
            ids: Experiments of the store, by the names that scenes use.
            greeted: Whether it is not the first start.
            text_scale: Size of text that every scene begins with.
        """
        self.store, self.folder, self.ids = store, folder, dict(ids or {})
        self._loop = qasync.QEventLoop(QApplication.instance(), already_running=False)
        state = WindowState(folder / "window.toml")
        state.set("tour.seen", greeted)
        self._first = first_preferences(text_scale)
        self._wanted_behind = self._behind = ""
        self.desk = Desk(store, self._loop, preferences=self._first, state=state)
        self.window = MainWindow(self.desk)
        self.window.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen, on=not _is_offscreen())
        self.commands = Commands(self.desk, self.window)
        self.resize(size)
        self.window.show()
        self.pass_time(QUIET_MS)
        self._first_layout = self.window.saveState()
        self._first_state = {name: page.state() for name, page in self.window.pages.items()}
        self.desk.catalogue.load(read=False)  # from the file that the content left
        self.wait(lambda: bool(self.desk.catalogue.names()), "the optimizers are read")

    # -- time ----------------------------------------------------------------------------------------------

    def pass_time(self, milliseconds: int) -> None:
        """Let the window live for so long."""
        self._loop.run_until_complete(asyncio.sleep(milliseconds / 1000))
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    def wait(self, until: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
        """Let the window live until something holds.

        Raises:
            StageError: It did not come about in time.
        """
        deadline = time.monotonic() + patience_s
        while not until():
            if time.monotonic() > deadline:
                raise StageError(f"waited {patience_s:.0f} s in vain until {what}")
            self.pass_time(PULSE_MS)

    def settle(self) -> None:
        """Let everything finish that is under way: answers from the store, layouts, curves."""
        self.pass_time(QUIET_MS)
        self.wait(lambda: not self.desk.tasks.current, "the work in the background is done")
        self.window.pages["compare"].grid.finish()
        if self.window.tabs.front == "landscape":
            landscape = self.window.pages["landscape"]
            landscape.build()
            self.wait(lambda: landscape.is_settled, "the surface is drawn")
        self.pass_time(QUIET_MS)
        self.wait(lambda: not self.desk.tasks.current, "the work in the background is done")

    # -- a scene begins ------------------------------------------------------------------------------------

    def clear(self, behind: str = "") -> None:
        """Bring the window back to how it stands at first, without anything shown.

        Args:
            behind: What the scene shows behind its dialogs and leaves alone; it stays if it stands there.
        """
        self._end_runs()
        self.dismiss()
        self._forget_preferences()
        self._forget_focus()
        self._wanted_behind = behind
        if behind and behind == self._behind:
            self.settle()
            return
        self._behind = ""
        for experiment in self.desk.shown.all:
            self.desk.shown.close(experiment)
        self.desk.draft.clear()
        self._forget_looks()
        self.window.restoreState(self._first_layout)
        for name, page in self.window.pages.items():
            page.restore(self._first_state[name])
        self.window.open_page("compare")
        self.window.activateWindow()
        self.settle()

    def _forget_preferences(self) -> None:
        first = self._first.appearance
        kept = {name: getattr(first, name) for name in KEPT}
        self.desk.preferences.change(**{f"appearance.{name}": value for name, value in kept.items()})
        self.desk.preferences.change(**{"server.enabled": False})

    def _forget_looks(self) -> None:
        """Fold, scroll back and empty what former scenes left behind."""
        compare, runs = self.window.pages["compare"], self.window.pages["runs"]
        for plot in compare.grid.plots.values():
            plot.hide_card()
        compare.lens.set_cross(None)
        for log in self.window.findChildren(LogView):
            log.clear()
        runs.filter.set_text("")
        runs.trash_button.setChecked(False)
        for section in self.window.findChildren(Section):
            section.set_folded(True)
        for fold in self.window.findChildren(Fold):
            fold.set_open(False)
        for area in self.window.findChildren(QScrollArea):
            area.verticalScrollBar().setValue(0)

    def _forget_focus(self) -> None:
        focused = self.window.focusWidget()
        if focused is not None:
            focused.clearFocus()

    def _end_runs(self) -> None:
        for run in self.desk.runs.live:
            run.stop(checkpoint=False)
        self.wait(lambda: not self.desk.runs.live, "the live runs have ended")

    def dismiss(self) -> None:
        """Close every dialog, menu and notice."""
        for widget in QApplication.topLevelWidgets():
            if isinstance(widget, Dialog | QMenu) and widget.isVisible():
                widget.close()
        for overlay in self.window.findChildren(Overlay):
            overlay.dismiss()
        for bar in self.window.findChildren(NoticeBar):
            bar.closed.emit()
        self.pass_time(0)

    # -- how it is looked at -------------------------------------------------------------------------------

    @property
    def look(self) -> str:
        """Which theme is shown."""
        return self.desk.preferences.value.appearance.theme

    def dress(self, choice: str) -> None:
        """Show everything light or dark."""
        self.desk.preferences.change(**{"appearance.theme": choice})

    def resize(self, size: QSize) -> None:
        """Give the window a size; dialogs take what a screen of that size would leave them."""
        self.window.resize(size)
        self.window.suit_height()
        for dialog in self.window.findChildren(Dialog):
            if dialog.isVisible():
                wanted = dialog.property(WANTED) or dialog.size()
                dialog.setProperty(WANTED, wanted)
                dialog.resize(wanted.boundedTo(size * SCREEN_SHARE))

    def hold(self, on: bool) -> None:
        """Let what trains stand still between two pictures, or go on for the next."""
        for run in self.desk.runs.live:
            run.pause() if on else run.go_on()

    # -- what scenes ask for -------------------------------------------------------------------------------

    def load(self, name: str) -> WatchedExperiment:
        """Return an experiment of the store."""
        return WatchedExperiment.load(self.store, self.ids[name])

    def show(self, name: str, *, select: int = 0) -> WatchedExperiment:
        """Show an experiment of the store, with its configuration in the editor."""
        standing = self.desk.shown.current
        if name == self._behind and not select and standing is not None:
            return standing
        experiment = self.load(name)
        if experiment.config is not None:
            self.desk.draft.load(experiment.config)
            self.desk.draft.select(select)
        self.desk.shown.show(experiment)
        self.settle()
        self._behind = "" if select or name != self._wanted_behind else name
        return experiment

    def sample(self) -> CompareConfig:
        """Return the experiment that ships as a sample."""
        return load_preset(SAMPLE)

    def run(self, config: CompareConfig) -> Any:
        """Run an experiment from the editor, and return the live run."""
        self.desk.draft.load(config)
        self.desk.draft.select(0)
        return self.desk.runs.start(config)

    def act(self, name: str) -> None:
        """Do what an action does."""
        self.desk.actions.get(name).trigger()

    def find(self, name: str, kind: type[Any] = QWidget) -> Any:
        """Return the widget called `name` that can be seen, wherever it is.

        Raises:
            StageError: There is none.
        """
        for top in (self.window, *QApplication.topLevelWidgets()):
            for widget in top.findChildren(kind, name):
                if widget.isVisible():
                    return widget
        raise StageError(f"nothing called {name!r} is to be seen")

    # -- the end -------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Close the window and everything behind it."""
        self._end_runs()
        self.dismiss()
        self.window.close()
        self.desk.close()
        with contextlib.suppress(RuntimeError):  # Qt may have deleted it already
            self.window.deleteLater()
        self.desk.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        self._loop.close()
        self.store.close()
        theme().apply("light")


def first_preferences(text_scale: float) -> Preferences:
    """Return the preferences that every scene begins with."""
    look = {"theme": "light", "reduced_motion": "on", "number_locale": "en_US", "text_scale": text_scale}
    return Preferences.model_validate({"appearance": look})


def _is_offscreen() -> bool:
    return QApplication.platformName() == "offscreen"
