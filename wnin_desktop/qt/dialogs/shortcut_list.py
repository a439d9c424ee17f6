"""Shortcuts as data: which keys each command has, which are its own choice, and whom other keys belong to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence

from wnin_desktop.qt.dialogs.entries import MENUS, plain
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.window.actions import DEFAULT_KEYS, MENU

PORTABLE = QKeySequence.SequenceFormat.PortableText
NATIVE = QKeySequence.SequenceFormat.NativeText
ALWAYS_TAKEN = ("Tab", "Shift+Tab", "Esc", "Return", "Enter", "Up", "Down", "Left", "Right")
"""Keys by which the window itself is used; a command that took them would shut the keyboard out."""


@dataclass(frozen=True)
class Shortcut:
    """A command with its keys, in portable text."""

    name: str
    title: str
    group: str
    tip: str
    keys: str
    default: str

    @property
    def is_changed(self) -> bool:
        """Whether a person chose other keys."""
        return self.keys != self.default


def shortcuts(actions: Iterable[QAction]) -> list[Shortcut]:
    """Return every command, in the order of the menus."""
    order = [*MENUS, ""]
    found = [_shortcut(action) for action in actions if action.objectName()]
    places = {tr(MENUS[name]) if name else "": place for place, name in enumerate(order)}
    return sorted(found, key=lambda each: places.get(each.group, len(order)))


def _shortcut(action: QAction) -> Shortcut:
    menu = str(action.property(MENU) or "").rstrip("|")
    return Shortcut(
        action.objectName(),
        plain(action.text()).rstrip(".\u2026"),
        tr(MENUS[menu]) if menu in MENUS else "",
        action.statusTip(),
        action.shortcut().toString(PORTABLE),
        str(action.property(DEFAULT_KEYS) or ""),
    )


def shown(keys: str) -> str:
    """Return keys as this system writes them."""
    return QKeySequence(keys).toString(NATIVE) if keys else ""


def refusal(name: str, keys: QKeySequence, known: Iterable[Shortcut]) -> str:
    """Return why the command `name` cannot have `keys`, naming whose they are; "" where it can."""
    text = keys.toString(PORTABLE)
    if not text:
        return ""
    if text in ALWAYS_TAKEN:
        return tr("{0} moves and chooses in every window and cannot be a shortcut.", shown(text))
    if _types(keys):
        return tr("{0} alone types a letter; add Ctrl or Alt.", shown(text))
    for each in known:
        if each.name != name and each.keys and _collide(keys, QKeySequence(each.keys)):
            return tr("{0} belongs to {1}. Take it away there first.", shown(each.keys), each.title)
    return ""


def _types(keys: QKeySequence) -> bool:
    first = _strokes(keys)[0].removeprefix("Shift+")
    return len(first) == 1


def _collide(one: QKeySequence, other: QKeySequence) -> bool:
    """Return whether one of them begins with the other: then only one could ever act."""
    return all(mine == theirs for mine, theirs in zip(_strokes(one), _strokes(other), strict=False))


def _strokes(keys: QKeySequence) -> list[str]:
    return keys.toString(PORTABLE).split(", ")
