"""The viewer's process as the window keeps it, against a fake one that breaks on demand: V1, V3, V6."""

import contextlib
import json
import os
import stat
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from PySide6.QtNetwork import QLocalSocket

from wnin_desktop.qt.viewer import process as process_module
from wnin_desktop.qt.viewer.process import ViewerProcess
from wnin_desktop.viewer import binary
from wnin_desktop.viewer.messages import Remove, Surface, SurfaceStyle
from wnin_desktop.viewer.supervision import Life

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the fake viewer speaks over Unix sockets")
FAKE = Path(__file__).parents[2] / "fake_viewer.py"
WAIT_MS = 20_000


@pytest.fixture
def start(qtbot, tmp_path, monkeypatch):
    """Return a function that starts a viewer that behaves in some way."""
    made = []
    script = tmp_path / "wnin-viz"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{FAKE}" "$@"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PYTHONPATH", str(FAKE.parents[1]))
    monkeypatch.setattr(binary, "find", lambda: binary.Binary(script, script))

    def begin(mode="well", **more):
        monkeypatch.setenv(
            "WNIN_FAKE_VIEWER", json.dumps({"mode": mode, "heard": str(tmp_path / "heard")} | more)
        )
        viewer = ViewerProcess()
        made.append(viewer)
        viewer.resize(64, 48, 1.0)
        viewer.start()
        return viewer

    yield begin
    children = [each for each in psutil.Process().children() if is_viewer(each)]
    for viewer in made:
        viewer.stop()
        viewer.deleteLater()
    qtbot.waitUntil(lambda: not any(map(lives, children)), timeout=WAIT_MS)


def is_viewer(process):
    """Other tests of this process may have left a worker waiting for the next of theirs."""
    with contextlib.suppress(psutil.Error):
        return any("fake_viewer" in word or "wnin-viz" in word for word in process.cmdline())
    return False


def lives(process):
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def heard(tmp_path):
    return [tuple(json.loads(line)) for line in (tmp_path / "heard").read_text().splitlines()]


def surface(colour=7, number=1):
    return Surface(id=number, a=(0.0, 1.0), b=(0.0, 1.0), heights=np.full((2, 2), colour, np.float32))


def blue_of(viewer):
    return None if viewer.image is None else viewer.image.pixelColor(3, 3).blue()


def test_that_what_is_shown_arrives_as_a_picture_without_a_copy(start, qtbot):
    viewer = start()
    qtbot.waitUntil(lambda: viewer.life is Life.READY, timeout=WAIT_MS)
    viewer.show(surface(200))
    qtbot.waitUntil(lambda: blue_of(viewer) == 200, timeout=WAIT_MS)
    assert (viewer.image.width(), viewer.image.height()) == (64, 48)
    viewer.resize(80, 40, 2.0)
    qtbot.waitUntil(lambda: viewer.image.width() == 80, timeout=WAIT_MS)
    assert viewer.image.devicePixelRatio() == 2.0


def test_that_pictures_of_many_sizes_leave_no_files_behind(start, qtbot, tmp_path, monkeypatch):
    monkeypatch.setattr("wnin_desktop.viewer.ring.ring_folder", lambda: tmp_path)
    viewer = start()
    for width in range(64, 90, 2):
        viewer.resize(width, 48, 1.0)
        qtbot.waitUntil(
            lambda w=width: viewer.image is not None and viewer.image.width() == w, timeout=WAIT_MS
        )
    assert len(list(tmp_path.glob("wnin-viz-*"))) == 1
    viewer.stop()
    viewer.forget()
    assert list(tmp_path.glob("wnin-viz-*")) == []


def test_v1_that_a_crashed_viewer_comes_back_and_shows_the_same_again(start, qtbot, tmp_path):
    viewer = start()
    viewer.show(surface(90), surface(10, 2), SurfaceStyle(id=1), Remove(what="surface", id=2))
    qtbot.waitUntil(lambda: viewer.life is Life.READY, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: blue_of(viewer) == 90, timeout=WAIT_MS)
    first = viewer.process_id
    (tmp_path / "heard").unlink()
    os.kill(first, 9)
    qtbot.waitUntil(lambda: viewer.life is Life.READY and viewer.process_id != first, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: ("SurfaceStyle", 1) in heard(tmp_path), timeout=WAIT_MS)
    assert blue_of(viewer) == 90
    told = heard(tmp_path)
    assert told[0][0] == "Hello"
    assert ("Surface", 1) in told
    assert ("Surface", 2) not in told


