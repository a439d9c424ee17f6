import random
import tomllib

import pytest

from wnin_desktop.errors import InputError
from wnin_desktop.runs.preferences import (
    WindowState,
    load_preferences,
    preferences_path,
    save_preferences,
    window_path,
)
from wnin_desktop.schema.fields import fields_of, walk
from wnin_desktop.schema.preferences import SECTIONS, Preferences, changed, value_at


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("WNIN_HOME", str(tmp_path))
    return tmp_path


def test_that_no_file_gives_the_defaults_without_a_word(home):
    loaded = load_preferences()
    assert loaded.value == Preferences()
    assert loaded.notice == ""
    assert list(home.iterdir()) == []


def test_that_preferences_come_back_as_they_were_saved(home):
    value = changed(
        Preferences(),
        {"appearance.theme": "dark", "appearance.text_scale": 1.25, "shortcuts": {"run.start": "F6"}},
    )
    save_preferences(value)
    assert load_preferences().value == value
    assert tomllib.loads(preferences_path().read_text())["appearance"] == {
        "theme": "dark",
        "text_scale": 1.25,
    }


def test_that_a_server_that_was_on_is_off_at_the_next_start(home):
    save_preferences(changed(Preferences(), {"server.enabled": True, "server.port": 9000}))
    assert tomllib.loads(preferences_path().read_text())["server"] == {"port": 9000}
    save_preferences(changed(Preferences(), {"server.enabled": True}))
    assert tomllib.loads(preferences_path().read_text()) == {}
    preferences_path().write_text("[server]\nenabled = true\nport = 9000\n")  # as an older version wrote it
    loaded = load_preferences()
    assert loaded.value == changed(Preferences(), {"server.port": 9000})
    assert loaded.notice == ""


def test_that_a_file_that_is_no_toml_is_kept_aside_and_the_defaults_hold(home):
    preferences_path().write_text("appearance = [oh dear\n")
    loaded = load_preferences()
    assert loaded.value == Preferences()
    assert "line 1" in loaded.notice
    assert loaded.kept is not None
    assert loaded.kept.read_text() == "appearance = [oh dear\n"
    save_preferences(loaded.value)
    assert loaded.kept.exists()


def test_that_unknown_and_forbidden_keys_are_named_and_all_others_hold(home):
    preferences_path().write_text(
        'colour = "red"\n[appearance]\ntheme = "dark"\ntext_scale = 7\nthem = 1\n[server]\nport = "x"\n'
        '[shortcuts]\n"run.start" = 4\n"run.stop" = "F9"\n'
    )
    loaded = load_preferences()
    assert loaded.value == changed(
        Preferences(), {"appearance.theme": "dark", "shortcuts": {"run.stop": "F9"}}
    )
    for name in ("colour", "appearance.text_scale", "appearance.them", "server.port", "shortcuts.run.start"):
        assert name in loaded.notice
    assert loaded.notice.count(".toml") == 2


def test_that_starting_twice_with_a_damaged_file_keeps_one_copy(home):
    preferences_path().write_bytes(b"\xff\xfe\x00")
    assert load_preferences().kept == load_preferences().kept
    assert len(list(home.glob("*.kept-*"))) == 1


def test_that_a_folder_in_place_of_the_file_does_not_stop_the_start(home):
    preferences_path().mkdir()
    loaded = load_preferences()
    assert loaded.value == Preferences()
    assert "cannot be read" in loaded.notice


@pytest.mark.parametrize(
    "text",
    ["a = " + "[" * 5000, "x = 1979-05-27", "[shortcuts]\n" + f'k = "{"F" * 150}"', "server = 4",
     "appearance = []", "[[appearance]]\na = 1", "a" * 3000 + " = 1", "n = nan", "n = " + "9" * 6000],
)  # fmt: skip
def test_that_hostile_text_gives_defaults_and_one_sentence(home, text):
    preferences_path().write_text(text)
    loaded = load_preferences()
    assert loaded.value == Preferences()
    assert loaded.notice.endswith(".")
    assert "\n" not in loaded.notice


def test_that_no_damage_to_the_file_raises(home):
    save_preferences(
        changed(Preferences(), {"appearance.theme": "dark", "server.port": 1, "shortcuts": {"a": "b"}})
    )
    good = preferences_path().read_bytes()
    draw = random.Random(5)
    for _ in range(150):
        broken = bytearray(good)
        for _ in range(draw.randint(1, 6)):
            broken[draw.randrange(len(broken))] = draw.randrange(256)
        preferences_path().write_bytes(broken[: draw.randint(0, len(broken))])
        assert isinstance(load_preferences().value, Preferences)


def test_that_a_change_to_what_is_not_there_names_what_is_near():
    with pytest.raises(InputError, match=r"appearance.theme"):
        changed(Preferences(), {"appearance.them": "dark"})
    with pytest.raises(InputError, match="light, dark, system"):
        changed(Preferences(), {"appearance.theme": "pink"})
    with pytest.raises(InputError):
        value_at(Preferences(), "appearance.them")


def test_that_every_preference_has_a_title_a_sentence_and_a_default():
    for spec in walk(fields_of(Preferences)):
        assert spec.title
        assert spec.help.rstrip().endswith(".")
        assert not spec.required
    assert {spec.name for spec in fields_of(Preferences)} == {*SECTIONS, "shortcuts"}


def test_that_the_window_comes_back_as_it_was_left(home):
    state = WindowState()
    state.set("geometry", "QUJD")
    state.set("docks", {"left": [1, 2.5, True], "empty": None})
    assert state.save()
    assert not state.save()
    again = WindowState()
    assert again.get("geometry", "") == "QUJD"
    assert again.get("docks", {}) == {"left": [1, 2.5, True]}
    again.set("geometry", None)
    again.save()
    assert WindowState().keys() == ["docks"]


def test_that_a_value_of_another_kind_is_not_handed_out(home):
    window_path().write_text('recent = "a file"\nopen = 1\nratio = 1\n')
    state = WindowState()
    assert state.get("recent", []) == []
    assert state.get("open", default=False) is False
    assert state.get("ratio", 0.5) == 1.0
    assert state.get("absent", None) is None


def test_that_a_corrupt_window_state_is_kept_aside_and_the_layout_is_the_default(home):
    window_path().write_text("geometry = \x00\x01")
    state = WindowState()
    assert state.keys() == []
    assert "kept as" in state.notice
    assert len(list(home.glob("window.kept-*"))) == 1
    assert state.save()
    assert window_path().read_text() == ""


def test_that_a_state_toml_cannot_hold_is_refused_at_once(home):
    with pytest.raises(TypeError, match="geometry"):
        WindowState().set("geometry", b"bytes")
