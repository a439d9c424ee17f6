"""The right panel: the selected arm, its present values, and its command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from wnin_desktop.qt.experiment.arm_edits import optimizer_edits
from wnin_desktop.qt.experiment.arm_form import ArmForm
from wnin_desktop.qt.experiment.column import Column
from wnin_desktop.qt.experiment.commands_menu import fill_commands
from wnin_desktop.qt.experiment.files import ExperimentFiles
from wnin_desktop.qt.experiment.gauges import Gauges
from wnin_desktop.qt.experiment.noise_edits import Memory, amplitude_edits, mode_edits
from wnin_desktop.qt.experiment.summary import table
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, set_font
from wnin_desktop.qt.widgets import ElidedLabel, EmptyState, Hairline, Swatch, YieldingButton

if TYPE_CHECKING:
    from wnin_desktop.qt.desk import Desk


class Inspector(QWidget):
    """Edits the arm that is selected in the draft."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspector")
        self.setAccessibleName(tr("Inspector"))
        self.desk, self.draft = desk, desk.draft
        self.files = ExperimentFiles(desk, self)
        self._shown = -1
        self._fresh: tuple[int, object] = (-2, None)
        self._memory: Memory = {}
        self.swatch = Swatch(0, self)
        self.title = ElidedLabel("", self)
        self.title.setObjectName("inspector-title")
        set_font(self.title, "title")
        self._form = ArmForm(self)
        self.gauges = Gauges(desk, self)
        self.commands = self._make_commands()
        self.empty = EmptyState(
            "arm", tr("No arm selected"), tr("Select an arm on the left to edit it here."), parent=self
        )
        self.empty.setObjectName("inspector-empty")
        self._place()
        self._connect()
        self.show_arm()

    def _make_commands(self) -> QToolButton:
        button = YieldingButton("command", tr("Copy command"), self, name="inspector-commands")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.commands_menu = QMenu(button)
        self.commands_menu.setObjectName("inspector-commands-menu")
        self.commands_menu.aboutToShow.connect(self._fill_commands)
        button.setMenu(self.commands_menu)
        return button

    def _place(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(Space.S)
        head.addWidget(self.swatch)
        head.addWidget(self.title, 1)
        head.addWidget(self.commands)
        inner = QWidget(self)
        column = QVBoxLayout(inner)
        column.setContentsMargins(Space.M, Space.S, Space.M, Space.M)
        column.setSpacing(Space.S)
        column.addLayout(head)
        column.addWidget(self._form)
        column.addStretch(1)
        self.area = Column(inner, "inspector-scroll", self)
        self.pages = QStackedWidget(self)
        self.pages.addWidget(self.empty)
        self.pages.addWidget(self.area)
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.setSpacing(0)
        around.addWidget(self.pages, 1)
        around.addWidget(Hairline(parent=self))
        around.addWidget(self.gauges)

    def _connect(self) -> None:
        draft, form = self.draft, self._form
        draft.selected_changed.connect(self._follow)
        draft.arms_changed.connect(self._follow)
        draft.changed.connect(self._show_change)
        draft.problems_changed.connect(self._show_problems)
        draft.opened.connect(self._take_keyboard)
        draft.sought.connect(self._seek)
        self.desk.catalogue.changed.connect(self._show_catalogue)
        form.edited.connect(self._edit)
        form.mode_chosen.connect(self._choose_mode)
        form.amplitude_chosen.connect(self._choose_amplitude)
        form.optimizer_chosen.connect(self._choose_optimizer)
        form.drag_ended.connect(draft.end_edit)

    # --- what it shows ---

    @property
    def form(self) -> ArmForm:
        """The form of the arm, with everything in it that was put off for the window's sake."""
        if self.draft.turns.take_back(self.show_arm):
            self.show_arm()
        if self.draft.turns.take_back(self._show_params):
            self._show_params()
        return self._form

    @property
    def _base(self) -> str:
        return f"arms[{self.draft.selected}]"

    @property
    def _arm(self) -> dict[str, Any]:
        found = self.draft.value(self._base)
        return found if isinstance(found, dict) else {}

    def _follow(self) -> None:
        """Show the selected arm; the first one a moment later: the form has much to lay out then."""
        if self._shown < 0 <= self.draft.selected:
            self.draft.turns.put(self.show_arm)
        else:
            self.show_arm()

    def show_arm(self) -> None:
        """Show the selected arm; its optimizer's parameters follow where they need fields of their own."""
        self.draft.turns.take_back(self.show_arm)
        index = self.draft.selected
        if index == self._fresh[0] and self.draft.content is self._fresh[1]:
            return  # told twice: by the arms and by the selection
        if index < 0:
            self._shown = -1
            self.gauges.show_arm("")
            self.pages.setCurrentWidget(self.empty)
            return
        if index != self._shown:
            self._memory.clear()
        self._shown = index
        self._fresh = (index, self.draft.content)
        arm, colour = self._arm, self.draft.colour(index)
        self.swatch.set_index(colour)
        self._form.bind(self._base, arm, self.draft.value("budget.steps"), colour)
        self._show_name()
        self._show_optimizers()
        self.draft.turns.put(self._show_params)
        self._show_commands()
        self.pages.setCurrentWidget(self.area)

    @property
    def _optimizer(self) -> str:
        name = table(self._arm, "optimizer").get("name")
        return name if isinstance(name, str) else ""

    def _show_name(self) -> None:
        name = str(self._arm.get("name") or "")
        self.title.setText(name)
        self.gauges.show_arm(name)

    def _show_change(self, path: str) -> None:
        if self._shown < 0 or path in ("", "arms"):
            return
        if path.startswith(("budget", self._base)):
            self._form.show_change(path, self.draft.value(path), self._arm, self.draft.value("budget.steps"))
        if path.startswith(f"{self._base}.name"):
            self._show_name()
        if path.startswith(f"{self._base}.optimizer"):
            self._show_catalogue()

    def _show_catalogue(self) -> None:
        if self._shown >= 0:
            self._show_optimizers()
            self._show_params()

    def _show_optimizers(self) -> None:
        self._form.show_optimizers(self.desk.catalogue, self._optimizer)

    def _show_params(self) -> None:
        self.draft.turns.take_back(self._show_params)
        if self._shown >= 0:
            self._form.show_params(self.desk.catalogue, self._optimizer)
            self._form.params.show_data(table(self._arm, "optimizer").get("params"))
            self._form.show_problems(self.draft.problems)

    def _show_problems(self) -> None:
        if self._shown >= 0 and not self.draft.turns.holds(self._show_params):
            self._form.show_problems(self.draft.problems)
        self._show_commands()

    def _show_commands(self) -> None:
        usable = self.draft.config is not None
        self.commands.setEnabled(usable)
        self.commands.setToolTip(
            tr("Copy the command that repeats a run, or the whole comparison")
            if usable
            else tr("Mend what is wrong first; then there is a command.")
        )

    def _seek(self, path: str) -> None:
        self.form.focus_field(path)

    def _take_keyboard(self, _index: int) -> None:
        self.form.focus_field(f"{self._base}.optimizer.name")

    # --- what a person does ---

    def _edit(self, path: str, value: Any) -> None:
        self.draft.set(path, value)

    def _choose_mode(self, mode: str) -> None:
        at = f"{self._base}.noise"
        edits = mode_edits(at, table(self._arm, "noise"), mode, self._memory)
        self.draft.set_many(edits, tr("Change noise mode"), merge=f"{at}.mode")

    def _choose_amplitude(self, kind: str) -> None:
        noise = table(self._arm, "noise")
        edits = amplitude_edits(f"{self._base}.noise", noise, kind, self._memory)  # type: ignore[arg-type] - from Segmented
        text = tr("State noise as temperature") if kind == "temperature" else tr("State noise as magnitude")
        self.draft.set_many(edits, text)

    def _choose_optimizer(self, name: str) -> None:
        edits = optimizer_edits(self.draft.content, self.draft.selected, name, self.desk.catalogue)
        optimizer = table(self._arm, "optimizer")
        present = optimizer.get("params")
        edits[f"{self._base}.optimizer.params"] = self.form.params.params_for(
            name, self.desk.catalogue.specs(name), present if isinstance(present, dict) else {}
        )
        self.draft.set_many(edits, tr("Change optimizer"), merge=f"{self._base}.optimizer.name")

    def _fill_commands(self) -> None:
        self.commands_menu.clear()
        config = self.draft.config
        name = str(self._arm.get("name") or "")
        takes_part = config is not None and self.draft.is_enabled(self.draft.selected)
        seeds = config.seeds if config is not None and takes_part else ()
        fill_commands(self.commands_menu, self.files, name, seeds)
