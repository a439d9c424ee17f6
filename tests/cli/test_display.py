from pathlib import Path

from tests.cli.calling import call
from wnin_desktop.cli.display import has_display, missing_library, trouble


def test_that_a_display_is_where_the_environment_says():
    assert has_display({"DISPLAY": ":0"}, "linux")
    assert has_display({"QT_QPA_PLATFORM": "offscreen"}, "linux")
    assert has_display({}, "win32")
    assert not has_display({}, "linux")
    assert "neither WAYLAND_DISPLAY nor DISPLAY" in trouble({}, "linux")


def test_that_a_library_qt_lacks_is_named_with_what_to_do(tmp_path):
    broken = tmp_path / "libqxcb.so"
    broken.write_bytes(b"no library")
    sentence = missing_library(broken)
    assert "libqxcb.so" in sentence
    assert "apt install" in sentence
    assert missing_library(Path("not-there")) == ""


def test_that_without_a_display_the_window_is_refused_in_a_sentence(monkeypatch):
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    said = call("desktop")
    assert said.code == 1
    assert "No window can be opened: there is no display" in said.err
    assert "--headless" in said.err


def test_that_a_file_that_is_not_there_is_bad_input(tmp_path):
    said = call("desktop", tmp_path / "no.toml")
    assert said.code == 2
    assert "FILE" in said.err
