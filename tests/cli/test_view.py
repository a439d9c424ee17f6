"""`wnin view`: what it takes, what it refuses, and what it leaves behind."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest

from tests.cli.calling import call, refusal
from tests.qt.pages.landscape import scenes
from tests.qt.view import events
from wnin_desktop.cli.serve import Lines
from wnin_desktop.cli.view import read_events, read_file, read_size
from wnin_desktop.errors import InputError
from wnin_desktop.runs.landscape.surface_file import write_surface
from wnin_desktop.schema.events import encode
from wnin_desktop.stream.server import EventServer
from wnin_desktop.stream.token import Token
from wnin_desktop.viewer import binary

FAKE = Path(__file__).parents[1] / "fake_viewer.py"
PATIENCE_S = 60
PROGRAM = """
import sys
from wnin_desktop.cli.main import run, wnin
code = run(wnin, "wnin", sys.argv[1:])
print([name for name in ("torch", "scipy") if name in sys.modules])
sys.exit(code)
"""


@pytest.fixture
def surface(tmp_path):
    path = tmp_path / "surface.npz"
    write_surface(path, scenes.surface(sigmas=(0.1,)))
    return path


@pytest.fixture
def recorded(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"".join(encode(event) + b"\n" for event in events.whole()))
    return path


@pytest.fixture
def fake_viewer(monkeypatch, tmp_path):
    """Viewers are fakes; returns the executable."""
    if sys.platform == "win32":
        pytest.skip("the fake viewer speaks over Unix sockets")
    script = tmp_path / "wnin-viz"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{FAKE}" "$@"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PYTHONPATH", str(FAKE.parents[1]))
    monkeypatch.setenv(binary.EXECUTABLE, str(script))
    monkeypatch.setenv("WNIN_FAKE_VIEWER", json.dumps({"mode": "well", "heard": str(tmp_path / "heard")}))
    return script


def view(*words):
    """Run the program in a process of its own."""
    command = [sys.executable, "-c", PROGRAM, "view", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)


def processes_with(word):
    found = []
    for process in psutil.process_iter():
        try:
            found += [process.pid] if word in " ".join(process.cmdline()) else []
        except psutil.Error:
            continue
    return found


# -- what it refuses ---------------------------------------------------------------------------------------


def test_that_one_of_file_and_stream_is_needed_and_no_more(surface):
    assert "FILE: nothing is not accepted; give either" in refusal(call("view"))
    assert "give either a FILE or --ws URI" in refusal(call("view", surface, "--ws", "ws://127.0.0.1:1"))
    assert "--token-file" in refusal(call("view", surface, "--token-file", "x"))


def test_that_files_that_cannot_be_shown_are_named_with_why(tmp_path, surface):
    files = {
        "no.npz": (None, "No such file"),
        "other.npz": (b"PK\x03\x04 and nothing more", "damaged or not a file of this program"),
        "text.txt": (b"some words", "neither a surface nor events"),
        "empty.jsonl": (b"", "neither a surface nor events"),
        "cut.npz": (surface.read_bytes()[:-200], "damaged or not a file of this program"),
    }
    for name, (content, why) in files.items():
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        said = refusal(call("view", path))
        assert said.startswith(f"error: FILE: {str(path)!r} is not accepted; it ")
        assert why in said
        assert "`wnin landscape --out`" in said
    assert "cannot be read" in refusal(call("view", tmp_path))


def test_that_an_archive_of_something_else_is_no_surface(tmp_path):
    np.savez(tmp_path / "weights.npz", w=np.ones(3))
    assert "is no wnin-surface file" in refusal(call("view", tmp_path / "weights.npz"))


def test_that_a_line_that_is_no_event_is_named(tmp_path, recorded):
    lines = recorded.read_bytes().splitlines(keepends=True)
    recorded.write_bytes(b"".join([lines[0], b'{"type": "nonsense"}\n', *lines[1:]]))
    assert "line 2 is no event" in refusal(call("view", recorded))


def test_that_what_serve_writes_can_be_shown(tmp_path, capsys):
    lines = Lines(as_json=True)
    for event in events.whole(seeds=(0,)):
        lines.write(event)
    path = tmp_path / "events.jsonl"
    path.write_text(capsys.readouterr().out)
    assert read_events(path) == events.whole(seeds=(0,))


def test_that_a_last_line_that_was_cut_off_is_left_out(recorded):
    whole = read_events(recorded)
    assert whole == events.whole()
    recorded.write_bytes(recorded.read_bytes()[:-9])
    assert read_events(recorded) == whole[:-1]
    assert read_file(recorded) == (None, whole[:-1])


@pytest.mark.parametrize("size", ["big", "10x10", "1120", "99999x99999", "-5x400", "1120x"])
def test_that_a_size_is_width_and_height(size, surface):
    said = refusal(call("view", surface, f"--size={size}"))
    assert "--size" in said
    assert "WIDTHxHEIGHT" in said
    assert read_size("1120x720") == (1120, 720)
    with pytest.raises(InputError):
        read_size(size)


def test_that_a_theme_is_one_of_three(surface):
    assert "'--theme'" in refusal(call("view", surface, "--theme", "blue"))


@pytest.mark.parametrize("uri", ["nonsense", "ws://example.org:80", "http://127.0.0.1:1", "ws://127.0.0.1"])
def test_that_an_address_is_checked(uri):
    assert "--ws" in refusal(call("view", "--ws", uri))


def test_that_a_missing_token_is_told_before_a_window_opens(tmp_path):
    said = refusal(call("view", "--ws", "ws://127.0.0.1:9", "--token-file", tmp_path / "none"))
    assert "--token-file" in said


def test_that_without_a_token_nothing_is_blamed_that_was_not_given(tmp_path, monkeypatch):
    monkeypatch.setenv("WNIN_HOME", str(tmp_path))
    monkeypatch.delenv("WNIN_TOKEN", raising=False)
    said = refusal(call("view", "--ws", "ws://127.0.0.1:9"))
    assert said.startswith("error: --ws: 'ws://127.0.0.1:9' is not accepted; no server's token is found: ")
    assert f"WNIN_TOKEN is not set, and {tmp_path / 'stream.token'}: it cannot be read (No such file" in said
    assert said.endswith("; start `wnin serve` or give --token-file.")
    Token.new().write(tmp_path / "stream.token")
    with EventServer(port=0, token=Token.new()) as server:
        said = refusal(call("view", "--ws", server.uri))
    assert said.startswith(
        f"error: --ws: {server.uri!r} is not accepted; the token in {tmp_path / 'stream.token'} is"
    )


def test_that_a_wrong_token_is_refused_with_what_is_allowed(tmp_path, monkeypatch):
    path, other = tmp_path / "token", Token.new()
    other.write(path)
    with EventServer(port=0, token=Token.new()) as server:
        said = refusal(call("view", "--ws", server.uri, "--token-file", path))
        assert said.startswith(f"error: --token-file: {str(path)!r} is not accepted; allowed is the token of")
        monkeypatch.setenv("WNIN_TOKEN", path.read_text().strip())
        said = refusal(call("view", "--ws", server.uri))
        assert said.startswith("error: WNIN_TOKEN: '(not shown)' is not accepted")


def test_that_without_a_display_it_is_one_sentence(monkeypatch, surface):
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    if sys.platform in ("win32", "darwin"):
        pytest.skip("there is always a display here")
    assert "No window can be opened: there is no display" in refusal(call("view", surface))


# -- what it shows -----------------------------------------------------------------------------------------


def test_that_a_surface_is_shown_without_torch_and_leaves_no_viewer(fake_viewer, surface, tmp_path):
    done = view(surface, "--quit-after", 2500, "--size", "800x600", "--theme", "dark")
    assert (done.returncode, done.stderr) == (0, ""), done
    assert done.stdout.splitlines()[-1] == "[]"
    assert '"Surface"' in (tmp_path / "heard").read_text()
    assert processes_with(str(fake_viewer)) == []


def test_that_events_and_streams_are_shown_and_leave_no_viewer(fake_viewer, recorded, tmp_path):
    done = view(recorded, "--quit-after", 2500)
    assert (done.returncode, done.stderr) == (0, ""), done
    assert '"PathSet"' in (tmp_path / "heard").read_text()
    token, path = Token.new(), tmp_path / "token"
    token.write(path)
    with EventServer(port=0, token=token) as server:
        server.publish(events.whole()[:40])
        (tmp_path / "heard").unlink()
        done = view("--ws", server.uri, "--token-file", path, "--quit-after", 2500)
    assert (done.returncode, done.stderr) == (0, ""), done
    assert '"PathStyle"' in (tmp_path / "heard").read_text()
    assert done.stdout.splitlines()[-1] == "[]"
    assert processes_with(str(fake_viewer)) == []


@pytest.mark.skipif(os.name != "posix", reason="Windows has no SIGTERM to send")
def test_that_a_signal_closes_it_in_order(fake_viewer, surface, tmp_path):
    command = [sys.executable, "-c", PROGRAM, "view", str(surface)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        heard = tmp_path / "heard"
        for _ in range(PATIENCE_S * 20):
            if heard.exists() and '"Surface"' in heard.read_text():
                break
            psutil.wait_procs([psutil.Process(program.pid)], timeout=0.05)
        program.terminate()
        _, said = program.communicate(timeout=PATIENCE_S)
    assert (program.returncode, said) == (0, "")
    assert processes_with(str(fake_viewer)) == []
