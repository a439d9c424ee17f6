import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wnin_desktop.runs.watch import pyramid
from wnin_desktop.runs.watch.pyramid import CHUNK, POINTS_A_PIXEL, Grown
from wnin_desktop.runs.watch.series import Series


@st.composite
def rows(draw, most: int = 6000):
    """Steps and values: long, with gaps, ties, constant stretches, spikes and numbers that are not finite."""
    size = draw(st.integers(1, most))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    kind = draw(st.sampled_from(["even", "uneven", "bursts"]))
    gaps = {
        "even": lambda: np.full(size, draw(st.sampled_from([1, 7]))),
        "uneven": lambda: generator.integers(1, 30, size),
        "bursts": lambda: np.where(generator.random(size) < 0.002, 100_000, 1),
    }[kind]()
    values = np.round(generator.standard_normal(size), draw(st.sampled_from([0, 3])))
    spikes = generator.integers(0, size, 3)
    values[spikes] = [1e6, -1e6, 1e9]
    if draw(st.booleans()):
        start = int(generator.integers(0, size))
        values[start : start + int(generator.integers(1, 200))] = np.nan
        values[generator.random(size) < draw(st.sampled_from([0.01, 0.9]))] = np.nan
    return np.cumsum(gaps), values


def series_of(steps, values) -> Series:
    made = Series()
    made.extend(steps, values)
    return made


def in_batches(steps, values, cuts) -> Series:
    """Append in batches, looking in between and putting single points where a batch is short."""
    made = Series()
    edges = sorted({0, len(steps), *(cut % len(steps) for cut in cuts)})
    for start, end in itertools.pairwise(edges):
        if end - start < 20:
            for step, value in zip(steps[start:end].tolist(), values[start:end].tolist(), strict=True):
                made.put(step, value)
        else:
            made.extend(steps[start:end], values[start:end])
        made.view(float(steps[0]), float(steps[start]), 5)
    return made


def windows(steps, first: float, last: float) -> tuple[float, float]:
    span = float(steps[-1] - steps[0]) + 1
    low, high = sorted((first, last))
    return float(steps[0]) + low * span - 0.5, float(steps[0]) + high * span + 0.5


Share = st.floats(0, 1, allow_nan=False)


@settings(max_examples=120, deadline=None)
@given(rows(), Share, Share, st.integers(1, 300))
def test_that_every_minimum_and_maximum_survives_any_zoom(row, first, last, pixels):
    steps, values = row
    low, high = windows(steps, first, last)
    x, y = series_of(steps, values).view(low, high, pixels)
    seen = values[(steps >= low) & (steps <= high)]
    shown = y[(x >= low) & (x <= high)]
    if np.isnan(seen).all():
        assert np.isnan(shown).all()
    else:
        assert np.nanmin(shown) == np.nanmin(seen)
        assert np.nanmax(shown) == np.nanmax(seen)


@settings(max_examples=120, deadline=None)
@given(rows(), Share, Share, st.integers(4, 300))
def test_that_a_view_never_holds_more_than_four_points_a_pixel_and_only_measured_ones(
    row, first, last, pixels
):
    steps, values = row
    x, y = series_of(steps, values).view(*windows(steps, first, last), pixels)
    # One more beyond each edge where the steps are looked at in stretches.
    assert len(x) <= POINTS_A_PIXEL * pixels + 2
    assert (np.diff(x) > 0).all()
    np.testing.assert_array_equal(values[np.searchsorted(steps, x)], y)
    assert np.isin(x, steps).all()


@settings(max_examples=60, deadline=None)
@given(rows(), st.lists(st.integers(1, 10**6), max_size=12), Share, Share, st.integers(1, 200))
def test_that_appending_in_any_batches_gives_the_same_views(row, cuts, first, last, pixels):
    steps, values = row
    low, high = windows(steps, first, last)
    whole, parts = series_of(steps, values), in_batches(steps, values, cuts)
    for one, other in zip(whole.view(low, high, pixels), parts.view(low, high, pixels), strict=True):
        np.testing.assert_array_equal(one, other)


@settings(max_examples=60, deadline=None)
@given(rows(3000), st.integers(0, 2**32), st.integers(1, 100))
def test_that_the_order_of_arrival_does_not_matter(row, seed, pixels):
    steps, values = row
    shuffled = np.random.default_rng(seed).permutation(len(steps))
    made = Series()
    for part in np.array_split(shuffled, 4):
        made.extend(steps[part], values[part])
        made.view(-math.inf, math.inf, pixels)
    np.testing.assert_array_equal(made.steps, steps)
    for one, other in zip(
        made.view(-math.inf, math.inf, pixels),
        series_of(steps, values).view(-math.inf, math.inf, pixels),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)


@settings(max_examples=60, deadline=None)
@given(rows(5000), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 100))
def test_that_steps_that_come_again_take_the_place_of_the_former_ones(row, start, count, pixels):
    steps, values = row
    made = series_of(steps, values)
    made.view(-math.inf, math.inf, pixels)
    again = slice(start % len(steps), start % len(steps) + count % len(steps))
    renewed = values.copy()
    renewed[again] = 5e9
    made.extend(steps[again], renewed[again])
    np.testing.assert_array_equal(made.steps, steps)
    np.testing.assert_array_equal(made.values, renewed)
    for one, other in zip(
        made.view(-math.inf, math.inf, pixels),
        series_of(steps, renewed).view(-math.inf, math.inf, pixels),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)


