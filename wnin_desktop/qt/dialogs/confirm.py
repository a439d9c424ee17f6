"""Questions and errors: window-modal, answered through a callable, with the safe answer as the default."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from wnin_desktop.qt.dialogs.base import (
    CopyButton,
    Dialog,
    Fold,
    make_default,
    push_button,
    read_only_text,
    text_label,
)
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, set_font, theme
from wnin_desktop.qt.theme.keepers import keep

PICTURE = 24
LETTERS = 62
DETAIL_LINES = 12
CANCEL = "cancel"

Choice = tuple[str, str] | tuple[str, str, str]
"""Key, text, and where it matters the kind of button: "primary" or "danger"."""


class Question(Dialog):
    """A title, a text and some answers. Escape and closing answer "cancel", or else the default."""

    def __init__(
        self,
        parent: QWidget | None,
        title: str,
        text: str,
        choices: Sequence[Choice],
        default: str,
        then: Callable[[str], object],
        *,
        kind: str = "warning",
        details: str = "",
        name: str = "question",
    ) -> None:
        super().__init__(parent, name, title, modal=True)
        keys = [choice[0] for choice in choices]
        if default not in keys:
            raise ValueError(f"the default {default!r} is none of the answers {keys}")
        self._then = then
        self._answer = CANCEL if CANCEL in keys else default
        self.setAccessibleDescription(text)
        self.words = head(self, title, text, kind)
        if details:
            view = read_only_text(details, f"{name}-details", tr("Details"), self)
            view.setMinimumHeight(DETAIL_LINES * view.fontMetrics().lineSpacing())
            self.column.addWidget(Fold(tr("Details"), f"{name}-fold", view, self), 1)
        self.buttons = self._add_buttons(choices, default)
        self.setMinimumWidth(LETTERS * self.fontMetrics().averageCharWidth())
        self.finished.connect(self._finish)

    def _add_buttons(self, choices: Sequence[Choice], default: str) -> dict[str, QPushButton]:
        row = self.add_row()
        row.addStretch(1)
        found: dict[str, QPushButton] = {}
        for key, text, *kind in choices:
            button = push_button(text, f"{self.objectName()}-{key}", self._clicked, parent=self)
            button.setProperty("answer", key)
            button.setProperty("kind", kind[0] if kind else "")
            row.addWidget(button)
            found[key] = button
        make_default(found[default])
        return found

    def _clicked(self) -> None:
        sender = self.sender()
        if sender is not None:
            self._answer = str(sender.property("answer"))
        self.accept()

    def _finish(self) -> None:
        self._then(self._answer)


def head(dialog: Dialog, title: str, text: str, kind: str) -> QVBoxLayout:
    """Add the sign of a kind of news, the title and the text; return the column of words."""
    icons = {"warning": "warning", "danger": "error", "info": "info", "good": "check", "trust": "shield"}
    row = QHBoxLayout()
    row.setSpacing(Space.M)
    dialog.column.addLayout(row)
    picture = QLabel(dialog)
    picture.setObjectName("sign")
    picture.setAccessibleName("")
    colour = {"trust": "warning", "info": "accent"}.get(kind, kind)
    size = QSize(PICTURE, PICTURE)
    keep(
        picture,
        "picture-keeper",
        theme().changed,
        lambda label: label.setPixmap(
            theme().icon(icons[kind], colour).pixmap(size, label.devicePixelRatioF())
        ),
    )
    row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
    words = QVBoxLayout()
    words.setSpacing(Space.S)
    row.addLayout(words, 1)
    heading = text_label(title, "question-title", dialog)
    set_font(heading, "title")
    words.addWidget(heading)
    if text:
        words.addWidget(text_label(text, "question-text", dialog))
    return words


def ask(
    parent: QWidget | None,
    title: str,
    text: str,
    choices: Sequence[Choice],
    default: str,
    then: Callable[[str], object],
    *,
    kind: str = "warning",
    details: str = "",
    name: str = "question",
) -> Question:
    """Ask a person; the answer's key comes to `then`, once, when the dialog has closed.

    Args:
        parent: Window that waits for the answer.
        title: What is asked, in a few words.
        text: What each answer does, and what is kept.
        choices: The answers from left to right.
        default: Key of the safe answer; Enter gives it.
        then: Takes the key of the answer; Escape is "cancel" where there is such an answer, else `default`.
        kind: "warning", "danger", "info", "good" or "trust".
        details: Folded text, such as a list of what would go.
        name: Object name.
    """
    question = Question(parent, title, text, choices, default, then, kind=kind, details=details, name=name)
    question.present()
    return question


class ErrorDialog(Dialog):
    """What happened, what was kept, what to do; details are folded and can be copied."""

    def __init__(
        self,
        parent: QWidget | None,
        text: str,
        *,
        kept: str = "",
        do: str = "",
        details: str = "",
        title: str = "",
        name: str = "error",
    ) -> None:
        title = title or tr("Something went wrong")
        super().__init__(parent, name, title, modal=True)
        self.setAccessibleDescription(text)
        words = head(self, title, "", "danger")
        parts = ((tr("What happened"), text), (tr("What was kept"), kept), (tr("What to do"), do))
        for number, (label, part) in enumerate(parts):
            if part:
                self._add_part(words, f"{name}-part-{number}", label, part)
        self._all = "\n\n".join([*(f"{label}: {part}" for label, part in parts if part), details]).strip()
        if details:
            view = read_only_text(details, f"{name}-details", tr("Details"), self)
            view.setMinimumHeight(DETAIL_LINES * view.fontMetrics().lineSpacing())
            self.column.addWidget(Fold(tr("Details"), f"{name}-fold", view, self), 1)
        row = self.add_row()
        self.copy = CopyButton(tr("Copy details"), tr("Copied"), self.whole_text, f"{name}-copy", self)
        row.addWidget(self.copy)
        row.addStretch(1)
        self.close_button = push_button(tr("Close"), f"{name}-close", self.accept, parent=self)
        row.addWidget(self.close_button)
        make_default(self.close_button)
        self.setMinimumWidth(LETTERS * self.fontMetrics().averageCharWidth())

    def _add_part(self, words: QVBoxLayout, name: str, label: str, part: str) -> None:
        small = text_label(label, f"{name}-label", self, "muted")
        set_font(small, "small")
        words.addWidget(small)
        words.addWidget(text_label(part, name, self))

    def whole_text(self) -> str:
        """Return everything it says, details too."""
        return self._all


def tell_error(
    parent: QWidget | None,
    text: str,
    *,
    kept: str = "",
    do: str = "",
    details: str = "",
    title: str = "",
) -> ErrorDialog:
    """Show an error in its three parts; for what a person must not miss. Everything else is a notice."""
    dialog = ErrorDialog(parent, text, kept=kept, do=do, details=details, title=title)
    dialog.present()
    return dialog
