"""The experiment being edited: plain data, valid or not, with an undo stack of named edits."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from wnin_desktop.errors import Problem
from wnin_desktop.qt.experiment.checking import Catalogue, examine
from wnin_desktop.qt.experiment.content import ARM, OPTIMIZER, Content, Mark, free_colour
from wnin_desktop.qt.experiment.turns import Turns
from wnin_desktop.qt.experiment.words import edit_words
from wnin_desktop.qt.forms.places import MISSING, get
from wnin_desktop.qt.text import tr
from wnin_desktop.schema.run import CompareConfig

UNDO_LIMIT = 100
EVERYTHING = ""
"""The path that is told when all of the draft is another."""
MERGES = 1
State = tuple[Content, int]
"""A content and the arm selected in it."""


class Draft(QObject):
    """An experiment as a file would hold it. Every change is one step of `stack` and can be taken back."""

    changed = Signal(str)
    """Path of what changed; "" for everything, "arms" where arms came, went or moved."""
    problems_changed = Signal()
    arms_changed = Signal()
    """Arms came, went, moved, or changed their mark: order, colour, part taken."""
    selected_changed = Signal()
    path_changed = Signal()
    opened = Signal(int)
    """Somebody wants to edit this arm: the inspector takes the keyboard."""
    sought = Signal(str)
    """Somebody wants to see the field at a path, such as one with a problem."""

    def __init__(self, catalogue: Catalogue | None = None, parent: QObject | None = None) -> None:
        """Begin with an experiment without arms.

        Args:
            catalogue: The optimizers at hand; with None hyper-parameters are left to the engine.
            parent: Qt's.
        """
        super().__init__(parent)
        self.catalogue = catalogue
        self.path: Path | None = None
        self.turns = Turns(self)
        """What shows the draft puts off here what takes a while."""
        self.stack = QUndoStack(self)
        self.stack.setUndoLimit(UNDO_LIMIT)
        self._content = Content.empty()
        self._starts_anew = False
        self._selected = -1
        self._checked: tuple[CompareConfig | None, tuple[Problem, ...]] | None = None
        self._told: tuple[CompareConfig | None, tuple[Problem, ...]] | None = None
        self._check_soon = QTimer(self, singleShot=True, interval=0)
        self._check_soon.timeout.connect(self._tell_problems)
        if isinstance(catalogue, QObject):
            catalogue.changed.connect(self._recheck)  # type: ignore[attr-defined] - the window's has it

    # --- what it holds ---

    @property
    def data(self) -> dict[str, Any]:
        """A copy of everything, as a file would hold it; arms that are switched off are in it."""
        return copy.deepcopy(self._content.data)

    def value(self, path: str) -> Any:
        """Return a copy of the value at `path`; None where there is nothing."""
        found = get(self._content.data, path)
        return None if found is MISSING else copy.deepcopy(found)

    @property
    def content(self) -> Content:
        """The present state; it never changes, so that one may ask later whether it still is this one."""
        return self._content

    @property
    def config(self) -> CompareConfig | None:
        """The experiment that would run, or None while something is wrong."""
        return self._examined()[0]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong, with the paths of error messages."""
        return self._examined()[1]

    @property
    def is_changed(self) -> bool:
        """Whether something is not saved."""
        return not self.stack.isClean()

    # --- editing ---

    def set(self, path: str, value: Any, text: str = "") -> None:
        """Change one value in one named step; consecutive edits of one path are one step.

        Args:
            path: Place of the value.
            value: The value, valid or not.
            text: What the step is called, translated; made from the field's title where it is empty.
        """
        after = self._content.with_value(path, copy.deepcopy(value))
        self._push(text or edit_words(path), after, path, self._selected, merges=True)

    def set_many(self, values: Mapping[str, Any], text: str, *, merge: str = "") -> None:
        """Change several values in one step; steps of the same `merge` that follow each other are one."""
        after = self._content
        for path, value in values.items():
            after = after.with_value(path, copy.deepcopy(value))
        path = merge or next(iter(values), EVERYTHING)
        self._push(text, after, path, self._selected, merges=bool(merge), told=tuple(values))

    def end_edit(self) -> None:
        """Let the next edit begin a step of its own, even of the same path: a drag has ended."""
        self._starts_anew = True

    def add_arm(self, optimizer: str = OPTIMIZER) -> int:
        """Add an arm with a name and a colour of its own, select it, and return its place."""
        lr = self.catalogue.default_lr(optimizer) if self.catalogue is not None else None
        index = len(self._content.arms)
        arm, mark = self._content.fresh_arm(optimizer, lr), Mark(free_colour(self._content.marks))
        self._push(tr("Add arm {0}", arm["name"]), self._content.with_arm(index, arm, mark), "arms", index)
        return index

    def duplicate_arm(self, index: int) -> int:
        """Add a copy of an arm after it, select the copy, and return its place."""
        before = self._content.name_of(index)
        arm = {**copy.deepcopy(self._content.arms[index]), "name": self._content.free_name(before or "arm")}
        mark = Mark(free_colour(self._content.marks))
        after = self._content.with_arm(index + 1, arm, mark)
        self._push(tr("Duplicate arm {0}", before), after, "arms", index + 1)
        return index + 1

    def remove_arm(self, index: int) -> None:
        """Take an arm out; the next one is selected."""
        text = tr("Remove arm {0}", self._content.name_of(index))
        after = self._content.without_arm(index)
        selected = self._selected - 1 if self._selected > index else self._selected
        self._push(text, after, "arms", min(selected, len(after.arms) - 1))

    def move_arm(self, index: int, to: int) -> None:
        """Move an arm to another place; it stays selected."""
        to = min(max(to, 0), len(self._content.arms) - 1)
        if to == index:
            return
        content = self._content
        arms, marks = list(content.arms), list(content.marks)
        arms.insert(to, arms.pop(index))
        marks.insert(to, marks.pop(index))
        order = list(range(len(arms)))
        order.insert(to, order.pop(index))
        selected = order.index(self._selected) if self._selected in order else self._selected
        after = Content({**content.data, "arms": arms}, tuple(marks))
        self._push(tr("Move arm {0}", content.name_of(index)), after, "arms", selected)

    def set_enabled(self, index: int, on: bool) -> None:
        """Let an arm take part or rest."""
        if self._content.marks[index].enabled != on:
            text = tr("Enable arm {0}", "{0}") if on else tr("Disable arm {0}", "{0}")
            after = self._content.with_mark(index, enabled=on)
            self._push(text.format(self._content.name_of(index)), after, "arms", self._selected)

    def set_colour(self, index: int, colour: int) -> None:
        """Give an arm another look."""
        if self._content.marks[index].colour != colour:
            text = tr("Change colour of arm {0}", self._content.name_of(index))
            self._push(text, self._content.with_mark(index, colour=colour), "arms", self._selected)

    def rename_arm(self, index: int, name: str) -> None:
        """Call an arm something else; a baseline of that name follows."""
        if name != self._content.name_of(index):
            self.set(f"arms[{index}].name", name, tr("Rename arm to {0}", name))

    def set_baseline(self, index: int) -> None:
        """Take differences against this arm."""
        self.set("baseline", self._content.name_of(index), tr("Change baseline"))

    # --- arms ---

    @property
    def arm_count(self) -> int:
        """How many arms there are, those that rest among them."""
        return len(self._content.arms)

    @property
    def baseline_index(self) -> int:
        """Place of the arm that differences are taken against; -1 without arms."""
        return self._content.baseline_index()

    def is_enabled(self, index: int) -> bool:
        """Whether an arm takes part."""
        return self._content.marks[index].enabled

    def colour(self, index: int) -> int:
        """Return the look of the arm at a place."""
        return self._content.marks[index].colour

    def colour_of(self, name: str) -> int | None:
        """Return the look of the arm called `name`; None where the draft has no such arm."""
        return self._content.colour_of(name)

    def look_alike(self, index: int) -> str:
        """Return the name of another arm that looks like the one at a place; "" where none does."""
        return self._content.look_alike(index)

    @property
    def selected(self) -> int:
        """The arm in the inspector, -1 for none."""
        return self._selected

    def select(self, index: int) -> None:
        """Show another arm in the inspector."""
        index = index if 0 <= index < self.arm_count else -1
        if index != self._selected:
            self._selected = index
            self.selected_changed.emit()

    def open_arm(self, index: int) -> None:
        """Show an arm in the inspector and give it the keyboard."""
        self.select(index)
        self.opened.emit(index)

    def seek(self, path: str) -> None:
        """Show the field at a path to the person, wherever it is edited."""
        if match := ARM.match(path):
            self.select(int(match[1]))
        self.sought.emit(path)

    # --- whole experiments ---

    def load(self, config: CompareConfig, path: Path | None = None) -> None:
        """Take another experiment, saved at `path`; steps that led to the one before are forgotten."""
        self._replace(Content.of(config), path)

    def clear(self) -> None:
        """Begin with an experiment without arms."""
        self._replace(Content.empty(), None)

    def replace_with(self, config: CompareConfig, text: str) -> None:
        """Take another experiment as one step that can be taken back."""
        after = Content.of(config)
        self._push(text, after, EVERYTHING, 0 if after.arms else -1)

    def mark_saved(self, path: Path, content: Content | None = None) -> None:
        """Note that the draft is saved at `path`.

        Args:
            path: The file.
            content: What was written; where the draft has moved on since, it still counts as changed.
        """
        if content is None or content is self._content:
            self.stack.setClean()
        if path != self.path:
            self.path = path
            self.path_changed.emit()

    def _replace(self, content: Content, path: Path | None) -> None:
        self.stack.clear()
        self.stack.setClean()  # an empty stack that was not clean stays so otherwise
        self.path = path
        self._take((content, 0 if content.arms else -1), EVERYTHING)
        self.path_changed.emit()

    # --- sessions ---

    def to_state(self) -> dict[str, Any]:
        """Return what brings this draft back in the next session."""
        path = "" if self.path is None else str(self.path)
        return {"content": self._content.to_text(), "selected": self._selected, "path": path,
                "changed": self.is_changed}  # fmt: skip

    def from_state(self, state: Mapping[str, Any]) -> bool:
        """Take what `to_state` returned; anything else gives an empty draft. Return whether it was used."""
        try:
            content = Content.from_text(state["content"])
            path, selected, changed = state["path"], state["selected"], state["changed"]
        except (KeyError, TypeError, ValueError):
            content, path, selected, changed = Content.empty(), None, None, None
        if not isinstance(path, str) or type(selected) is not int or "\0" in path:
            self.clear()
            return False
        self._replace(content, Path(path) if path else None)
        if changed is True and (path or content != Content.empty()):
            self.stack.resetClean()
        self.select(selected)
        return True

    # --- inside ---

    def _push(
        self,
        text: str,
        after: Content,
        path: str,
        selected: int,
        *,
        merges: bool = False,
        told: tuple[str, ...] = (),
    ) -> None:
        if after != self._content:
            states = (self._content, self._selected), (after, selected)
            step = _Edit(self, text, path, *states, merges=merges, told=told or (path,))
            step.starts_anew, self._starts_anew = self._starts_anew, False
            self.stack.push(step)

    def _take(self, state: State, *paths: str) -> None:
        before, (self._content, selected) = self._content, state
        self._checked = None
        self._check_soon.start()
        whole = self._content.marks != before.marks or len(self._content.arms) != len(before.arms)
        if whole or EVERYTHING in paths or "arms" in paths:
            was, self._selected = self._selected, selected
            self.arms_changed.emit()
            if selected != was:
                self.selected_changed.emit()
        else:
            self.select(selected)
        for path in paths:
            self.changed.emit(path)
        if self._content.data.get("baseline") != before.data.get("baseline") and "baseline" not in paths:
            self.changed.emit("baseline")

    def _examined(self) -> tuple[CompareConfig | None, tuple[Problem, ...]]:
        if self._checked is None:
            config, problems = examine(self._content, self.catalogue)
            self._checked = config, tuple(problems)
        return self._checked

    def _recheck(self) -> None:
        self._checked = None
        self._check_soon.start()

    def _tell_problems(self) -> None:
        if self._examined() != self._told:
            self._told = self._examined()
            self.problems_changed.emit()


