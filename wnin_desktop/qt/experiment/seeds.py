"""The seeds of an experiment: as text, as a number of them, and what so many allow to conclude."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSpinBox, QVBoxLayout, QWidget

from wnin_desktop.errors import Problem
from wnin_desktop.qt.experiment.summary import FEWEST_SEEDS, seeds_verdict
from wnin_desktop.qt.forms import ListEdit
from wnin_desktop.qt.forms.line import as_sentence
from wnin_desktop.qt.forms.make import describe
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, set_font
from wnin_desktop.schema.fields import FieldSpec

MOST_SEEDS = 4096
PATH = "seeds"


class SeedsLine(ListEdit):
    """Seeds as people write them: "0-9" for ten of them, or "0, 1, 5"."""

    def write(self, value: Any) -> str:
        """Return runs of seeds as ranges, with commas between."""
        return ", ".join(_pieces(value))


class SeedsEdit(QWidget):
    """The line, the counter and the sentence; told and asked like a form."""

    edited = Signal(str, object)

    def __init__(self, spec: FieldSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("seeds-edit")
        self._problem = ""
        self.line = SeedsLine(spec, self)
        describe(self.line, spec)
        self.line.setPlaceholderText("0-9")
        self.count = self._make_count()
        self.label = QLabel(tr("Values"), self)
        self.label.setBuddy(self.line)
        self.label.setToolTip(self.line.toolTip())
        self.times = QLabel(tr("n ="), self)
        self.times.setBuddy(self.count)
        self.words = self._make_words("seeds-words", "muted")
        self.fault = self._make_words("seeds.fault", "danger")
        self._place()
        self.line.edited.connect(self._line_edited)
        self.count.valueChanged.connect(self._count_edited)

    def _make_count(self) -> QSpinBox:
        count = QSpinBox(self)
        count.setObjectName("seeds-count")
        count.setAccessibleName(tr("Number of seeds"))
        count.setToolTip(tr("Number of seeds; another number takes 0 to n - 1, or cuts the list"))
        count.setRange(1, MOST_SEEDS)
        count.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        count.setKeyboardTracking(False)
        return count

    def _make_words(self, name: str, kind: str) -> QLabel:
        label = QLabel(self)
        label.setObjectName(name)
        label.setWordWrap(True)
        label.setMinimumWidth(1)  # a long word is broken rather than widening the panel
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setProperty("kind", kind)
        set_font(label, "small")
        return label

    def _place(self) -> None:
        grid = QGridLayout()
        grid.setSpacing(Space.XS)
        grid.setColumnStretch(1, 1)
        for line, (label, field) in enumerate(((self.label, self.line), (self.times, self.count))):
            grid.addWidget(label, line, 0)
            grid.addWidget(field, line, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.S, 0, 0, 0)
        column.setSpacing(Space.XS)
        column.addLayout(grid)
        column.addWidget(self.fault)
        column.addWidget(self.words)

    # --- what it shows ---

    def show_value(self, path: str, value: Any) -> None:
        """Show other seeds."""
        if path == PATH or path.startswith(f"{PATH}["):
            self.line.show_value(value)
            self._say()

    def show_problems(self, problems: Iterable[Problem]) -> list[Problem]:
        """Say what is wrong with the seeds; return what belongs elsewhere."""
        problems = list(problems)
        own = [problem for problem in problems if problem.field.startswith(PATH)]
        self._problem = "\n".join(as_sentence(f"{problem.value!r}: {problem.allowed}") for problem in own[:3])
        self._say()
        return [problem for problem in problems if problem not in own]

    def focus_field(self, _path: str) -> bool:
        """Give the keyboard to the line."""
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        return True

    def value(self) -> Any:
        """Return the seeds, or the text that is none."""
        return self.line.value()

    def _say(self) -> None:
        value, fault = self.value(), self.line.fault() or self._problem
        count = len(value) if isinstance(value, list) else 0
        blocked = self.count.blockSignals(True)
        self.count.setValue(max(count, 1))
        self.count.blockSignals(blocked)
        self.fault.setText(fault)
        self.fault.setVisible(bool(fault))
        self.line.set_faulty(bool(fault))
        self.words.setText(seeds_verdict(count))
        self.words.setVisible(not fault)
        self.words.setProperty("few", count < FEWEST_SEEDS)

    # --- edits ---

    def _line_edited(self, value: Any) -> None:
        self._problem = ""
        self._say()
        self.edited.emit(PATH, value)

    def _count_edited(self, count: int) -> None:
        seeds = resized(self.value(), count)
        self.line.show_value(seeds)
        self._problem = ""
        self._say()
        self.edited.emit(PATH, seeds)


def resized(seeds: Any, count: int) -> list[int]:
    """Return `count` seeds: the first ones that are there, then the lowest that are not."""
    kept = [seed for seed in seeds if isinstance(seed, int)][:count] if isinstance(seeds, list) else []
    taken, fresh = set(kept), iter(range(MOST_SEEDS * 2))
    while len(kept) < count:
        if (seed := next(fresh)) not in taken:
            kept.append(seed)
    return kept


def _pieces(seeds: Iterable[Any]) -> list[str]:
    """Return consecutive seeds as "first-last", others as they are."""
    pieces: list[list[Any]] = []
    for seed in seeds:
        grows = pieces and isinstance(seed, int) and isinstance(pieces[-1][-1], int)
        if grows and seed == pieces[-1][-1] + 1 and seed > 0:
            pieces[-1].append(seed)
        else:
            pieces.append([seed])
    return [word for piece in pieces for word in _piece_words(piece)]


def _piece_words(piece: list[Any]) -> list[str]:
    if len(piece) > 2 and piece[0] >= 0:
        return [f"{piece[0]}-{piece[-1]}"]
    return [str(seed) for seed in piece]
