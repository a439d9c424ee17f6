"""The line editor that fits a field."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from wnin_desktop.qt.forms.line import LineEditor, ListEdit, ScalarEdit, TableEdit, TextEdit
from wnin_desktop.qt.forms.number import IntEdit, NumberEdit, SizeEdit
from wnin_desktop.schema.fields import FieldSpec

LINES: dict[str, type[LineEditor]] = {
    "int": IntEdit,
    "float": NumberEdit,
    "size": SizeEdit,
    "text": TextEdit,
    "int_list": ListEdit,
    "table": TableEdit,
    "scalar": ScalarEdit,
}


def line_editor(spec: FieldSpec, parent: QWidget | None = None) -> LineEditor:
    """Return an editor of one line for any field but a choice, a switch, a path and a list of tables."""
    return LINES.get(spec.kind, ScalarEdit)(spec, parent)
