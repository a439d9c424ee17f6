"""The commands of the Runs page: one action each, in menus, palette, tool bar and the table's own menu."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from wnin_desktop.qt.bridge.resuming import RESUMABLE
from wnin_desktop.qt.pages.runs.choice import Choice
from wnin_desktop.qt.text import tr
from wnin_desktop.runs.merging import FEWEST, MOST

Check = Callable[[Choice], str]
"""Returns why a command cannot be used with what is chosen; "" where it can."""


class Command(NamedTuple):
    """One command: the last part of its name, which is that of the deed too, its words and its place."""

    name: str
    text: str
    icon: str
    menu: str
    tip: str
    check: Check


def some(choice: Choice) -> str:
    """Ask for at least one row."""
    return "" if choice.rows else tr("choose an experiment or a run first")


def stored(choice: Choice) -> str:
    """Ask for at least one row of this store."""
    if choice.rows and not choice.stored:
        return tr("it is trained elsewhere and not in this store")
    return some(choice)


def single(choice: Choice) -> str:
    """Ask for just one row of this store."""
    return stored(choice) or ("" if choice.single else tr("choose just one row"))


def several(choice: Choice) -> str:
    """Ask for as many rows as can be compared."""
    if FEWEST <= len(choice.stored) <= MOST:
        return ""
    return tr("choose {0} to {1} rows", FEWEST, MOST)


def resumable(choice: Choice) -> str:
    """Ask for one experiment, or a run of it, that has something left to do."""
    if len(choice.experiments) != 1:
        return single(choice) or tr("choose one experiment")
    if any(row.status in RESUMABLE for row in choice.stored):
        return ""
    return tr("nothing of it is left to do")


def in_trash(choice: Choice) -> str:
    """Ask for something that lies in the trash."""
    return "" if any(row.trashed for row in choice.rows) else tr("it is not in the trash")


def not_in_trash(choice: Choice) -> str:
    """Ask for something that does not lie in the trash."""
    return stored(choice) or (tr("it is in the trash already") if choice.rows[0].trashed else "")


def always(_choice: Choice) -> str:
    """Ask for nothing."""
    return ""


def commands() -> tuple[Command, ...]:
    """Return all commands, in the order of the table's menu; a menu that begins a part ends in "|"."""
    return (
        Command("open", tr("&Open"), "open", "run|", tr("Show it on the Compare page as it was"), some),
        Command("compare", tr("Com&pare Chosen"), "compare", "run",
                tr("Show two to eight rows, of any experiments, as one comparison"), several),
        Command("diff", tr("Configuration &Differences\u2026"), "diff", "run",
                tr("Show in which fields two to eight configurations differ"), several),
        Command("duplicate", tr("D&uplicate with Changes"), "duplicate", "run",
                tr("Load its configuration into the editor"), single),
        Command("resume", tr("Resu&me Chosen"), "play-fast", "run",
                tr("Go on from the last checkpoint, bit for bit"), resumable),
        Command("export", tr("&Export Chosen\u2026"), "export", "run|",
                tr("Write every step as CSV, Parquet, TensorBoard or MLflow"), stored),
        Command("folder", tr("Open &Checkpoint Folder"), "folder", "run",
                tr("Show the folder of its checkpoint files"), stored),
        Command("copy-ids", tr("Copy &Ids"), "copy", "edit|", tr("Copy the ids of what is chosen"), some),
        Command("copy-command", tr("Copy as Co&mmand"), "command", "edit",
                tr("Copy the command that makes it again"), single),
        Command("rename", tr("&Rename"), "edit", "edit", tr("Give the experiment another name (F2)"), single),
        Command("tags", tr("Edit &Tags\u2026"), "tag", "edit",
                tr("Put tags on the chosen experiments, or take them off"), stored),
        Command("note", tr("Edit &Note"), "note", "edit", tr("Write about the experiment"), single),
        Command("star", tr("&Star"), "star", "edit",
                tr("Star the chosen experiments, or take the stars away"), stored),
        Command("trash", tr("Move to Tras&h"), "trash", "edit",
                tr("Put the experiments into the trash; nothing is deleted (Delete)"), not_in_trash),
        Command("restore", tr("Rest&ore from Trash"), "restore", "edit",
                tr("Take the experiments out of the trash"), in_trash),
        Command("delete", tr("De&lete for Good\u2026"), "close", "edit",
                tr("Delete the experiments with everything they recorded"), stored),
        Command("empty-trash", tr("Empt&y Trash\u2026"), "trash", "edit",
                tr("Delete everything in the trash for good"), always),
        Command("unfold", tr("&Unfold All Experiments"), "unfold", "view|",
                tr("Show the runs of all"), always),
        Command("fold", tr("&Fold All Experiments"), "fold", "view", tr("Hide the runs of all"), always),
        Command("reload", tr("&Read the Store Again"), "reload", "view",
                tr("Look for runs that other programs recorded"), always),
    )  # fmt: skip


TOOLS = (
    "open",
    "compare",
    "diff",
    "duplicate",
    "resume",
    "export",
    "tags",
    "star",
    "trash",
    "restore",
    "delete",
)
"""Commands with a button above the table."""
PARTS = (
    ("open", "compare", "diff"),
    ("duplicate", "resume"),
    ("rename", "tags", "note", "star"),
    ("export", "folder", "copy-ids", "copy-command"),
    ("trash", "restore", "delete"),
)
"""The table's own menu."""


class RunsCommands(QObject):
    """Registers the commands and keeps them fitting to what is chosen."""

    def __init__(self, desk: Any, deeds: QObject, parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName("runs-commands")
        self._actions = desk.actions
        self._commands = {command.name: command for command in commands()}
        self.actions: dict[str, QAction] = {}
        for command in self._commands.values():
            slot = getattr(deeds, command.name.replace("-", "_"))
            self.actions[command.name] = desk.actions.add(
                f"runs.{command.name}",
                command.text,
                slot,
                menu=command.menu,
                icon=command.icon,
                tip=command.tip,
            )

    def fit(self, choice: Choice, *, trashed: int) -> None:
        """Enable what can be done with what is chosen, and say of the rest why not."""
        for name, command in self._commands.items():
            reason = command.check(choice)
            if name == "empty-trash" and not trashed:
                reason = tr("the trash is empty")
            self._actions.set_enabled(f"runs.{name}", not reason, reason)
        starred = bool(choice.rows) and all(row.star for row in choice.rows)
        self.actions["star"].setText(tr("Un&star") if starred else tr("&Star"))
