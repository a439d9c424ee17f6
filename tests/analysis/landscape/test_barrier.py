import numpy as np
import pytest

from wnin_desktop.analysis.landscape.barrier import barrier_of

T = np.linspace(-0.5, 1.5, 41)


def test_that_a_bump_between_two_minima_is_measured_from_both():
    loss = 1.0 - T + 4 * np.clip(T * (1 - T), 0, None)
    found = barrier_of(T, loss)
    inside = loss[(T >= 0) & (T <= 1)]
    assert found.from_first == pytest.approx(inside.max() - 1.0)
    assert found.from_second == pytest.approx(inside.max() - 0.0)
    assert found.above_chord == pytest.approx(1.0)
    assert found.at == pytest.approx(T[(T >= 0) & (T <= 1)][inside.argmax()])
    assert found.points == 21


def test_that_what_lies_outside_the_two_ends_does_not_count():
    found = barrier_of(T, np.where((T < 0) | (T > 1), 100.0, 0.5))
    assert (found.from_first, found.from_second, found.above_chord) == (0, 0, 0)


def test_that_a_bowl_has_no_barrier():
    found = barrier_of(T, (T - 0.5) ** 2)
    assert found.from_first == 0
    assert found.above_chord == 0


def test_that_a_loss_that_is_no_number_is_a_wall():
    loss = np.zeros(41)
    loss[20] = np.nan
    assert barrier_of(T, loss).from_first == np.inf