class _Edit(QUndoCommand):
    """A step from one state of the draft to the next."""

    def __init__(
        self,
        draft: Draft,
        text: str,
        path: str,
        before: State,
        after: State,
        *,
        merges: bool,
        told: tuple[str, ...],
    ) -> None:
        super().__init__(text)
        self._draft, self.path, self.before, self.after = draft, path, before, after
        self._merges, self.told, self.starts_anew = merges, told, False

    def id(self) -> int:
        """Say whether it may merge with another."""
        return MERGES if self._merges else -1

    def redo(self) -> None:
        """Go to the later state."""
        self._draft._take(self.after, *self.told)

    def undo(self) -> None:
        """Go to the earlier state, and show the arm that it is about."""
        content, selected = self.before
        if match := ARM.match(self.path):
            selected = int(match[1])
        self._draft._take((content, selected), *self.told)

    def mergeWith(self, other: QUndoCommand) -> bool:  # noqa: N802 - the name is Qt's
        """Take in the step after this one where it changes the same value."""
        if not isinstance(other, _Edit) or other.path != self.path or other.starts_anew:
            return False
        self.after = other.after
        self.told = tuple(dict.fromkeys((*self.told, *other.told)))
        self.setText(other.text())
        self.setObsolete(self.after[0] == self.before[0])
        return True
