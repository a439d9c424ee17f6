"""How a magnitude moves with the step: the curve m(t) and its parameters (SCIENCE: schedules)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from wnin_desktop.schema.base import Config, quantity
from wnin_desktop.schema.problems import contradiction

Period = Annotated[int, Field(ge=1, le=1_000_000_000)]


class ConstantSchedule(Config):
    """m(t) = m."""

    kind: Literal["constant"] = "constant"


class CosineSchedule(Config):
    """m(t) = m/2 (1 + cos(pi t/P)), held at 0 after P, or begun again with `restart`."""

    kind: Literal["cosine"] = "cosine"
    period: Period | None = quantity(
        None, title="Period", unit="steps", help="Steps from m to 0; empty uses the whole run."
    )
    restart: bool = quantity(
        False, title="Restart", help="Begin again at m after each period instead of staying at 0."
    )


class CyclicalSchedule(Config):
    """m(t) = m/2 (1 - cos(2 pi (t mod P)/P))."""

    kind: Literal["cyclical"] = "cyclical"
    period: Period | None = quantity(
        None, title="Period", unit="steps", help="Steps of one cycle; empty uses the whole run."
    )


class InverseAnnealSchedule(Config):
    """m(t) = m/(1 + k t)."""

    kind: Literal["inverse_anneal"] = "inverse_anneal"
    k: float = quantity(
        0.001, title="Rate k", unit="1/step", help="How fast the magnitude falls.", ge=0, le=1e6
    )


class ExponentialSchedule(Config):
    """m(t) = m exp(-t/P)."""

    kind: Literal["exponential"] = "exponential"
    period: Period | None = quantity(
        None,
        title="Time constant",
        unit="steps",
        help="Steps in which m falls to m/e; empty uses a fifth of the run.",
    )


PIECEWISE = ((0.1, 1.2), (0.5, 0.9), (0.9, 0.7), (1.0, 0.5))
"""Ends of the pieces as fractions of the run, and their factors; each end belongs to the next piece."""


class PiecewiseSchedule(Config):
    """Factor by progress through the run: <0.1: 1.2, <0.5: 0.9, <0.9: 0.7, else 0.5."""

    kind: Literal["piecewise"] = "piecewise"


class Phase(Config):
    """Up to `until` (a fraction of the run), from the last phase's end, the magnitude is `factor` times m."""

    name: str = quantity(
        ..., title="Name", help="What this phase is called in the log.", min_length=1, max_length=40
    )
    until: float = quantity(..., title="Until", help="End of the phase as a fraction of the run.", gt=0, le=1)
    factor: float = quantity(
        ..., title="Factor", help="Magnitude in this phase, in units of m.", ge=0, le=1e6
    )


class PhasesSchedule(Config):
    """Named phases, each with its own constant factor."""

    kind: Literal["phases"] = "phases"
    phases: tuple[Phase, ...] = quantity(
        ..., title="Phases", help="Phases in order; the last must end at 1.", min_length=1, max_length=64
    )

    @model_validator(mode="after")
    def _ordered(self) -> PhasesSchedule:
        start = 0.0
        for index, phase in enumerate(self.phases):
            if phase.until <= start:
                raise contradiction(
                    f"phases[{index}].until",
                    phase.until,
                    f"it must be above {start:g}, where the phase before ends",
                )
            start = phase.until
        if start != 1.0:
            raise contradiction(
                f"phases[{len(self.phases) - 1}].until", start, "the last phase must end at 1"
            )
        return self


class AdaptiveSchedule(Config):
    """Closed loop: m(t) = m (offset + gain * f), f the share of failures among the last `window` outcomes."""

    kind: Literal["adaptive"] = "adaptive"
    offset: float = quantity(0.5, title="Offset", help="Factor when nothing fails.", ge=0, le=1e3)
    gain: float = quantity(0.7, title="Gain", help="Added when everything fails.", ge=0, le=1e3)
    window: int = quantity(
        20, title="Window", unit="outcomes", help="How many of the last outcomes count.", ge=1, le=100_000
    )
    start: float = quantity(1.0, title="Start", help="Factor before the first outcome.", ge=0, le=1e3)


ScheduleConfig = Annotated[
    ConstantSchedule | CosineSchedule | CyclicalSchedule | InverseAnnealSchedule
    | ExponentialSchedule | PiecewiseSchedule | PhasesSchedule | AdaptiveSchedule,
    Field(discriminator="kind"),
]  # fmt: skip
SCHEDULES = (
    "constant",
    "cosine",
    "cyclical",
    "inverse_anneal",
    "exponential",
    "piecewise",
    "phases",
    "adaptive",
)
SCHEDULES_WITH_PERIOD = ("cosine", "cyclical", "exponential")


def peak(schedule: ScheduleConfig) -> float:
    """Return an upper bound of m(t)/m over any run, reached by every schedule here (an adaptive one may)."""
    if isinstance(schedule, PiecewiseSchedule):
        return max(value for _, value in PIECEWISE)
    if isinstance(schedule, PhasesSchedule):
        return max(part.factor for part in schedule.phases)
    if isinstance(schedule, AdaptiveSchedule):
        return max(schedule.start, schedule.offset + schedule.gain)
    return 1.0
