"""Sliders for temperature, noise and learning rate that act on the live run within a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QWidget

from wnin_desktop.qt import numbers
from wnin_desktop.qt.bridge.calm import CalmTimer
from wnin_desktop.qt.pages.compare.knobs import Standing, standing
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, set_font
from wnin_desktop.qt.widgets import ElidedLabel, LogSlider
from wnin_desktop.schema.commands import Knob

if TYPE_CHECKING:
    from wnin_desktop.qt.bridge.live_run import LiveRun
    from wnin_desktop.qt.desk import Desk
    from wnin_desktop.runs.watch.experiment import WatchedExperiment

TURN_MS = 100
"""Turns by held keys are gathered for so long: each one is recorded for every run."""
RANGES: dict[Knob, tuple[float, float]] = {
    "temperature": (1e-8, 1e2),
    "noise": (1e-5, 1e2),
    "lr": (1e-6, 1e1),
}
ALL = ""


class SteerStrip(QWidget):
    """Which arm, three sliders, and what became of the last turn."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("steer")
        self.setAccessibleName(tr("Steer the live run"))
        self._desk = desk
        self._run: LiveRun | None = None
        self._waiting: dict[Knob, float] = {}
        self._last: Knob | None = None
        self.sliders = self._make_sliders()
        self._make_choice()
        self._place()
        self._soon = CalmTimer(self.refresh, self)
        self._turning = QTimer(self, singleShot=True, interval=TURN_MS)
        self._turning.timeout.connect(self._turn)
        desk.runs.started.connect(self._follow)
        desk.runs.ended.connect(self._follow)
        desk.runs.framed.connect(self._take_frame)
        desk.shown.changed.connect(self._follow)
        self._follow()

    # -- made of -------------------------------------------------------------------------------------------

    def _make_sliders(self) -> dict[Knob, LogSlider]:
        labels = {"temperature": tr("T"), "noise": tr("Noise"), "lr": tr("lr")}
        made: dict[Knob, LogSlider] = {}
        for knob, (low, high) in RANGES.items():
            slider = LogSlider(
                low, high, low if knob == "lr" else 0.0, self, label=labels[knob], zero=knob != "lr",
                temperature=knob == "temperature", name=f"steer-{knob}",
            )  # fmt: skip
            slider.changed.connect(self._turned)
            made[knob] = slider
        return made

    def _make_choice(self) -> None:
        self.arms = QComboBox(self)
        self.arms.setObjectName("steer-arm")
        self.arms.setAccessibleName(tr("Arm that is steered"))
        self.arms.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.arms.setMinimumContentsLength(9)
        self.arms.activated.connect(self.refresh)
        self.arms_label = QLabel(tr("Steer"), self)
        self.arms_label.setObjectName("steer-label")
        self.arms_label.setBuddy(self.arms)
        self.told = ElidedLabel("", self)
        self.told.setObjectName("steer-told")
        self.told.setProperty("kind", "muted")
        self.told.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.told.setMinimumWidth(60)
        set_font(self.told, "small_numbers")

    def _place(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(Space.S, 0, Space.S, 0)
        layout.setSpacing(Space.M)
        layout.addWidget(self.arms_label)
        layout.addWidget(self.arms)
        for slider in self.sliders.values():
            layout.addWidget(slider, 2)
        layout.addWidget(self.told, 3)

    # -- following -----------------------------------------------------------------------------------------

    @property
    def run(self) -> LiveRun | None:
        """The live run that is steered: that of the experiment that is shown."""
        shown = self._desk.shown.current
        return next((run for run in self._desk.runs.live if run.experiment is shown), None)

    @property
    def arm(self) -> str | None:
        """The arm that is steered; None is all of them."""
        return str(self.arms.currentData() or ALL) or None

    def _follow(self) -> None:
        run = self.run
        if run is not self._run:
            self._run, self._last = run, None
            self._waiting.clear()
            self._list_arms()
        self.refresh()

    def _list_arms(self) -> None:
        self.arms.clear()
        self.arms.addItem(tr("All arms"), ALL)
        for arm in self._run.config.arms if self._run is not None else ():
            self.arms.addItem(arm.name, arm.name)

    def _take_frame(self, changed: frozenset[WatchedExperiment]) -> None:
        if self._run is not None and self._run.experiment in changed:
            self._soon.ask()

    def refresh(self) -> None:
        """Show the values in force, and why a slider cannot be moved."""
        run = self._run
        self.arms.setEnabled(run is not None and len(run.config.arms) > 1)
        for knob, slider in self.sliders.items():
            state = Standing(None, self._why_no_run()) if run is None else standing(run, knob, self.arm)
            slider.setEnabled(not state.reason)
            slider.setToolTip(self._tip(knob, state))
            if slider.track.isSliderDown() or knob in self._waiting:
                continue
            if state.value is not None:
                slider.set_value(state.value)
            elif not state.reason:
                slider.show_various()
        self._tell()

    def _why_no_run(self) -> str:
        if self._desk.shown.current is not None and self._desk.runs.live:
            return tr("The experiment that is shown is not training here.")
        return tr("Nothing is training. Run a comparison to steer it.")

    def _tip(self, knob: Knob, state: Standing) -> str:
        about = {
            "temperature": tr("Base temperature (loss units); the schedule goes on scaling it."),
            "noise": tr(
                "Base noise magnitude, in the unit of the arm's noise mode; the schedule goes on scaling it."
            ),
            "lr": tr("Base learning rate; the schedule goes on scaling it."),
        }[knob]
        if state.reason:
            return f"{about}\n{state.reason}"
        acts = tr("Acts before the next step, is recorded, and replays.")
        differ = tr("The arms have different values.") if state.value is None else ""
        return "\n".join(part for part in (about, acts, differ) if part)

    def _tell(self) -> None:
        run = self._run
        if run is None:
            self.told.setText(self._why_no_run())
            return
        if self._last is None:
            self.told.setText("")
            return
        value = run.knobs.get((self._last, self.arm))
        state = standing(run, self._last, self.arm)
        if value is None:
            self.told.setText("")
        elif state.recorded_at is None:
            self.told.setText(tr("{0}: on its way", self._last))
        else:
            step = numbers.show(state.recorded_at + 1)
            self.told.setText(tr("{0}: from step {1}, recorded", self._last, step))

    # -- turning -------------------------------------------------------------------------------------------

    def _turned(self, value: float) -> None:
        slider = self.sender()
        knob: Knob = next(knob for knob, each in self.sliders.items() if each is slider)
        self._waiting[knob] = value
        self._last = knob
        if not self._turning.isActive():
            # The first turn acts at once; those that follow closely are gathered.
            self._turn()
            self._turning.start()

    def _turn(self) -> None:
        waiting, self._waiting = self._waiting, {}
        if self._run is None or not waiting:
            return
        for knob, value in waiting.items():
            self._run.knobs.pop((knob, self.arm), None)
            self._run.turn(knob, value, self.arm)
        self._turning.start()
        self._tell()
        self._soon.ask()
