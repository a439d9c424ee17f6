import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from wnin_desktop.errors import InputError
from wnin_desktop.noise.temperature import (
    TemperatureBus,
    difficulty,
    gradient_noise_of_temperature,
    kick_of_temperature,
    learning_rate,
    temperature_of_gradient_noise,
)
from wnin_desktop.schema.noise import NOISE_MODES, NoiseConfig
from wnin_desktop.schema.schedule import (
    AdaptiveSchedule,
    CosineSchedule,
    CyclicalSchedule,
    PiecewiseSchedule,
)

COSINE = CosineSchedule(period=100)


def noise(**fields):
    return NoiseConfig.model_validate(fields)


@given(st.floats(1e-6, 1e3), st.floats(1e-6, 1e3))
def test_that_conversions_are_inverse_and_consistent(amount, lr):
    sigma = gradient_noise_of_temperature(amount, lr)
    assert temperature_of_gradient_noise(sigma, lr) == pytest.approx(amount, rel=1e-12)
    # A descent step moves by h sigma eps, and that is SGLD's kick at the same temperature.
    assert lr * sigma == pytest.approx(kick_of_temperature(amount, lr), rel=1e-12)


def test_that_gradient_noise_reports_half_h_sigma_squared_along_the_schedule():
    bus = TemperatureBus(noise(mode="gradient_gaussian", magnitude=2.0, schedule=COSINE), 100)
    for step in (0, 25, 50, 99):
        factor = 0.5 * (1 + math.cos(math.pi * step / 100))
        signal = bus.at(step, lr=0.1)
        assert signal.magnitude == pytest.approx(2.0 * factor, rel=1e-13)
        assert signal.temperature == pytest.approx(0.5 * 0.1 * (2.0 * factor) ** 2, rel=1e-13)
        assert (signal.factor, signal.phase, signal.reason) == (bus.factor(step), "cosine", None)


def test_that_a_configured_temperature_is_what_the_schedule_scales():
    bus = TemperatureBus(noise(mode="gradient_gaussian", temperature=0.3, schedule=COSINE), 100)
    signal = bus.at(50, lr=0.1)
    assert signal.temperature == pytest.approx(0.15)
    assert signal.magnitude == pytest.approx(math.sqrt(2 * 0.15 / 0.1))


def test_that_a_configured_temperature_holds_at_any_learning_rate():
    bus = TemperatureBus(noise(mode="gradient_gaussian", temperature=0.3), 100)
    for lr in (1e-4, 0.1, 3.0):
        signal = bus.at(7, lr)
        assert signal.temperature == 0.3
        assert temperature_of_gradient_noise(signal.magnitude, lr) == pytest.approx(0.3)


def test_that_gradient_noise_without_a_step_has_no_temperature():
    signal = TemperatureBus(noise(mode="gradient_gaussian", temperature=0.3), 100).at(0, lr=0.0)
    assert (signal.magnitude, signal.temperature) == (0.0, None)
    assert "learning rate is 0" in signal.reason


@pytest.mark.parametrize("field", ["magnitude", "temperature"])
def test_that_the_magnitude_of_sgld_is_its_temperature(field):
    bus = TemperatureBus(noise(mode="sgld", **{field: 0.02}, schedule=CyclicalSchedule(period=10)), 100)
    signal = bus.at(25, lr=0.1)
    assert signal.magnitude == signal.temperature == pytest.approx(0.02)
    assert bus.base_magnitude == bus.base_temperature == 0.02
    assert signal.phase == "cycle 3"


@pytest.mark.parametrize("mode", ["none", "input_jitter", "parameter_jitter", "label_corrupt"])
def test_that_modes_without_a_temperature_say_why(mode):
    config = noise(mode=mode) if mode == "none" else noise(mode=mode, magnitude=0.3)
    bus = TemperatureBus(config, 10)
    signal = bus.at(0, lr=0.1)
    assert signal.temperature is None
    assert len(signal.reason) > 20
    assert signal.magnitude == (0.0 if mode == "none" else 0.3)
    with pytest.raises(InputError, match=r"temperature: 0\.1 is not accepted"):
        bus.set_temperature(0.1)


@pytest.mark.parametrize("mode", ["gradient_gaussian", "sgld"])
def test_that_an_optimizer_that_rescales_gets_no_invented_temperature(mode):
    why = "adamw divides the gradient by its running size"
    bus = TemperatureBus(noise(mode=mode, magnitude=0.5), 10, no_temperature=why)
    signal = bus.at(0, lr=0.1)
    assert (signal.magnitude, signal.temperature, signal.reason) == (0.5, None, why)
    assert bus.base_temperature is None
    with pytest.raises(InputError, match="adamw divides"):
        bus.set_temperature(0.1)
    with pytest.raises(InputError, match="adamw divides"):
        TemperatureBus(noise(mode=mode, temperature=0.5), 10, no_temperature=why)


