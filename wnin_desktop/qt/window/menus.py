"""The menu bar, made from the register of actions."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from wnin_desktop.qt.text import tr
from wnin_desktop.qt.window.actions import MENU, Actions


class MenuBar(QMenuBar):
    """File, Edit, View, Run, Tools, Help. An action that is added later finds its menu by itself."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("menu-bar")
        self.menus: dict[str, QMenu] = {}
        titles = {
            "file": tr("&File"),
            "edit": tr("&Edit"),
            "view": tr("&View"),
            "run": tr("&Run"),
            "tools": tr("&Tools"),
            "help": tr("&Help"),
        }
        for name, title in titles.items():
            menu = self.addMenu(title)
            menu.setObjectName(f"menu-{name}")
            menu.setToolTipsVisible(True)
            self.menus[name] = menu
        for action in actions.all():
            self._place(action)
        actions.added.connect(self._place)

    def _place(self, action: QAction) -> None:
        place = str(action.property(MENU) or "")
        name = place.rstrip("|")
        if name not in self.menus:
            return
        menu = self.menus[name]
        if place.endswith("|") and not menu.isEmpty():
            menu.addSeparator()
        menu.addAction(action)

    def add_dynamic(self, name: str, title: str, fill: Callable[[QMenu], None], *, before: str = "") -> QMenu:
        """Add a sub-menu that `fill` makes anew each time it opens.

        Args:
            name: Menu it stands in.
            title: Its title, translated.
            fill: Adds actions to the emptied menu.
            before: Name of the action it stands before.
        """
        menu = QMenu(title, self.menus[name])
        menu.setObjectName(f"menu-{name}-{title.replace('&', '').lower().replace(' ', '-')}")
        menu.setToolTipsVisible(True)

        def refill() -> None:
            menu.clear()
            fill(menu)

        menu.aboutToShow.connect(refill)
        place = next((each for each in self.menus[name].actions() if each.objectName() == before), None)
        if place is None:
            self.menus[name].addMenu(menu)
        else:
            self.menus[name].insertMenu(place, menu)
        return menu
