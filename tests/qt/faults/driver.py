"""The real program in a process of its own, worked by a script from inside, by timers and actions.

`python -m tests.qt.faults.driver MODULE:SCRIPT STORE [--options JSON] [--without PROTECTION]`

A script is a generator over `Hands`: it yields conditions and goes on once they hold. What it says are JSON
lines on standard output. A script that fails or waits too long ends the process with a code of its own, so
that it cannot be taken for a program that works.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import pkgutil
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

from wnin_desktop.cli.desktop import open_desktop
from wnin_desktop.cli.main import leave

TICK_MS = 2
PATIENCE_S = 60.0
BROKEN, STUCK = 41, 42
"""Exit codes of a script that failed, and of one that waited in vain."""
Condition = Callable[[], object]
Script = Iterator[Condition | None]


def say(**message: Any) -> None:
    """Tell the test something."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


class Hands:
    """What a script may touch."""

    def __init__(self, desk: Any, window: Any, commands: Any, options: dict[str, Any]) -> None:
        self.desk, self.window, self.commands = desk, window, commands
        self.options = options

    def act(self, name: str) -> None:
        """Trigger an action that is enabled."""
        action = self.desk.actions.get(name)
        if not action.isEnabled():
            raise AssertionError(f"{name} is disabled: {action.property('reason')}")
        action.trigger()

    def find(self, kind: type, name: str = "") -> Any:
        """Return the widget of a kind that is seen, or None."""
        found = self.window.findChildren(kind, name) if name else self.window.findChildren(kind)
        return next((each for each in found if each.isVisible()), None)

    def build(self, *arms: str, **fields: Any) -> None:
        """Make an experiment the way the editor does."""
        draft = self.desk.draft
        for name in arms:
            draft.add_arm(name)
        for key, value in fields.items():
            draft.set(key, value)

    def run(self) -> Script:
        """Start what is built, once it may be started."""
        yield self.desk.actions.get("run.start").isEnabled
        self.act("run.start")

    @property
    def live(self) -> Any:
        """The comparison that runs."""
        return self.desk.runs.live[0]

    def taken(self) -> dict[str, int]:
        """Return the last step of each live run that the window was told of: committed, by contract."""
        return {
            run_id: watched.step
            for live in self.desk.runs.live
            for run_id, watched in live.experiment.runs.items()
        }

    @staticmethod
    def children() -> list[psutil.Process]:
        """Return the processes that the program started."""
        return psutil.Process().children(recursive=True)

    def close(self) -> None:
        """Close the window as the person's click on the cross does."""
        say(
            closing=time.time(),
            taken=self.taken(),
            states=[live.state for live in self.desk.runs.live],
            tasks=[task.title for task in self.desk.tasks.current],
            arms=self.desk.draft.arm_count,
            children=[child.pid for child in self.children()],
        )
        self.window.close()


def play(app: Any, script: Callable[[Hands], Script], options: dict[str, Any]) -> None:
    """Let a script begin as soon as the window stands."""
    from PySide6.QtCore import QObject, QTimer  # noqa: PLC0415 - torch may have to come first

    from wnin_desktop.qt.window.commands import Commands  # noqa: PLC0415 - likewise

    class Player(QObject):
        def __init__(self, window: Any, hands: Hands) -> None:
            super().__init__(window)
            self._steps = script(hands)
            self._until: Condition | None = None
            self._deadline = time.monotonic() + PATIENCE_S
            self._timer = QTimer(self)
            self._timer.timeout.connect(self.go_on)
            self._timer.start(TICK_MS)

        def go_on(self) -> None:
            try:
                if self._until is None or self._until():
                    self._until = next(self._steps)
                    self._deadline = time.monotonic() + PATIENCE_S
                elif time.monotonic() > self._deadline:
                    say(stuck="".join(traceback.format_stack(self._steps.gi_frame)))
                    os._exit(STUCK)
            except StopIteration:
                self._timer.stop()
            except BaseException:
                say(broken=traceback.format_exc())
                os._exit(BROKEN)

    original = app.open_window

    def open_window(desk: Any, start: Any) -> Any:
        window = original(desk, start)
        hands = Hands(desk, window, window.findChild(Commands), options)
        # After what the program itself does once the window stands.
        QTimer.singleShot(0, window, lambda: Player(window, hands))
        return window

    app.open_window = open_window


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("script")
    parser.add_argument("store", type=Path)
    parser.add_argument("--options", type=json.loads, default={})
    parser.add_argument("--without", default="")
    asked = parser.parse_args()
    # The order of imports is the program's own: torch before Qt where it trains in the window.
    from wnin_desktop.cli import desktop  # noqa: PLC0415 - to reach a name in it

    first = desktop.import_torch_first

    def then_patch(preference: Any) -> bool:
        done = first(preference)
        from tests.qt.faults import removals  # noqa: PLC0415 - it imports Qt
        from wnin_desktop.qt import app  # noqa: PLC0415

        removals.remove(asked.without)
        play(app, pkgutil.resolve_name(f"tests.qt.faults.{asked.script}"), asked.options)
        return done

    desktop.import_torch_first = then_patch
    code = open_desktop(None, run=False, store=asked.store)
    faulthandler.enable()  # the program's own records are over
    leave(code)


if __name__ == "__main__":
    main()
