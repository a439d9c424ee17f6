"""Every control has a name, and the whole window is reached with the keyboard."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLineEdit, QWidget

from tests.qt.windows import Program, make_quick
from wnin_desktop.qt.window import lazily

MOST_STEPS = 400


@pytest.fixture
def program(qapp, tmp_path):
    made = Program(tmp_path)
    make_quick(made)
    yield made
    made.close()


def controls(root: QWidget) -> list[QWidget]:
    """Return what a person can act on with the keyboard."""
    return [
        widget
        for widget in root.findChildren(QWidget)
        if widget.isVisible() and widget.isEnabled() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]


def path_of(widget: QWidget) -> str:
    names = []
    while widget is not None:
        names.append(widget.objectName() or type(widget).__name__)
        widget = widget.parentWidget()
    return " < ".join(names[:4])


def unnamed(root: QWidget) -> list[str]:
    """Return the controls that a screen reader could not tell."""
    found = []
    for widget in controls(root):
        named = bool(widget.accessibleName()) or (isinstance(widget, QAbstractButton) and bool(widget.text()))
        proxied = isinstance(widget.focusProxy(), QWidget)
        inner = isinstance(widget, QLineEdit) and isinstance(widget.parentWidget(), QComboBox)
        if not named and not proxied and not inner:
            found.append(path_of(widget))
    return found


def test_that_no_control_of_the_window_is_without_a_name(program):
    missing = []
    for name in program.window.pages:
        program.window.open_page(name)
        QApplication.processEvents()
        missing += unnamed(program.window)
    assert sorted(set(missing)) == []


@pytest.mark.parametrize("name", sorted(lazily.DIALOGS))
def test_that_no_control_of_a_dialog_is_without_a_name(program, name):
    dialog = program.commands.open_dialog(name)
    missing = unnamed(dialog)
    dialog.close()
    assert missing == []


def test_that_tab_reaches_every_control_of_the_window(program):
    window = program.window
    wanted = {widget for widget in controls(window) if widget.focusProxy() is None}
    seen, widget = set(), window
    for _ in range(MOST_STEPS * 10):
        widget = widget.nextInFocusChain()
        seen.add(widget)
        if widget is window:
            break
    assert sorted(path_of(each) for each in wanted - seen) == []


def test_that_the_smallest_window_holds_everything(program):
    program.window.resize(program.window.minimumSize())
    assert program.window.width() <= 1024
    assert program.window.height() <= 640
