import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget

from wnin_desktop.errors import InputError
from wnin_desktop.qt.dialogs.preference_form import marked
from wnin_desktop.qt.dialogs.preferences import PreferencesDialog
from wnin_desktop.qt.theme import theme
from wnin_desktop.schema.preferences import Preferences


@pytest.fixture
def dialog(desk, window, qtbot):
    dialog = PreferencesDialog(desk, window)
    dialog.present()
    return dialog


def press(dialog, qtbot, name):
    qtbot.mouseClick(dialog.findChild(QPushButton, name), Qt.MouseButton.LeftButton)


def find(dialog, qtbot, text):
    dialog.search.clear()
    qtbot.keyClicks(dialog.search, text)
    qtbot.keyClick(dialog.search, Qt.Key.Key_Return)


def visible(dialog):
    rows = [row for section in dialog.sections.values() for row in section.form.rows()]
    return [row.spec.title for row in rows if row.label.isVisible()]


def test_that_a_theme_acts_at_once_and_is_kept(dialog, desk, qtbot):
    editor = dialog.sections["appearance"].form.editor("appearance.theme")
    editor.setFocus()
    qtbot.keyClicks(editor, "dark")
    assert desk.preferences.value.appearance.theme == "dark"
    assert theme().dark
    qtbot.waitUntil(lambda: bool(desk.saved))
    assert desk.saved[-1].appearance.theme == "dark"


def test_that_the_size_of_text_acts_at_once(dialog, desk, qtbot):
    editor = dialog.sections["appearance"].form.editor("appearance.text_scale")
    qtbot.keyClick(editor, Qt.Key.Key_Down)
    assert theme().text_scale == desk.preferences.value.appearance.text_scale == 1.1


def test_that_a_forbidden_value_says_why_beside_its_field_and_changes_nothing(dialog, desk, qtbot):
    dialog.show_section("server")
    form = dialog.sections["server"].form
    editor = form.editor("server.port")
    editor.selectAll()
    qtbot.keyClicks(editor, "70000")
    assert desk.preferences.value.server.port == 7000
    assert "65535" in form.row("server.port").fault_text
    qtbot.keyClick(editor, Qt.Key.Key_Backspace)
    assert form.row("server.port").fault_text == ""


def test_that_search_finds_by_title_help_and_choice_and_marks_the_letters(dialog, qtbot):
    find(dialog, qtbot, "port")
    assert "Port" in visible(dialog)
    assert "Theme" not in visible(dialog)
    find(dialog, qtbot, "dark")
    assert visible(dialog) == ["Theme"]
    find(dialog, qtbot, "text size")
    assert visible(dialog) == ["Text size"]
    assert "<u>T</u>" in dialog.sections["appearance"].form.row("appearance.text_scale").label.text()
    find(dialog, qtbot, "zebra")
    assert visible(dialog) == []
    assert dialog.nothing.isVisible()
    qtbot.keyClick(dialog.search, Qt.Key.Key_Escape)
    assert "Theme" in visible(dialog)
    assert dialog.isVisible()


def test_that_marking_keeps_the_title_and_escapes_it():
    assert marked("A<b", ["a"]) == "<b><u>A</u></b>&lt;b"


def test_that_a_section_is_chosen_by_keyboard(dialog, qtbot):
    dialog.list.setFocus()
    qtbot.keyClick(dialog.list, Qt.Key.Key_Down)
    assert dialog.section == "training"
    assert "Frame rate" in visible(dialog)
    assert "Theme" not in visible(dialog)


def test_that_one_preference_and_all_get_their_defaults_back_and_undo_takes_it_back(dialog, desk, qtbot):
    before = {"appearance.theme": "dark", "server.port": 9, "shortcuts": {"run.start": "F6"}}
    desk.preferences.change(**before)
    row = dialog.sections["appearance"].form.row("appearance.theme")
    qtbot.mouseClick(row.reset, Qt.MouseButton.LeftButton)
    assert desk.preferences.value.appearance.theme == "system"
    assert desk.preferences.value.server.port == 9
    changed = desk.preferences.value
    press(dialog, qtbot, "preferences-restore-all")
    assert desk.preferences.value == Preferences()
    assert not dialog.restore_all.isEnabled()
    press(dialog, qtbot, "preferences-undo")
    assert desk.preferences.value == changed


def test_that_what_changes_elsewhere_is_shown(dialog, desk):
    desk.preferences.change(**{"appearance.theme": "dark", "store.path": "elsewhere"})
    assert dialog.sections["appearance"].form.value("appearance.theme") == "dark"
    assert dialog.sections["store"].form.editor("store.path").value() == "elsewhere"


def test_that_folder_buttons_make_and_open_the_folders(dialog, desk, qtbot, tmp_path):
    opened = []
    dialog.folders.show = lambda folder: opened.append(folder) or True
    for name in ("store", "logs", "plugins"):
        press(dialog, qtbot, f"preferences-folder-{name}")
    qtbot.waitUntil(lambda: desk.tasks.waiting == 0)
    assert len(opened) == 3
    assert (tmp_path / "home" / "plugins" / "optimizers").is_dir()
    assert (tmp_path / "home" / "logs").is_dir()


def test_that_a_folder_nobody_opens_is_told_with_its_path(dialog, desk, qtbot):
    dialog.folders.show = lambda _folder: False
    press(dialog, qtbot, "preferences-folder-logs")
    qtbot.waitUntil(lambda: bool(desk.notices.kept))
    assert "logs" in desk.notices.kept[-1].text


def test_that_escape_closes_and_nothing_is_modal(dialog, qtbot):
    assert not dialog.isModal()
    qtbot.keyClick(dialog.list, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_that_the_way_to_the_shortcuts_is_found(dialog, qtbot):
    find(dialog, qtbot, "keyboard")
    box = dialog.findChild(QWidget, "preferences-extra-shortcuts")
    assert box.isVisible()
    with qtbot.waitSignal(dialog.shortcuts_wanted):
        press(dialog, qtbot, "preferences-open-shortcuts")


def test_that_a_model_refuses_what_is_not_allowed_and_keeps_what_was(desk):
    with pytest.raises(InputError):
        desk.preferences.change(**{"appearance.theme": "dark", "server.port": -1})
    assert desk.preferences.value == Preferences()


def test_that_many_changes_are_saved_once_and_the_last_at_the_end(desk, qtbot):
    for port in range(1, 20):
        desk.preferences.change(**{"server.port": port})
    assert desk.saved == []
    desk.preferences.flush()
    assert [value.server.port for value in desk.saved] == [19]
    desk.preferences.flush()
    assert len(desk.saved) == 1


def test_that_a_change_is_told_once_with_its_paths(desk, qtbot):
    paths = []
    desk.preferences.field_changed.connect(paths.append)
    with qtbot.waitSignal(desk.preferences.changed):
        desk.preferences.change(**{"appearance.theme": "dark", "server.port": 8765})
    assert paths == ["appearance.theme"]
    desk.preferences.restore("appearance.theme")
    assert desk.preferences.is_default("appearance.theme")
