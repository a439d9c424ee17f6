"""Small children of a widget or action that keep its icon and font right through changes of the theme."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from PySide6.QtCore import QObject, Qt, SignalInstance


class Keeper(QObject):
    """Does one thing to its parent, again at every change, for as long as the parent lives."""

    def __init__(self, parent: QObject, kind: str, changed: SignalInstance) -> None:
        super().__init__(parent)
        self.setObjectName(kind)
        self.act: Callable[[Any], None] = _nothing
        changed.connect(self.again)

    def again(self) -> None:
        """Do it once more."""
        parent = self.parent()
        if parent is not None:
            self.act(parent)


def _nothing(_parent: object) -> None:
    return


def keep(parent: QObject, kind: str, changed: SignalInstance, act: Callable[[Any], None]) -> None:
    """Do `act` to `parent` now and at every change; it takes the place of an earlier one of that kind."""
    keeper = _find(parent, kind) or Keeper(parent, kind, changed)
    keeper.act = act
    keeper.again()


def again(parent: QObject, kind: str) -> None:
    """Let the keeper of a kind do its thing once more, where there is one."""
    keeper = _find(parent, kind)
    if keeper is not None:
        keeper.again()


def _find(parent: QObject, kind: str) -> Keeper | None:
    return cast("Keeper | None", parent.findChild(Keeper, kind, Qt.FindChildOption.FindDirectChildrenOnly))
