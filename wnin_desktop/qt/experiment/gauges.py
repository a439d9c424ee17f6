"""What the selected arm is doing now: step, loss, temperature, noise against signal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from wnin_desktop.qt import numbers
from wnin_desktop.qt.bridge.calm import CalmTimer
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, restyle, set_font
from wnin_desktop.qt.widgets import ElidedLabel
from wnin_desktop.schema.metrics import BY_KEY

if TYPE_CHECKING:
    from wnin_desktop.qt.desk import Desk
    from wnin_desktop.runs.watch.experiment import WatchedExperiment
    from wnin_desktop.runs.watch.run import WatchedRun

KEYS = ("train_loss", "val_loss", "temperature", "noise_to_signal")
DIGITS = 4
HIDDEN_IF_ABSENT = ("temperature", "noise_to_signal")


class Gauges(QWidget):
    """Means over the seeds of one arm, of the experiment that the pages show."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("gauges")
        self.setAccessibleName(tr("Present values"))
        self._desk, self._arm = desk, ""
        self.state = ElidedLabel("", self)
        self.state.setObjectName("gauge-state")
        self.state.setProperty("kind", "muted")
        self.values: dict[str, tuple[QLabel, ElidedLabel]] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(Space.M, Space.S, Space.M, Space.S)
        grid.setHorizontalSpacing(Space.M)
        grid.setVerticalSpacing(Space.XS)
        grid.setColumnStretch(1, 1)
        title = QLabel(tr("Now"), self)
        title.setObjectName("gauges-title")
        set_font(title, "title")
        set_font(self.state, "small")
        grid.addWidget(title, 0, 0)
        grid.addWidget(self.state, 0, 1)
        self._add(grid, "step", tr("Step"), "")
        for key in KEYS:
            self._add(grid, key, tr(BY_KEY[key].title), tr(BY_KEY[key].help))
        self._soon = CalmTimer(self.refresh, self)
        desk.runs.framed.connect(self._framed)
        desk.shown.changed.connect(self.refresh)
        self.refresh()

    def _add(self, grid: QGridLayout, key: str, title: str, tip: str) -> None:
        label, value = QLabel(title, self), ElidedLabel("", self)
        value.setObjectName(f"gauge-{key}")
        value.set_tip(tip)
        label.setToolTip(tip)
        label.setProperty("kind", "muted")
        set_font(label, "small")
        set_font(value, "numbers")
        row = grid.rowCount()
        grid.addWidget(label, row, 0)
        grid.addWidget(value, row, 1)
        self.values[key] = label, value

    def show_arm(self, name: str) -> None:
        """Show another arm."""
        if name != self._arm:
            self._arm = name
            self.refresh()

    def _framed(self, changed: frozenset[WatchedExperiment]) -> None:
        if self._desk.shown.current in changed:
            self._soon.ask()

    def refresh(self) -> None:
        """Show the present values."""
        experiment = self._desk.shown.current
        runs = experiment.runs_of(self._arm) if experiment and self._arm in experiment.arms else []
        has_begun = any(run.step for run in runs)
        for key, (label, value) in self.values.items():
            text = "" if experiment is None or not has_begun else self._text(experiment, key)
            is_seen = bool(text) and not (text == ABSENT and key in HIDDEN_IF_ABSENT)
            label.setVisible(is_seen)
            value.setVisible(is_seen)
            value.setText(text)
            why = _why_not_finite(label.text(), key, runs) if text == NOT_FINITE else ""
            value.set_tip(why or label.toolTip())
            value.setAccessibleName(why or f"{label.text()} {text}")
        self._show_state(experiment, runs)
        self.setVisible(has_begun)

    def _show_state(self, experiment: WatchedExperiment | None, runs: list[WatchedRun]) -> None:
        fate = _fate(experiment, runs) if experiment is not None else ""
        self.state.setText(fate or (tr("mean of n = {0}", len(runs)) if len(runs) > 1 else tr("one seed")))
        self.state.set_tip(experiment.name if experiment is not None else "")
        kind = "danger" if fate else "muted"
        if self.state.property("kind") != kind:
            self.state.setProperty("kind", kind)
            self.state.style().unpolish(self.state)
            restyle(self.state)

    def _text(self, experiment: WatchedExperiment, key: str) -> str:
        if key == "step":
            runs = experiment.runs_of(self._arm)
            step, steps = max(run.step for run in runs), max(run.steps for run in runs)
            return f"{numbers.show(step)} / {numbers.show(steps)}"
        found = experiment.latest(self._arm, key)
        if found is None:
            return ABSENT
        if not math.isfinite(found.mean):
            return NOT_FINITE
        text = numbers.brief(found.mean, DIGITS)
        width = _half_width(found.low, found.high)
        return f"{text} \u00b1 {numbers.brief(width, 2)}" if width else text


ABSENT, NOT_FINITE = "\u2013", "\u2014"


def _half_width(low: float | None, high: float | None) -> float | None:
    return None if low is None or high is None or not math.isfinite(high - low) else (high - low) / 2


def _fate(experiment: WatchedExperiment, runs: list[WatchedRun]) -> str:
    """Return that an arm's runs diverged, and where; "" where none did."""
    gone = {run.run_id: run.step for run in runs if run.status == "diverged"}
    if not gone:
        return ""
    gone |= {mark.run_id: mark.step for mark in experiment.markers
             if mark.kind == "diverged" and mark.run_id in gone}  # fmt: skip
    first, last = (numbers.show(step) for step in (min(gone.values()), max(gone.values())))
    steps = first if first == last else f"{first}\u2013{last}"
    if len(gone) == len(runs):
        return tr("diverged at step {0}", steps)
    return tr("{0} of {1} diverged at step {2}", len(gone), len(runs), steps)


def _why_not_finite(title: str, key: str, runs: list[WatchedRun]) -> str:
    """Return since when a value is none."""
    since = [run.not_finite_since[key] for run in runs if key in run.not_finite_since]
    if not since:
        return tr("{0} is not finite.", title)
    return tr("{0} is not finite from step {1} on.", title, numbers.show(min(since)))
