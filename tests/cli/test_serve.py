import contextlib
import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time

import pytest

from tests.cli.calling import call, refusal
from tests.stream.wire import RUN, finished, started, step
from wnin_desktop.cli.serve import Intake, Lines, printable, rate_line
from wnin_desktop.schema.events import Diverged, Failed, decode
from wnin_desktop.stream.publisher import Publisher
from wnin_desktop.stream.server import EventServer
from wnin_desktop.stream.stats import ServerStats
from wnin_desktop.stream.token import Token, read_token

PATIENCE_S = 60.0
STOP_S = 2.0
posix_only = pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as SIGINT here")


class Program:
    """`wnin ARGS` as a process whose lines are read as they come."""

    def __init__(self, *args):
        command = [sys.executable, "-m", "wnin_desktop.cli.main", *map(str, args)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines = {name: queue.Queue() for name in ("stdout", "stderr")}
        self.threads = [threading.Thread(target=self._read, args=(name,)) for name in self.lines]
        self.seen = []
        for thread in self.threads:
            thread.start()

    def _read(self, name):
        for line in getattr(self.process, name):
            self.lines[name].put(line.rstrip("\n"))

    def next(self, name="stdout"):
        line = self.lines[name].get(timeout=PATIENCE_S)
        self.seen.append(line)
        return line

    def interrupt(self, number=signal.SIGINT):
        """Send the signal; return exit code and seconds until the end."""
        since = time.monotonic()
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE_S)
        return code, time.monotonic() - since

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.process.kill()
        self.process.wait()
        for thread in self.threads:
            thread.join()
        for name in self.lines:
            getattr(self.process, name).close()


@contextlib.contextmanager
def serving(tmp_path, *args):
    file = tmp_path / "token"
    with Program("serve", "--port", 0, "--token-file", file, *args) as program:
        first = program.next("stderr")
        uri = re.search(r"ws://127\.0\.0\.1:\d+", first)[0]
        assert str(file) in first
        yield program, uri, file


def publish(uri, file, *events):
    with Publisher(uri, read_token(file)) as publisher:
        for event in events:
            publisher.put(event)


@posix_only
def test_that_a_served_run_is_one_line_at_its_start_and_one_at_its_end_and_ctrl_c_leaves_nothing(tmp_path):
    with serving(tmp_path) as (program, uri, file):
        assert file.stat().st_mode & 0o077 == 0
        secret = file.read_text().strip()
        publish(uri, file, started(), *[step(k) for k in range(1, 11)], finished(10))
        assert program.next().startswith(f"started   {RUN}: 10 steps on cpu of box")
        assert program.next().startswith(f"finished  {RUN}: completed at step 10, last training loss")
        code, seconds = program.interrupt()
        assert code == 130
        assert seconds < STOP_S
        assert not file.exists()
        for thread in program.threads:
            thread.join()
        while not program.lines["stderr"].empty():
            program.next("stderr")
        assert secret not in "\n".join(program.seen)


@posix_only
def test_that_json_writes_every_event_as_a_line_and_sigterm_stops_too(tmp_path):
    events = [started(), *[step(k) for k in range(1, 6)], finished(5)]
    with serving(tmp_path, "--json") as (program, uri, file):
        publish(uri, file, *events)
        assert [decode(program.next()) for _ in events] == events
        code, seconds = program.interrupt(signal.SIGTERM)
        assert code == 130
        assert seconds < STOP_S
        assert not file.exists()


@posix_only
def test_that_watch_prints_what_a_server_passes_on(tmp_path):
    token, file = Token.new(), tmp_path / "token"
    token.write(file)
    with EventServer(port=0, token=token) as server:
        server.publish([started()])
        with Program("serve", "--watch", server.uri, "--json", "--token-file", file) as program:
            assert decode(program.next()) == started()
            server.publish([step(1), finished(1)])
            assert [json.loads(program.next())["type"] for _ in range(2)] == ["step_metrics", "finished"]
            code, seconds = program.interrupt()
            assert code == 130
            assert seconds < STOP_S


def test_that_a_busy_port_is_a_fault_in_one_sentence_and_leaves_no_token(tmp_path):
    with EventServer(port=0, token=Token.new()) as server:
        said = call("serve", "--port", server.port, "--token-file", tmp_path / "token")
        assert f"Port {server.port}" in refusal(said, code=1)
        assert "--port" in said.errors[0]
    assert not (tmp_path / "token").exists()


@pytest.mark.parametrize("port", ["-1", "65536", "web"])
def test_that_a_port_that_cannot_be_is_refused(port, tmp_path):
    assert port in refusal(call("serve", "--port", port, "--token-file", tmp_path / "token"))


def test_that_a_token_file_that_cannot_be_written_is_a_fault(tmp_path):
    (tmp_path / "file").write_text("")
    said = call("serve", "--port", 0, "--token-file", tmp_path / "file" / "token")
    assert "cannot be written" in refusal(said, code=1)


def test_that_a_wrong_token_is_refused_and_not_shown(tmp_path):
    wrong, file = Token.new(), tmp_path / "token"
    wrong.write(file)
    with EventServer(port=0, token=Token.new()) as server:
        said = call("serve", "--watch", server.uri, "--token-file", file)
    assert said.code == 1
    assert "refused" in said.errors[0]
    assert file.read_text().strip() not in said.err + said.out


@pytest.mark.parametrize("content", [None, "short", "x" * 43 + "!"])
def test_that_a_missing_or_malformed_token_is_bad_input(tmp_path, content):
    file = tmp_path / "token"
    if content is not None:
        file.touch(mode=0o600)
        file.write_text(content)
    sentence = refusal(call("serve", "--watch", "ws://127.0.0.1:8765", "--token-file", file))
    assert "--token-file" in sentence
    assert content is None or content not in sentence


@pytest.mark.parametrize(
    "uri", ["ws://example.org:8765", "http://127.0.0.1:8765", "ws://127.0.0.1", "nothing"]
)
def test_that_an_address_that_may_not_be_watched_is_refused(tmp_path, uri):
    Token.new().write(tmp_path / "token")
    assert uri in refusal(call("serve", "--watch", uri, "--token-file", tmp_path / "token"))


def test_that_divergence_failure_and_resumption_have_their_lines(capsys):
    lines = Lines(as_json=False)
    lines.write(started(resumed_from=4))
    lines.write(Diverged(run_id=RUN, timestamp=1.0, step=6, reason="loss is not finite", last_finite_step=5))
    lines.write(Failed(run_id=RUN, timestamp=1.0, step=6, error="ValueError: x", traceback="..."))
    out = capsys.readouterr().out.splitlines()
    assert out[0].endswith("resumed from step 4")
    assert out[1] == f"diverged  {RUN}: at step 6, loss is not finite"
    assert out[2] == f"failed    {RUN}: at step 6, ValueError: x"


def test_that_text_from_the_wire_cannot_steer_the_terminal(capsys):
    Lines(as_json=False).write(started(host="\x1b[2Jevil\nstarted   fake"))
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert out.count("\n") == 1
    assert printable("ü [x]") == "ü [x]"


def test_that_a_slow_terminal_costs_lines_that_are_counted_and_never_waits():
    intake = Intake(limit=2)
    for k in range(1, 5):
        intake.put(step(k))
    assert intake.left_out == 2
    assert [intake.next(0.0).step for _ in range(2)] == [1, 2]
    assert intake.next(0.0) is None
    assert "5 dropped" in rate_line(ServerStats(received=9, dropped=3, rate=12.0), intake.left_out)
    assert "dropped" not in rate_line(ServerStats(received=9, rate=12.0))
