"""What the command palette offers: an entry for each thing that can be done, where it stands, and why not."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtGui import QAction, QIcon, QKeySequence

from wnin_desktop.qt.dialogs.fuzzy import match
from wnin_desktop.qt.text import tr

MENUS = {
    "file": "File",
    "edit": "Edit",
    "view": "View",
    "run": "Run",
    "tools": "Tools",
    "help": "Help",
}
LEAST_GAP = 5.0
"""Scores that differ by less are alike, and the one used last comes first."""


@dataclass(frozen=True)
class Entry:
    """One line of the palette.

    Attributes:
        key: Unique and the same from start to start; recency goes by it.
        title: What it does.
        run: Does it.
        path: Menu it stands in, or what kind of thing it is.
        icon: Name of an icon, or the icon itself.
        keys: Its shortcut, in portable text.
        reason: Why it cannot be done now; empty where it can.
        others: Further words it is found by.
    """

    key: str
    title: str
    run: Callable[[], object]
    path: str = ""
    icon: str | QIcon = "command"
    keys: str = ""
    reason: str = ""
    others: str = ""


@dataclass(frozen=True)
class Ranked:
    """An entry with the places of the typed letters in its title."""

    entry: Entry
    places: tuple[int, ...] = ()


def rank(entries: Iterable[Entry], query: str, recent: Sequence[str]) -> list[Ranked]:
    """Return the entries that fit, best first.

    Match decides; among matches that are about alike the one used last comes first, then the order given.
    What cannot be done now comes after what can, unless it fits better.
    """
    places = {key: number for number, key in enumerate(recent)}
    found = []
    for number, entry in enumerate(entries):
        fit = match(query, entry.title, f"{entry.path} {entry.others} {entry.key}")
        if fit is not None:
            level = round(fit.score / LEAST_GAP)
            order = (-level, bool(entry.reason), places.get(entry.key, len(places)), -fit.score, number)
            found.append((order, Ranked(entry, fit.places)))
    found.sort(key=lambda item: item[0])
    return [ranked for _, ranked in found]


def plain(text: str) -> str:
    """Return the text of a menu without its mnemonic."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&")


def action_entries(actions: Iterable[QAction]) -> list[Entry]:
    """Return an entry for every action, the disabled ones with their reason."""
    return [_action_entry(action) for action in actions if not action.isSeparator()]


def _action_entry(action: QAction) -> Entry:
    name = action.objectName()
    menu = str(action.property("menu") or "").rstrip("|")
    reason = "" if action.isEnabled() else str(action.property("reason") or tr("It cannot be used now"))
    return Entry(
        key=name,
        title=plain(action.text()).rstrip(".\u2026"),
        run=action.trigger,
        path=tr(MENUS[menu]) if menu in MENUS else "",
        icon=action.icon() if not action.icon().isNull() else "command",
        keys=action.shortcut().toString(QKeySequence.SequenceFormat.PortableText),
        reason=reason,
        others=action.statusTip(),
    )


def preset_entries(names: Iterable[str], open_preset: Callable[[str], object]) -> list[Entry]:
    """Return an entry for each preset."""
    return [
        Entry(f"preset:{name}", tr("Open preset: {0}", name.replace("_", " ")), _call(open_preset, name),
              tr("Presets"), "new", others=name)
        for name in names
    ]  # fmt: skip


def recent_entries(
    files: Iterable[str], open_file: Callable[[str], object], missing: Container[str] = ()
) -> list[Entry]:
    """Return an entry for each experiment file opened lately; those that are gone say so."""
    return [
        Entry(f"recent:{file}", tr("Open recent: {0}", Path(file).name), _call(open_file, file),
              tr("Recent experiments"), "history", others=file,
              reason=tr("{0} is not there any more", file) if file in missing else "")
        for file in files
    ]  # fmt: skip


def optimizer_entries(names: Iterable[str], add_arm: Callable[[str], object]) -> list[Entry]:
    """Return an entry that adds an arm for each optimizer at hand."""
    return [
        Entry(f"arm:{name}", tr("Add arm: {0}", name), _call(add_arm, name), tr("Optimizers"), "optimizer")
        for name in names
    ]


def run_entries(records: Iterable[Any], open_run: Callable[[str], object]) -> list[Entry]:
    """Return an entry for each stored experiment; a record has `experiment_id` and `name`."""
    return [
        Entry(f"run:{key}", tr("Show run: {0}", name), _call(open_run, key), tr("Runs"), "runs", others=key)
        for key, name in ((each.experiment_id, each.name) for each in records)
    ]


def _call(function: Callable[[str], object], name: str) -> Callable[[], object]:
    return lambda: function(name)
