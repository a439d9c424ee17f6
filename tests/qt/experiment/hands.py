"""The hands of a person at the editor: clicking, typing, choosing."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit

LEFT, CONTROL, ALT = (
    Qt.MouseButton.LeftButton,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)


def click(qtbot, widget):
    qtbot.mouseClick(widget, LEFT)


def type_into(qtbot, line, text):
    line.setFocus()
    qtbot.keyClick(line, Qt.Key.Key_A, CONTROL)
    qtbot.keyClick(line, Qt.Key.Key_Delete)
    qtbot.keyClicks(line, text)


def choose(qtbot, box, text):
    """Choose in a list by keyboard."""
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Home)
    while box.currentText() != text:
        before = box.currentText()
        qtbot.keyClick(box, Qt.Key.Key_Down)
        assert box.currentText() != before, f"{text} is not offered"


def line(form, path):
    found = form.editor(path)
    assert isinstance(found, QLineEdit)
    return found


def add(qtbot, window, optimizer):
    """Add an arm by [+], and choose its optimizer in the inspector."""
    click(qtbot, window.dock.add_button)
    at = f"arms[{window.dock.draft.selected}]"
    choose(qtbot, window.inspector.form.optimizer.editor(f"{at}.optimizer.name"), optimizer)
    return at


def build(qtbot, window):
    """Build a comparison of three arms by hand."""
    add(qtbot, window, "adamw")
    at = add(qtbot, window, "sgd")
    type_into(qtbot, line(window.inspector.form.optimizer, f"{at}.optimizer.lr"), "0.05")
    at = add(qtbot, window, "sgd")
    choose(qtbot, window.inspector.form.noise.editor(f"{at}.noise.mode"), "sgld")
    type_into(qtbot, line(window.inspector.form.noise, f"{at}.noise.temperature"), "1e-3")
    choose(qtbot, window.inspector.form.noise.editor(f"{at}.noise.schedule.kind"), "cosine")
    settle(qtbot, window)


def settle(qtbot, window):
    """Wait until the cards have their places."""
    qtbot.waitUntil(lambda: all(card.isVisible() and card.y() + 1 for card in window.dock.arms.cards))
    QApplication.sendPostedEvents()


def names(draft):
    return [arm["name"] for arm in draft.data["arms"]]
