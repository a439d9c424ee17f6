"""A form made from field specs and bound to a place in nested data; edits come out as (path, value)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from wnin_desktop.errors import Problem
from wnin_desktop.qt.forms.body import Body, MakeEditor, UnionPart
from wnin_desktop.qt.forms.line import as_sentence
from wnin_desktop.qt.forms.models import ModelsEdit
from wnin_desktop.qt.forms.places import MISSING, below, get, put, touches, under
from wnin_desktop.qt.forms.row import FieldRow
from wnin_desktop.qt.forms.said import title_of
from wnin_desktop.qt.text import tr
from wnin_desktop.schema.fields import FieldSpec, default_of, walk

LABEL_LETTERS = 16
"""Widest label, in letters x; a longer one is broken into lines."""
FORM_LETTERS = 52
"""Width that a form asks for."""
CELL = re.compile(r"\[(\d+)\]\.(\w+)$")


class Form(QWidget):
    """One column of fields.

    The form holds a copy of the data it shows, so that a part of a table may be told to it alone. Showing
    a value never moves the cursor, rebuilds a widget or emits `edited`.
    """

    edited = Signal(str, object)
    """Full path and value of each edit by a person; the value may be invalid, as typed."""

    def __init__(
        self,
        specs: Iterable[FieldSpec],
        *,
        base: str = "",
        editors: Mapping[str, MakeEditor] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """Make the rows.

        Args:
            specs: The fields; their paths lie below `base`.
            base: Where in the data the fields lie ("arms[0]"); `bind` moves the form elsewhere.
            editors: Makers of own editors by path of a spec, such as a list for `optimizer.name`.
            parent: Qt's.
        """
        super().__init__(parent)
        self.specs = tuple(specs)
        self.base = base
        self._data: Any = {}
        self._defaults: dict[str, Any] = {}
        self._specs_by_path = {spec.path: spec for spec in walk(self.specs)}
        self._problems: tuple[Problem, ...] = ()
        self._sought: QWidget | None = None
        self._label_width, self._least_width = 0, 0
        self._is_stacked = False
        self._scroll_soon = QTimer(self, singleShot=True, interval=0)  # an opened fold gets its room first
        self._scroll_soon.timeout.connect(self._scroll_to_sought)
        self.body = Body(self.specs, editors or {}, self)
        self.body.edited.connect(self._row_edited)
        self.body.rows_changed.connect(self._rows_changed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.body)
        column.addStretch(1)
        self._fit_labels()
        self._refresh("")

    # --- what it shows ---

    def bind(self, base: str, data: Any) -> None:
        """Show another place of the same shape: another arm in the same form."""
        self.base = base
        self._problems = ()
        for row in self.rows():
            row.show_problem("")
        for part in self.body.parts():
            part.forget()
        self.show_data(data)

    def show_data(self, data: Any) -> None:
        """Show the whole table at the form's base; what is not in it is at its default."""
        self._data = data
        self._refresh("")

    def show_value(self, path: str, value: Any) -> None:
        """Show the value at a full path; places outside this form are passed over."""
        place = below(self.base, path)
        if place is None:
            if below(path, self.base) is None:
                return
            place, value = "", get(value, below(path, self.base) or "")
        self._data = put(self._data, place, value if value is not MISSING else {})
        self._refresh(place)

    def value(self, path: str) -> Any:
        """Return the value at a full path as the form shows it."""
        return self._at(below(self.base, path) or "")

    def show_problems(self, problems: Iterable[Problem]) -> list[Problem]:
        """Say beside each field what is wrong with it; return what belongs to no field here.

        A fold with a problem opens: what must be mended is seen.
        """
        self._problems = tuple(problems)
        return self._show_problems()

    def set_default(self, path: str, value: Any) -> None:
        """Take another default for a field: an optimizer's own learning rate."""
        place = below(self.base, path) or ""
        self._defaults[place] = value
        if row := self.row(path):
            row.set_default(value)

    def set_unit(self, path: str, unit: str) -> None:
        """Show another unit beside a field."""
        if row := self.row(path):
            row.show_unit(unit)

    def set_shown(self, path: str, shown: bool) -> None:
        """Show or hide a field."""
        if row := self.row(path):
            row.set_shown(shown)

    def focus_field(self, path: str) -> bool:
        """Give the keyboard to the field at a full path, or the one around it; false where there is none."""
        row = self._row_around(below(self.base, path))
        if row is None:
            return False
        for fold, body in self.body.folds():
            if row in body.rows():
                fold.set_open(True)
        cell = CELL.search(path)
        if isinstance(row.editor, ModelsEdit) and cell:
            row.editor.focus_cell(int(cell[1]), cell[2])
        else:
            row.editor.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._sought = row.editor
        self._scroll_soon.start()
        return True

    # --- its parts ---

    def rows(self) -> list[FieldRow]:
        """Return the rows that count."""
        return self.body.rows()

    def row(self, path: str) -> FieldRow | None:
        """Return the row at a full path."""
        place = below(self.base, path)
        return next((row for row in self.rows() if row.path == place), None)

    def editor(self, path: str) -> Any:
        """Return the editor at a full path, or None."""
        row = self.row(path)
        return None if row is None else row.editor

    # --- inside ---

    def _at(self, place: str) -> Any:
        value = get(self._data, place)
        if value is not MISSING:
            return value
        if place in self._defaults:
            return self._defaults[place]
        around, _, name = place.rpartition(".")
        if name == "kind":
            return (default_of(self._specs_by_path[around]) or {}).get("kind")
        if (row := next((row for row in self.rows() if row.path == place), None)) is not None:
            return row.default
        spec = self._specs_by_path.get(place)
        return None if spec is None else default_of(spec)

    def _refresh(self, place: str) -> None:
        for part in self.body.parts():
            if touches(part.spec.path, place):
                self._refresh_union(part)
        for row in self.rows():
            if touches(row.path, place):
                row.show_value(self._at(row.path))
        self._count_changes()

    def _refresh_union(self, part: UnionPart) -> None:
        part.show_kind(self._at(part.row.path))
        part.remember(get(self._data, part.spec.path))

    def _row_edited(self, place: str, value: Any) -> None:
        part = next((part for part in self.body.parts() if part.row.path == place), None)
        if part is not None:
            place = part.spec.path
            value = part.table_for(value, get(self._data, place))
        self._data = put(self._data, place, value)
        self._refresh(place)
        self.edited.emit(under(self.base, place), value)

    def _rows_changed(self) -> None:
        self._fit_labels()
        for row in self.rows():
            if row.path in self._defaults:
                row.set_default(self._defaults[row.path])
            row.show_value(self._at(row.path))

    def _count_changes(self) -> None:
        for fold, body in self.body.folds():
            fold.show_count(sum(row.is_changed for row in body.rows()))

    def _show_problems(self) -> list[Problem]:
        texts: dict[int, list[str]] = {}
        cells: dict[int, dict[tuple[int, str], str]] = {}
        unplaced = []
        rows = self.rows()
        for problem in self._problems:
            place = below(self.base, problem.field)
            row = self._row_around(place)
            if row is None or place is None:
                unplaced.append(problem)
                continue
            text = as_sentence(problem.allowed)
            if isinstance(row.editor, ModelsEdit) and (cell := CELL.match(place.removeprefix(row.path))):
                cells.setdefault(rows.index(row), {})[int(cell[1]), cell[2]] = text
                text = tr("Row {0}: {1}", int(cell[1]) + 1, text)
            texts.setdefault(rows.index(row), []).append(text)
        for index, row in enumerate(rows):
            row.show_problem("\n".join(texts.get(index, ())))
            if isinstance(row.editor, ModelsEdit):
                row.editor.mark(cells.get(index, {}))
        self._open_faulty(rows)
        return unplaced

    def _open_faulty(self, rows: list[FieldRow]) -> None:
        faulty = [row for row in rows if row.fault_text]
        for fold, body in self.body.folds():
            if any(row in faulty for row in body.rows()):
                fold.set_open(True)

    def _row_around(self, place: str | None) -> FieldRow | None:
        """Return the row at `place` or the nearest one around it; a union's table is at its kind."""
        if place is None:
            return None
        rows = {row.path: row for row in self.rows()}
        while place:
            if place in rows:
                return rows[place]
            if f"{place}.kind" in rows:
                return rows[f"{place}.kind"]
            place = re.sub(r"(\.?[^.\[\]]+|\[\d+\])$", "", place)
        return None

    def _scroll_to_sought(self) -> None:
        around = self.parentWidget()
        while around is not None and not isinstance(around, QScrollArea):
            around = around.parentWidget()
        sought = self._sought
        if isinstance(around, QScrollArea) and sought is not None and self.isAncestorOf(sought):
            around.ensureWidgetVisible(sought)

    def _fit_labels(self) -> None:
        metrics = self.fontMetrics()
        titles = [title_of(row.spec) for row in self.rows()]
        widest = max(map(metrics.horizontalAdvance, titles), default=0)
        limit = metrics.averageCharWidth() * LABEL_LETTERS
        words = [word for title in titles for word in title.split()]
        longest_word = max(map(metrics.horizontalAdvance, words), default=0)
        self._label_width = max(min(widest, limit), longest_word) + 2
        self._arrange()

    def _arrange(self) -> None:
        self.body.arrange(self._label_width, stacked=self._is_stacked)
        self._least_width = max((row.least_width() for row in self.rows()), default=0)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Put the labels above their fields where there is no room beside them."""
        super().resizeEvent(event)
        stacked = self.width() < self._least_width + self._label_width
        if stacked != self._is_stacked:
            self._is_stacked = stacked
            self._arrange()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the width of fields that stand below their labels: a narrower form puts them there."""
        hint = super().minimumSizeHint()
        return hint if self._is_stacked else QSize(min(hint.width(), self._least_width), hint.height())

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return a width in which fields and units have room."""
        width = self.fontMetrics().averageCharWidth() * FORM_LETTERS
        return super().sizeHint().expandedTo(QSize(width, 0))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Fit the labels to another size of text."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "body"):
            self._fit_labels()
