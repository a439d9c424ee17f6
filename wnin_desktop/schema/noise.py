"""Where noise enters training, how much, and in which unit (SCIENCE 1)."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from wnin_desktop.errors import NOTHING
from wnin_desktop.schema.base import Config, quantity
from wnin_desktop.schema.problems import contradiction
from wnin_desktop.schema.schedule import ConstantSchedule, ScheduleConfig, peak

NoiseMode = Literal["none", "input_jitter", "gradient_gaussian", "sgld", "parameter_jitter", "label_corrupt"]
NOISE_MODES: tuple[str, ...] = (
    "none", "input_jitter", "gradient_gaussian", "sgld", "parameter_jitter", "label_corrupt",
)  # fmt: skip
MODES_WITH_TEMPERATURE = ("gradient_gaussian", "sgld")

MAGNITUDE_UNIT = {
    "none": "1",
    "input_jitter": "input units (standard deviation)",
    "gradient_gaussian": "gradient units (standard deviation)",
    "sgld": "loss units (temperature)",
    "parameter_jitter": "std(W)",
    "label_corrupt": "fraction of the batch",
}


class NoiseConfig(Config):
    """One noise source: `magnitude` in the mode's own unit, or a temperature where the mode has one."""

    mode: NoiseMode = quantity("none", title="Noise mode", help="Where the noise enters.")
    magnitude: float | None = quantity(
        None,
        title="Magnitude",
        unit="by mode",
        help="Amplitude m in the mode's own unit; the schedule scales it.",
        ge=0,
        le=1e6,
    )
    temperature: float | None = quantity(
        None,
        title="Temperature",
        unit="loss units",
        help="Sampling temperature T, instead of a magnitude.",
        ge=0,
        le=1e6,
    )
    schedule: ScheduleConfig = quantity(
        ConstantSchedule(), title="Schedule", help="How the amplitude moves with the step."
    )

    @model_validator(mode="after")
    def _consistent(self) -> NoiseConfig:
        if self.temperature is not None and self.mode not in MODES_WITH_TEMPERATURE:
            having = ", ".join(MODES_WITH_TEMPERATURE)
            raise contradiction(
                "temperature",
                self.temperature,
                f"noise mode {self.mode!r} has no temperature (allowed with: {having})",
            )
        if self.mode == "none":
            self._silent()
        elif (self.magnitude is None) == (self.temperature is None):
            self._one_amplitude()
        if self.mode == "label_corrupt" and self.magnitude is not None:
            self._fraction(self.magnitude)
        return self

    def _fraction(self, magnitude: float) -> None:
        highest = max(1.0, peak(self.schedule))
        if magnitude > 1.0 / highest:
            why = f", because schedule {self.schedule.kind!r} multiplies it by up to {highest:g}"
            raise contradiction(
                "magnitude",
                magnitude,
                f"noise mode 'label_corrupt' takes a fraction of the batch, from 0 to {1.0 / highest:.6g}"
                + (why if highest > 1.0 else ""),
            )

    def _silent(self) -> None:
        if self.magnitude:
            raise contradiction(
                "magnitude", self.magnitude, "noise mode 'none' has no magnitude, leave it out or set 0"
            )
        if self.schedule.kind != "constant":
            raise contradiction(
                "schedule.kind",
                self.schedule.kind,
                "noise mode 'none' has nothing to schedule, allowed: constant",
            )

    def _one_amplitude(self) -> None:
        if self.temperature is not None:
            raise contradiction(
                "temperature", self.temperature, "magnitude is set too, give only one of the two"
            )
        other = " (or a temperature)" if self.mode in MODES_WITH_TEMPERATURE else ""
        unit = MAGNITUDE_UNIT[self.mode]
        raise contradiction("magnitude", NOTHING, f"noise mode {self.mode!r} needs one, in {unit}{other}")
