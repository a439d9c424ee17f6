"""Dialogs are imported when they are opened, so that the window stands sooner."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from wnin_desktop.qt.text import tr

if TYPE_CHECKING:
    from wnin_desktop.qt.desk import Desk
    from wnin_desktop.qt.window.commands import Commands


def _plugins(desk: Desk, window: QWidget) -> Any:
    from wnin_desktop.qt.dialogs.plugins import PluginsDialog  # noqa: PLC0415 - see above

    return PluginsDialog(desk, window)


def _preferences(desk: Desk, window: QWidget) -> Any:
    from wnin_desktop.qt.dialogs.preferences import PreferencesDialog  # noqa: PLC0415

    return PreferencesDialog(desk, window)


def _shortcuts(desk: Desk, window: QWidget) -> Any:
    from wnin_desktop.qt.dialogs.shortcuts import ShortcutsDialog  # noqa: PLC0415

    return ShortcutsDialog(desk, window)


def _server(desk: Desk, window: QWidget) -> Any:
    from wnin_desktop.qt.dialogs.server import ServerDialog  # noqa: PLC0415

    return ServerDialog(desk, window)


def _about(desk: Desk, window: QWidget) -> Any:
    from wnin_desktop.qt.dialogs.about import AboutDialog  # noqa: PLC0415

    return AboutDialog(desk, window)


def _reference(desk: Desk, window: QWidget) -> Any:
    from wnin_desktop.qt.dialogs.reference import ReferenceDialog  # noqa: PLC0415

    return ReferenceDialog(desk, window)


DIALOGS: dict[str, Callable[[Desk, QWidget], Any]] = {
    "plugins": _plugins,
    "preferences": _preferences,
    "shortcuts": _shortcuts,
    "server": _server,
    "about": _about,
    "reference": _reference,
}


def palette(commands: Commands) -> Any:
    """Return a command palette that reaches every action, preset, recent file, optimizer and run."""
    from wnin_desktop.qt.dialogs import entries  # noqa: PLC0415
    from wnin_desktop.qt.dialogs.palette import CommandPalette  # noqa: PLC0415

    desk, files = commands.desk, commands.files
    made = CommandPalette(commands.window, desk.state)
    made.add_source(lambda: entries.action_entries(desk.actions.all()))
    made.add_source(lambda: entries.preset_entries(files.presets(), files.open_preset))
    made.add_source(
        lambda: entries.recent_entries(
            [str(file.path) for file in files.recent.files],
            files.open_file,
            missing=[str(file.path) for file in files.recent.files if file.missing],
        )
    )
    made.add_source(lambda: entries.optimizer_entries(desk.catalogue.names(), desk.draft.add_arm))
    made.add_source(lambda: entries.run_entries(desk.shown.all, _shower(desk)))
    return made


def _shower(desk: Desk) -> Callable[[str], None]:
    def show(experiment_id: str) -> None:
        found = desk.shown.find(experiment_id)
        if found is not None:
            desk.shown.show(found)

    return show


def cheat_sheet(window: QWidget, desk: Desk) -> Any:
    """Return the sheet of all shortcuts."""
    from wnin_desktop.qt.dialogs.cheat_sheet import CheatSheet  # noqa: PLC0415

    return CheatSheet(window, desk)


def help_anchor(widget: QWidget | None) -> str:
    """Return the field that `widget` edits."""
    from wnin_desktop.qt.forms.make import help_anchor as anchor  # noqa: PLC0415

    return anchor(widget)


def folder_opener(desk: Desk, parent: QObject) -> Any:
    """Return what opens folders in the system's file manager."""
    from wnin_desktop.qt.dialogs.folders import FolderOpener  # noqa: PLC0415

    return FolderOpener(desk, parent)


def greet(commands: Commands) -> None:
    """Welcome a person who is here for the first time."""
    from wnin_desktop.qt.dialogs.tour import Welcome, is_first_start  # noqa: PLC0415

    # A store with runs belongs to somebody who has been here, whatever became of the window's state.
    if not is_first_start(commands.desk.state) or commands.desk.store.experiments(trashed=None):
        return
    welcome = Welcome(commands.window, commands.desk.state)
    welcome.sample_wanted.connect(commands.run_sample)
    welcome.tour_wanted.connect(commands.start_tour)
    welcome.present()


def start_tour(commands: Commands) -> None:
    """Show the window in three steps."""
    from wnin_desktop.qt.dialogs.tour import Tour  # noqa: PLC0415

    Tour(commands.window, commands.desk.state).present()


def offer_crash_report(commands: Commands) -> None:
    """Offer the report that a crash of the last start left on this machine."""
    from wnin_desktop.qt.bridge.crash import left_behind  # noqa: PLC0415

    desk = commands.desk
    if not desk.preferences.value.behaviour.crash_reports:
        return

    def offer(reports: list[Any]) -> None:
        if not reports:
            return

        def show() -> None:
            from wnin_desktop.qt.dialogs.crash import CrashDialog  # noqa: PLC0415

            CrashDialog(desk, reports[0], commands.window).present()

        desk.notices.tell(
            tr("The last start ended unexpectedly."),
            kind="warning",
            kept=tr("Everything recorded is kept; a report lies on this machine and nowhere else."),
            action=(tr("Show the report"), show),
            stays=True,
        )

    desk.tasks.start(lambda _task: left_behind(), then=offer)
