"""The form of one arm: optimizer, its parameters, learning rate, noise, schedules with their curves."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from wnin_desktop.errors import Problem
from wnin_desktop.qt.experiment.checking import Catalogue
from wnin_desktop.qt.experiment.noise_edits import amplitude_of
from wnin_desktop.qt.experiment.summary import table, unit_of
from wnin_desktop.qt.forms import ChoiceEdit, Form, ParamsForm, SchedulePreview, optimizer_choice
from wnin_desktop.qt.forms.make import ARM_SCOPE
from wnin_desktop.qt.forms.places import below
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, theme
from wnin_desktop.qt.widgets import SectionHeader, Segmented
from wnin_desktop.runs.flags import FLAGS
from wnin_desktop.schema.fields import FieldSpec, fields_of, with_flags
from wnin_desktop.schema.noise import MODES_WITH_TEMPERATURE
from wnin_desktop.schema.run import ArmConfig

UNSAID = ("params",)
FIRST = ("name", "lr", "lr_schedule")


@cache
def specs() -> dict[str, FieldSpec]:
    """Return the fields of an arm by name, with the flags that set them."""
    flags = {flag.path: flag.name for flag in FLAGS}
    return {spec.name: spec for spec in with_flags(fields_of(ArmConfig), flags, "arm")}


class ArmForm(QWidget):
    """Shows the arm at a place of the draft; edits come out, with two of them to be completed by others."""

    edited = Signal(str, object)
    mode_chosen = Signal(str)
    """Another noise mode: amplitude and schedule go with it."""
    amplitude_chosen = Signal(str)
    """"magnitude" or "temperature"."""
    optimizer_chosen = Signal(str)
    """Another optimizer: its parameters and learning rate go with it."""
    drag_ended = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("arm-form")
        self.setProperty("helpScope", ARM_SCOPE)
        self.base = ""
        self.name = Form((specs()["name"],), parent=self)
        optimizer = [spec for spec in specs()["optimizer"].fields if spec.name not in UNSAID]
        order = [spec for spec in optimizer if spec.name in FIRST] + [
            spec for spec in optimizer if spec.name not in FIRST
        ]
        self.optimizer = Form(order, editors={"optimizer.name": self._choice}, parent=self)
        self.params = ParamsForm(parent=self)
        self.lr_curve = self._make_curve("lr-curve")
        self.noise = Form(specs()["noise"].fields, parent=self)
        self.amplitude = Segmented(
            (("magnitude", tr("Magnitude")), ("temperature", tr("Temperature"))),
            parent=self, name="noise-amplitude", label=tr("State the amplitude as"),
        )  # fmt: skip
        self.curve = self._make_curve("noise-curve")
        self.summary = self._make_words("optimizer-summary")
        self.others = self._make_words("arm-trouble", "danger")
        self._place()
        self._connect()

    def _choice(self, spec: FieldSpec, parent: QWidget) -> ChoiceEdit:
        return ChoiceEdit(optimizer_choice(spec, ()), parent)

    def _make_curve(self, name: str) -> SchedulePreview:
        curve = SchedulePreview(parent=self)
        curve.setObjectName(name)
        curve.edited.connect(self.edited)
        curve.dragging_changed.connect(self._dragging)
        return curve

    def _make_words(self, name: str, kind: str = "muted") -> QLabel:
        label = QLabel(self)
        label.setObjectName(name)
        label.setWordWrap(True)
        label.setProperty("kind", kind)
        label.hide()
        return label

    def _place(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.S)
        optimizer = SectionHeader(tr("Optimizer"), self, name="inspector-optimizer")
        noise = SectionHeader(tr("Noise"), self, name="inspector-noise")
        for widget in (self.name, self.others, optimizer, self.optimizer, self.summary, self.params,
                       self.lr_curve, noise, self.amplitude, self.noise, self.curve):  # fmt: skip
            column.addWidget(widget)

    def _connect(self) -> None:
        self.name.edited.connect(self.edited)
        self.optimizer.edited.connect(self._optimizer_edited)
        self.params.edited.connect(self.edited)
        self.noise.edited.connect(self._noise_edited)
        self.amplitude.changed.connect(self.amplitude_chosen)

    # --- what it shows ---

    def bind(self, base: str, arm: Any, steps: Any, colour: int) -> None:
        """Show the arm at another place."""
        self.base = base
        self.name.bind(base, arm)
        self.optimizer.bind(base, arm)
        self.params.bind(f"{base}.optimizer.params", table(arm, "optimizer").get("params"))
        self.noise.bind(base, arm)
        self.curve.bind(f"{base}.noise", schedule="schedule")
        self.lr_curve.bind(f"{base}.optimizer", amplitude="lr", schedule="lr_schedule")
        self.set_colour(colour)
        self._fit(arm, steps)

    def set_colour(self, index: int) -> None:
        """Draw the curves in the colour of the arm."""
        for curve in (self.curve, self.lr_curve):
            curve.set_colour(theme().arm(index).colour)

    def show_change(self, path: str, value: Any, arm: Any, steps: Any) -> None:
        """Show the value at a full path, and what depends on it."""
        for form in (self.name, self.optimizer, self.noise):
            form.show_value(path, value)
        place = f"{self.base}.optimizer.params"
        if below(place, path) is not None:
            self.params.show_value(path, value)
        elif below(path, place) is not None:
            self.params.show_data(table(arm, "optimizer").get("params"))
        self._fit(arm, steps)

    def _fit(self, arm: Any, steps: Any) -> None:
        """Show what fits the mode, and draw the schedules."""
        noise, optimizer = table(arm, "noise"), table(arm, "optimizer")
        mode, kind = noise.get("mode", "none"), amplitude_of(noise)
        unit, silent = unit_of(mode), mode == "none"
        at = f"{self.base}.noise"
        # A value that contradicts the mode stays in sight, so that it can be mended.
        self._show_row(
            f"{at}.magnitude", (not silent and kind == "magnitude") or bool(noise.get("magnitude"))
        )
        has_both = noise.get("temperature") is not None
        self._show_row(f"{at}.temperature", kind == "temperature" or has_both)
        self.noise.set_unit(f"{at}.magnitude", unit)
        scheduled = table(noise, "schedule").get("kind", "constant") != "constant"
        self._show_row(f"{at}.schedule.kind", not silent or scheduled)
        self.amplitude.setVisible(mode in MODES_WITH_TEMPERATURE)
        self.amplitude.set_value(kind)
        self.curve.setVisible(not silent)
        self.curve.bind(at, amplitude=kind)
        self.curve.show_schedule(
            noise.get("schedule"), steps, noise.get(kind), "loss units" if kind == "temperature" else unit
        )
        lr_schedule = optimizer.get("lr_schedule")
        self.lr_curve.setVisible(table(optimizer, "lr_schedule").get("kind", "constant") != "constant")
        self.lr_curve.show_schedule(lr_schedule, steps, optimizer.get("lr"))

    def _show_row(self, path: str, shown: bool) -> None:
        self.noise.set_shown(path, shown)
        if (row := self.noise.row(path)) is not None:
            for widget in (row.dot, row.reset):  # they keep their room while hidden, but not without a row
                policy = widget.sizePolicy()
                policy.setRetainSizeWhenHidden(shown)
                widget.setSizePolicy(policy)

    def show_optimizers(self, catalogue: Catalogue, name: str) -> None:
        """Offer the optimizers at hand."""
        choice = self.optimizer.editor(f"{self.base}.optimizer.name")
        names = catalogue.names() or [name]  # before the list is read, what stands there is as good as any
        if [choice.itemData(row) for row in range(choice.count())] != names:
            choice.spec = optimizer_choice(choice.spec, names)
            choice.set_choices(names)
            for each in names:
                row = catalogue.row(each)
                choice.set_help(each, row.summary if row is not None else "")
        choice.show_value(name)
        row = catalogue.row(name)
        self._say(self.summary, row.summary if row is not None else "")
        if (lr := catalogue.default_lr(name)) is not None:
            self.optimizer.set_default(f"{self.base}.optimizer.lr", lr)

    def show_params(self, catalogue: Catalogue, name: str) -> None:
        """Show the fields of the optimizer that is chosen."""
        why = _why(catalogue.row(name), is_read=bool(catalogue.names()))
        self.params.show_optimizer(name, catalogue.specs(name), why)

    def show_problems(self, problems: Iterable[Problem]) -> None:
        """Say beside each field what is wrong with it."""
        own = [each for each in problems if below(self.base, each.field) is not None]
        names = [each for each in own if below(f"{self.base}.name", each.field) is not None]
        params = [each for each in own if below(f"{self.base}.optimizer.params", each.field) is not None]
        noise = [each for each in own if below(f"{self.base}.noise", each.field) is not None]
        rest = [each for each in own if each not in (*names, *params, *noise)]
        left = [*self.name.show_problems(names), *self.optimizer.show_problems(rest)]
        left += [*self.params.show_problems(params), *self.noise.show_problems(noise)]
        self._say(self.others, "\n".join(each.sentence() for each in left))

    def focus_field(self, path: str) -> bool:
        """Give the keyboard to the field at a path; false where it is none of this arm."""
        if below(self.base, path) is None:
            return False
        place = f"{self.base}.optimizer.params"
        if below(place, path) is not None and self.params.focus_field(path):
            return True
        if below(f"{self.base}.name", path) is not None:
            return self.name.focus_field(path)
        form = self.noise if below(f"{self.base}.noise", path) is not None else self.optimizer
        return form.focus_field(path)

    def _say(self, label: QLabel, text: str) -> None:
        label.setText(text)
        label.setVisible(bool(text))

    # --- what a person does ---

    def _optimizer_edited(self, path: str, value: Any) -> None:
        if path == f"{self.base}.optimizer.name" and isinstance(value, str):
            self.optimizer_chosen.emit(value)
        else:
            self.edited.emit(path, value)

    def _noise_edited(self, path: str, value: Any) -> None:
        if path == f"{self.base}.noise.mode" and isinstance(value, str):
            self.mode_chosen.emit(value)
        else:
            self.edited.emit(path, value)

    def _dragging(self, held: bool) -> None:
        if not held:
            self.drag_ended.emit()


def _why(row: Any, *, is_read: bool) -> str:
    if not is_read:
        return tr("The list of optimizers is being read.")
    return row.error if row is not None else ""
