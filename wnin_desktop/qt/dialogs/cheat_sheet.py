"""All shortcuts at a glance, by menu, over the window."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from wnin_desktop.qt.dialogs.base import push_button, text_label
from wnin_desktop.qt.dialogs.overlay import Overlay
from wnin_desktop.qt.dialogs.shortcut_list import Shortcut, shortcuts
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, set_font
from wnin_desktop.qt.widgets import IconButton, KeyHint

LINES_A_COLUMN, MOST_COLUMNS = 14, 3
WIDEST_SHARE, HIGHEST_SHARE = 0.92, 0.9


class CheatSheet(Overlay):
    """Columns of commands with their keys; any click beside it, or Escape, closes."""

    shortcuts_wanted = Signal()
    """The person wants to edit shortcuts."""

    def __init__(self, window: QWidget, desk: Any) -> None:
        super().__init__(window, "cheat-sheet", tr("Keyboard shortcuts"))
        self._desk = desk
        column = QVBoxLayout(self.panel)
        column.setContentsMargins(Space.L, Space.M, Space.M, Space.L)
        head = QHBoxLayout()
        title = QLabel(tr("Keyboard shortcuts"), self.panel)
        title.setObjectName("cheat-sheet-title")
        set_font(title, "heading")
        head.addWidget(title)
        head.addStretch(1)
        self.edit = push_button(tr("Edit shortcuts..."), "cheat-sheet-edit", self._edit, icon="keyboard",
                                parent=self.panel)  # fmt: skip
        head.addWidget(self.edit)
        self.close_button = IconButton("close", tr("Close"), self.panel, name="cheat-sheet-close")
        self.close_button.clicked.connect(self.dismiss)
        head.addWidget(self.close_button)
        column.addLayout(head)
        self.area = QScrollArea(self.panel)
        self.area.setObjectName("cheat-sheet-area")
        self.area.setAccessibleName(tr("Keyboard shortcuts"))
        self.area.setWidgetResizable(True)
        self.area.setStyleSheet("background: transparent;")
        column.addWidget(self.area)

    def present(self) -> None:
        """Show the keys as they are now."""
        self.area.setWidget(sheet(shortcuts(self._desk.actions.all()), self.area))
        super().present()

    def first_focus(self) -> QWidget:
        """Return the list, which the arrows scroll."""
        return self.area

    def place(self) -> None:
        """Take as much room as the keys need, as far as the window has it."""
        inner = self.area.widget()
        need = QSize(0, 0) if inner is None else inner.sizeHint()
        need = need.expandedTo(QSize(self.panel.minimumSizeHint().width(), 0))
        around = QSize(2 * Space.L + Space.XL, self.close_button.sizeHint().height() + 4 * Space.L)
        room = QSize(round(self.width() * WIDEST_SHARE), round(self.height() * HIGHEST_SHARE))
        size = (need + around).boundedTo(room)
        rest = self.size() - size
        self.panel.setGeometry(rest.width() // 2, rest.height() // 2, size.width(), size.height())

    def _edit(self) -> None:
        self.dismiss()
        self.shortcuts_wanted.emit()


def sheet(known: Iterable[Shortcut], parent: QWidget) -> QWidget:
    """Return the keys in columns, each menu under its title."""
    groups: dict[str, list[Shortcut]] = {}
    for each in known:
        if each.keys:
            groups.setdefault(each.group or tr("Other"), []).append(each)
    box = QWidget(parent)
    box.setObjectName("cheat-sheet-keys")
    row = QHBoxLayout(box)
    row.setContentsMargins(0, Space.S, 0, 0)
    row.setSpacing(2 * Space.XL)
    total = sum(len(members) + 1 for members in groups.values())
    share = total / min(MOST_COLUMNS, -(-total // LINES_A_COLUMN) or 1)
    grid, lines, before = _column(row), 0, 0
    for group, members in groups.items():
        # A group goes where its middle lies, so that the columns come out about equally long.
        if lines and before + lines + (len(members) + 1) / 2 > share * row.count():
            grid, before, lines = _column(row), before + lines, 0
        lines += _add_group(grid, group, members)
    row.addStretch(1)
    return box


def _column(row: QHBoxLayout) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(Space.L)
    grid.setVerticalSpacing(Space.XS)
    row.addLayout(grid)
    row.setAlignment(grid, Qt.AlignmentFlag.AlignTop)
    return grid


def _add_group(grid: QGridLayout, group: str, members: list[Shortcut]) -> int:
    line = grid.rowCount()
    heading = text_label(group, f"cheat-sheet-{group}")
    heading.setWordWrap(False)
    heading.setContentsMargins(0, Space.S, 0, 0)
    set_font(heading, "title")
    grid.addWidget(heading, line, 0, 1, 2)
    for each in members:
        line += 1
        label = text_label(each.title, f"cheat-sheet-{each.name}")
        label.setWordWrap(False)
        grid.addWidget(label, line, 0)
        keys = KeyHint(each.keys)
        keys.setObjectName(f"cheat-sheet-{each.name}-keys")
        grid.addWidget(keys, line, 1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return len(members) + 1
