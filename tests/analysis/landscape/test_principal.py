import numpy as np
import pytest

from wnin_desktop.analysis.landscape.plane import Projector
from wnin_desktop.analysis.landscape.principal import COLUMNS, mean_end, principal_plane
from wnin_desktop.errors import InputError


def walk(seed, points=30, d=50, kind=np.float64):
    return np.random.default_rng(seed).normal(size=(points, d)).cumsum(0).astype(kind)


def test_that_directions_and_shares_are_those_of_a_singular_value_decomposition():
    path = walk(0)
    plane = principal_plane([path], path[-1])
    _, singular, right = np.linalg.svd(path - path[-1], full_matrices=False)
    assert plane.explained == pytest.approx(tuple(singular[:2] ** 2 / (singular**2).sum()))
    assert abs(plane.first @ right[0]) == pytest.approx(1)
    assert abs(plane.second @ right[1]) == pytest.approx(1)
    assert plane.lengths == pytest.approx((1, 1))
    assert plane.cosine == pytest.approx(0, abs=1e-12)


def test_that_no_other_plane_through_the_centre_is_nearer():
    path = walk(1)
    best = principal_plane([path], path[-1])
    near = (Projector(best)(path).distance ** 2).sum()
    assert near == pytest.approx((1 - sum(best.explained)) * ((path - path[-1]) ** 2).sum())
    for seed in range(20):
        other = principal_plane([walk(seed + 10)], path[-1])
        assert (Projector(other)(path).distance ** 2).sum() > near


def test_that_every_path_counts_the_same_however_many_points_it_has():
    a, b = walk(2), walk(3)
    once = principal_plane([a, b], np.zeros(50))
    often = principal_plane([a, np.repeat(b, 5, axis=0)], np.zeros(50))
    assert often.explained == pytest.approx(once.explained)
    assert often.first == pytest.approx(once.first, abs=1e-10)


def test_that_wide_networks_are_taken_column_by_column():
    path = walk(4, 6, COLUMNS + 7, np.float32)
    plane = principal_plane([path], path[-1])
    _, _, right = np.linalg.svd((path - path[-1]).astype(np.float64), full_matrices=False)
    assert abs(plane.first @ right[0]) == pytest.approx(1, abs=1e-5)
    assert plane.first.dtype == np.float32


def test_that_paths_end_on_the_side_of_larger_coordinates():
    for seed in range(6):
        path = walk(seed)
        coordinates = Projector(principal_plane([path], path[0]))(path).coordinates
        assert (coordinates[-1] > coordinates[0]).all()


def test_that_points_that_are_not_finite_are_left_out():
    path = walk(5)
    broken = np.concatenate([path, np.full((2, 50), np.nan)])
    assert principal_plane([broken], path[-1]).explained == principal_plane([path], path[-1]).explained
    assert (mean_end([broken]) == path[-1]).all()


def test_that_the_middle_of_several_runs_is_the_mean_of_their_ends():
    a, b = walk(6), walk(7)
    assert mean_end([a, b]) == pytest.approx((a[-1] + b[-1]) / 2)
    with pytest.raises(InputError, match="no point of their paths is finite"):
        mean_end([np.full((2, 3), np.inf)])


def test_that_a_straight_path_spans_no_plane():
    line = np.linspace(0, 1, 9)[:, None] * np.ones(20)
    with pytest.raises(InputError, match="span no plane"):
        principal_plane([line], line[-1])
    with pytest.raises(InputError, match="span no plane"):
        principal_plane([line[:1]], line[0])
