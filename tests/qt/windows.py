"""Whole windows for tests: the real program on a store of its own, without an event loop of its own."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import qasync
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication, QWidget

from wnin_desktop.qt.desk import Desk
from wnin_desktop.qt.theme import theme
from wnin_desktop.qt.window.commands import Commands
from wnin_desktop.qt.window.main_window import MainWindow
from wnin_desktop.runs.preferences import WindowState
from wnin_desktop.runs.store import Store
from wnin_desktop.schema.preferences import Preferences

PATIENCE_MS = 60_000
QUICK = {
    "task": {"dataset": "spirals"},
    "network": {"kind": "mlp", "hidden": [8]},
    "budget": {"steps": 200, "batch_size": 16, "eval_every": 20, "curvature_every": 0},
    "seeds": [0, 1],
}
"""Fields that make an experiment last about a second."""


class Program:
    """A window with everything behind it. `close` is what the person's click on the cross does."""

    def __init__(self, folder: Path, *, greeted: bool = True, executor: str = "thread") -> None:
        self.folder = folder
        self.store = Store.open(folder / "store")
        self.loop = qasync.QEventLoop(QApplication.instance(), already_running=False)
        state = WindowState(folder / "window.toml")
        if greeted:
            state.set("tour.seen", True)
        preferences = Preferences.model_validate({"training": {"executor": executor}})
        self.desk = Desk(self.store, self.loop, preferences=preferences, state=state)
        self.window = MainWindow(self.desk)
        self.commands = Commands(self.desk, self.window)
        self.window.restore_session()
        self.window.show()

    def find(self, name: str, kind: type = QWidget, inside: QWidget | None = None):
        """Return the one widget called `name` that can be seen, else any of that name."""
        found = (inside or self.window).findChildren(kind, name)
        seen = [widget for widget in found if widget.isVisible()]
        return (seen or found)[0]

    def act(self, name: str) -> None:
        """Trigger an action that is enabled."""
        action = self.desk.actions.get(name)
        assert action.isEnabled(), f"{name}: {action.property('reason')}"
        action.trigger()

    def close(self) -> None:
        """Close the window and everything behind it."""
        self.window.close()
        self.end()

    def end(self) -> None:
        """Close what is behind a window that is closed."""
        self.desk.close()
        with contextlib.suppress(RuntimeError):
            self.window.deleteLater()
        self.desk.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        self.loop.close()
        self.store.close()
        theme().apply("light")


def copied(program: Program, to: Path) -> Path:
    """Return a copy of a program's folder."""
    return Path(shutil.copytree(program.folder, to))


def make_quick(program: Program, arms: tuple[str, ...] | list[str] = ("sgd", "adamw")) -> None:
    """Build a short experiment the way the editor does."""
    draft = program.desk.draft
    for name in arms:
        draft.add_arm(name)
    for key, value in QUICK.items():
        draft.set(key, value)


def press(qtbot, widget: QWidget) -> None:
    """Click a widget with the left button."""
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def type_into(qtbot, line: QWidget, text: str) -> None:
    """Replace what a line holds, as a person would."""
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, text)
    qtbot.keyClick(line, Qt.Key.Key_Return)
