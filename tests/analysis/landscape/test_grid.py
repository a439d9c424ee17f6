import numpy as np
import pytest

from wnin_desktop.analysis.landscape.grid import Axis, Grid, filled
from wnin_desktop.errors import InputError


@pytest.mark.parametrize("count", [3, 21, 51, 101])
@pytest.mark.parametrize("half", [1.0, 0.3, 7.77])
def test_that_the_centre_and_the_edges_of_a_symmetric_axis_are_exact(count, half):
    at = Axis.symmetric(count, half).coordinates()
    assert at[count // 2] == 0.0
    assert at[0] == -half
    assert at[-1] == half
    assert (at == -at[::-1]).all()


def test_that_a_coordinate_is_that_of_its_index_alone():
    for axis in (Axis.symmetric(51, 0.7), Axis.covering(50, -3.3, 9.1), Axis.between(49, 0.25)):
        assert axis.coordinates().tolist() == [axis.at(index) for index in range(axis.count)]


def test_that_an_even_axis_has_no_centre_and_is_refused():
    with pytest.raises(InputError, match="size: 50 is not accepted; allowed: an odd number from 3"):
        Axis.symmetric(50, 1.0)


@pytest.mark.parametrize(("low", "high"), [(-3.0, 9.0), (-1e-3, 40.0), (0.5, 2.0), (-7.0, -1.0), (0.0, 0.0)])
@pytest.mark.parametrize("count", [3, 15, 52])
def test_that_a_covering_axis_covers_and_holds_the_origin(low, high, count):
    axis = Axis.covering(count, low, high)
    at = axis.coordinates()
    room = 1e-12 * (abs(low) + abs(high))
    assert at[axis.origin] == 0.0
    assert at[0] <= low + room
    assert at[-1] >= high - room
    assert at[-1] - at[0] <= 2.01 * (max(high, 0) - min(low, 0) or 2) * (count - 1) / max(1, count - 2)


@pytest.mark.parametrize("count", [3, 11, 51, 200])
@pytest.mark.parametrize("margin", [0.0, 0.25, 1.0])
def test_that_both_ends_of_a_line_are_points_of_it(count, margin):
    at = Axis.between(count, margin).coordinates()
    assert 0.0 in at
    assert 1.0 in at


@pytest.mark.parametrize("size", [3, 9, 31, 51, 101, 103, 301])
def test_that_the_levels_hold_every_point_once_and_the_centre_first(size):
    grid = Grid(Axis.symmetric(size, 1.0), Axis.covering(size, -1.0, 3.0))
    seen = np.zeros(grid.shape, int)
    for level in range(len(grid.strides())):
        for row, columns in grid.rows(level):
            seen[row, columns] += 1
        if level == 0:
            assert seen[grid.b.origin, grid.a.origin] == 1
        assert (seen > 0).tolist() == grid.mask(grid.strides()[level]).tolist()
    assert (seen == 1).all()


def test_that_the_first_picture_needs_a_fifteenth_of_the_work():
    grid = Grid(Axis.symmetric(51, 1.0), Axis.symmetric(51, 1.0))
    first = sum(len(columns) for _, columns in grid.rows(0))
    assert 14 < grid.points / first < 16


def test_that_gaps_are_filled_from_the_nearest_known_point():
    grid = Grid(Axis.symmetric(9, 1.0), Axis.single())
    values = np.where(grid.mask(4), np.arange(9.0), np.nan)
    assert filled(values, grid, 4).tolist() == [[0.0, 0, 0, 4, 4, 4, 4, 8, 8]]
    assert filled(np.arange(9.0)[None], grid, 1).tolist() == [list(range(9))]
