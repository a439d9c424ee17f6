"""What a person does on the Runs page."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QWidget

from wnin_desktop.qt.pages.runs.model import PLACES

LEFT = Qt.MouseButton.LeftButton


def names(page) -> list[str]:
    return [row.name if not row.is_run else f"{row.arm}/{row.seed}" for row in page.model.rows]


def place(page, row_id, column="name") -> QPoint:
    index = page.model.index(page.model.place_of(row_id), PLACES[column])
    page.view.scrollTo(index)
    return page.view.visualRect(index).center()


def click(page, qtbot, row_id, column="name", modifier=Qt.KeyboardModifier.NoModifier):
    qtbot.mouseClick(page.view.viewport(), LEFT, modifier, place(page, row_id, column))


def fed(page, qtbot):
    return qtbot.waitSignal(page.feed.fed)


def press(page, qtbot, name: str) -> None:
    """Click a button of the page by its object name."""
    button = page.findChild(QAbstractButton, name)
    assert button is not None, name
    assert button.isVisible(), name
    assert button.isEnabled(), name
    qtbot.mouseClick(button, LEFT)


def dialog(page, qtbot, kind: type[QWidget]) -> QWidget:
    """Wait until a dialog of the page is open."""
    qtbot.waitUntil(lambda: any(each.isVisible() for each in page.findChildren(kind)))
    return next(each for each in page.findChildren(kind) if each.isVisible())


def button_in(window: QWidget, name: str) -> QAbstractButton:
    found = window.findChild(QAbstractButton, name)
    assert found is not None, name
    return found