def test_that_every_mode_of_the_schema_gives_a_signal():
    for mode in NOISE_MODES:
        config = noise(mode=mode) if mode == "none" else noise(mode=mode, magnitude=0.1)
        signal = TemperatureBus(config, 5).at(4, 0.1)
        assert (signal.temperature is None) == (signal.reason is not None)


def test_that_turned_knobs_replace_the_base_and_the_schedule_goes_on():
    bus = TemperatureBus(noise(mode="gradient_gaussian", magnitude=2.0, schedule=COSINE), 100)
    bus.set_temperature(0.4)
    assert (bus.base_magnitude, bus.base_temperature) == (None, 0.4)
    assert bus.at(50, 0.1).temperature == pytest.approx(0.2)
    bus.set_magnitude(3.0)
    assert (bus.base_magnitude, bus.base_temperature) == (3.0, None)
    assert bus.at(50, 0.1).magnitude == pytest.approx(1.5)


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf"), 1e7, True, "1"])
def test_that_knobs_refuse_what_is_no_amplitude(value):
    bus = TemperatureBus(noise(mode="gradient_gaussian", magnitude=2.0), 100)
    for turn in (bus.set_magnitude, bus.set_temperature):
        with pytest.raises(InputError, match="numbers from 0 to 1e"):
            turn(value)
    assert bus.base_magnitude == 2.0


def test_that_the_knob_of_absent_noise_is_refused():
    with pytest.raises(InputError, match="noise mode 'none' has no magnitude"):
        TemperatureBus(noise(mode="none"), 10).set_magnitude(0.5)


def test_that_a_fraction_stays_a_fraction_at_the_top_of_the_schedule():
    unchecked = NoiseConfig.model_construct(mode="label_corrupt", magnitude=0.9, schedule=PiecewiseSchedule())
    with pytest.raises(InputError, match=r"multiplies by up to 1\.2"):
        TemperatureBus(unchecked, 100)
    bus = TemperatureBus(noise(mode="label_corrupt", magnitude=0.8, schedule=PiecewiseSchedule()), 100)
    assert bus.at(0, 0.1).magnitude == pytest.approx(0.96)
    with pytest.raises(InputError, match="fraction"):
        bus.set_magnitude(0.9)


def test_that_a_restored_bus_goes_on_as_if_never_stopped():
    config = noise(mode="gradient_gaussian", magnitude=1.0, schedule=AdaptiveSchedule())
    whole, first, second = (TemperatureBus(config, 100) for _ in range(3))
    for bus in (whole, first):
        bus.set_temperature(0.7)
        for failed in (True, False, True):
            bus.controller.record(failed)
    second.restore(first.state())
    whole.controller.record(False)
    second.controller.record(False)
    assert second.at(5, 0.1) == whole.at(5, 0.1)
    assert second.at(5, 0.1).factor == pytest.approx(0.5 + 0.7 * 0.5)
    assert second.at(5, 0.1).phase == "adaptive"


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"magnitude": -1.0, "temperature": None, "outcomes": None},
        {"magnitude": 1.0, "temperature": "hot", "outcomes": None},
        {"magnitude": 1.0, "temperature": None, "outcomes": [1]},
    ],
)
def test_that_a_damaged_state_is_refused_and_changes_nothing(state):
    bus = TemperatureBus(noise(mode="gradient_gaussian", magnitude=1.0), 100)
    before = bus.state()
    with pytest.raises(InputError):
        bus.restore(state)
    assert bus.state() == before


def test_that_learning_rate_and_difficulty_follow_the_same_signal():
    bus = TemperatureBus(noise(mode="sgld", temperature=1.0, schedule=COSINE), 100)
    signal = bus.at(50, 0.1)
    assert learning_rate(signal, 0.1) == pytest.approx(0.05)
    assert difficulty(signal, easy=2.0, hard=6.0) == pytest.approx(4.0)
    hot = TemperatureBus(noise(mode="sgld", temperature=1.0, schedule=PiecewiseSchedule()), 100).at(0, 0.1)
    assert difficulty(hot, easy=2.0, hard=6.0) == 6.0
    assert learning_rate(hot, 0.1) == pytest.approx(0.12)


def test_that_signals_are_plain_numbers():
    signal = TemperatureBus(noise(mode="sgld", temperature=1.0, schedule=COSINE), 100).at(3, 0.1)
    for value in (signal.magnitude, signal.temperature, signal.factor):
        assert type(value) is float
        assert not isinstance(value, torch.Tensor)
