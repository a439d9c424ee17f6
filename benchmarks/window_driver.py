"""The real window in a process of its own, for benchmarks: what happens in it is told as JSON lines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import wnin_desktop.cli.main  # as the program does, before anything else  # noqa: F401
from wnin_desktop.runs.preferences import WindowState, save_preferences
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.preferences import Preferences

ROOT = Path(__file__).resolve().parent.parent
SIZE = (1440, 900)


def say(**message: object) -> None:
    """Tell the process that measures."""
    print(json.dumps(message), flush=True)


def open_window(store: Path, then: Callable[[Any, Any], None]) -> int:
    """Open the program's window as `wnin desktop` does; `then(desk, window)` is called once it stands."""
    from wnin_desktop.cli import desktop  # noqa: PLC0415 - the order of imports is the program's own

    first = desktop.import_torch_first

    def hook(preference: Any) -> bool:
        done = first(preference)
        from PySide6.QtCore import QTimer  # noqa: PLC0415

        from wnin_desktop.qt import app  # noqa: PLC0415

        original = app.open_window

        def opened(desk: Any, start: Any) -> Any:
            window = original(desk, start)
            QTimer.singleShot(0, window, lambda: then(desk, window))
            return window

        app.open_window = opened
        return done

    desktop.import_torch_first = hook
    return desktop.open_desktop(None, run=False, store=store)


@contextmanager
def folder(executor: str = "process") -> Iterator[Path]:
    """Make a home and a store of somebody who has seen the welcome; both go afterwards."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name) / "home"
        home.mkdir()
        save_preferences(
            validate(Preferences, {"training": {"executor": executor}}), home / "preferences.toml"
        )
        state = WindowState(home / "window.toml")
        state.set("tour.seen", True)
        state.save()
        yield Path(name)


def environment(place: Path) -> dict[str, str]:
    """Return the surroundings of a program in `place`, without a screen and with one thread for torch.

    Python keeps what it compiled, as it does for everybody who starts a program twice.
    """
    own = {"WNIN_HOME": str(place / "home"), "WNIN_STORE": str(place / "store"), "OMP_NUM_THREADS": "1"}
    own |= {"PYTHONDONTWRITEBYTECODE": ""}
    return os.environ | {"QT_QPA_PLATFORM": "offscreen"} | own


def told(words: list[str], place: Path, timeout: float = 300.0) -> tuple[float, list[dict[str, Any]]]:
    """Run a child and return when it was started and what it told, each with the time it arrived."""
    started = time.time()
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT, env=environment(place), capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"the window ended with {done.returncode}: {done.stderr[-2000:]}")
    return started, [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
