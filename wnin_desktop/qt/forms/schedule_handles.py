"""What can be taken hold of in the curve of a schedule, and what moving it makes of the schedule's fields.

Places are (t, m): finished steps, and the magnitude in its own unit. A handle moves along one of the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from wnin_desktop.noise.schedules import factor, period_of
from wnin_desktop.qt.text import tr
from wnin_desktop.schema.schedule import (
    SCHEDULES_WITH_PERIOD,
    AdaptiveSchedule,
    ConstantSchedule,
    InverseAnnealSchedule,
    PhasesSchedule,
    ScheduleConfig,
    peak,
)

DIGITS = 3
"""Significant digits that a hand can set."""
NEAREST_ENDS = 0.01
"""Shortest phase that dragging makes, as a fraction of the run."""
ZERO_SHARE = 0.005
"""Share of the axis that counts as 0 when dragged there."""
LARGEST_PERIOD = 1_000_000_000
Axis = Literal["t", "m"]


@dataclass(frozen=True)
class Handle:
    """A handle: the field it sets, its words, where it is, along which axis it moves, what it holds."""

    path: str
    """Below the schedule; "" is the amplitude."""
    title: str
    t: float
    m: float
    axis: Axis
    value: float
    unit: str = ""
    is_set: bool = True
    """False where the field is empty and the handle shows what it then means."""


@dataclass(frozen=True)
class Curve:
    """A schedule over a run: everything a preview needs."""

    schedule: Any
    steps: int
    amplitude: float | None
    """None where there is none to scale: the curve then shows factors."""

    @property
    def m(self) -> float:
        """The amplitude, or 1 where the curve shows factors."""
        return 1.0 if self.amplitude is None else self.amplitude

    @property
    def top(self) -> float:
        """The highest magnitude the curve may reach; above 0 even where the amplitude is 0."""
        return (self.m or 1.0) * max(peak(self.schedule), 1e-9)

    def at(self, t: float) -> float:
        """Return m(t) at a step of the run."""
        step = min(max(round(t), 0), self.steps - 1)
        return self.m * factor(self.schedule, step, self.steps)


def read_schedule(data: Any) -> Any:
    """Return the schedule that `data` describes, None where it is not valid; nothing at all is constant."""
    if data is None:
        return ConstantSchedule()
    try:
        return _adapter().validate_python(data)
    except ValidationError:
        return None


@cache
def _adapter() -> TypeAdapter[Any]:
    return TypeAdapter(ScheduleConfig)


def handles_of(curve: Curve) -> list[Handle]:
    """Return the handles of a curve in reading order."""
    return sorted(_handles(curve), key=lambda handle: (handle.t, handle.path))


def _handles(curve: Curve) -> Iterator[Handle]:
    schedule = curve.schedule
    if curve.amplitude is not None:
        yield _amplitude(curve)
    if schedule.kind in SCHEDULES_WITH_PERIOD:
        yield _period(curve)
    elif isinstance(schedule, InverseAnnealSchedule):
        t = curve.steps / 3
        m = curve.m / (1.0 + schedule.k * t)
        yield Handle("k", tr("Rate k"), t, m, "m", schedule.k, "1/step")
    elif isinstance(schedule, PhasesSchedule):
        yield from _phases(curve)
    elif isinstance(schedule, AdaptiveSchedule):
        yield from _adaptive(curve)


def _amplitude(curve: Curve) -> Handle:
    t = 0.0
    if curve.schedule.kind == "cyclical":
        t = min((period_of(curve.schedule, curve.steps) or curve.steps) / 2, float(curve.steps))
    return Handle("", tr("Amplitude m"), t, curve.m, "m", curve.m)


def _period(curve: Curve) -> Handle:
    period = period_of(curve.schedule, curve.steps) or float(curve.steps)
    t = min(period, float(curve.steps))
    title = tr("Time constant") if curve.schedule.kind == "exponential" else tr("Period")
    # The last step before the end of the period: at the end itself a curve with restarts has jumped.
    m = curve.at(t - 1)
    return Handle("period", title, t, m, "t", period, tr("steps"), curve.schedule.period is not None)


def _phases(curve: Curve) -> Iterator[Handle]:
    start, phases = 0.0, curve.schedule.phases
    for index, phase in enumerate(phases):
        middle, m = (start + phase.until) / 2 * curve.steps, curve.m * phase.factor
        title = tr("Factor of {0}").format(phase.name)
        yield Handle(f"phases[{index}].factor", title, middle, m, "m", phase.factor)
        if index < len(phases) - 1:
            between = curve.m * (phase.factor + phases[index + 1].factor) / 2
            title = tr("End of {0}").format(phase.name)
            yield Handle(
                f"phases[{index}].until", title, phase.until * curve.steps, between, "t", phase.until
            )
        start = phase.until


def _adaptive(curve: Curve) -> Iterator[Handle]:
    schedule, t = curve.schedule, curve.steps * 0.75
    yield Handle("start", tr("Start"), curve.steps * 0.1, curve.m * schedule.start, "m", schedule.start)
    yield Handle("offset", tr("Offset"), t, curve.m * schedule.offset, "m", schedule.offset)
    highest = curve.m * (schedule.offset + schedule.gain)
    yield Handle("gain", tr("Gain"), curve.steps * 0.85, highest, "m", schedule.gain)


def moved(curve: Curve, handle: Handle, t: float, m: float, top: float) -> float:
    """Return what the handle's field holds after it was moved to (t, m).

    Args:
        curve: The curve it belongs to.
        handle: The handle.
        t: Where it was moved to, steps.
        m: Where it was moved to, in the unit of the magnitude.
        top: Upper end of the axis; near its lower end counts as 0.
    """
    m = 0.0 if m < top * ZERO_SHARE else m
    if handle.path == "period":
        return min(max(round(t), 1), LARGEST_PERIOD)
    if handle.path.endswith(".until"):
        return _until(curve, handle, t / curve.steps)
    if handle.path == "k":
        m = min(max(m, top * ZERO_SHARE), curve.m)
        return rounded(max(curve.m / m - 1.0, 0.0) / handle.t)
    if handle.path == "":
        return rounded(m)
    scaled = m / (curve.m or 1.0)
    return rounded(max(scaled - curve.schedule.offset, 0.0) if handle.path == "gain" else scaled)


def _until(curve: Curve, handle: Handle, share: float) -> float:
    ends = [0.0, *(phase.until for phase in curve.schedule.phases)]
    index = ends.index(handle.value, 1)
    low, high = ends[index - 1], ends[index + 1]
    if high - low <= 2 * NEAREST_ENDS:
        return handle.value
    return round(min(max(share, low + NEAREST_ENDS), high - NEAREST_ENDS), DIGITS)


def rounded(value: float) -> float:
    """Return `value` with as many digits as a hand can set."""
    return float(f"{value:.{DIGITS}g}")
