import math

import pytest

from wnin_desktop.errors import InputError
from wnin_desktop.noise.adaptive import AdaptiveController, fixed_points
from wnin_desktop.noise.keyed import KeyedNoise, Stream
from wnin_desktop.schema.schedule import AdaptiveSchedule

DEFAULT = AdaptiveSchedule()


def test_that_the_start_value_holds_before_the_first_outcome():
    assert AdaptiveController(DEFAULT).factor == 1.0


def test_that_an_always_failing_model_starts_at_the_top():
    controller = AdaptiveController(DEFAULT)
    seen = []
    for _ in range(30):
        controller.record(True)
        seen.append(controller.factor)
    assert seen == pytest.approx([1.2] * 30, abs=1e-15)
    assert seen[0] > 0.5 + 0.7 * 1 / 20 + 0.6  # 0.535 is what dividing by the window would give at first


def test_that_the_divisor_is_the_number_seen_and_at_most_the_window():
    controller = AdaptiveController(DEFAULT)
    for count in range(1, 41):
        controller.record(count <= 20)
        failures = min(count, 20) - max(0, count - 20)
        assert controller.factor == pytest.approx(0.5 + 0.7 * failures / min(count, 20), abs=1e-12)


def test_that_a_restored_loop_goes_on_as_if_never_stopped():
    whole, first = AdaptiveController(DEFAULT), AdaptiveController(DEFAULT)
    outcomes = [k % 3 == 0 for k in range(50)]
    for failed in outcomes[:27]:
        whole.record(failed)
        first.record(failed)
    second = AdaptiveController(DEFAULT)
    second.restore(first.state())
    for failed in outcomes[27:]:
        whole.record(failed)
        second.record(failed)
        assert second.factor == whole.factor


@pytest.mark.parametrize("state", [[0] * 21, [2], {"a": 1}, "01", None])
def test_that_a_damaged_state_is_refused(state):
    controller = AdaptiveController(DEFAULT)
    controller.record(True)
    with pytest.raises(InputError, match="adaptive state"):
        controller.restore(state)
    assert controller.state() == [1]


def test_that_the_fixed_point_of_a_linear_failure_law_is_exact():
    (point,) = fixed_points(DEFAULT, lambda temperature: 0.1 + 0.6 * temperature)
    assert point.temperature == pytest.approx(0.57 / 0.58, abs=1e-12)
    assert round(point.temperature, 5) == 0.98276
    assert point.slope == pytest.approx(0.42, abs=1e-9)
    assert point.stable


def test_that_a_steep_failure_law_has_two_stable_states_around_an_unstable_one():
    def logistic(slope):
        # p'(middle) = slope; the middle of the loop's range is a fixed point by symmetry.
        return lambda temperature: 1.0 / (1.0 + math.exp(-4.0 * slope * (temperature - 0.85)))

    assert [point.stable for point in fixed_points(DEFAULT, logistic(1.40))] == [True]
    assert [point.stable for point in fixed_points(DEFAULT, logistic(1.46))] == [True, False, True]


def test_that_a_loop_without_gain_rests_at_its_offset():
    (point,) = fixed_points(AdaptiveSchedule(gain=0.0), lambda temperature: 0.5)
    assert (point.temperature, point.slope, point.stable) == (0.5, 0.0, True)


def test_that_the_closed_loop_settles_around_its_fixed_point():
    controller = AdaptiveController(DEFAULT)
    steps, burn = 40_000, 500
    draws = KeyedNoise(5).uniform(Stream.REPLAY, 0, "outcome", (steps,)).tolist()
    total = 0.0
    for k, u in enumerate(draws):
        temperature = controller.factor
        total += temperature if k >= burn else 0.0
        controller.record(u < 0.1 + 0.6 * temperature)
    # Outcomes are correlated over about window/(1 - loop gain) of them; sd of T is near 0.7 sqrt(p q / 20).
    error = 0.7 * math.sqrt(0.69 * 0.31 / 20) * math.sqrt(2 * 20 / (1 - 0.42) / (steps - burn))
    assert total / (steps - burn) == pytest.approx(0.98276, abs=4 * error)
