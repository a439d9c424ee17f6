import numpy as np
import pytest

from tests.analysis.landscape.worlds import SHAPES, Quadratic, draw, plane_through, run, square
from wnin_desktop.analysis.landscape.evaluation import Evaluation
from wnin_desktop.analysis.landscape.slices import FunctionSlice
from wnin_desktop.analysis.landscape.smoothing import Pairs
from wnin_desktop.noise.keyed import KeyedNoise

SIGMAS = (0.1, 0.4)


def smoothed(draws=64, sigmas=SIGMAS, seed=0):
    world = Quadratic()
    plane = plane_through(world.center, draw("d1", 63), draw("d2", 63))
    section = FunctionSlice(world, plane, SHAPES, KeyedNoise(seed))
    return world, run(Evaluation(square(5), section, sigmas=sigmas, draws=draws))


def test_that_a_smoothed_quadratic_rises_by_half_sigma_squared_times_its_trace():
    world, found = smoothed()
    trace = float(world.H.trace())
    for sigma, pair in zip(SIGMAS, found.pairs, strict=True):
        exact = found.values + 0.5 * sigma**2 * trace
        error = pair.standard_error()
        assert (np.abs(pair.mean - exact) < 4 * error).all()
        assert error.max() < 0.05 * sigma**2 * trace


def test_that_the_standard_error_is_that_of_gaussian_quadratic_forms():
    """var(eps'H eps / 2) = ||H||_F^2 / 2: the error says what it should."""
    world, found = smoothed(draws=100)
    for sigma, pair in zip(SIGMAS, found.pairs, strict=True):
        exact = sigma**2 * float(world.H.norm()) / np.sqrt(2) / np.sqrt(100)
        assert pair.standard_error() == pytest.approx(np.full((5, 5), exact), rel=0.3)


def test_that_common_draws_move_a_quadratic_as_a_whole():
    _, found = smoothed(draws=4)
    lift = found.pairs[1].mean - found.values
    assert np.ptp(lift) < 1e-12 * abs(lift).max()


def test_that_draws_are_functions_of_the_seed():
    assert (smoothed(2)[1].pairs[0].mean == smoothed(2)[1].pairs[0].mean).all()
    assert (smoothed(2)[1].pairs[0].mean != smoothed(2, seed=1)[1].pairs[0].mean).any()


def test_that_one_pair_has_no_standard_error():
    pair = Pairs.empty((1, 1))
    assert np.isnan(pair.standard_error()).all()
    pair.add(np.ones((1, 1)), 3 * np.ones((1, 1)))
    assert pair.mean.item() == 2
    assert np.isnan(pair.standard_error()).all()


def test_that_running_sums_are_mean_and_standard_error():
    values = np.random.default_rng(0).normal(size=(20, 2, 1, 3)) + 1e6
    pair = Pairs.empty((1, 3))
    for plus, minus in values:
        pair.add(plus, minus)
    each = values.mean(1)
    assert pair.mean == pytest.approx(each.mean(0), rel=1e-15)
    assert pair.standard_error() == pytest.approx(each.std(0, ddof=1) / np.sqrt(20), rel=1e-6)
