"""The temperature bus: one signal per step that noise, learning rate and task difficulty subscribe to.

The conversion table (SCIENCE, section 1), h the step and T the sampling temperature:

    gradient_gaussian   T = h sigma^2 / 2 under plain descent; sigma = sqrt(2 T / h)
    sgld                the magnitude is T; the kick has standard deviation sqrt(2 h T)
    input_jitter        no temperature; linear regression pays sigma^2 |w|^2
    parameter_jitter    no temperature; the loss surface is smoothed by sigma^2 tr(H) / 2
    label_corrupt       no temperature; the data change

The schedule scales what was configured: with a magnitude, sigma(t) = f(t) sigma; with a temperature,
T(t) = f(t) T.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from wnin_desktop.errors import InputError
from wnin_desktop.noise.adaptive import AdaptiveController
from wnin_desktop.noise.schedules import factor, phase
from wnin_desktop.schema.noise import MODES_WITH_TEMPERATURE, NoiseConfig
from wnin_desktop.schema.schedule import AdaptiveSchedule, peak

LARGEST = 1e6
WITHOUT_TEMPERATURE = {
    "none": "no noise is added, so no temperature is set",
    "input_jitter": "input jitter penalizes steep functions; it samples no distribution exp(-L/T)",
    "parameter_jitter": "parameter jitter smooths the loss surface; it samples no distribution exp(-L/T)",
    "label_corrupt": "label corruption changes the data; it samples no distribution exp(-L/T)",
}


def temperature_of_gradient_noise(sigma: float, lr: float) -> float:
    """Return T = h sigma^2 / 2, the temperature of plain descent with N(0, sigma^2) added to the gradient."""
    return 0.5 * lr * sigma**2


def gradient_noise_of_temperature(temperature: float, lr: float) -> float:
    """Return sigma = sqrt(2 T / h); `lr` must be positive."""
    return math.sqrt(2.0 * temperature / lr)


def kick_of_temperature(temperature: float, lr: float) -> float:
    """Return sqrt(2 h T), the standard deviation of SGLD's kick in parameter units."""
    return math.sqrt(2.0 * lr * temperature)


@dataclass(frozen=True, slots=True)
class Signal:
    """What the bus says for one step.

    `magnitude` is in the mode's own unit, `temperature` in loss units or None with `reason` saying why;
    `factor` is m(t)/m and `phase` names the part of the schedule.
    """

    magnitude: float
    temperature: float | None
    reason: str | None
    factor: float
    phase: str


