"""What all dialogs share: they fit the screen, and say themselves what a click in them led to."""

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QLabel

from wnin_desktop.qt.dialogs import base
from wnin_desktop.qt.dialogs.folders import FolderOpener
from wnin_desktop.qt.theme import theme

SMALL = QRect(0, 0, 800, 420)


@pytest.fixture
def small_screen(monkeypatch):
    monkeypatch.setattr(base, "screen_of", lambda _widget: SMALL)
    yield
    theme().set_text_scale(1.0)


def test_that_a_dialog_stays_within_a_small_screen_at_the_largest_text(qtbot, small_screen):
    dialog = base.Dialog(None, "tall-dialog", "Tall")
    qtbot.addWidget(dialog)
    for number in range(30):
        dialog.add_text(f"Line {number}", f"line-{number}")
    theme().set_text_scale(1.5)
    dialog.move(700, 300)
    dialog.present()
    assert SMALL.contains(dialog.frameGeometry())
    area = dialog.findChild(base.QScrollArea, "dialog-area")
    assert area.verticalScrollBar().maximum() > 0
    assert dialog.findChild(QLabel, "line-29").height() > 0


def test_that_a_folder_that_cannot_be_opened_is_told_in_the_dialog(qtbot, desk, tmp_path):
    dialog = base.Dialog(None, "some-dialog", "Some")
    qtbot.addWidget(dialog)
    folders = FolderOpener(desk, dialog)
    folders.show = lambda _folder: False
    dialog.present()
    folders.open(tmp_path / "here")
    qtbot.waitUntil(lambda: bool(desk.notices.kept))
    told = dialog.findChild(QLabel, "some-dialog-told")
    assert told.isVisible()
    assert told.text() == desk.notices.kept[-1].text
    folders.show = lambda _folder: True
    folders.open(tmp_path / "here")
    qtbot.waitUntil(lambda: not told.isVisible())
