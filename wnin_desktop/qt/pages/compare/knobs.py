"""What a knob of a live comparison is set to, and whether turning it was recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wnin_desktop.qt.text import tr
from wnin_desktop.schema.commands import Knob
from wnin_desktop.schema.noise import MODES_WITH_TEMPERATURE
from wnin_desktop.schema.run import ArmConfig

if TYPE_CHECKING:
    from wnin_desktop.qt.bridge.live_run import LiveRun

CLOSE = 1e-9


@dataclass(frozen=True)
class Standing:
    """A knob of some arms.

    Attributes:
        value: The value in force; None where the arms differ or nobody has it.
        reason: Why it cannot be turned; empty where it can.
        recorded_at: Step from which on the last turn acts, once the record says so.
    """

    value: float | None
    reason: str = ""
    recorded_at: int | None = None


def standing(run: LiveRun, knob: Knob, arm: str | None) -> Standing:
    """Return how a knob stands for one arm, or for all with None."""
    arms = [each for each in run.config.arms if arm in (None, each.name)]
    having = [each for each in arms if has_knob(run, each, knob)]
    if not having:
        return Standing(None, _why_not(knob, arm))
    values = [_value(run, each, knob) for each in having]
    first = values[0]
    agree = first is not None and all(value is not None and _same(value, first) for value in values)
    wanted = run.knobs.get((knob, arm))
    return Standing(
        first if agree else None,
        recorded_at=None if wanted is None else _recorded(run, knob, [each.name for each in having], wanted),
    )


def has_knob(run: LiveRun, arm: ArmConfig, knob: Knob) -> bool:
    """Return whether turning a knob means anything for an arm."""
    if knob == "lr":
        return True
    if knob == "noise":
        return arm.noise.mode != "none"
    return arm.noise.mode in MODES_WITH_TEMPERATURE or any(
        "temperature" in each.series for each in run.experiment.runs_of(arm.name)
    )


def _why_not(knob: Knob, arm: str | None) -> str:
    what = {"temperature": tr("temperature"), "noise": tr("noise"), "lr": tr("learning rate")}[knob]
    return tr("No arm has a knob for {0}.", what) if arm is None else tr("{0} has no {1}.", arm, what)


def _value(run: LiveRun, arm: ArmConfig, knob: Knob) -> float | None:
    """Return the base value in force: turned here, else as recorded, else as configured."""
    places: tuple[tuple[Knob, str | None], ...] = ((knob, arm.name), (knob, None))
    turned = [run.knobs[place] for place in places if place in run.knobs]
    if len(turned) == 2:
        # Which of the two came last: knobs remember the order in which they were first turned.
        order = list(run.knobs)
        return turned[0] if order.index((knob, arm.name)) > order.index((knob, None)) else turned[1]
    if turned:
        return turned[0]
    recorded = [
        mark for mark in run.experiment.markers
        if mark.kind == "intervention" and mark.arm == arm.name and mark.text.split(" ")[0] == knob
    ]  # fmt: skip
    if recorded:
        return float(recorded[-1].text.split(" ")[-1])
    return configured(run, arm, knob)


def configured(run: LiveRun, arm: ArmConfig, knob: Knob) -> float | None:
    """Return the value that an arm began with."""
    if knob == "lr":
        return arm.optimizer.lr
    if knob == "noise":
        return arm.noise.magnitude
    if arm.noise.temperature is not None:
        return arm.noise.temperature
    for each in run.experiment.runs_of(arm.name):
        if "temperature" in each.series and len(each.series["temperature"]):
            return float(each.series["temperature"].values[0])
    return None


def _recorded(run: LiveRun, knob: Knob, arms: Sequence[str], value: float) -> int | None:
    """Return the step of the record of the last turn, None while it is on its way."""
    for mark in reversed(run.experiment.markers):
        words = mark.text.split(" ")
        if mark.kind == "intervention" and mark.arm in arms and words[0] == knob:
            return mark.step if _same(float(words[-1]), value) else None
    return None


def _same(a: float, b: float) -> bool:
    return abs(a - b) <= max(CLOSE, 1e-5 * max(abs(a), abs(b))) if a and b else a == b
