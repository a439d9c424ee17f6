import json
import stat
import sys
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QCoreApplication, QEvent

from wnin_desktop.qt.theme import theme
from wnin_desktop.qt.view.bench import Bench
from wnin_desktop.qt.view.window import ViewWindow
from wnin_desktop.runs.preferences import WindowState
from wnin_desktop.viewer import binary

FAKE = Path(__file__).parents[2] / "fake_viewer.py"
PATIENCE_MS = 60_000


@pytest.fixture(autouse=True)
def no_viewer(monkeypatch, tmp_path):
    """No viewer is built, unless a test says otherwise."""
    monkeypatch.setenv(binary.EXECUTABLE, str(tmp_path / "no-viewer-here"))


@pytest.fixture
def fake_viewer(monkeypatch, tmp_path, no_viewer):
    """Viewers are fakes; returns a function that gives what they were told since it was last asked."""
    if sys.platform == "win32":
        pytest.skip("the fake viewer speaks over Unix sockets")
    script, file = tmp_path / "wnin-viz", tmp_path / "heard"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{FAKE}" "$@"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PYTHONPATH", str(FAKE.parents[1]))
    monkeypatch.setattr(binary, "find", lambda: binary.Binary(script, script))
    monkeypatch.setenv("WNIN_FAKE_VIEWER", json.dumps({"mode": "well", "heard": str(file)}))
    seen = 0

    def heard():
        nonlocal seen
        text = file.read_text() if file.exists() else ""
        begun, seen = seen, text.rfind("\n") + 1
        return [tuple(json.loads(line)) for line in text[begun:seen].splitlines()]

    return heard


@pytest.fixture
def bench(qapp, tmp_path):
    made = Bench(WindowState(tmp_path / "window.toml"))
    yield made
    made.close()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    theme().apply("light")


@pytest.fixture
def show(qtbot, bench):
    """Return a function that shows some content in its window."""
    shown = []

    def make(content, size=(1000, 700)):
        window = ViewWindow(content, bench, size)
        shown.append(window)
        window.show()
        return window

    yield make
    for window in shown:
        left = [child for child in psutil.Process().children() if child.pid == window.content.process_id]
        window.close()
        qtbot.waitUntil(lambda left=left: not any(map(lives, left)), timeout=PATIENCE_MS)
        qtbot.waitUntil(lambda: not bench.tasks.current, timeout=PATIENCE_MS)
        window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def lives(process):
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def told(qtbot, heard, *kinds):
    """Wait until the viewer was told messages of these kinds; return everything it was told."""
    found = []

    def all_came():
        found.extend(heard())
        return {kind for kind, _ in found} >= set(kinds)

    qtbot.waitUntil(all_came, timeout=PATIENCE_MS)
    return found
