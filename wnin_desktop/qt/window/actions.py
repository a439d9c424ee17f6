"""Every command of the window in one register, from which menus, palette and cheat sheet are made."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QKeySequence

from wnin_desktop.qt.theme import theme

Shortcut = str | QKeySequence | QKeySequence.StandardKey | None
REASON, MENU, DEFAULT_KEYS = "reason", "menu", "defaultKeys"
"""Properties of an action: why it cannot be used now, the menu it stands in, the keys it has by default."""


class Actions(QObject):
    """The commands. Each has a dotted name that is unique and stays the same from version to version."""

    added = Signal(object)
    keys_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._actions: dict[str, QAction] = {}
        self._own_keys: dict[str, str] = {}

    def add(
        self,
        name: str,
        text: str,
        slot: Callable[..., object] | None = None,
        *,
        menu: str = "",
        icon: str = "",
        shortcut: Shortcut = None,
        tip: str = "",
        checkable: bool = False,
    ) -> QAction:
        """Register a command and return its action.

        Args:
            name: Dotted and unique ("run.start").
            text: What menus show, translated, with its mnemonic.
            slot: Called without arguments, or with the check mark of a checkable one.
            menu: Menu it stands in: file, edit, view, run, tools or help; `|` after it begins a section.
            icon: Name of an icon.
            shortcut: Keys by default.
            tip: One sentence; the text where it is empty.
            checkable: Whether it has a check mark.

        Raises:
            ValueError: The name or the keys are taken.
        """
        if name in self._actions:
            raise ValueError(f"the action {name} is registered twice")
        action = QAction(text, self)
        action.setObjectName(name)
        action.setCheckable(checkable)
        plain = text.replace("&", "").rstrip(".…")
        action.setStatusTip(tip or plain)
        action.setToolTip(tip or plain)
        action.setProperty(MENU, menu)
        self._bind(name, action, shortcut)
        theme().set_icon(action, icon or "command")
        action.setIconVisibleInMenu(bool(icon))
        if slot is not None:
            (action.toggled if checkable else action.triggered).connect(
                slot if checkable else _Plain(slot, action).call
            )
        self._actions[name] = action
        self.added.emit(action)
        return action

    def _bind(self, name: str, action: QAction, shortcut: Shortcut) -> None:
        keys = QKeySequence(shortcut) if shortcut is not None else QKeySequence()
        owner = self.owner_of(keys)
        if owner is not None:
            raise ValueError(f"{keys.toString()} of {name} belongs to {owner.objectName()}")
        action.setProperty(DEFAULT_KEYS, keys.toString(QKeySequence.SequenceFormat.PortableText))
        own = self._own_keys.get(name)
        action.setShortcut(QKeySequence(own) if own is not None else keys)

    def owner_of(self, keys: QKeySequence) -> QAction | None:
        """Return the action that has `keys`."""
        if keys.isEmpty():
            return None
        return next((action for action in self._actions.values() if action.shortcut() == keys), None)

    def get(self, name: str) -> QAction:
        """Return the action called `name`.

        Raises:
            KeyError: There is none.
        """
        return self._actions[name]

    def all(self) -> list[QAction]:
        """Return all actions in the order they were added."""
        return list(self._actions.values())

    def set_enabled(self, name: str, enabled: bool, reason: str = "") -> None:
        """Enable an action, or disable it and say why."""
        action = self.get(name)
        action.setEnabled(enabled)
        action.setProperty(REASON, "" if enabled else reason)
        base = action.statusTip().split(" - ", 1)[0]
        action.setToolTip(base if enabled or not reason else f"{base} - {reason}")

    def set_own_keys(self, keys: dict[str, str]) -> None:
        """Give actions the keys a person chose; all others get their default keys."""
        self._own_keys = dict(keys)
        for name, action in self._actions.items():
            action.setShortcut(QKeySequence(keys.get(name, action.property(DEFAULT_KEYS) or "")))
        self.keys_changed.emit()


class _Plain(QObject):
    """Calls a slot without the check mark that `triggered` carries."""

    def __init__(self, slot: Callable[..., object], parent: QObject) -> None:
        super().__init__(parent)
        self._slot = slot

    def call(self, _checked: bool = False) -> None:
        self._slot()
