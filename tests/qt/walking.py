"""Walks over everything that is seen of a window, and what it finds wrong, by object path."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QComboBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QWidget,
)

from wnin_desktop.qt.dialogs.base import Dialog
from wnin_desktop.qt.dialogs.overlay import Overlay
from wnin_desktop.qt.forms.row import UnitLabel
from wnin_desktop.qt.widgets import ElidedLabel, YieldingButton

ELIDING = (ElidedLabel, UnitLabel, YieldingButton)
"""What shortens its text by itself and tells it whole to the pointer and to screen readers."""
SLACK = 2
"""Pixels that a text may lack: rounding of fonts."""


def path_of(widget: QWidget | None) -> str:
    """Return where a widget stands, from the outside in."""
    names: list[str] = []
    while widget is not None:
        names.append(widget.objectName() or type(widget).__name__)
        widget = widget.parentWidget()
    return "/".join(reversed(names))


def roots(window: QWidget) -> list[QWidget]:
    """Return what has the person's attention: dialogs and veils before the window, else the window."""
    dialogs = [
        each for each in QApplication.topLevelWidgets() if isinstance(each, Dialog) and each.isVisible()
    ]
    veils = [each for each in window.findChildren(Overlay) if each.isVisible()]
    return [*dialogs, *veils] or [window]


def seen(root: QWidget) -> Iterator[QWidget]:
    """Return every visible widget that is ours; the parts of Qt's own widgets are not."""
    for widget in root.findChildren(QWidget):
        if widget.isVisible() and not widget.objectName().startswith("qt_"):
            yield widget


def controls(root: QWidget) -> list[QWidget]:
    """Return what a person can act on with the keyboard; the line within a box belongs to the box."""
    return [
        widget
        for widget in seen(root)
        if widget.isEnabled()
        and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.focusProxy() is None
        and not (isinstance(widget, QLineEdit) and isinstance(widget.parentWidget(), QComboBox))
    ]


# -- laws --------------------------------------------------------------------------------------------------


def unnamed(root: QWidget) -> list[str]:
    """Return the controls that a screen reader could not tell."""
    return [
        path_of(widget)
        for widget in controls(root)
        if not widget.accessibleName() and not (isinstance(widget, QAbstractButton) and widget.text())
    ]


def anonymous(root: QWidget) -> list[str]:
    """Return the controls without an object name."""
    return [path_of(widget) for widget in controls(root) if not widget.objectName()]


def without_buddy(root: QWidget) -> list[str]:
    """Return the labels that name a field and do not lead to it."""
    found = [
        label for label in seen(root) if isinstance(label, QLabel) and "&" in label.text().replace("&&", "")
    ]
    for form in root.findChildren(QFormLayout):
        for row in range(form.rowCount()):
            item = form.itemAt(row, QFormLayout.ItemRole.LabelRole)
            if item is not None and isinstance(item.widget(), QLabel):
                found.append(item.widget())
    return [path_of(label) for label in found if label.isVisible() and label.buddy() is None]


def shared_shortcuts(actions: list[QAction]) -> list[str]:
    """Return the keys that more than one action answers to."""
    keys = [keys.toString() for action in actions for keys in action.shortcuts() if not keys.isEmpty()]
    return sorted({each for each in keys if keys.count(each) > 1})


def out_of_reach(root: QWidget) -> list[str]:
    """Return the controls that pressing Tab again and again does not come to.

    What has the keyboard may change what else there is: a card that is selected fills the inspector. So
    controls are told by their paths, and those count that are there at the end.
    """
    window = root.window()
    if window.focusWidget() is None and (first := controls(root)):
        first[0].setFocus(Qt.FocusReason.TabFocusReason)
    reached: set[str] = set()
    for _ in range(2 * len(controls(root)) + 20):
        focused = window.focusWidget()
        if focused is None:
            break
        reached |= {path_of(each) for each in (focused, *_holders(focused))}
        QTest.keyClick(focused, Qt.Key.Key_Tab)
        QApplication.processEvents()
    return [path_of(each) for each in controls(root) if path_of(each) not in reached and not _is_other(each)]


def _is_other(widget: QWidget) -> bool:
    """Return whether arrows lead to it and not Tab: it is one of several choices, and another is chosen."""
    group = widget.group() if isinstance(widget, QAbstractButton) else None
    return group is not None and group.exclusive() and group.checkedButton() not in (None, widget)


def _holders(widget: QWidget) -> list[QWidget]:
    """Return what gives its keyboard to `widget`."""
    parent = widget.parentWidget()
    return [parent] if parent is not None and parent.focusProxy() is widget else []


def clipped(root: QWidget) -> list[str]:
    """Return the texts that do not fit where they stand, or stand outside of what is seen."""
    return [
        f"{path_of(widget)}: {why}"
        for widget in seen(root)
        if isinstance(widget, QLabel | QAbstractButton) and (why := _lack(widget))
    ]


def _lack(widget: QWidget) -> str:
    if isinstance(widget, ELIDING) or not widget.text():
        return ""
    text = widget.text()[:40]
    if isinstance(widget, QLabel) and widget.wordWrap():
        needed = widget.heightForWidth(widget.width())
        if needed > widget.height() + SLACK:
            return f"{text!r} is {needed} high in {widget.height()}"
    else:
        hint = widget.sizeHint()
        if hint.width() > widget.width() + SLACK:
            return f"{text!r} is {hint.width()} wide in {widget.width()}"
        if hint.height() > widget.height() + 2 * SLACK:
            return f"{text!r} is {hint.height()} high in {widget.height()}"
    outside = _outside(widget)
    return f"{text!r} reaches {outside} px beyond {_viewer(widget)}" if outside > SLACK else ""


def _outside(widget: QWidget) -> int:
    """Return how far a widget stands beyond what shows it; what can be scrolled to is inside."""
    viewer = widget.parentWidget()
    most = 0
    while viewer is not None and not viewer.isWindow():
        place, room = QRect(widget.mapTo(viewer, QPoint(0, 0)), widget.size()), viewer.rect()
        area = viewer.parentWidget()
        if isinstance(area, QAbstractScrollArea) and viewer is area.viewport():
            sideways = 0 if area.horizontalScrollBar().isVisible() else place.right() - room.right()
            return max(most, sideways)
        most = max(most, -place.left(), place.right() - room.right(), place.bottom() - room.bottom())
        viewer = area
    return most


def _viewer(widget: QWidget) -> str:
    parent = widget.parentWidget()
    return parent.objectName() or type(parent).__name__
