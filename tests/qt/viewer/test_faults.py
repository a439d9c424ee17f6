"""V1, V2, V3, V5, V6 with the real viewer: killed, stopped, garbage, a killed program, impostors.

Beside each stands the same without its protection, where the fault is seen to get through.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtNetwork import QLocalSocket

from tests.qt.viewer.test_process import is_viewer, lives
from tests.viewer.conftest import needed
from tests.viewer.golden import golden, samples
from tests.viewer.scenes import bowl
from wnin_desktop.qt.viewer import process as process_module
from wnin_desktop.qt.viewer.process import ViewerProcess
from wnin_desktop.viewer.conversation import Conversation, new_token
from wnin_desktop.viewer.messages import Greeting
from wnin_desktop.viewer.protocol import ProtocolError, encode
from wnin_desktop.viewer.supervision import Life

ROOT = Path(__file__).parents[3]
WAIT_MS = 40_000
GAP_S = 0.1
ORPHAN_S = 2.0
BEAT_MS = 4
V1_COUNT, V2_COUNT, V3_COUNT, V5_COUNT, V6_COUNT = 50, 20, 10_000, 50, 60
UP = [message for message in samples() if message.kind >= 128]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")


class Gaps(QObject):
    """The longest time for which the event loop did not turn."""

    def __init__(self) -> None:
        super().__init__()
        self.longest = 0.0
        self._last = time.perf_counter()
        self._timer = QTimer(self, interval=BEAT_MS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.longest = max(self.longest, now - self._last)
        self._last = now


@pytest.fixture
def viewer(qtbot):
    """A real viewer that draws a bowl."""
    needed()
    made = ViewerProcess()
    made.resize(320, 200, 1.0)
    made.show(bowl())
    made.start()
    drawing(qtbot, made)
    yield made
    ending = [each for each in psutil.Process().children() if is_viewer(each)]
    made.stop()
    for process in ending:
        if process.is_running() and process.status() == psutil.STATUS_STOPPED:
            process.send_signal(signal.SIGCONT)
    qtbot.waitUntil(lambda: not any(map(lives, ending)), timeout=WAIT_MS)
    made.deleteLater()


def drawing(qtbot, viewer, not_by=0):
    """Wait until a viewer draws, another than that one."""
    with qtbot.waitSignal(viewer.framed, timeout=WAIT_MS):
        pass
    qtbot.waitUntil(
        lambda: viewer.life is Life.READY and viewer.process_id not in (0, not_by), timeout=WAIT_MS
    )
    assert viewer.image is not None
    assert len({viewer.image.pixel(x, 100) for x in range(0, 320, 5)}) > 5


def killed(qtbot, viewer, count):
    gaps = Gaps()
    for _ in range(count):
        first = viewer.process_id
        os.kill(first, signal.SIGKILL)
        qtbot.waitUntil(lambda first=first: viewer.process_id != first, timeout=WAIT_MS)
        if viewer.life is Life.GIVEN_UP:
            assert "crashed" in viewer.reason
            viewer.retry()
        drawing(qtbot, viewer, first)
    assert gaps.longest < GAP_S


def test_v1_that_a_killed_viewer_comes_back_without_a_gap(qtbot, viewer):
    killed(qtbot, viewer, 2)


@pytest.mark.full
@pytest.mark.timeout(900)
def test_v1_that_fifty_killed_viewers_come_back_without_a_gap(qtbot, viewer):
    killed(qtbot, viewer, V1_COUNT)


def test_v1_that_without_supervision_a_killed_viewer_is_seen_to_stay_away(qtbot, viewer, monkeypatch):
    monkeypatch.setattr(ViewerProcess, "_begin", lambda _self: None)
    child = psutil.Process(viewer.process_id)
    child.kill()
    qtbot.waitUntil(lambda: not lives(child), timeout=WAIT_MS)
    qtbot.wait(300)
    assert viewer.life is not Life.READY


def stopped(qtbot, viewer, count):
    gaps = Gaps()
    for _ in range(count):
        first = psutil.Process(viewer.process_id)
        first.send_signal(signal.SIGSTOP)
        qtbot.waitUntil(lambda first=first: viewer.process_id != first.pid, timeout=WAIT_MS)
        if viewer.life is Life.GIVEN_UP:
            viewer.retry()
        drawing(qtbot, viewer, first.pid)
        qtbot.waitUntil(lambda first=first: not lives(first), timeout=WAIT_MS)
    assert gaps.longest < GAP_S


def test_v2_that_a_stopped_viewer_is_replaced_without_a_gap(qtbot, viewer, monkeypatch):
    monkeypatch.setattr("wnin_desktop.viewer.supervision.PING_S", 0.2)
    monkeypatch.setattr("wnin_desktop.viewer.supervision.SILENCE_S", 1.5)
    stopped(qtbot, viewer, 1)


@pytest.mark.full
@pytest.mark.timeout(900)
def test_v2_that_twenty_stopped_viewers_are_replaced_without_a_gap(qtbot, viewer):
    stopped(qtbot, viewer, V2_COUNT)


def test_v2_that_without_pings_a_stopped_viewer_is_seen_to_stay(qtbot, viewer, monkeypatch):
    monkeypatch.setattr("wnin_desktop.viewer.supervision.SILENCE_S", 600.0)
    child = psutil.Process(viewer.process_id)
    child.send_signal(signal.SIGSTOP)
    qtbot.wait(1500)
    assert viewer.process_id == child.pid
    child.send_signal(signal.SIGCONT)


def test_that_a_busy_viewer_lives_through_many_sizes(qtbot, viewer):
    child = psutil.Process(viewer.process_id)
    for _ in range(3):
        child.send_signal(signal.SIGSTOP)  # as one that draws for a while
        for width in range(330, 400, 10):
            viewer.resize(width, 210, 1.0)
            qtbot.wait(5)
        child.send_signal(signal.SIGCONT)
        qtbot.waitUntil(lambda: viewer.image.width() == 390, timeout=WAIT_MS)
        viewer.resize(320, 200, 1.0)
        qtbot.waitUntil(lambda: viewer.image.width() == 320, timeout=WAIT_MS)
    assert viewer.process_id == child.pid


def garbled(count, seed):
    """Feed so many damaged streams of a viewer that is known to the window's side; say how each was met."""
    chance, found = random.Random(seed), {"refused": 0, "read": 0}
    for _ in range(count):
        token = new_token()
        talk = Conversation(token, lambda _data: None)
        talk.feed(encode(Greeting(proof=token[:32], version="0", pid=1), 1))
        message = bytearray(golden(chance.choice(UP)))
        message[8:12] = (2).to_bytes(4, "little")
        for _ in range(chance.randint(1, 6)):
            message[chance.randrange(len(message))] = chance.randrange(256)
        try:
            talk.feed(bytes(message) + chance.randbytes(chance.randint(0, 64)))
            found["read"] += 1
        except ProtocolError:
            found["refused"] += 1
    return found