@settings(max_examples=60, deadline=None)
@given(st.integers(2000, 60_000), st.integers(16, 400), st.integers(1, 60_000))
def test_that_evenly_spaced_points_leave_no_pixel_without_a_bin(size, pixels, window):
    low = max(0, size - window)
    x, _ = series_of(np.arange(size), np.random.default_rng(0).standard_normal(size)).view(
        low, size - 1, pixels
    )
    # Two points of a bin lie at most two bins apart, and a bin is no wider than a pixel.
    assert np.diff(x).max() <= 2 * max((size - low) / pixels, 1)


def test_that_a_gap_wider_than_a_bin_stays_a_gap():
    values = np.ones(50_000)
    values[20_000:24_000] = np.nan
    x, y = series_of(np.arange(50_000), values).view(0, 50_000, 100)
    assert np.isnan(y[(x > 20_500) & (x < 23_500)]).all()
    assert np.isfinite(y[(x < 19_000) | (x > 25_000)]).all()


def test_that_a_view_reaches_beyond_both_edges_so_that_lines_do():
    x, _ = series_of(np.arange(100_000) * 10, np.zeros(100_000)).view(105, 500_005, 50)
    assert (x[0], x[-1]) == (100, 500_010)
    x, _ = series_of(np.arange(100) * 10, np.zeros(100)).view(105, 205, 50)
    assert (x[0], x[-1]) == (100, 210)


def test_that_a_view_without_points_in_sight_still_crosses_it():
    series = series_of([10, 20], [1.0, 2.0])
    assert series.view(12, 13, 100)[0].tolist() == [10, 20]
    assert series.view(30, 40, 100)[0].tolist() == [20]
    assert Series().view(0, 1, 100)[0].tolist() == []


def test_that_sparse_steps_beside_dense_ones_get_their_share_of_the_points():
    dense, sparse = np.arange(100_000), np.arange(100_000, 1_100_000, 500)
    steps = np.concatenate([dense, sparse])
    x, _ = series_of(steps, np.sin(steps)).view(0, 1_100_000, 500)
    assert (x >= 100_000).sum() > 900


def test_that_at_gives_the_last_value_at_or_before_a_step():
    series = series_of([5, 10, 20], [1.0, math.nan, 3.0])
    assert series.at(4) is None
    assert series.at(5.5) == 1.0
    assert math.isnan(series.at(10) or 0.0)
    assert series.at(math.inf) == 3.0


def test_that_infinite_values_count_as_not_finite():
    assert np.isnan(series_of([1, 2], [math.inf, -math.inf]).values).all()


def test_that_of_equal_steps_in_a_batch_the_last_one_counts():
    series = series_of([3, 1, 3, 2], [1.0, 2.0, 3.0, 4.0])
    assert series.steps.tolist() == [1, 2, 3]
    assert series.values.tolist() == [2.0, 4.0, 3.0]


def test_that_the_revision_grows_with_every_change():
    series, seen = Series(), [0]
    for change in (
        lambda: series.put(1, 1.0),
        lambda: series.extend([2], [1.0]),
        lambda: series.extend([2], [2.0]),
    ):
        change()
        seen.append(series.revision)
        assert len(series) > 0
        assert series.revision == seen[-1]
    assert sorted(set(seen)) == seen


def test_that_extremes_are_those_of_the_finite_values_in_sight():
    values = np.arange(10_000.0)
    values[5000] = np.nan
    series = series_of(np.arange(10_000), values)
    assert series.extremes(10, 9000.5) == (10, 9000)
    assert series.extremes(5000, 5000) is None


@pytest.mark.parametrize("size", [1, CHUNK - 1, CHUNK, CHUNK + 1, 5 * CHUNK])
def test_that_views_are_whole_where_chunks_end(size):
    series = series_of(np.arange(size), np.arange(float(size)))
    x, y = series.view(-math.inf, math.inf, 20)
    assert (x[0], x[-1], y[0], y[-1]) == (0, size - 1, 0, size - 1)


def test_that_appending_copies_each_number_a_bounded_number_of_times(monkeypatch):
    copied = 0
    extend = Grown.extend

    def counted(self, values):
        nonlocal copied
        copied += len(values) + (self.size if self.size + len(values) > len(self._data) else 0)
        extend(self, values)

    monkeypatch.setattr(Grown, "extend", counted)
    series = Series()
    size = 100_000
    for start in range(0, size, 10):
        series.extend(np.arange(start, start + 10), np.zeros(10))
        if start % 1000 == 0:
            series.view(-math.inf, math.inf, 100)
    # Two columns, each moved at most twice by doubling, and a quarter more for all levels.
    assert copied <= 2 * size * 3 * 1.5


def test_that_a_view_of_much_reads_little(monkeypatch):
    series = series_of(np.arange(1_000_000), np.random.default_rng(0).standard_normal(1_000_000))
    series.view(0, 1e6, 1000)
    read = 0
    reduced = pyramid.reduced

    def counted(columns, group, carried=()):
        nonlocal read
        read += len(columns[0])
        return reduced(columns, group, carried)

    monkeypatch.setattr(pyramid, "reduced", counted)
    series.view(12_345, 987_654, 1000)
    assert read < 20 * 1000
