"""What a person does in tests of the page."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.qt.pages.landscape.conftest import PATIENCE_MS

Left = Qt.MouseButton.LeftButton


def ended(qtbot, page):
    qtbot.waitUntil(lambda: not page.course.survey.is_busy, timeout=PATIENCE_MS)


def settled(qtbot, desk):
    qtbot.waitUntil(lambda: not desk.tasks.current, timeout=PATIENCE_MS)


def press(qtbot, widget):
    assert widget.isEnabled(), widget.toolTip()
    qtbot.mouseClick(widget, Left)


def type_into(line, text):
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, text)
