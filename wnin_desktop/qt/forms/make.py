"""The editor that fits a field, and what all editors have in common."""

from __future__ import annotations

from typing import Any, Protocol

from PySide6.QtCore import SignalInstance
from PySide6.QtWidgets import QWidget

from wnin_desktop.qt.forms.choice import BoolEdit, ChoiceEdit
from wnin_desktop.qt.forms.make_line import line_editor
from wnin_desktop.qt.forms.models import ModelsEdit
from wnin_desktop.qt.forms.path import PathEdit
from wnin_desktop.qt.forms.said import help_of, name_of, tip_of
from wnin_desktop.schema.fields import FieldSpec


class Editor(Protocol):
    """What a form asks of an editor, which is a widget."""

    spec: FieldSpec
    edited: SignalInstance

    def value(self) -> Any:
        """Return what stands there, valid or not."""
        ...

    def fault(self) -> str:
        """Return what is wrong with it as a sentence, or ""."""
        ...

    def show_value(self, value: Any) -> None:
        """Show `value` without telling anybody."""
        ...

    def set_faulty(self, faulty: bool) -> None:
        """Draw it as something that must be mended."""
        ...


OTHERS: dict[str, type[ChoiceEdit | BoolEdit | PathEdit | ModelsEdit]] = {
    "choice": ChoiceEdit,
    "bool": BoolEdit,
    "path": PathEdit,
    "models": ModelsEdit,
}


def editor_for(spec: FieldSpec, parent: QWidget | None = None) -> Any:
    """Return an editor for any field but a model or a union, named and described."""
    editor: Any = OTHERS[spec.kind](spec, parent) if spec.kind in OTHERS else line_editor(spec, parent)
    describe(editor, spec)
    return editor


def describe(editor: QWidget, spec: FieldSpec) -> None:
    """Give an editor its object name, its accessible name, its tooltip and the anchor of its help."""
    editor.setObjectName(spec.path)
    editor.setAccessibleName(name_of(spec))
    editor.setAccessibleDescription(help_of(spec))
    editor.setToolTip(tip_of(spec))
    editor.setProperty("helpAnchor", spec.path)
    if isinstance(editor, PathEdit):  # the line inside has the keyboard, and is what a screen reader reads
        editor.line.setObjectName(f"{spec.path}.line")
        editor.line.setAccessibleName(editor.accessibleName())
        editor.line.setAccessibleDescription(help_of(spec))


def help_anchor(widget: QWidget | None) -> str:
    """Return the anchor of the help page for `widget` or what it stands in; "" where there is none.

    What stands in a `helpScope`, as the parameters of one optimizer do, has an anchor of its own there.
    """
    anchor = ""
    while widget is not None:
        anchor = anchor or str(widget.property("helpAnchor") or "")
        if anchor and (scope := widget.property("helpScope")):
            return scoped_anchor(str(scope), anchor)
        widget = widget.parentWidget()
    return anchor


ARM_SCOPE = "arms[0]"
"""Where the fields of any arm have their anchors."""


def scoped_anchor(scope: str, path: str) -> str:
    """Return the anchor of a field that more than one thing has, such as the optimizers: "adamw/beta1"."""
    return f"{scope}/{path}" if scope else path
