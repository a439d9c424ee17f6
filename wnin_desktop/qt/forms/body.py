"""The rows of a form in their grid: fields, models under a heading, unions with their branch, a fold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from wnin_desktop.qt.forms.choice import ChoiceEdit
from wnin_desktop.qt.forms.fold import Fold
from wnin_desktop.qt.forms.line import rich
from wnin_desktop.qt.forms.make import describe, editor_for
from wnin_desktop.qt.forms.places import MISSING, get, under
from wnin_desktop.qt.forms.row import COLUMNS, DOT, DOT_SIZE, EDITOR, LABEL, LINES, FieldRow
from wnin_desktop.qt.forms.said import help_of, title_of
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, set_font
from wnin_desktop.schema.fields import Branch, FieldSpec, check, default_data

MakeEditor = Callable[[FieldSpec, QWidget], Any]


class Body(QWidget):
    """A grid of rows; what lies in models and branches is a body of its own inside."""

    edited = Signal(str, object)
    rows_changed = Signal()
    """Rows came or went with a branch of a union."""

    def __init__(
        self,
        specs: tuple[FieldSpec, ...],
        editors: Mapping[str, MakeEditor],
        parent: QWidget | None = None,
        *,
        folds: bool = True,
    ) -> None:
        super().__init__(parent)
        self.editors = editors
        self.own_rows: list[FieldRow] = []
        self.bodies: list[Body] = []
        self.unions: list[UnionPart] = []
        self.fold: Fold | None = None
        self._line = 0
        self.grid = QGridLayout(self)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.setHorizontalSpacing(Space.XS)
        self.grid.setVerticalSpacing(Space.XS)
        self.grid.setColumnStretch(EDITOR, 1)
        self.grid.setColumnMinimumWidth(DOT, DOT_SIZE)
        self._fill(specs, folds=folds)

    def _fill(self, specs: tuple[FieldSpec, ...], *, folds: bool) -> None:
        for spec in specs:
            if not (folds and spec.advanced):
                self._add(spec)
        if folded := tuple(spec for spec in specs if folds and spec.advanced):
            body = self._inner(Body(folded, self.editors, self, folds=False))
            self.fold = Fold(tr("Advanced"), body, self)
            self._add_line(self.fold)

    def _add(self, spec: FieldSpec) -> None:
        if spec.kind == "union":
            part = UnionPart(spec, self)
            self.unions.append(part)
            self._add_row(part.row)
            self._add_line(part.holder)
        elif spec.kind == "model":
            self._add_line(heading(spec, self))
            self._add_line(self._inner(Body(spec.fields, self.editors, self)))
        else:
            make = self.editors.get(spec.path, editor_for)
            editor = make(spec, self)
            if make is not editor_for:
                describe(editor, spec)
            self._add_row(FieldRow(spec, editor, self))

    def _add_row(self, row: FieldRow) -> None:
        row.add_to(self.grid, self._line)
        row.edited.connect(self.edited)
        self.own_rows.append(row)
        self._line += LINES

    def _add_line(self, widget: QWidget) -> None:
        self.grid.addWidget(widget, self._line, DOT, 1, COLUMNS)
        self._line += 1

    def _inner(self, body: Body) -> Body:
        body.edited.connect(self.edited)
        body.rows_changed.connect(self.rows_changed)
        self.bodies.append(body)
        return body

    def rows(self) -> list[FieldRow]:
        """Return every row that counts: those of branches that are not in force do not."""
        found = list(self.own_rows)
        for body in self.bodies:
            found += body.rows()
        for part in self.unions:
            found += part.branch_rows()
        return found

    def parts(self) -> list[UnionPart]:
        """Return every union that counts."""
        found = list(self.unions)
        for body in (*self.bodies, *(part.body for part in self.unions if part.body is not None)):
            found += body.parts()
        return found

    def folds(self) -> list[tuple[Fold, Body]]:
        """Return every fold with its body."""
        found = [] if self.fold is None else [(self.fold, self.bodies[-1])]
        for body in (*self.bodies, *(part.body for part in self.unions if part.body is not None)):
            found += body.folds()
        return found

    def arrange(self, label_width: int, *, stacked: bool) -> None:
        """Give the labels of all rows one width, or put them above their fields."""
        self.grid.setColumnMinimumWidth(LABEL, 0 if stacked else label_width)
        for row in self.own_rows:
            row.arrange(label_width, stacked=stacked)
        for body in (*self.bodies, *(part.body for part in self.unions if part.body is not None)):
            body.arrange(label_width, stacked=stacked)


class UnionPart(QObject):
    """A union: the row that picks its kind, and the body of that kind; others remember their values."""

    def __init__(self, spec: FieldSpec, parent: Body) -> None:
        super().__init__(parent)
        self.spec, self._parent = spec, parent
        kind = kind_spec(spec)
        editor = ChoiceEdit(kind, parent)
        describe(editor, kind)
        for branch in spec.branches:
            editor.set_help(branch.kind, tr(branch.help))
        self.row = FieldRow(kind, editor, parent)
        self.holder = QWidget(parent)
        self._grid = QGridLayout(self.holder)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._bodies: dict[str, Body] = {}
        self._memory: dict[str, dict[str, Any]] = {}
        self.kind = ""
        self.holder.hide()

    @property
    def body(self) -> Body | None:
        """The body of the kind in force."""
        return self._bodies.get(self.kind)

    def branch_rows(self) -> list[FieldRow]:
        """Return the rows of the kind in force."""
        return [] if self.body is None else self.body.rows()

    def show_kind(self, kind: Any) -> None:
        """Show the fields of `kind`; those of the one before keep what they hold."""
        if kind == self.kind:
            return
        if self.body is not None:
            self.body.hide()
        self.kind = str(kind)
        branch = next((each for each in self.spec.branches if each.kind == kind), None)
        if branch is not None and branch.fields and kind not in self._bodies:
            self._make(branch)
        if self.body is not None:
            self.body.show()
        self.holder.setVisible(self.body is not None)
        self._parent.rows_changed.emit()

    def _make(self, branch: Branch) -> None:
        body = Body(branch.fields, self._parent.editors, self.holder)
        body.edited.connect(self._parent.edited)
        body.rows_changed.connect(self._parent.rows_changed)
        self._grid.addWidget(body, len(self._bodies), 0)
        self._bodies[branch.kind] = body

    def remember(self, table: Any) -> None:
        """Keep what the branch in force holds, for the day it is chosen again."""
        if isinstance(table, dict) and table.get("kind"):
            self._memory[str(table["kind"])] = dict(table)

    def forget(self) -> None:
        """Forget the former values: the form shows another place now."""
        self._memory.clear()

    def table_for(self, kind: str, present: Any) -> dict[str, Any]:
        """Return what `kind` is to hold: its former values, else defaults and fields that both kinds have."""
        if kind in self._memory:
            return dict(self._memory[kind])
        fields = next(branch.fields for branch in self.spec.branches if branch.kind == kind)
        table = {"kind": kind, **default_data(fields)}
        for field in fields:
            value = get(present, field.name)
            if value is not MISSING and check(field, value) is None:
                table[field.name] = value
        return table


def kind_spec(spec: FieldSpec) -> FieldSpec:
    """Return the field that picks the kind of a union."""
    return msgspec.structs.replace(
        spec,
        kind="choice",
        path=under(spec.path, "kind"),
        branches=(),
        allowed=", ".join(map(str, spec.choices)),
        default=(spec.default or {}).get("kind"),
        nullable=False,
    )


def heading(spec: FieldSpec, parent: QWidget) -> QLabel:
    """Return the heading of a model inside a form."""
    label = QLabel(title_of(spec), parent)
    label.setObjectName(f"{spec.path}.heading")
    label.setToolTip(rich(help_of(spec)))
    label.setContentsMargins(0, Space.S, 0, 0)
    set_font(label, "title")
    return label
