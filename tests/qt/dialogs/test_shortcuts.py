import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QPushButton

from wnin_desktop.qt.dialogs.cheat_sheet import CheatSheet
from wnin_desktop.qt.dialogs.shortcut_list import refusal, shortcuts
from wnin_desktop.qt.dialogs.shortcuts import ShortcutsDialog
from wnin_desktop.qt.widgets import KeyHint

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def actions(desk):
    add = desk.actions.add
    add("run.start", "&Run", menu="run", shortcut="F5")
    add("file.open", "&Open...", menu="file", shortcut="Ctrl+O")
    add("file.new", "&New experiment", menu="file", shortcut="Ctrl+N")
    add("view.reset", "Reset layout", menu="view")
    return desk.actions


@pytest.fixture
def dialog(desk, actions, window, qtbot):
    dialog = ShortcutsDialog(desk, window)
    dialog.present()
    return dialog


def keys_of(actions, name):
    return actions.get(name).shortcut().toString()


def test_that_pressed_keys_become_the_shortcut_and_are_kept(dialog, actions, desk, qtbot):
    dialog.choose("run.start")
    qtbot.keyClick(dialog.capture, Qt.Key.Key_R, CTRL)
    assert keys_of(actions, "run.start") == "Ctrl+R"
    assert desk.preferences.value.shortcuts == {"run.start": "Ctrl+R"}


def test_that_enter_on_a_command_waits_for_its_keys(dialog, actions, qtbot):
    dialog.choose("view.reset")
    dialog.table.setFocus()
    qtbot.keyClick(dialog.table, Qt.Key.Key_Return)
    assert dialog.capture.hasFocus()
    qtbot.keyClick(dialog.capture, Qt.Key.Key_F9)
    assert keys_of(actions, "view.reset") == "F9"


def test_that_keys_of_another_command_are_refused_by_its_name(dialog, actions, desk, qtbot):
    dialog.choose("run.start")
    qtbot.keyClick(dialog.capture, Qt.Key.Key_O, CTRL)
    assert "Open" in dialog.fault.text()
    assert dialog.fault.isVisible()
    assert keys_of(actions, "run.start") == "F5"
    assert keys_of(actions, "file.open") == "Ctrl+O"
    assert desk.preferences.value.shortcuts == {}


def test_that_keys_the_window_is_used_by_are_refused(actions):
    known = shortcuts(actions.all())
    for keys in ("Tab", "Return", "Up", "A", "Shift+A", "5"):
        assert refusal("run.start", QKeySequence(keys), known), keys
    for keys in ("F7", "Ctrl+A", "Alt+5", "Ctrl+Shift+O", "Space"):
        assert refusal("run.start", QKeySequence(keys), known) == "", keys


def test_that_backspace_takes_keys_away_and_frees_them(dialog, actions, qtbot):
    dialog.choose("file.open")
    qtbot.keyClick(dialog.capture, Qt.Key.Key_Backspace)
    assert keys_of(actions, "file.open") == ""
    dialog.choose("run.start")
    qtbot.keyClick(dialog.capture, Qt.Key.Key_O, CTRL)
    assert keys_of(actions, "run.start") == "Ctrl+O"
    dialog.choose("file.open")
    qtbot.mouseClick(dialog.reset, Qt.MouseButton.LeftButton)
    assert "Run" in dialog.fault.text()
    assert keys_of(actions, "file.open") == ""


def test_that_one_and_all_get_their_default_keys_back(dialog, actions, desk, qtbot):
    for name, key in (("run.start", Qt.Key.Key_F6), ("file.new", Qt.Key.Key_F7)):
        dialog.choose(name)
        qtbot.keyClick(dialog.capture, key)
    dialog.choose("run.start")
    qtbot.mouseClick(dialog.reset, Qt.MouseButton.LeftButton)
    assert keys_of(actions, "run.start") == "F5"
    assert desk.preferences.value.shortcuts == {"file.new": "F7"}
    qtbot.mouseClick(dialog.findChild(QPushButton, "shortcuts-reset-all"), Qt.MouseButton.LeftButton)
    assert keys_of(actions, "file.new") == "Ctrl+N"
    assert desk.preferences.value.shortcuts == {}
    assert not dialog.reset_all.isEnabled()


def test_that_escape_leaves_the_capture_first_and_the_window_next(dialog, qtbot):
    dialog.choose("run.start")
    dialog.capture.setFocus()
    qtbot.keyClick(dialog.capture, Qt.Key.Key_Escape)
    assert dialog.isVisible()
    assert dialog.table.hasFocus()
    qtbot.keyClick(dialog.table, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_that_commands_are_found_by_name_menu_and_keys(dialog, qtbot):
    for text, name in (("layout", "view.reset"), ("ctrl+o", "file.open")):
        dialog.search.clear()
        qtbot.keyClicks(dialog.search, text)
        qtbot.keyClick(dialog.search, Qt.Key.Key_Return)
        assert dialog.chosen.name == name


def test_that_the_cheat_sheet_shows_every_key_as_it_is_now(desk, actions, window, qtbot):
    desk.preferences.change(shortcuts={"run.start": "F6"})
    sheet = CheatSheet(window, desk)
    sheet.present()
    hints = sorted(hint.text for hint in sheet.findChildren(KeyHint))
    assert hints == ["Ctrl+N", "Ctrl+O", "F6"]
    qtbot.keyClick(sheet.area, Qt.Key.Key_Escape)
    assert sheet.isHidden()
    sheet.present()
    with qtbot.waitSignal(sheet.shortcuts_wanted):
        qtbot.mouseClick(sheet.edit, Qt.MouseButton.LeftButton)
    assert sheet.isHidden()