class TemperatureBus:
    """The signal of one arm, its live knobs, and the closed loop of an adaptive schedule."""

    def __init__(self, config: NoiseConfig, total_steps: int, *, no_temperature: str | None = None) -> None:
        """Start from a configuration.

        Args:
            config: The noise of an arm.
            total_steps: Length of the run.
            no_temperature: Why the arm's optimizer turns this noise into no temperature (it rescales or
                averages gradients, say); None for plain descent.

        Raises:
            InputError: A temperature is asked of such an optimizer, or a fraction would exceed 1.
        """
        self.config = config
        self.total_steps = total_steps
        self._no_temperature = WITHOUT_TEMPERATURE.get(config.mode, no_temperature)
        schedule = config.schedule
        self.controller = AdaptiveController(schedule) if isinstance(schedule, AdaptiveSchedule) else None
        self._temperature: float | None = None
        self._magnitude = 0.0
        if config.temperature is not None:
            self.set_temperature(config.temperature)
        elif config.magnitude:
            self.set_magnitude(config.magnitude)

    @property
    def base_magnitude(self) -> float | None:
        """Return m before the schedule, or None while the base is a temperature."""
        return self._magnitude if self._temperature is None else None

    @property
    def base_temperature(self) -> float | None:
        """Return T before the schedule, or None while the base is a magnitude other than SGLD's."""
        if self.config.mode == "sgld" and self._no_temperature is None:
            return self._magnitude
        return self._temperature

    def factor(self, step: int) -> float:
        """Return m(t)/m at t = `step`, which needs no learning rate: lr may follow it."""
        return factor(self.config.schedule, step, self.total_steps, self.controller)

    def at(self, step: int, lr: float) -> Signal:
        """Return the signal of the update that has `step` finished steps before it, at step size `lr`."""
        scale = self.factor(step)
        name = phase(self.config.schedule, step, self.total_steps)
        magnitude, temperature, reason = self._convert(scale, lr)
        return Signal(magnitude, temperature, reason, scale, name)

    def set_magnitude(self, value: float) -> None:
        """Make `value` the base magnitude; the schedule goes on scaling it.

        Raises:
            InputError: The mode has no magnitude, or the value is out of range.
        """
        if self.config.mode == "none":
            raise InputError.of("noise", value, "noise mode 'none' has no magnitude to set")
        self._magnitude = self._checked_magnitude("noise", value)
        self._temperature = None

    def set_temperature(self, value: float) -> None:
        """Make `value` the base temperature; the schedule goes on scaling it.

        Raises:
            InputError: Mode or optimizer have no temperature, or the value is out of range.
        """
        if self._no_temperature is not None:
            modes = " and ".join(MODES_WITH_TEMPERATURE)
            allowed = f"{self._no_temperature}; a temperature is for noise modes {modes} under plain descent"
            raise InputError.of("temperature", value, allowed)
        checked = _checked("temperature", value, LARGEST)
        # SGLD's magnitude is its temperature: one base, whichever knob set it.
        self._magnitude = checked if self.config.mode == "sgld" else 0.0
        self._temperature = None if self.config.mode == "sgld" else checked

    def state(self) -> dict[str, object]:
        """Return what a checkpoint must keep, JSON-ready."""
        outcomes = None if self.controller is None else self.controller.state()
        return {"magnitude": self._magnitude, "temperature": self._temperature, "outcomes": outcomes}

    def restore(self, state: Mapping[str, object]) -> None:
        """Go on from `state`.

        Raises:
            InputError: The state is damaged or belongs to another configuration; nothing is changed then.
        """
        if set(state) != {"magnitude", "temperature", "outcomes"}:
            raise InputError.of("temperature state", state, "allowed: magnitude, temperature and outcomes")
        magnitude = self._checked_magnitude("magnitude", state["magnitude"])
        temperature = state["temperature"]
        if temperature is not None:
            temperature = _checked("temperature", temperature, LARGEST)
        if (state["outcomes"] is None) != (self.controller is None):
            raise InputError.of("outcomes", state["outcomes"], "allowed: those of an adaptive schedule only")
        if self.controller is not None:
            self.controller.restore(state["outcomes"])
        self._magnitude, self._temperature = magnitude, temperature

    def _convert(self, scale: float, lr: float) -> tuple[float, float | None, str | None]:
        if self._temperature is not None:
            temperature = scale * self._temperature
            if lr <= 0.0:
                return 0.0, None, "the learning rate is 0, so no gradient noise gives a temperature"
            return gradient_noise_of_temperature(temperature, lr), temperature, None
        magnitude = scale * self._magnitude
        if self._no_temperature is not None:
            return magnitude, None, self._no_temperature
        if self.config.mode == "sgld":
            return magnitude, magnitude, None
        return magnitude, temperature_of_gradient_noise(magnitude, lr), None

    def _checked_magnitude(self, field: str, value: object) -> float:
        if self.config.mode != "label_corrupt":
            return _checked(field, value, LARGEST)
        # A fraction stays a fraction at the schedule's highest point too.
        highest = max(1.0, peak(self.config.schedule))
        why = "" if highest == 1.0 else f", a fraction that the schedule multiplies by up to {highest:g}"
        return _checked(field, value, 1.0 / highest, why)


def learning_rate(signal: Signal, lr: float) -> float:
    """Return the step size of a learning rate that follows the signal: lr m(t)/m."""
    return lr * signal.factor


def difficulty(signal: Signal, easy: float, hard: float) -> float:
    """Return the difficulty of a task that follows the signal: `easy` when cold, `hard` from m(t) = m on."""
    return easy + (hard - easy) * min(max(signal.factor, 0.0), 1.0)


def _checked(field: str, value: object, largest: float, why: str = "") -> float:
    # A NaN compares false with both bounds and is refused by them.
    if isinstance(value, int | float) and not isinstance(value, bool) and 0.0 <= value <= largest:
        return float(value)
    raise InputError.of(field, value, f"allowed: numbers from 0 to {largest:g}{why}")
