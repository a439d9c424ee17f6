import numpy as np
import pytest

from wnin_desktop.analysis.landscape.plane import Plane, Projector, line_between, through_three
from wnin_desktop.errors import InputError


def draw(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def skewed(d=60):
    """A plane whose directions are neither orthogonal nor of length 1."""
    first = draw(1, d)
    return Plane(draw(0, d), first, 0.7 * first + 3 * draw(2, d))


def test_that_a_point_of_the_plane_has_its_own_coordinates_and_no_distance():
    plane = skewed()
    points = np.stack([plane.at(a, b) for a, b in ((0, 0), (1, 0), (0, 1), (-2.5, 0.3))])
    found = Projector(plane)(points)
    assert found.coordinates == pytest.approx(np.array([(0, 0), (1, 0), (0, 1), (-2.5, 0.3)]), abs=1e-12)
    assert found.distance.max() < 1e-12


def test_that_the_distance_is_that_to_the_nearest_point_of_the_plane():
    plane, points = skewed(), 5 * draw(3, 7, 60)
    found = Projector(plane)(points)
    for point, (a, b), distance in zip(points, found.coordinates, found.distance, strict=True):
        assert distance == pytest.approx(np.linalg.norm(point - plane.at(a, b)))
        for da, db in ((1e-3, 0), (0, 1e-3), (-1e-3, 1e-3)):
            assert np.linalg.norm(point - plane.at(a + da, b + db)) > distance
    normal = points - np.stack([plane.at(*where) for where in found.coordinates])
    assert abs(normal @ plane.first).max() < 1e-9


def test_that_small_distances_are_not_lost_in_float32():
    plane = Plane(
        draw(0, 5000).astype(np.float32), draw(1, 5000).astype(np.float32), draw(2, 5000).astype(np.float32)
    )
    away = draw(3, 5000)
    for direction in (plane.first, plane.second):
        away -= (away @ direction) / (direction @ direction) * direction
    point = plane.at(2.0, -1.0).astype(np.float64) + 1e-3 * away / np.linalg.norm(away)
    assert Projector(plane)(point[None]).distance[0] == pytest.approx(1e-3, rel=0.05)


def test_that_points_may_come_one_by_one_and_in_any_number():
    plane, points = skewed(), draw(4, 9, 60)
    whole = Projector(plane)(points)
    single = Projector(plane)(iter(points))
    assert single.coordinates == pytest.approx(whole.coordinates, rel=1e-12)
    assert Projector(plane)(points[:0]).coordinates.shape == (0, 2)


def test_that_a_point_that_is_not_finite_is_nowhere():
    points = draw(5, 2, 60)
    points[0, 3] = np.inf
    found = Projector(skewed())(points)
    assert np.isnan(found.coordinates[0]).all()
    assert np.isnan(found.distance[0])
    assert np.isfinite(found.coordinates[1]).all()


def test_that_directions_that_are_parallel_or_zero_make_no_plane():
    zero = np.zeros(5)
    with pytest.raises(InputError, match="parallel"):
        Projector(Plane(zero, np.ones(5), 2 * np.ones(5)))
    with pytest.raises(InputError, match="must be finite and not zero"):
        Projector(Plane(zero, zero, np.ones(5)))


def test_that_the_plane_through_three_points_holds_them_with_their_distances():
    points = draw(6, 3, 40).astype(np.float32)
    plane = through_three(*points)
    found = Projector(plane)(points)
    assert found.distance.max() < 1e-5
    assert found.coordinates[0] == pytest.approx([0, 0], abs=1e-6)
    assert found.coordinates[1] == pytest.approx([np.linalg.norm(points[1] - points[0]), 0], abs=1e-5)
    assert found.coordinates[2, 1] > 0
    assert np.linalg.norm(found.coordinates[2] - found.coordinates[1]) == pytest.approx(
        np.linalg.norm(points[2] - points[1]), rel=1e-5
    )
    assert (plane.center == points[0]).all()
    assert plane.lengths == pytest.approx((1, 1), abs=1e-6)
    assert plane.cosine == pytest.approx(0, abs=1e-6)


def test_that_points_on_a_line_make_no_plane():
    a, b = draw(7, 2, 10)
    with pytest.raises(InputError, match="lies on the line"):
        through_three(a, b, a + 0.3 * (b - a))
    with pytest.raises(InputError, match="same parameters"):
        through_three(a, a, b)


def test_that_a_line_runs_from_its_first_point_to_its_second():
    a, b = draw(8, 2, 10)
    line = line_between(a, b)
    assert (line.at(0, 0) == a).all()
    assert line.at(1, 0) == pytest.approx(b, abs=1e-14)
    found = Projector(line)(np.stack([a, b, a + 0.25 * (b - a)]))
    assert found.coordinates[:, 0] == pytest.approx([0, 1, 0.25])
    assert found.coordinates[:, 1].tolist() == [0, 0, 0]
    with pytest.raises(InputError, match="same parameters"):
        line_between(a, a)
