"""A part of the experiment's editor: a heading with a few words, and a form that is made when it opens."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from wnin_desktop.errors import Problem
from wnin_desktop.qt.forms.places import MISSING, below, get
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space
from wnin_desktop.qt.widgets import Badge, ElidedLabel, SectionHeader

MakeForm = Callable[[QWidget], Any]


class Section(QWidget):
    """Folded it says what it holds; unfolded it is a form. A problem inside is seen in both."""

    edited = Signal(str, object)
    folded = Signal(str, bool)

    def __init__(
        self,
        name: str,
        title: str,
        roots: tuple[str, ...],
        make: MakeForm,
        words: Callable[[dict[str, Any]], str],
        parent: QWidget | None = None,
    ) -> None:
        """Make a folded section.

        Args:
            name: Its object name, and what its fold is remembered by.
            title: What stands in the heading.
            roots: Paths of the draft it edits, with everything below them.
            make: Makes the form.
            words: Says what the section holds, from the whole draft.
            parent: Qt's.
        """
        super().__init__(parent)
        self.setObjectName(f"section-{name}")
        self.name, self.roots = name, roots
        self._make, self._say = make, words
        self._data: dict[str, Any] = {}
        self._problems: tuple[Problem, ...] = ()
        self.form: Any = None
        self.header = SectionHeader(title, self, foldable=True, name=f"section-{name}-header")
        self.words = ElidedLabel("", self)
        self.words.setObjectName(f"section-{name}-words")
        self.words.setProperty("kind", "muted")
        self.badge = Badge("", "danger", self)
        self.badge.setObjectName(f"section-{name}-badge")
        self.badge.hide()
        self.header.add(self.words)
        self.header.add(self.badge)
        self.holder = QWidget(self)
        self._inner = QVBoxLayout(self.holder)
        self._inner.setContentsMargins(0, 0, 0, Space.S)
        self.header.set_body(self.holder)
        self.header.folded.connect(self._folded)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self.holder)
        self.set_folded(True)

    @property
    def is_folded(self) -> bool:
        """Whether only its words are seen."""
        return self.header.is_folded

    def set_folded(self, folded: bool) -> None:
        """Fold or unfold."""
        if folded == self.is_folded:
            self._folded(folded)
        self.header.set_folded(folded)

    def _folded(self, folded: bool) -> None:
        if not folded and self.form is None:
            self._build()
        self.words.setVisible(folded)
        self.folded.emit(self.name, folded)

    def _build(self) -> None:
        self.form = self._make(self.holder)
        self.form.edited.connect(self.edited)
        self._inner.addWidget(self.form)
        self._fill(self.roots)
        self.form.show_problems(self._problems)

    # --- what it shows ---

    def show_change(self, path: str, data: dict[str, Any]) -> None:
        """Take the draft's data after the value at `path` changed ("": all of it)."""
        self._data = data
        touched = [root for root in self.roots if self._is_about(root, path)]
        if not touched:
            return
        self.words.setText(self._say(data))
        if self.form is not None:
            self._fill(touched if path == "" or path in touched else (path,))

    def _is_about(self, root: str, path: str) -> bool:
        return path == "" or below(root, path) is not None or below(path, root) is not None

    def _fill(self, paths: Iterable[str]) -> None:
        for path in paths:
            value = get(self._data, path)
            self.form.show_value(path, None if value is MISSING else value)

    def show_problems(self, problems: Iterable[Problem]) -> None:
        """Show what is wrong inside, and open for it."""
        before, self._problems = self._problems, tuple(each for each in problems if self.holds(each.field))
        count = len(self._problems)
        self.badge.set(tr("1 problem") if count == 1 else tr("{0} problems", count), "danger")
        self.badge.setToolTip("\n".join(problem.sentence() for problem in self._problems))
        self.badge.setVisible(count > 0)
        if self.form is not None and before != self._problems:
            self.form.show_problems(self._problems)
        if count and not before:
            self.set_folded(False)

    def holds(self, path: str) -> bool:
        """Return whether the field at `path` is edited here."""
        return any(below(root, path) is not None for root in self.roots)

    def focus_field(self, path: str) -> bool:
        """Unfold and give the keyboard to a field; false where it is edited elsewhere."""
        if not self.holds(path):
            return False
        self.set_folded(False)
        return bool(self.form.focus_field(path))
