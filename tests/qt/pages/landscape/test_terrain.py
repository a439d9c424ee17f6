"""What is known of a surface: filled, smoothed, read off."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.qt.pages.landscape import scenes
from wnin_desktop.qt.pages.landscape.terrain import Terrain, filled, height_at, neighbours


@pytest.fixture
def terrain():
    made = Terrain.of_plane({"metric": "train_loss"}, scenes.ready())
    return made.with_level(scenes.level(1))


@pytest.mark.parametrize("stride", [1, 2, 4])
def test_that_a_coarse_level_keeps_what_is_known_and_leaves_no_hole(stride):
    part = scenes.level(stride)
    whole = filled(part.values, part.known)
    assert np.array_equal(whole[part.known], scenes.bowl()[part.known])
    assert np.isfinite(whole).all()


def test_that_between_known_points_a_plane_is_exact():
    a, b = np.meshgrid(np.arange(9.0), np.arange(7.0))
    exact = 3 + 2 * a - b
    known = np.zeros(exact.shape, bool)
    known[::3, ::4] = True
    assert filled(np.where(known, exact, np.nan), known) == pytest.approx(exact)


def test_that_a_hole_does_not_eat_into_its_known_neighbours():
    values, known = np.ones((5, 5)), np.zeros((5, 5), bool)
    known[::2, ::2] = True
    values[2, 2] = np.nan
    whole = filled(np.where(known, values, np.nan), known)
    assert np.isnan(whole[2, 2])
    assert np.isfinite(whole[::2, ::2]).sum() == 8


def test_that_smoothing_is_linear_in_sigma_squared_between_known_spreads(terrain):
    # The bowl's own smoothing is exactly linear in sigma squared, so the interpolation must be exact.
    known = terrain.with_smoothed(scenes.smoothed(0.2)).with_smoothed(scenes.smoothed(0.6))
    for sigma in (0.0, 0.1, 0.2, 0.35, 0.6):
        assert known.at(sigma).values == pytest.approx(scenes.bowl() + 1.5 * sigma**2)
    assert known.at(0.0).se is None
    assert known.at(0.6).typical_se == pytest.approx(0.01)
    assert 0 < known.at(0.1).typical_se < 0.01


@given(some.floats(0, 2), some.lists(some.floats(0.01, 1), min_size=1, max_size=6, unique=True))
def test_that_neighbours_enclose_any_sigma(sigma, others):
    sigmas = (0.0, *sorted(others))
    low, high, share = neighbours(sigmas, sigma)
    assert low in sigmas
    assert high in sigmas
    assert 0 <= share < 1
    shown = min(sigma, sigmas[-1])
    assert low <= shown <= high
    assert low**2 + share * (high**2 - low**2) == pytest.approx(shown**2, abs=1e-12)


def test_that_heights_are_read_between_points_and_nowhere_else(terrain):
    assert height_at(terrain, terrain.values, 0.0, 0.0) == pytest.approx(0.05)
    assert height_at(terrain, terrain.values, -1.0, 2.0) == pytest.approx(3.05)
    assert height_at(terrain, terrain.values, 0.125, 0.0) == pytest.approx(0.05 + 0.25**2 / 2)
    assert height_at(terrain, terrain.values, 1.2, 0.0) is None
    holed = terrain.values.copy()
    holed[4, 4] = np.nan
    assert height_at(terrain, holed, 0.01, 0.0) is None
    assert height_at(terrain, holed, 0.5, 0.0) == pytest.approx(0.30)


def test_that_a_complete_surface_says_the_same_as_its_parts(terrain):
    parts = terrain.with_smoothed(scenes.smoothed(0.3))
    whole = Terrain.of_surface(scenes.surface(sigmas=(0.3,)))
    assert whole.is_done
    assert not parts.is_done
    assert whole.sigmas == parts.sigmas == (0.0, 0.3)
    assert np.array_equal(whole.at(0.3).values, parts.at(0.3).values)
    assert whole.steps.tolist() == scenes.STEPS.tolist()
    assert whole.arms == scenes.ARMS
    assert whole.farthest == 0.5
