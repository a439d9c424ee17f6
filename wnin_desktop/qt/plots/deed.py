"""What an entry of a menu does, as a method of an object that lives as long as the entry."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import QMenu


class Deed(QObject):
    """Calls something without the check mark that a click carries."""

    def __init__(self, act: Callable[[], object], parent: QObject) -> None:
        super().__init__(parent)
        self._act = act

    def do(self, _checked: bool = False) -> None:
        """Do it."""
        self._act()


def add_entry(menu: QMenu, name: str, icon: QIcon, text: str, act: Callable[[], object]) -> QAction:
    """Add an entry to a menu and return it."""
    action = menu.addAction(icon, text)
    action.setObjectName(name)
    action.triggered.connect(Deed(act, action).do)
    return action
