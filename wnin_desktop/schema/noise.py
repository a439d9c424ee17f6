"""Where noise enters training, how much, and in which unit (SCIENCE 1)."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from wnin_desktop.schema.base import Config, quantity
from wnin_desktop.schema.schedule import ConstantSchedule, ScheduleConfig

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
            raise ValueError(
                f"temperature has no meaning for noise mode {self.mode!r}; "
                f"it is for {' and '.join(MODES_WITH_TEMPERATURE)}"
            )
        if self.temperature is not None and self.magnitude is not None:
            raise ValueError("give magnitude or temperature, not both")
        if self.mode == "none":
            if self.magnitude:
                raise ValueError("magnitude must be 0 or empty when the noise mode is 'none'")
            if self.schedule.kind != "constant":
                raise ValueError(
                    f"schedule {self.schedule.kind!r} has nothing to act on when the noise mode is 'none'"
                )
        elif self.magnitude is None and self.temperature is None:
            raise ValueError(f"magnitude is required for noise mode {self.mode!r}")
        if self.mode == "label_corrupt" and self.magnitude is not None and self.magnitude > 1:
            raise ValueError("magnitude must be at most 1 for noise mode 'label_corrupt'")
        return self
