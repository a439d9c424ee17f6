import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QWidget,
)

from wnin_desktop.qt.dialogs.opening import Dialogs
from wnin_desktop.runs.optimizer_catalogue import CatalogueRow

CONTROLS = (QAbstractButton, QAbstractItemView, QAbstractSpinBox, QComboBox, QLineEdit)
WINDOWS = ("edit.preferences", "tools.plugins", "tools.server", "tools.shortcuts", "help.about")
OVERLAYS = {"tools.palette": "command-palette", "help.cheat-sheet": "cheat-sheet", "help.tour": "tour"}


class Draft(QObject):
    def __init__(self, parent):
        super().__init__(parent)
        self.arms = []

    def add_arm(self, optimizer):
        self.arms.append(optimizer)


@pytest.fixture
def dialogs(desk, window):
    desk.draft = Draft(desk)
    desk.catalogue.take([CatalogueRow(name="muon")])
    dialogs = Dialogs(desk, window, lambda: ["kept/old.toml"])
    dialogs.add_actions()
    return dialogs


def opened(window):
    return [each for each in window.findChildren(QWidget) if each.isWindow() and each.isVisible()]


@pytest.mark.parametrize("name", WINDOWS)
def test_that_a_dialog_is_opened_once_and_again_after_it_was_closed(dialogs, desk, window, qtbot, name):
    desk.actions.get(name).trigger()
    desk.actions.get(name).trigger()
    assert len(opened(window)) == 1
    qtbot.keyClick(opened(window)[0], Qt.Key.Key_Escape)
    assert opened(window) == []
    desk.actions.get(name).trigger()
    assert len(opened(window)) == 1
    opened(window)[0].close()


@pytest.mark.parametrize("name", [*WINDOWS, *OVERLAYS])
def test_that_every_control_has_a_name_for_those_who_do_not_see_it(dialogs, desk, window, qtbot, name):
    desk.actions.get(name).trigger()
    root = opened(window)[0] if name in WINDOWS else window.findChild(QWidget, OVERLAYS[name])
    assert root.isVisible()
    assert root.accessibleName()
    unnamed = [
        f"{type(each).__name__} {each.objectName()!r}"
        for each in root.findChildren(QWidget)
        if isinstance(each, CONTROLS) and each.isVisible() and not each.objectName().startswith("qt_")
        and not (each.objectName() and (each.accessibleName() or getattr(each, "text", str)()))
        and not isinstance(each.parent(), QComboBox | QLineEdit | QAbstractItemView)
    ]  # fmt: skip
    assert unnamed == []
    qtbot.keyClick(root, Qt.Key.Key_Escape)


def test_that_the_palette_offers_presets_recent_files_and_arms(dialogs, desk, window, qtbot):
    desk.actions.get("tools.palette").trigger()
    qtbot.waitUntil(lambda: desk.tasks.waiting == 0)
    titles = dialogs.palette.shown_titles()
    assert "Open preset: gradient-noise" in titles
    assert "Open recent: old.toml" in titles
    qtbot.keyClicks(dialogs.palette.field, "arm muon")
    qtbot.keyClick(dialogs.palette.field, Qt.Key.Key_Return)
    assert desk.draft.arms == ["muon"]
    dialogs.show_palette()
    qtbot.keyClicks(dialogs.palette.field, "preset gradient")
    with qtbot.waitSignal(dialogs.preset_wanted) as told:
        qtbot.keyClick(dialogs.palette.field, Qt.Key.Key_Return)
    assert told.args == ["gradient-noise"]
    qtbot.waitUntil(lambda: desk.tasks.waiting == 0)


def test_that_the_welcome_comes_on_the_first_start_only(dialogs, window, qtbot):
    assert dialogs.show_welcome()
    with qtbot.waitSignal(dialogs.sample_wanted):
        window.findChild(QWidget, "welcome-sample").click()
    assert not dialogs.show_welcome()
    assert dialogs.show_welcome(always=True)


def test_that_preferences_open_at_a_field(dialogs, desk, window):
    dialogs.show_preferences("server", "server.port")
    dialog = opened(window)[0]
    assert dialog.section == "server"
    assert dialog.sections["server"].form.editor("server.port").isVisible()
    dialog.close()
