"""Opens every dialog of the window: one of each at a time, and knows what they need."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import shiboken6
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from wnin_desktop.qt.dialogs.about import AboutDialog
from wnin_desktop.qt.dialogs.base import Dialog
from wnin_desktop.qt.dialogs.cheat_sheet import CheatSheet
from wnin_desktop.qt.dialogs.crash import CrashDialog
from wnin_desktop.qt.dialogs.entries import (
    Entry,
    action_entries,
    optimizer_entries,
    preset_entries,
    recent_entries,
    run_entries,
)
from wnin_desktop.qt.dialogs.palette import CommandPalette
from wnin_desktop.qt.dialogs.plugins import PluginsDialog
from wnin_desktop.qt.dialogs.preferences import PreferencesDialog
from wnin_desktop.qt.dialogs.server import ServerDialog
from wnin_desktop.qt.dialogs.shortcuts import ShortcutsDialog
from wnin_desktop.qt.dialogs.tour import Tour, Welcome, is_first_start
from wnin_desktop.qt.text import tr
from wnin_desktop.runs.config_files import presets

MOST_RUNS = 200
"""Stored experiments that the palette offers, the newest."""


class Dialogs(QObject):
    """The main window has one. What only the window can do is told by signals."""

    preset_wanted = Signal(str)
    """Open the preset of this name."""
    file_wanted = Signal(str)
    """Open the experiment file at this path."""
    run_wanted = Signal(str)
    """Show the stored experiment of this id."""
    sample_wanted = Signal()
    """Open the sample experiment and run it."""

    def __init__(self, desk: Any, window: QWidget, recent_files: Callable[[], Iterable[str]] = tuple) -> None:
        """Take what the dialogs need.

        Args:
            desk: The services of the window.
            window: The main window.
            recent_files: Returns the experiment files opened lately, newest first.
        """
        super().__init__(window)
        self.setObjectName("dialogs")
        self._desk, self._window, self._recent_files = desk, window, recent_files
        self._open: dict[str, Dialog] = {}
        self._presets: list[str] = []
        self._records: list[Any] = []
        self._palette: CommandPalette | None = None
        self._sheet: CheatSheet | None = None
        self._tour: Tour | None = None
        self._welcome: Welcome | None = None

    def add_actions(self) -> None:
        """Register a command for each dialog that a person opens."""
        add = self._desk.actions.add
        add("edit.preferences", tr("&Preferences..."), self.show_preferences, menu="edit|", icon="settings",
            shortcut="Ctrl+,", tip=tr("Theme, training, server, store, plugins and behaviour"))  # fmt: skip
        add("tools.palette", tr("&Command palette..."), self.show_palette, menu="tools", icon="command",
            shortcut="Ctrl+K", tip=tr("Reach everything by a few letters"))  # fmt: skip
        add("tools.plugins", tr("&Optimizers and plugins..."), self.show_plugins, menu="tools", icon="plugin",
            tip=tr("State, source, certificate and trust of every optimizer"))  # fmt: skip
        add("tools.server", tr("&Server for remote runs..."), self.show_server, menu="tools", icon="server",
            tip=tr("Show runs that other processes train"))  # fmt: skip
        add("tools.shortcuts", tr("&Shortcuts..."), self.show_shortcuts, menu="tools|", icon="keyboard",
            tip=tr("Give commands other keys"))  # fmt: skip
        add("help.cheat-sheet", tr("&Keyboard shortcuts"), self.show_cheat_sheet, menu="help",
            icon="keyboard", shortcut="Ctrl+/", tip=tr("All keys at a glance"))  # fmt: skip
        add("help.tour", tr("&Tour"), self.show_tour, menu="help", icon="tour",
            tip=tr("Three steps: run, steer, see who leads"))  # fmt: skip
        add("help.about", tr("&About WNIN Desktop"), self.show_about, menu="help|", icon="info",
            tip=tr("Versions, licences and what to paste into a report"))  # fmt: skip

    # -- overlays ------------------------------------------------------------------------------------------

    @property
    def palette(self) -> CommandPalette:
        """The command palette, made on first use."""
        if self._palette is None:
            self._palette = CommandPalette(self._window, self._desk.state)
            self._palette.add_source(self._entries)
        return self._palette

    def show_palette(self) -> None:
        """Open the command palette; what must be read from disk comes a moment later."""
        self.palette.present()
        if not self._presets:
            self._desk.tasks.start(lambda _task: list(presets()), then=self._take_presets)
        store = getattr(self._desk, "store", None)
        if store is not None:
            self._desk.tasks.start(
                lambda _task: store.experiments()[-MOST_RUNS:], then=self._take_records, failed=_nothing
            )

    def _take_presets(self, names: list[str]) -> None:
        self._presets = names
        self.palette.refresh()

    def _take_records(self, records: list[Any]) -> None:
        self._records = list(reversed(records))
        self.palette.refresh()

    def _entries(self) -> list[Entry]:
        found = action_entries(self._desk.actions.all())
        found += optimizer_entries(self._desk.catalogue.names(), self._add_arm)
        found += preset_entries(self._presets, self.preset_wanted.emit)
        found += recent_entries(self._recent_files(), self.file_wanted.emit)
        found += run_entries(self._records, self.run_wanted.emit)
        return found

    def _add_arm(self, optimizer: str) -> None:
        self._desk.draft.add_arm(optimizer)

    def show_cheat_sheet(self) -> None:
        """Show all shortcuts at a glance."""
        if self._sheet is None:
            self._sheet = CheatSheet(self._window, self._desk)
            self._sheet.closed.connect(self._after_sheet)
        self._sheet.present()

    def _after_sheet(self) -> None:
        if self._sheet is not None and self._sheet.edit_wanted:
            self.show_shortcuts()

    def show_tour(self) -> None:
        """Begin the tour."""
        if self._tour is None:
            self._tour = Tour(self._window, self._desk.state)
        self._tour.present()

    def show_welcome(self, *, always: bool = False) -> bool:
        """Welcome a newcomer, on the first start only; return whether it is shown."""
        if not always and not is_first_start(self._desk.state):
            return False
        if self._welcome is None:
            self._welcome = Welcome(self._window, self._desk.state)
            self._welcome.sample_wanted.connect(self.sample_wanted)
            self._welcome.tour_wanted.connect(self.show_tour)
        self._welcome.present()
        return True

    # -- windows -------------------------------------------------------------------------------------------

    def show_preferences(self, section: str = "", path: str = "") -> None:
        """Open the preferences, at a section ("server") or a field ("server.port") where one is named."""
        dialog = self._present("preferences", self._make_preferences)
        if section and isinstance(dialog, PreferencesDialog):
            dialog.show_section(section, path)

    def _make_preferences(self) -> PreferencesDialog:
        dialog = PreferencesDialog(self._desk, self._window)
        dialog.shortcuts_wanted.connect(self.show_shortcuts)
        dialog.plugins_wanted.connect(self.show_plugins)
        return dialog

    def show_shortcuts(self) -> None:
        """Open the shortcut editor."""
        self._present("shortcuts", lambda: ShortcutsDialog(self._desk, self._window))

    def show_plugins(self) -> None:
        """Open the list of optimizers and plugins."""
        self._present("plugins", lambda: PluginsDialog(self._desk, self._window))

    def show_server(self) -> None:
        """Open the server's panel."""
        self._present("server", lambda: ServerDialog(self._desk, self._window))

    def show_about(self) -> None:
        """Show versions and licences."""
        self._present("about", lambda: AboutDialog(self._desk, self._window))

    def show_crash_report(self, report: Path) -> None:
        """Offer the report that an unexpected end left behind."""
        self._present("crash", lambda: CrashDialog(self._desk, report, self._window))

    def _present(self, name: str, make: Callable[[], Dialog]) -> Dialog:
        dialog = self._open.get(name)
        if dialog is None or not shiboken6.isValid(dialog):
            dialog = self._open[name] = make()
        dialog.present()
        return dialog


def _nothing(_error: Exception) -> None:
    """Offer no runs: a store that cannot be read is told where runs are shown."""