def test_v3_that_garbage_from_a_viewer_is_refused_and_never_more(qapp):
    assert garbled(300, 0)["refused"] > 200


@pytest.mark.full
def test_v3_that_ten_thousand_streams_of_garbage_are_refused_and_never_more(qapp):
    assert garbled(V3_COUNT, 1)["refused"] > 0.7 * V3_COUNT


def orphaned(count, environment=None):
    """Kill a program with a viewer so often; return which viewers lived on, and for how long each did."""
    left, seconds = [], []
    for _ in range(count):
        program = subprocess.Popen(
            [sys.executable, "-m", "tests.qt.viewer.host"], cwd=ROOT, stdout=subprocess.PIPE,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen", **(environment or {})},
        )  # fmt: skip
        with program:
            viewer = psutil.Process(json.loads(program.stdout.readline())["viewer"])
            program.kill()
            begun = time.monotonic()
            gone, _alive = psutil.wait_procs([viewer], timeout=ORPHAN_S)
            seconds.append(time.monotonic() - begun)
            if not gone and lives(viewer):
                left.append(viewer.pid)
                viewer.kill()
    return left, seconds


def test_v5_that_a_killed_program_leaves_no_viewer():
    needed()
    assert orphaned(1)[0] == []


@pytest.mark.full
@pytest.mark.timeout(900)
def test_v5_that_fifty_killed_programs_leave_no_viewer():
    needed()
    left, seconds = orphaned(V5_COUNT)
    assert left == []
    assert max(seconds) < ORPHAN_S


def test_v5_that_a_viewer_that_does_not_listen_is_seen_to_stay(tmp_path):
    script = tmp_path / "wnin-viz"
    fake = ROOT / "tests" / "fake_viewer.py"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{fake}" "$@"\n')
    script.chmod(0o755)
    left, _seconds = orphaned(
        1,
        {
            "WNIN_VIZ": str(script),
            "PYTHONPATH": str(ROOT),
            "WNIN_FAKE_VIEWER": json.dumps({"mode": "lingers"}),
        },
    )
    assert len(left) == 1


def intruded(qtbot, monkeypatch, count):
    """Let impostors come first, so many at each start; return what they were told."""
    needed()
    strangers, listen = [], process_module.QLocalServer.listen

    def listening(server, name):
        found = listen(server, name)
        for number in range(min(3, count - len(strangers))):
            stranger = QLocalSocket()
            stranger.connectToServer(server.fullServerName())
            proof = new_token()[:32] if number else "0" * 32
            stranger.write(encode(Greeting(proof=proof, version="0.1.0", pid=1), 1))
            strangers.append(stranger)
        return found

    monkeypatch.setattr(process_module.QLocalServer, "listen", listening)
    while len(strangers) < count:
        viewer = ViewerProcess()
        viewer.resize(320, 200, 1.0)
        viewer.show(bowl())
        viewer.start()
        drawing(qtbot, viewer)
        child = psutil.Process(viewer.process_id)
        viewer.stop()
        qtbot.waitUntil(lambda child=child: not lives(child), timeout=WAIT_MS)
        viewer.deleteLater()
    qtbot.waitUntil(
        lambda: all(each.state() == QLocalSocket.LocalSocketState.UnconnectedState for each in strangers)
    )
    return [bytes(each.readAll().data()) for each in strangers]


def test_v6_that_impostors_are_told_nothing_and_the_viewer_still_comes(qtbot, monkeypatch):
    assert intruded(qtbot, monkeypatch, 3) == [b""] * 3


@pytest.mark.full
@pytest.mark.timeout(600)
def test_v6_that_sixty_impostors_are_told_nothing(qtbot, monkeypatch):
    assert intruded(qtbot, monkeypatch, V6_COUNT) == [b""] * V6_COUNT
