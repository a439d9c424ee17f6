"""What holds for every dialog."""

import subprocess
import sys

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QWidget,
)

from wnin_desktop.qt.dialogs.about import AboutDialog
from wnin_desktop.qt.dialogs.cheat_sheet import CheatSheet
from wnin_desktop.qt.dialogs.entries import action_entries
from wnin_desktop.qt.dialogs.palette import CommandPalette
from wnin_desktop.qt.dialogs.plugins import PluginsDialog
from wnin_desktop.qt.dialogs.preferences import PreferencesDialog
from wnin_desktop.qt.dialogs.server import ServerDialog
from wnin_desktop.qt.dialogs.shortcuts import ShortcutsDialog
from wnin_desktop.qt.dialogs.tour import Tour, Welcome
from wnin_desktop.runs.optimizer_catalogue import CatalogueRow

CONTROLS = (QAbstractButton, QAbstractItemView, QAbstractSpinBox, QComboBox, QLineEdit)
INNER = (QComboBox, QLineEdit, QAbstractItemView, QAbstractSpinBox)


def make_palette(desk, window):
    palette = CommandPalette(window, desk.state)
    palette.add_source(lambda: action_entries(desk.actions.all()))
    return palette


ALL = {
    "about": AboutDialog,
    "plugins": PluginsDialog,
    "preferences": PreferencesDialog,
    "server": ServerDialog,
    "shortcuts": ShortcutsDialog,
    "cheat sheet": lambda desk, window: CheatSheet(window, desk),
    "palette": make_palette,
    "tour": lambda desk, window: Tour(window, desk.state),
    "welcome": lambda desk, window: Welcome(window, desk.state),
}


@pytest.fixture(params=ALL)
def shown(request, desk, window, qtbot):
    desk.actions.add("run.start", "&Run", menu="run", shortcut="F5")
    desk.catalogue.take([CatalogueRow(name="muon", path="muon.py", sha256="a" * 64)])
    dialog = ALL[request.param](desk, window)
    dialog.present()
    qtbot.waitUntil(lambda: desk.tasks.waiting == 0)
    yield dialog
    desk.close()


def controls(root):
    """Return every control of our own that is seen; the parts of one are Qt's."""
    found = [each for each in root.findChildren(QWidget) if isinstance(each, CONTROLS) and each.isVisible()]
    return [
        each
        for each in found
        if not each.objectName().startswith("qt_") and not isinstance(each.parent(), INNER)
    ]


def test_that_every_control_has_a_name_also_for_those_who_do_not_see_it(shown):
    assert shown.objectName()
    assert shown.accessibleName()
    unnamed = [
        f"{type(each).__name__} {each.objectName()!r}"
        for each in controls(shown)
        if not each.objectName() or not (each.accessibleName() or getattr(each, "text", str)())
    ]
    assert unnamed == []


def test_that_tab_reaches_every_control(shown, qtbot):
    wanted = {
        each for each in controls(shown) if each.focusPolicy() & Qt.FocusPolicy.TabFocus and each.isEnabled()
    }
    reached = set()
    for _ in range(3 * len(wanted) + 30):
        focused = shown.window().focusWidget()
        reached.add(focused)
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
    missed = [each.objectName() for each in wanted if each not in reached and each.focusProxy() is None]
    assert missed == []


def test_that_escape_closes(shown, qtbot):
    qtbot.keyClick(shown, Qt.Key.Key_Escape)
    assert not shown.isVisible()


def test_that_no_dialog_brings_torch_scipy_or_matplotlib_along():
    names = "about crash palette plugins preferences server shortcuts cheat_sheet tour confirm save_changes"
    code = "".join(f"import wnin_desktop.qt.dialogs.{name}\n" for name in names.split())
    code += "import sys\nprint(*{'torch', 'scipy', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
