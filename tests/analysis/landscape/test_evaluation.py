from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest

from tests.analysis.landscape.worlds import run, square
from wnin_desktop.analysis.landscape.evaluation import Evaluation
from wnin_desktop.analysis.landscape.grid import Axis, Grid
from wnin_desktop.errors import DataError


class Counting:
    """Thirteen examples in chunks of five; sums whose last bits depend on the order of the chunks."""

    chunks = (5, 5, 3)

    def __init__(self, shift=0.0, most_points=100):
        self.shift = shift
        self.most_points = most_points
        self.calls = []

    def sums(self, chunk, a, b, /):
        self.calls.append((chunk, len(a), b))
        return self.chunks[chunk] * np.sin(1 / 3 + chunk + 3 * a + b + self.shift)

    def moved(self, draw, amount, /):
        return Counting((draw + 1) * amount, self.most_points)

    def fork(self):
        return self


def exact(grid, shift=0.0):
    a, b = np.meshgrid(grid.a.coordinates(), grid.b.coordinates())
    return sum(n * np.sin(1 / 3 + k + 3 * a + b + shift) for k, n in enumerate(Counting.chunks)) / 13


def make(size=21, **options):
    return Evaluation(square(size), Counting(), sigmas=(0.1, 0.2), draws=3, **options)


def same(one, other):
    return all(np.array_equal(one.state()[name], other.state()[name], equal_nan=True) for name in one.state())


def test_that_every_point_is_the_mean_over_all_examples():
    found = run(make())
    assert found.is_done
    assert found.values == pytest.approx(exact(found.grid), rel=1e-14)
    assert [pair.count for pair in found.pairs] == [3, 3]
    for sigma, pair in zip((0.1, 0.2), found.pairs, strict=True):
        pairs = [
            (exact(found.grid, (k + 1) * sigma) + exact(found.grid, -(k + 1) * sigma)) / 2 for k in range(3)
        ]
        assert pair.mean == pytest.approx(np.mean(pairs, axis=0), rel=1e-12)


def test_that_samples_are_outermost_and_the_grid_innermost():
    section = Counting()
    run(Evaluation(square(21), section))
    chunks = [chunk for chunk, _, _ in section.calls]
    changes = sum(a != b for a, b in pairwise(chunks))
    assert changes == 3 * 3 - 1  # three levels of three chunks


def test_that_each_level_is_complete_before_the_next_begins():
    evaluation = make()
    seen = [
        (evaluation.stride, int(np.isfinite(evaluation.values).sum()))
        for completed in evaluation.run()
        if completed is not None and completed.level is not None
    ]
    assert seen == [(4, 25), (2, 121), (1, 441)]


@pytest.mark.parametrize("workers", [1, 3])
def test_that_leaving_and_going_on_at_any_piece_changes_no_bit(workers):
    with ThreadPoolExecutor(workers) as pool:
        whole = run(make(pool=pool if workers > 1 else None, workers=workers))
        pieces = sum(1 for _ in make(pool=pool if workers > 1 else None, workers=workers).run())
        for cut in range(0, pieces, 41):
            first = make(pool=pool if workers > 1 else None, workers=workers)
            for place, _ in enumerate(first.run()):
                if place == cut:
                    break
            second = make()  # going on with another number of workers is the same too
            second.restore({name: array.copy() for name, array in first.state().items()})
            assert second.done == first.done
            assert same(run(second), whole)


def test_that_long_rows_are_cut_where_a_call_would_last():
    section = Counting(most_points=4)
    found = run(Evaluation(square(21), section, sigmas=(0.1, 0.2), draws=3))
    assert max(points for _, points, _ in section.calls) == 4
    assert same(found, run(make()))


def test_that_the_part_done_grows_and_the_cost_is_the_points_visited():
    evaluation = make()
    parts = [evaluation.done, *(evaluation.done for _ in evaluation.run())]
    assert parts[0] == 0
    assert parts[-1] == 1
    assert parts == sorted(parts)
    assert evaluation.forwards == evaluation.planned_forwards == 441 * (1 + 2 * 2 * 3)


def test_that_what_belongs_to_another_surface_is_not_gone_on_with():
    state = make().state()
    for other in (make(size=19), Evaluation(square(21), Counting())):
        with pytest.raises(DataError, match="belongs to another surface"):
            other.restore(state)
    with pytest.raises(DataError, match="belongs to another surface"):
        make().restore({**state, "at": np.array([99, 0, 0])})
    with pytest.raises(DataError, match="belongs to another surface"):
        make().restore({name: array for name, array in state.items() if name != "sums"})


def test_that_a_line_is_a_grid_of_one_row():
    grid = Grid(Axis.between(33, 0.25), Axis.single())
    found = run(Evaluation(grid, Counting()))
    assert found.values.shape == (1, 33)
    assert found.values[0] == pytest.approx(exact(grid)[0])
