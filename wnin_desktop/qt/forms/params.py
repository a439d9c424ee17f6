"""The hyper-parameters of an optimizer, as its catalogue row describes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from wnin_desktop.errors import Problem
from wnin_desktop.qt.forms.form import Form
from wnin_desktop.qt.text import tr
from wnin_desktop.schema.fields import FieldSpec, check


class ParamsForm(QWidget):
    """A form that changes with the optimizer; `lr` stands beside the parameters, not among them."""

    edited = Signal(str, object)
    """Full path and value of each edit."""

    def __init__(self, *, base: str = "", parent: QWidget | None = None) -> None:
        """Make an empty form.

        Args:
            base: Where the parameters lie in the data ("arms[0].optimizer.params").
            parent: Qt's.
        """
        super().__init__(parent)
        self.base = base
        self.optimizer = ""
        self.form: Form | None = None
        self._specs: tuple[FieldSpec, ...] | None = None
        self._memory: dict[str, dict[str, Any]] = {}
        self.words = QLabel(self)
        self.words.setObjectName("params.words")
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setProperty("kind", "muted")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(self.words)
        self.words.hide()

    def show_optimizer(self, name: str, specs: tuple[FieldSpec, ...] | None, why: str = "") -> None:
        """Show the fields of another optimizer.

        Args:
            name: Its registered name.
            specs: Its hyper-parameters from the catalogue; None where it is not loaded.
            why: One sentence on why it is not.
        """
        if (
            name == self.optimizer
            and specs == self._specs
            and (specs is not None or why == self.words.text())
        ):
            return
        self.optimizer, self._specs = name, specs
        self.setProperty("helpScope", name)
        shown = parameter_specs(specs or ())
        self._replace(Form(shown, base=self.base, parent=self) if shown else None)
        words = why or tr("{0} is not loaded.").format(name) if specs is None else ""
        if specs is not None and not shown:
            words = tr("{0} has no parameters.").format(name)
        self.words.setText(words)
        self.words.setVisible(bool(words))

    def _replace(self, form: Form | None) -> None:
        if self.form is not None:
            self._column.removeWidget(self.form)
            self.form.hide()
            self.form.deleteLater()
        self.form = form
        if form is not None:
            form.edited.connect(self.edited)
            self._column.addWidget(form)

    def bind(self, base: str, data: Any) -> None:
        """Show the parameters at another place."""
        self.base = base
        if self.form is not None:
            self.form.bind(base, data)

    def show_data(self, params: Any) -> None:
        """Show the whole table of parameters; what is not in it is at its default."""
        if isinstance(params, dict):
            self._memory[self.optimizer] = dict(params)
        if self.form is not None:
            self.form.show_data(params)

    def show_value(self, path: str, value: Any) -> None:
        """Show the value at a full path."""
        if self.form is not None:
            self.form.show_value(path, value)

    def show_problems(self, problems: Iterable[Problem]) -> list[Problem]:
        """Say beside each field what is wrong with it; return what belongs to no field here."""
        return list(problems) if self.form is None else self.form.show_problems(problems)

    def focus_field(self, path: str) -> bool:
        """Give the keyboard to the field at a full path; false where there is none."""
        return self.form is not None and self.form.focus_field(path)

    def params_for(
        self, name: str, specs: tuple[FieldSpec, ...] | None, present: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return what the table is to hold for another optimizer: its former values, else what fits both."""
        if name in self._memory:
            return dict(self._memory[name])
        fields = {spec.name: spec for spec in parameter_specs(specs or ())}
        return {
            key: value
            for key, value in present.items()
            if key in fields and check(fields[key], value) is None
        }


def parameter_specs(specs: Iterable[FieldSpec]) -> tuple[FieldSpec, ...]:
    """Return the fields that `optimizer.params` holds: all but `lr`."""
    return tuple(spec for spec in specs if spec.name != "lr")


def optimizer_choice(spec: FieldSpec, names: Iterable[str]) -> FieldSpec:
    """Return the field of an optimizer's name as a choice among `names`."""
    return msgspec.structs.replace(spec, kind="choice", choices=tuple(names))
