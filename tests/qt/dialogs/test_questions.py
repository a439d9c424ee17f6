import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QToolButton

from wnin_desktop.qt.dialogs.about import AboutDialog, screen_facts, system_info, version_of
from wnin_desktop.qt.dialogs.confirm import ask, tell_error
from wnin_desktop.qt.dialogs.crash import CrashDialog
from wnin_desktop.qt.dialogs.save_changes import ask_to_save

CHOICES = (("delete", "Delete", "danger"), ("cancel", "Cancel"))


def press(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.fixture
def answers():
    return []


def test_that_a_click_answers_once(window, qtbot, answers):
    question = ask(window, "Delete?", "For good.", CHOICES, "cancel", answers.append)
    press(qtbot, question.buttons["delete"])
    assert answers == ["delete"]


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Escape])
def test_that_enter_and_escape_give_the_safe_answer(window, qtbot, answers, key):
    question = ask(window, "Delete?", "For good.", CHOICES, "cancel", answers.append)
    qtbot.waitUntil(question.buttons["cancel"].hasFocus)
    qtbot.keyClick(question, key)
    assert answers == ["cancel"]


def test_that_escape_cancels_where_the_default_is_another(window, qtbot, answers):
    question = ask_to_save(window, "sweep", answers.append)
    assert question.buttons["save"].isDefault()
    qtbot.keyClick(question, Qt.Key.Key_Escape)
    assert answers == ["cancel"]


def test_that_save_discard_and_cancel_are_told_apart(window, qtbot, answers):
    for key in ("save", "discard", "cancel"):
        press(qtbot, ask_to_save(window, "sweep", answers.append).buttons[key])
    assert answers == ["save", "discard", "cancel"]


def test_that_a_default_that_is_no_answer_is_refused(window):
    with pytest.raises(ValueError, match="none of the answers"):
        ask(window, "Delete?", "", CHOICES, "no", print)


def test_that_an_error_has_three_parts_folded_details_and_a_copy(window, qtbot):
    dialog = tell_error(window, "It failed.", kept="Step 10.", do="Try again.", details="Traceback ...")
    details = dialog.findChild(QPlainTextEdit, "error-details")
    assert not details.isVisible()
    height = dialog.height()
    press(qtbot, dialog.findChild(QToolButton, "error-fold-button"))
    assert details.isVisible()
    press(qtbot, dialog.findChild(QToolButton, "error-fold-button"))
    assert not details.isVisible()
    qtbot.waitUntil(lambda: dialog.height() == height)
    press(qtbot, dialog.copy)
    copied = QGuiApplication.clipboard().text()
    assert all(part in copied for part in ("It failed.", "Step 10.", "Try again.", "Traceback ..."))
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)


def test_that_system_info_is_copied_without_the_home_of_a_person(desk, window, qtbot):
    dialog = AboutDialog(desk, window)
    dialog.present()
    qtbot.waitUntil(lambda: desk.tasks.waiting == 0)
    press(qtbot, dialog.copy)
    copied = QGuiApplication.clipboard().text()
    assert f"torch {version_of('torch')}" in copied
    assert "PySide6-Essentials" in copied
    assert "<home of wnin>" in copied
    assert copied == dialog.info.toPlainText() == system_info(screen_facts())
    assert dialog.table.topLevelItem(0).text(0) == "WNIN Desktop"


def test_that_the_lgpl_is_told(desk, window, qtbot):
    dialog = AboutDialog(desk, window)
    text = dialog.findChild(type(dialog.add_text("", "x")), "about-lgpl").text()
    assert "Lesser General Public License" in text
    assert version_of("no-such-package") == ""


@pytest.fixture
def report(tmp_path):
    path = tmp_path / "report-2026-11-21_101112-42.txt"
    path.write_text("Fatal Python error: Segmentation fault\n")
    return path


@pytest.fixture
def crash(desk, window, report, qtbot):
    dialog = CrashDialog(desk, report, window)
    dialog.present()
    qtbot.waitUntil(lambda: "Fatal" in dialog.text.toPlainText())
    return dialog


def test_that_a_report_can_be_copied_and_saved_and_stays(crash, report, desk, tmp_path, qtbot):
    press(qtbot, crash.copy)
    assert "Segmentation fault" in QGuiApplication.clipboard().text()
    crash.save_to(str(tmp_path / "copy.txt"))
    qtbot.waitUntil(lambda: desk.tasks.waiting == 0)
    assert (tmp_path / "copy.txt").read_text() == report.read_text()
    press(qtbot, crash.keep)
    assert report.exists()


def test_that_a_report_can_be_deleted(crash, report, desk, qtbot):
    press(qtbot, crash.delete)
    qtbot.waitUntil(lambda: desk.tasks.waiting == 0)
    assert not report.exists()
