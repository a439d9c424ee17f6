"""G6: whatever became of the files of the last session, the window opens, and the files are kept aside."""

import copy
import json
import random
import shutil
import tomllib

import pytest
import tomli_w
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow

from tests.qt.faults.windows import WindowProcess
from tests.qt.windows import Program
from tests.runs.store.recording import recorded
from wnin_desktop.qt.pages.runs.page import RunsPage
from wnin_desktop.qt.window import session
from wnin_desktop.runs.preferences import WindowState

SAMPLE, FULL = 5, 100
AREAS = Qt.DockWidgetArea
DOCKS = {
    "experiment": (AREAS.LeftDockWidgetArea, True),
    "inspector": (AREAS.RightDockWidgetArea, True),
    "log": (AREAS.BottomDockWidgetArea, True),
}
"""Where panels stand at first, and that they are seen; the log is, where there is room for it."""
WILD = (
    None, True, -1, 0, 10**12, 1e308, float("nan"), float("inf"), "", "x" * 10_000, "\u202e\0", "AAAA", [],
    {}, [1, "two", 3.0], {"a": {"b": [{}]}}, [[]], "../../etc", [-1, -1], [10**9] * 3,
)  # fmt: skip
"""Values that a key of the session may hold after a hand or another version wrote it."""


@pytest.fixture(scope="module")
def last_session(qapp, tmp_path_factory):
    """The folder that a real session left: a draft, an open experiment, moved panels."""
    folder = tmp_path_factory.mktemp("session")
    recorded(folder / "store", 50)
    program = Program(folder)
    for name in ("sgd", "adamw"):
        program.desk.draft.add_arm(name)
    program.window.open_page("runs")
    program.desk.actions.get("view.dock-log").setChecked(False)
    program.close()
    return folder


def damaged_bytes(data, source):
    """Return `data` after something happened to it."""
    data = bytearray(data)
    how = source.randrange(5)
    place = source.randrange(len(data))
    if how == 0:
        return bytes(data[:place])
    if how == 1:
        for _ in range(source.randrange(1, 20)):
            data[source.randrange(len(data))] = source.randrange(256)
        return bytes(data)
    if how == 2:
        return bytes(data[:place]) + source.randbytes(source.randrange(1, 400)) + bytes(data[place:])
    if how == 3:
        return bytes(data) + bytes(data)
    return b"\0" * len(data)


def leaves(data, path=()):
    """Return the path of every value in nested tables and lists."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    found = [path] if path else []
    for key, value in items:
        found += leaves(value, (*path, key))
    return found


def damaged_values(data, source):
    """Return the session with some values replaced by ones of any kind, as valid TOML."""
    content = tomllib.loads(data.decode())
    if source.random() < 0.3:
        spoil(draft := json.loads(content["draft"]["content"]), source)
        content["draft"]["content"] = json.dumps(draft)
    else:
        spoil(content, source)
    return tomli_w.dumps(content).encode()


def spoil(content, source):
    """Replace some values of nested tables and lists."""
    for _ in range(source.randrange(1, 12)):
        *above, last = source.choice(leaves(content))
        inside = content
        for key in above:
            inside = inside[key]
        wild = source.choice(WILD)
        if wild is None:
            del inside[last]
        else:
            inside[last] = copy.deepcopy(wild)
        if not content:
            break


def is_toml(data):
    try:
        tomllib.loads(data.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        return False
    return True


def wrong_after(folder, data):
    """Open a window on a damaged session and return what is wrong."""
    path = folder / "window.toml"
    path.write_bytes(data)
    program = Program(folder, greeted=False)
    try:
        found = [] if program.window.isVisible() else ["no window"]
        found += [] if set(program.window.docks) == set(DOCKS) else ["panels are missing"]
        found += [] if program.window.centralWidget().width() > 100 else ["the pages have no room"]
        if not is_toml(data):
            found += [] if program.desk.state.notice else ["nobody is told"]
            kept = [each for each in folder.glob("window.kept-*") if each.read_bytes() == data]
            found += [] if kept else ["the file is not kept"]
            standing = layout(program.window) | {"log": (AREAS.BottomDockWidgetArea, True)}
            found += [] if standing == DOCKS else [f"it is not the default layout: {standing}"]
        program.desk.draft.add_arm("sgd")
        return found
    finally:
        program.close()


def layout(window):
    return {
        name: (window.dockWidgetArea(dock), dock.isVisible() and not dock.isFloating())
        for name, dock in window.docks.items()
    }


def attack(last_session, tmp_path, seed):
    source = random.Random(seed)
    folder = tmp_path / str(seed)
    shutil.copytree(last_session, folder)
    whole = (folder / "window.toml").read_bytes()
    data = (damaged_bytes, damaged_values)[seed % 2](whole, source)
    return [f"seed {seed}: {each}" for each in wrong_after(folder, data)]


@pytest.fixture(autouse=True)
def _nothing_logged(caplog):
    """A page that chokes and is caught by the last net is a fault of the page."""
    yield
    assert [each.getMessage() for each in caplog.records if each.levelname == "ERROR"] == []


@pytest.mark.parametrize("seed", [*range(SAMPLE), 27, 43])
def test_g6_that_the_window_opens_on_a_damaged_session(last_session, tmp_path, seed):
    assert attack(last_session, tmp_path, seed) == []


@pytest.mark.full
@pytest.mark.parametrize("seed", range(FULL))
def test_g6_that_the_window_opens_on_a_hundred_damaged_sessions(last_session, tmp_path, seed):
    assert attack(last_session, tmp_path, seed) == []


def test_that_an_undamaged_session_is_restored(last_session, tmp_path):
    folder = tmp_path / "whole"
    shutil.copytree(last_session, folder)
    program = Program(folder, greeted=False)
    assert program.desk.draft.arm_count == 2
    assert program.desk.state.notice == ""
    program.close()


@pytest.mark.parametrize("name", ["preferences.toml", "window.toml"])
def test_g6_that_the_program_starts_with_damaged_files_and_keeps_them(tmp_path, name):
    home = tmp_path / "home"
    home.mkdir()
    (home / name).write_bytes(b"\xff\xfe[[[ nothing that can be read \0")
    with WindowProcess("training:open_and_close", tmp_path) as window:
        assert window.hear("read_only") is False
        assert window.wait() == 0, window.errors()
    kept = list(home.glob(f"{name.partition('.')[0]}.kept-*"))
    assert [each.read_bytes() for each in kept] == [b"\xff\xfe[[[ nothing that can be read \0"]


def test_g6_that_a_page_that_chokes_on_its_state_begins_anew(last_session, tmp_path, monkeypatch, caplog):
    def choke(*_):
        raise KeyError("splitter")

    monkeypatch.setattr(RunsPage, "restore", choke)
    folder = tmp_path / "choking"
    shutil.copytree(last_session, folder)
    assert wrong_after(folder, (folder / "window.toml").read_bytes()) == []
    assert "the page runs could not take its last state" in caplog.text
    caplog.clear()


def test_g6_that_without_the_checks_a_damaged_session_is_seen_to_break_the_window(
    qapp, tmp_path, monkeypatch
):
    (tmp_path / "window.toml").write_text('"window.geometry" = "no geometry"\n"window.docks" = "no docks"\n')
    state, window = WindowState(tmp_path / "window.toml"), QMainWindow()
    assert not session.restore_layout(window, state)
    monkeypatch.setattr(session, "_bytes", lambda text: text)
    with pytest.raises(TypeError):
        session.restore_layout(window, state)
    window.deleteLater()
