"""Save, Discard or Cancel: before an experiment with unsaved changes gives way to another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from PySide6.QtWidgets import QWidget

from wnin_desktop.qt.dialogs.confirm import Question, ask
from wnin_desktop.qt.text import tr

Answer = Literal["save", "discard", "cancel"]


def ask_to_save(
    parent: QWidget | None, name: str, then: Callable[[str], object], *, before: str = ""
) -> Question:
    """Ask what becomes of unsaved changes; `then` takes "save", "discard" or "cancel".

    Args:
        parent: Window that waits.
        name: The experiment's name.
        then: Takes the answer.
        before: What is about to happen, as in "the preset opens".
    """
    text = tr("Discard loses them for good; runs in the store are not touched.")
    return ask(
        parent,
        tr("Save the changes to {0}?", name or tr("this experiment")),
        tr("Then {0}. {1}", before, text) if before else text,
        (
            ("discard", tr("&Discard"), "danger"),
            ("cancel", tr("Cancel")),
            ("save", tr("&Save"), "primary"),
        ),
        "save",
        then,
        name="save-changes",
    )
