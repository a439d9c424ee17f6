"""A second start on the same store: what it hands to the window that is open."""

import json
import threading
from pathlib import Path

import pytest
from PySide6.QtNetwork import QLocalSocket

from tests.qt.windows import PATIENCE_MS, QUICK, Program
from wnin_desktop.qt.app import _open_store
from wnin_desktop.qt.bridge.single import MOST_BYTES, SingleWindow, Wish
from wnin_desktop.qt.window.start import Start
from wnin_desktop.runs.config_files import dump_compare
from wnin_desktop.schema.run import CompareConfig

GOOD = {"file": "", "preset": "demo", "run": False}


@pytest.fixture
def program(qapp, tmp_path, monkeypatch):
    monkeypatch.setenv("WNIN_HOME", str(tmp_path / "home"))
    made = Program(tmp_path)
    yield made
    made.close()


@pytest.fixture
def single(program):
    made = SingleWindow(program.store.path)
    made.listen()
    made.show(program.window)
    made.asked.connect(program.window.wished)
    yield made
    made.close()


def start_again(qtbot, program, **more):
    """Start a second time, in a thread that stands for another process; it must find the first window."""
    found = []

    def start():
        other = SingleWindow(program.store.path)
        found.append(_open_store(Start(store=program.store.path, **more), other))

    thread = threading.Thread(target=start)
    thread.start()
    qtbot.waitUntil(lambda: not thread.is_alive(), timeout=PATIENCE_MS)
    assert found == [None]


def test_that_a_second_start_opens_and_runs_its_file_in_the_open_window(
    program, single, qtbot, tmp_path, monkeypatch
):
    config = CompareConfig.model_validate(QUICK | {"name": "other", "arms": [{"name": "a"}]})
    dump_compare(config, tmp_path / "other.toml")
    monkeypatch.chdir(tmp_path)
    start_again(qtbot, program, file=Path("other.toml"), run=True)
    qtbot.waitUntil(lambda: bool(program.desk.runs.live), timeout=PATIENCE_MS)
    (live,) = program.desk.runs.live
    assert program.desk.draft.path == tmp_path / "other.toml"
    assert live.config.name == "other"
    live.stop(checkpoint=False)
    qtbot.waitUntil(lambda: live.state == "ended", timeout=PATIENCE_MS)


def test_that_a_preset_asks_before_unsaved_changes_are_lost(program, single, qtbot):
    program.desk.draft.add_arm("sgd")
    start_again(qtbot, program, preset="demo")
    qtbot.waitUntil(lambda: program.window.files.dialog is not None, timeout=PATIENCE_MS)
    assert program.desk.draft.arm_count == 1
    program.window.files.dialog.buttons["discard"].click()
    assert program.desk.draft.arm_count == 4


def test_that_what_cannot_be_opened_is_a_notice(program, single, qtbot):
    start_again(qtbot, program, preset="no such preset")
    qtbot.waitUntil(lambda: bool(program.desk.notices.kept), timeout=PATIENCE_MS)
    assert program.desk.notices.kept[-1].kind == "danger"


BAD = [
    b"raise\n",
    b"\xff\xfe\n",
    b"[" * 10_000 + b"\n",
    b"x" * (2 * MOST_BYTES),
    *[
        json.dumps(said).encode() + b"\n"
        for said in (
            3,
            {"preset": "demo"},
            GOOD | {"more": 1},
            GOOD | {"file": 3},
            GOOD | {"run": "yes"},
            GOOD | {"file": "/a.toml"},
            GOOD | {"preset": "", "file": "a.toml"},
            GOOD | {"preset": "a\0b"},
            GOOD | {"preset": "a" * MOST_BYTES},
        )
    ],
]


@pytest.mark.parametrize("message", BAD, ids=lambda message: str(message[:40]))
def test_that_a_bad_message_is_ignored_and_the_next_one_heard(qapp, qtbot, tmp_path, message):
    single, heard = SingleWindow(tmp_path), []
    single.asked.connect(heard.append)
    single.listen()
    single.show(None)
    socket = QLocalSocket()
    socket.connectToServer(single._name)
    assert socket.waitForConnected(1000)
    socket.write(message)
    socket.waitForBytesWritten(1000)
    qtbot.wait(20)
    SingleWindow(tmp_path)._ask(Wish(preset="demo").to_bytes())
    qtbot.waitUntil(lambda: bool(heard))
    assert heard == [Wish(preset="demo")]
    socket.abort()
    single.close()
