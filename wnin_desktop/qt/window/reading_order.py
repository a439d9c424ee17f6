"""The order in which Tab goes through the window: as one reads, also where parts came later than others."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QScrollArea,
    QWidget,
)

READ_FIRST = "read-first"
"""Property of a widget that lies over others and is read before them."""
WHOLE = (QComboBox, QAbstractSpinBox)
"""Controls whose parts are not reached by themselves."""


def go(window: QWidget, *, forward: bool) -> bool:
    """Give the keyboard to the next control of a window, or the one before; return whether there is one."""
    stops = stops_of(window)
    if not stops:
        return False
    place = _place(stops, window.focusWidget())
    if place is None:
        chosen = stops[0 if forward else -1]
    else:
        chosen = stops[(place + (1 if forward else -1)) % len(stops)]
    chosen.setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
    _show(chosen)
    return True


def stops_of(root: QWidget) -> list[QWidget]:
    """Return what Tab stops at below `root`: line by line, and within a line from left to right."""
    found: list[QWidget] = []
    for child in _as_read(root):
        if _is_stop(child):
            found.append(child)
        if not isinstance(child, WHOLE):
            found += stops_of(child)
    return found


def _as_read(parent: QWidget) -> list[QWidget]:
    children = [
        child
        for child in parent.children()
        if isinstance(child, QWidget) and child.isVisible() and not child.isWindow()
    ]
    first = [child for child in children if child.property(READ_FIRST)]
    lines: list[list[QWidget]] = []
    for child in sorted((each for each in children if each not in first), key=lambda each: each.y()):
        # A line reaches down to the middle of its first part.
        if lines and child.y() < lines[-1][0].geometry().center().y():
            lines[-1].append(child)
        else:
            lines.append([child])
    from_right = parent.isRightToLeft()
    rest = [child for line in lines for child in sorted(line, key=lambda each: each.x(), reverse=from_right)]
    return [*first, *rest]


def _is_stop(widget: QWidget) -> bool:
    takes_tab = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
    return takes_tab and widget.isEnabled() and widget.focusProxy() is None and not _is_passed_over(widget)


def _is_passed_over(widget: QWidget) -> bool:
    """Return whether it is one of several choices and not the chosen one: the arrows go between those."""
    if not isinstance(widget, QAbstractButton) or not widget.isCheckable() or widget.isChecked():
        return False
    group = widget.group()
    return group is not None and group.exclusive() and group.checkedButton() is not None


def _place(stops: list[QWidget], now: QWidget | None) -> int | None:
    """Return where the keyboard is among the stops; what is not one of them stands for what holds it."""
    while now is not None:
        if now in stops:
            return stops.index(now)
        now = now.parentWidget()
    return None


def _show(widget: QWidget) -> None:
    """Scroll to a widget, wherever it stands."""
    area = widget.parentWidget()
    while area is not None:
        if isinstance(area, QScrollArea):
            area.ensureWidgetVisible(widget)
        area = area.parentWidget()