@pytest.mark.parametrize("mode", ["crash", "exit", "garbage", "strange frame"])
def test_v1_that_three_crashes_leave_a_reason_and_retry_helps(start, qtbot, monkeypatch, mode):
    viewer = start(mode)
    viewer.show(surface())
    qtbot.waitUntil(lambda: viewer.life is Life.GIVEN_UP, timeout=2 * WAIT_MS)
    words = {
        "crash": "crashed",
        "exit": "device was lost",
        "garbage": "cannot be read",
        "strange frame": "cannot be read",
    }
    assert words[mode] in viewer.reason
    monkeypatch.setenv("WNIN_FAKE_VIEWER", json.dumps({"mode": "well"}))
    viewer.retry()
    qtbot.waitUntil(lambda: viewer.life is Life.READY, timeout=WAIT_MS)
    assert viewer.reason == ""


@pytest.mark.parametrize(
    ("mode", "words"),
    [("no adapter", "nothing to draw with here: no adapter"), ("other version", "protocol 99")],
)
def test_that_what_would_not_help_is_not_tried_again(start, qtbot, mode, words):
    viewer = start(mode)
    qtbot.waitUntil(lambda: viewer.life is Life.GIVEN_UP, timeout=WAIT_MS)
    assert words in viewer.reason


def test_v2_that_a_viewer_that_hangs_is_ended_and_replaced(start, qtbot, monkeypatch):
    monkeypatch.setattr("wnin_desktop.viewer.supervision.PING_S", 0.1)
    monkeypatch.setattr("wnin_desktop.viewer.supervision.SILENCE_S", 0.3)
    viewer = start("silent")
    qtbot.waitUntil(lambda: viewer.life is Life.READY, timeout=WAIT_MS)
    first = psutil.Process(viewer.process_id)
    monkeypatch.setenv("WNIN_FAKE_VIEWER", json.dumps({"mode": "well"}))
    qtbot.waitUntil(
        lambda: viewer.life is Life.READY and viewer.process_id not in (0, first.pid), timeout=WAIT_MS
    )
    qtbot.waitUntil(lambda: not lives(first), timeout=WAIT_MS)


def test_that_a_missing_viewer_is_one_sentence(qtbot, monkeypatch, tmp_path):
    monkeypatch.setenv(binary.EXECUTABLE, str(tmp_path / "nowhere"))
    viewer = ViewerProcess()
    viewer.start()
    assert viewer.life is Life.GIVEN_UP
    assert str(tmp_path / "nowhere") in viewer.reason
    assert "uv sync" in viewer.reason
    viewer.deleteLater()


def test_v6_that_an_impostor_is_sent_away_and_the_viewer_still_comes(start, qtbot, monkeypatch):
    names = []
    listen = process_module.QLocalServer.listen

    def listening(server, name):
        found = listen(server, name)
        names.append(server.fullServerName())
        # Somebody is there first, says nothing that proves anything, and stays.
        strangers.extend(QLocalSocket() for _ in range(3))
        for stranger in strangers:
            stranger.connectToServer(names[-1])
            stranger.write(b"WNVZ\x01\x00\x80\x00\x01\x00\x00\x00\x02\x00\x00\x00{}")
        return found

    strangers = []
    monkeypatch.setattr(process_module.QLocalServer, "listen", listening)
    viewer = start()
    qtbot.waitUntil(lambda: viewer.life is Life.READY, timeout=WAIT_MS)
    qtbot.waitUntil(
        lambda: all(each.state() == QLocalSocket.LocalSocketState.UnconnectedState for each in strangers)
    )
    assert all(bytes(each.readAll().data()) == b"" for each in strangers)


def test_that_stopping_waits_for_nobody_and_leaves_no_process(start, qtbot):
    viewer = start("lingers")
    qtbot.waitUntil(lambda: viewer.life is Life.READY, timeout=WAIT_MS)
    child = psutil.Process(viewer.process_id)
    begun = time.perf_counter()
    viewer.stop()
    assert time.perf_counter() - begun < 0.1
    assert viewer.life is Life.AWAY
    qtbot.waitUntil(lambda: not lives(child), timeout=WAIT_MS)
