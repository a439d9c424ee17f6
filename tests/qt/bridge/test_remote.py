"""The window's server: who came and went, and what is said where it does not start."""

import socket

import pytest

from tests.qt.plots.scene import scene
from tests.qt.windows import PATIENCE_MS, Program
from tests.stream.wire import finished, started, step
from wnin_desktop.qt.bridge import remote
from wnin_desktop.stream.publisher import Publisher
from wnin_desktop.stream.server import EventServer
from wnin_desktop.stream.token import Token


@pytest.fixture
def program(qapp, tmp_path, monkeypatch):
    monkeypatch.setenv("WNIN_HOME", str(tmp_path / "home"))
    made = Program(tmp_path)
    yield made
    made.close()


@pytest.fixture
def taken():
    """Return a port that somebody else listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def listen(program, port):
    program.desk.preferences.change(**{"server.port": port, "server.enabled": True})


def parts(program):
    notice = program.desk.notices.kept[-1]
    return notice.kind, notice.text, notice.kept, notice.do


KEPT = "Runs in this window go on, and everything recorded is kept."


def test_that_a_port_in_use_is_named_with_what_was_kept_and_what_to_do(program, taken, qtbot):
    listen(program, taken)
    assert parts(program) == (
        "danger",
        f"The server for remote runs did not start: port {taken} is in use.",
        KEPT,
        "Choose another port under Tools, Remote runs; 0 takes any free one.",
    )
    assert not program.desk.remote.is_on
    assert str(taken) in program.desk.remote.error
    program.desk.preferences.change(**{"server.port": 0})
    qtbot.waitUntil(lambda: program.desk.remote.is_on, timeout=PATIENCE_MS)
    assert program.desk.remote.error == ""


def test_that_a_fault_of_the_system_is_three_sentences_too(program, monkeypatch):
    def refuse(_server):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(EventServer, "start", refuse)
    listen(program, 80)
    text = "The server for remote runs did not start: port 80 cannot be opened (Permission denied)."
    assert parts(program)[1] == text
    program.desk.preferences.change(**{"server.enabled": False})
    assert program.desk.remote.error == ""


def test_that_a_token_that_cannot_be_written_leaves_no_server_behind(program, monkeypatch):
    def refuse(_token, _path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Token, "write", refuse)
    listen(program, 0)
    kind, text, kept, do = parts(program)
    assert (kind, kept) == ("danger", KEPT)
    assert text == "The server for remote runs did not start: its token could not be written."
    assert str(remote.token_path()) in do
    assert not program.desk.remote.is_on


def test_that_a_trainer_stays_listed_after_it_has_ended_and_after_the_server_was_off(program, qtbot):
    listen(program, 0)
    server = program.desk.remote
    token = Token(remote.token_path().read_text())
    with Publisher(server.uri, token) as publisher:
        for event in (started(), *(step(k) for k in range(1, 50))):
            publisher.put(event)
        qtbot.waitUntil(lambda: any(each.name for each in server.clients), timeout=PATIENCE_MS)
        assert server.clients[0].ended is None
        publisher.put(finished(49))
    qtbot.waitUntil(lambda: server.clients[0].ended is not None, timeout=PATIENCE_MS)
    (client,) = server.clients
    assert client.host == started().host
    assert client.events == 51
    program.desk.preferences.change(**{"server.enabled": False})
    assert server.clients == (client,)


def test_that_a_remote_run_is_told_listed_and_shown_on_compare(program, qtbot):
    mine = program.desk.shown
    mine.show(scene())
    program.window.open_page("runs")
    listen(program, 0)
    server = program.desk.remote
    with Publisher(server.uri, Token(remote.token_path().read_text())) as publisher:
        publisher.put(started())
        publisher.put(step(1))
        qtbot.waitUntil(lambda: bool(server.experiments), timeout=PATIENCE_MS)
        publisher.put(finished(1))
    (arrived,) = server.experiments.values()
    combo = program.window.pages["compare"].tools.experiments
    assert combo.findData(arrived.experiment_id) >= 0
    assert mine.current is not arrived
    notice = program.desk.notices.kept[-1]
    assert (notice.kind, arrived.name in notice.text) == ("info", True)
    label, show = notice.action
    assert label == "Show"
    show()
    assert mine.current is arrived
    assert program.window.tabs.currentWidget() is program.window.pages["compare"]
    assert combo.currentData() == arrived.experiment_id
