"""The question as a form, made from the schema: what plane, how fine, of what, on which data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from wnin_desktop.errors import InputError, Problem
from wnin_desktop.qt.forms.choice import ChoiceEdit
from wnin_desktop.qt.forms.form import Form
from wnin_desktop.qt.forms.make import describe
from wnin_desktop.qt.pages.landscape.words import metric_names, plane_names, plane_tips
from wnin_desktop.qt.text import tr
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.fields import FieldSpec, default_data, fields_of, without
from wnin_desktop.schema.landscape import RUNS, LandscapeRequest

ORDER = ("plane", "metric", "size", "samples", "sigma")
"""Fields that are always seen; the others are folded."""
FLAGS = {name: f"--{name}" for name in LandscapeRequest.model_fields}
SIGMAS = (0.01, 0.03, 0.1)
"""Spreads that are offered where none were asked for."""


def specs() -> tuple[FieldSpec, ...]:
    """Return the fields of the form, those that are seen first."""
    found = {spec.path: spec for spec in without(fields_of(LandscapeRequest), ("runs",))}
    order = [*ORDER, *(path for path in found if path not in ORDER)]
    return tuple(
        msgspec.structs.replace(found[path], flag=FLAGS.get(path, ""), advanced=path not in ORDER)
        for path in order
    )


def _plane_editor(spec: FieldSpec, parent: QWidget) -> ChoiceEdit:
    editor = ChoiceEdit(spec, parent, labels=plane_names())
    describe(editor, spec)
    for plane, tip in plane_tips().items():
        editor.set_help(plane, tip)
    return editor


def _metric_editor(spec: FieldSpec, parent: QWidget) -> ChoiceEdit:
    editor = ChoiceEdit(spec, parent, labels=metric_names())
    describe(editor, spec)
    return editor


class RequestForm(QObject):
    """The form and what it holds; `request` is checked as the command line checks it."""

    edited = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.specs = specs()
        self.form = Form(
            self.specs, editors={"plane": _plane_editor, "metric": _metric_editor}, parent=parent
        )
        self.form.setObjectName("landscape-form")
        self.form.setAccessibleName(tr("Surface to evaluate"))
        self._defaults = default_data(self.specs)
        self.data: dict[str, Any] = dict(self._defaults)
        self.form.show_data(self.data)
        self.form.edited.connect(self._take)

    def _take(self, path: str, value: Any) -> None:
        self.data[path] = value
        self.edited.emit()

    def set(self, path: str, value: Any) -> None:
        """Set a field."""
        self.data[path] = value
        self.form.show_value(path, value)
        self.edited.emit()

    def show(self, data: Mapping[str, Any]) -> None:
        """Show other values; what is not named is at its default, what is not known is passed over."""
        known = {name: value for name, value in data.items() if name in self._defaults}
        self.data = {**self._defaults, **known}
        self.form.show_data(self.data)
        self.edited.emit()

    def state(self) -> dict[str, Any]:
        """Return what is not at its default."""
        return {name: value for name, value in self.data.items() if value != self._defaults[name]}

    def check(self, runs: tuple[str, ...]) -> tuple[LandscapeRequest | None, list[Problem]]:
        """Return the request, or none and what is wrong with the runs; the fields say what is with them."""
        try:
            request = validate(LandscapeRequest, {**self.data, "runs": list(runs)})
        except InputError as error:
            return None, self.show_problems(error.problems)
        self.form.show_problems(())
        return request, []

    def show_problems(self, problems: list[Problem]) -> list[Problem]:
        """Say beside the fields what is wrong; return what belongs to none of them."""
        return self.form.show_problems(problems)

    @property
    def runs_wanted(self) -> int | None:
        """How many runs the chosen plane goes through; None for any number."""
        return RUNS.get(self.data["plane"])


def wanted_words(count: int | None) -> str:
    """Return what to choose, for a plane through so many runs."""
    if count is None:
        return ""
    return tr("Check exactly {0} runs; the order is that of the table.", count)
