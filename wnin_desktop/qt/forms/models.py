"""An editor of a list of tables, such as the phases of a schedule: one row each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QToolButton, QWidget

from wnin_desktop.qt.forms.line import LineEditor, as_sentence, rich, same
from wnin_desktop.qt.forms.make_line import line_editor
from wnin_desktop.qt.forms.said import tip_of, title_of
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, set_icon
from wnin_desktop.schema.fields import FieldSpec, check


class ModelsEdit(QWidget):
    """Rows of editors; a row is added below and removed at its end."""

    edited = Signal(object)

    def __init__(self, spec: FieldSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec = spec
        self._rows: list[dict[str, LineEditor]] = []
        self._removers: list[QToolButton] = []
        self._stray: Any = None
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(Space.XS)
        self._grid.setVerticalSpacing(Space.XS)
        for column, field in enumerate(spec.fields):
            self._grid.addWidget(self._head(field), 0, column)
            self._grid.setColumnStretch(column, 2 if field.kind == "text" else 1)
        self.add_button = QPushButton(tr("Add row"), self)
        self.add_button.setObjectName(f"{spec.path}.add")
        self.add_button.setProperty("kind", "quiet")
        self.add_button.setAccessibleName(tr("Add a row to {0}", title_of(spec)))
        self.add_button.clicked.connect(self.add_row)
        self._place_button()

    def _head(self, field: FieldSpec) -> QLabel:
        label = QLabel(title_of(field), self)
        label.setProperty("kind", "muted")
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setToolTip(rich(tr(field.help)))
        return label

    def value(self) -> Any:
        """Return the rows as a list of tables."""
        if self._stray is not None:
            return self._stray
        return [{name: editor.value() for name, editor in row.items()} for row in self._rows]

    def fault(self) -> str:
        """Return the first thing that is wrong with a cell or with the number of rows, or ""."""
        for index, row in enumerate(self._rows):
            for editor in row.values():
                if fault := editor.fault():
                    return tr("Row {0}, {1}: {2}", index + 1, title_of(editor.spec), fault)
        return as_sentence(check(self.spec, self.value()) or "")

    def show_value(self, value: Any) -> None:
        """Show `value` without telling anybody; cells that already mean it are left alone."""
        if same_rows(value, self.value()):
            return
        rows = value if isinstance(value, list | tuple) else ()
        tables = [row for row in rows if isinstance(row, dict)]
        self._stray = None if tables or value == [] else value
        while len(self._rows) > len(tables):
            self._drop_row()
        while len(self._rows) < len(tables):
            self._make_row()
        for editors, table in zip(self._rows, tables, strict=True):
            for name, editor in editors.items():
                editor.show_value(table.get(name))

    def set_faulty(self, faulty: bool) -> None:
        """Take all marks away where nothing is wrong any more."""
        for row in self._rows:
            for editor in row.values():
                editor.set_faulty(faulty and bool(editor.fault()))

    def mark(self, faults: Mapping[tuple[int, str], str]) -> None:
        """Mark the cells (row, name) that something is wrong with."""
        for index, row in enumerate(self._rows):
            for name, editor in row.items():
                editor.set_faulty((index, name) in faults or bool(editor.fault()))

    def add_row(self) -> None:
        """Add a row that fits behind the last one."""
        self._change(with_row(self._tables()))

    def remove_row(self, index: int) -> None:
        """Remove one row; what comes before it goes on until its end."""
        self._change(without_row(self._tables(), index))

    def focus_cell(self, row: int, name: str) -> None:
        """Give the keyboard to one cell, or to the first one where that is not there."""
        if self._rows:
            editors = self._rows[min(row, len(self._rows) - 1)]
            editors.get(name, next(iter(editors.values()))).setFocus(Qt.FocusReason.ShortcutFocusReason)

    def cell(self, row: int, name: str) -> LineEditor:
        """Return the editor of one cell."""
        return self._rows[row][name]

    def _tables(self) -> list[dict[str, Any]]:
        return [{name: editor.value() for name, editor in row.items()} for row in self._rows]

    def _change(self, tables: list[dict[str, Any]]) -> None:
        self.show_value(tables)
        self.edited.emit(self.value())

    def _make_row(self) -> None:
        index = len(self._rows)
        editors: dict[str, LineEditor] = {}
        for column, field in enumerate(self.spec.fields):
            editor = line_editor(field, self)
            editor.setObjectName(f"{self.spec.path}[{index}].{field.name}")
            editor.setAccessibleName(tr("{0}, row {1}", title_of(field), index + 1))
            editor.setToolTip(tip_of(field))
            editor.edited.connect(self._cell_edited)
            self._grid.addWidget(editor, index + 1, column)
            editors[field.name] = editor
        self._rows.append(editors)
        self._grid.addWidget(self._remover(index), index + 1, len(self.spec.fields))
        self._place_button()

    def _remover(self, index: int) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(f"{self.spec.path}[{index}].remove")
        set_icon(button, "remove")
        text = tr("Remove row {0}").format(index + 1)
        button.setToolTip(text)
        button.setAccessibleName(text)
        button.clicked.connect(self._remove_clicked)
        self._removers.append(button)
        return button

    def _remove_clicked(self) -> None:
        sender = self.sender()
        if isinstance(sender, QToolButton):
            self.remove_row(self._removers.index(sender))

    def _drop_row(self) -> None:
        for widget in (*self._rows.pop().values(), self._removers.pop()):
            self._grid.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self._place_button()

    def _place_button(self) -> None:
        self._grid.removeWidget(self.add_button)
        self._grid.addWidget(self.add_button, len(self._rows) + 1, 0, Qt.AlignmentFlag.AlignLeft)
        fewest, most = self.spec.min_length or 0, self.spec.max_length
        for remover in self._removers:
            remover.setEnabled(len(self._rows) > fewest)
        self.setFocusProxy(next(iter(self._rows[0].values())) if self._rows else self.add_button)
        self.add_button.setEnabled(most is None or len(self._rows) < most)

    def _cell_edited(self) -> None:
        self._stray = None
        self.edited.emit(self.value())


def same_rows(one: Any, other: Any) -> bool:
    """Return whether two lists of tables say the same."""
    if not (isinstance(one, list | tuple) and isinstance(other, list | tuple) and len(one) == len(other)):
        return False
    return all(
        isinstance(a, dict) and a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
        for a, b in zip(one, other, strict=True)
    )


def with_row(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return `rows` and one more; where rows are pieces of the run, the last piece is halved."""
    last = dict(rows[-1]) if rows else {}
    if not isinstance(last.get("until"), float):
        return [*rows, last]
    start = rows[-2]["until"] if len(rows) > 1 and isinstance(rows[-2].get("until"), float) else 0.0
    name = tr("phase {0}").format(len(rows) + 1)
    middle = {**rows[-1], "until": round((start + last["until"]) / 2, 6)}
    return [*rows[:-1], middle, {**last, "name": name}]


def without_row(rows: list[dict[str, Any]], index: int) -> list[dict[str, Any]]:
    """Return `rows` without one; where rows are pieces of the run, the last one still ends it."""
    rest = [dict(row) for place, row in enumerate(rows) if place != index]
    if rest and index == len(rows) - 1 and "until" in rest[-1]:
        rest[-1]["until"] = rows[-1]["until"]
    return rest
