"""The dialogs of the window, as scenes: each is opened with something to show."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QTreeWidget

from wnin_desktop import paths
from wnin_desktop.qt.bridge.crash import REPORT, crash_dir
from wnin_desktop.qt.dialogs.crash import CrashDialog
from wnin_desktop.qt.dialogs.tour import Tour, Welcome
from wnin_desktop.qt.dialogs.trust import TrustDialog
from wnin_desktop.qt.experiment.command_dialog import CommandDialog
from wnin_desktop.qt.pictures.stage import Stage
from wnin_desktop.runs.plugin_files import FIRST_NAME, copy_template, read_plugin

CRASH = """Fatal Python error: Segmentation fault

Thread 0x00007f20 (most recent call first):
  File "wnin_desktop/runs/drive.py", line 128 in _record
  File "wnin_desktop/qt/bridge/live_run.py", line 74 in run

Current thread 0x00007f88 (most recent call first):
  File "wnin_desktop/qt/app.py", line 79 in _run
"""
COMMAND = "wnin-train --optimizer sgd --lr 0.1 --noise-mode sgld --temperature 1e-4 --steps 1000"


def welcome(stage: Stage) -> None:
    """Greet a person who is here for the first time."""
    Welcome(stage.window, stage.desk.state).present()


def tour(stage: Stage) -> None:
    """Stop at the second callout."""
    stage.desk.draft.load(stage.sample())
    stage.settle()
    shown = Tour(stage.window, stage.desk.state)
    shown.present()
    shown.next.click()


def palette(stage: Stage) -> None:
    """Type a few letters."""
    stage.show("demo")
    stage.act("tools.palette")
    stage.settle()
    stage.find("palette-field", QLineEdit).setText("exp")


def _opener(action: str) -> Callable[[Stage], None]:
    def set_up(stage: Stage) -> None:
        stage.show("demo")
        stage.act(action)

    return set_up


preferences = _opener("edit.preferences")
shortcuts = _opener("tools.shortcuts")
cheat_sheet = _opener("help.cheat-sheet")
about = _opener("help.about")
reference = _opener("help.field")


def plugins(stage: Stage) -> None:
    """Choose a built-in optimizer."""
    stage.show("demo")
    stage.act("tools.plugins")
    stage.settle()
    table = stage.find("plugins-table", QTreeWidget)
    found = table.findItems("muon", Qt.MatchFlag.MatchContains, 0)
    if found:
        table.setCurrentItem(found[0])


def trust_prompt(stage: Stage) -> None:
    """Ask about the template that lies in the folder of own optimizers."""
    stage.show("demo")
    path = paths.plugin_dir("optimizers") / f"{FIRST_NAME}.py"
    plugin = read_plugin(path if path.is_file() else copy_template())
    TrustDialog(stage.window, plugin, lambda: None).present()


def server(stage: Stage) -> None:
    """Turn the server on, at any free port."""
    stage.show("demo")
    stage.desk.preferences.change(**{"server.port": 0, "server.enabled": True})
    stage.act("tools.server")


def crash(stage: Stage) -> None:
    """Show a report such as a segmentation fault leaves."""
    stage.show("demo")
    CrashDialog(stage.desk, _report(), stage.window).present()


def _report() -> Path:
    folder = crash_dir()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / REPORT.format(f"{time.strftime('%Y-%m-%d_%H%M%S', time.gmtime())}-{os.getpid()}")
    path.write_text(CRASH, encoding="utf-8")
    return path


def open_command(stage: Stage) -> None:
    """Hold a command that somebody was sent."""
    stage.show("demo")
    dialog = CommandDialog(stage.window)
    dialog.text.setPlainText(COMMAND)
    dialog.present()
