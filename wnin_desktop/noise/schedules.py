"""Schedules m(t) in units of m: the factor at a step, the name of the phase, and the curve for a preview.

t counts finished steps: the first update has t = 0, and the update that is recorded as step k has t = k
- 1. P is the period; where a schedule leaves it empty, P comes from the length of the run, as its help
text says.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from wnin_desktop.errors import InputError
from wnin_desktop.schema.schedule import (
    PIECEWISE,
    AdaptiveSchedule,
    CosineSchedule,
    CyclicalSchedule,
    ExponentialSchedule,
    InverseAnnealSchedule,
    PhasesSchedule,
    PiecewiseSchedule,
    ScheduleConfig,
)


class Controller(Protocol):
    """What an adaptive schedule asks for its factor: see `adaptive.AdaptiveController`."""

    @property
    def factor(self) -> float:
        """Return the factor in force."""
        ...


def period_of(schedule: ScheduleConfig, total_steps: int) -> float | None:
    """Return P in steps: the configured one, else the whole run (a fifth of it where P is a time constant).

    None for schedules without a period.
    """
    if isinstance(schedule, CosineSchedule | CyclicalSchedule):
        return float(schedule.period or total_steps)
    if isinstance(schedule, ExponentialSchedule):
        return float(schedule.period or total_steps / 5)
    return None


def factor(
    schedule: ScheduleConfig, step: int, total_steps: int, controller: Controller | None = None
) -> float:
    """Return m(t)/m for the update that has t = `step` finished steps before it, in a run of `total_steps`.

    Args:
        schedule: The curve.
        step: t; the first update of a run has t = 0.
        total_steps: Length of the run; sets progress and empty periods.
        controller: The closed loop of an adaptive schedule; without one its start value holds.

    Raises:
        InputError: `step` is negative or `total_steps` is less than 1.
    """
    _check(step, total_steps)
    if isinstance(schedule, AdaptiveSchedule) and controller is not None:
        return controller.factor
    return float(_open_loop(schedule, float(step), total_steps))


def curve(schedule: ScheduleConfig, total_steps: int, points: int) -> NDArray[np.float64]:
    """Return m(t)/m, `[points]`, at `curve_steps(total_steps, points)`.

    What an adaptive schedule will do is not known beforehand; its curve is its start value.
    """
    _check(0, total_steps)
    steps = curve_steps(total_steps, points)
    return np.broadcast_to(_open_loop(schedule, steps, total_steps), steps.shape).astype(np.float64)


def curve_steps(total_steps: int, points: int) -> NDArray[np.float64]:
    """Return `points` evenly spaced times from the first update (0) to the last (`total_steps` - 1)."""
    return np.linspace(0.0, total_steps - 1.0, points)


def phase(schedule: ScheduleConfig, step: int, total_steps: int) -> str:
    """Return the name of the part of the curve that t = `step` lies in, as recorded in `schedule_phase`."""
    _check(step, total_steps)
    if isinstance(schedule, CyclicalSchedule):
        return f"cycle {_cycle(schedule, step, total_steps)}"
    if isinstance(schedule, CosineSchedule) and _cycle(schedule, step, total_steps) > 1:
        return f"cosine {_cycle(schedule, step, total_steps)}" if schedule.restart else "cosine held at 0"
    if isinstance(schedule, PiecewiseSchedule):
        ends = [end for end, _ in PIECEWISE]
        piece = int(_piece(ends, step / total_steps))
        return f"progress<{ends[piece]:g}" if piece < len(ends) - 1 else f"progress>={ends[-2]:g}"
    if isinstance(schedule, PhasesSchedule):
        ends = [part.until for part in schedule.phases]
        return schedule.phases[int(_piece(ends, step / total_steps))].name
    return schedule.kind


Times = float | NDArray[np.float64]


def _open_loop(schedule: ScheduleConfig, t: Times, total_steps: int) -> Times:
    period = period_of(schedule, total_steps)
    if isinstance(schedule, CosineSchedule):
        assert period is not None
        turn = np.mod(t, period) if schedule.restart else np.minimum(t, period)
        return 0.5 * (1.0 + np.cos(np.pi * turn / period))
    if isinstance(schedule, CyclicalSchedule):
        assert period is not None
        return 0.5 * (1.0 - np.cos(2.0 * np.pi * np.mod(t, period) / period))
    if isinstance(schedule, InverseAnnealSchedule):
        return 1.0 / (1.0 + schedule.k * t)
    if isinstance(schedule, ExponentialSchedule):
        assert period is not None
        return np.exp(-t / period)
    return _stepwise(schedule, t, total_steps)


def _stepwise(schedule: ScheduleConfig, t: Times, total_steps: int) -> Times:
    if isinstance(schedule, PiecewiseSchedule):
        ends, factors = zip(*PIECEWISE, strict=True)
        return np.asarray(factors)[_piece(ends, t / total_steps)]
    if isinstance(schedule, PhasesSchedule):
        factors = np.array([part.factor for part in schedule.phases])
        return factors[_piece([part.until for part in schedule.phases], t / total_steps)]
    return np.full_like(t, schedule.start if isinstance(schedule, AdaptiveSchedule) else 1.0)


def _piece(ends: Sequence[float], progress: Times) -> NDArray[np.int64] | np.int64:
    # An end belongs to the next piece (progress < end); past the last end the last piece goes on.
    return np.minimum(np.searchsorted(ends, progress, side="right"), len(ends) - 1)


def _cycle(schedule: CosineSchedule | CyclicalSchedule, step: int, total_steps: int) -> int:
    return step // (schedule.period or total_steps) + 1


def _check(step: int, total_steps: int) -> None:
    if step < 0:
        raise InputError.of("step", step, "allowed: 0 or more")
    if total_steps < 1:
        raise InputError.of("total_steps", total_steps, "allowed: 1 or more")
