import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import stdtrit

from wnin_desktop.analysis.statistics import mean_interval
from wnin_desktop.runs.watch import band as module
from wnin_desktop.runs.watch.band import BLOCK, Band, GrowingBand, over_seeds
from wnin_desktop.runs.watch.member import Difference, Single
from wnin_desktop.runs.watch.series import Series
from wnin_desktop.runs.watch.student import quantile


def series_of(steps, values) -> Series:
    made = Series()
    made.extend(steps, values)
    return made


def band_of(*series: Series) -> GrowingBand:
    return GrowingBand([Single(each) for each in series])


def assert_equal(one: Band, other: Band) -> None:
    for name in ("steps", "mean", "low", "high", "n"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 6, 7, 9, 14, 29, 30, 99, 1000, 4095])
def test_that_quantiles_are_those_of_student(freedom):
    assert quantile(freedom) == pytest.approx(stdtrit(freedom, 0.975), rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 12), st.integers(1, 20), st.floats(0, 0.9), st.integers(0, 2**32))
def test_that_a_band_is_the_mean_interval_of_each_step(seeds, points, missing, seed):
    generator = np.random.default_rng(seed)
    values = 5 + generator.standard_normal((seeds, points))
    values[generator.random(values.shape) < missing] = np.nan
    band = over_seeds(np.arange(points), values)
    for index in range(points):
        column = values[:, index][~np.isnan(values[:, index])]
        assert band.n[index] == len(column)
        if not len(column):
            assert math.isnan(band.mean[index])
            continue
        found = mean_interval(column.tolist())
        assert band.mean[index] == pytest.approx(found.mean, rel=1e-12)
        if found.low is None:
            assert math.isnan(band.low[index])
            assert math.isnan(band.high[index])
        else:
            assert band.low[index] == pytest.approx(found.low, rel=1e-12, abs=1e-12)
            assert band.high[index] == pytest.approx(found.high, rel=1e-12, abs=1e-12)


def test_that_seeds_meet_on_the_union_of_their_steps_and_n_counts_those_present():
    band = band_of(series_of([1, 2, 4], [1.0, 2.0, 4.0]), series_of([2, 3, 4], [4.0, 3.0, math.nan])).band()
    assert band is not None
    assert band.steps.tolist() == [1, 2, 3, 4]
    assert band.n.tolist() == [1, 2, 1, 1]
    assert band.mean.tolist() == [1, 3, 3, 4]
    assert np.isnan(band.low).tolist() == [True, False, True, True]


def test_that_nothing_measured_is_no_band():
    assert band_of().band() is None
    assert band_of(Series()).band() is None
    assert band_of(Series()).view(0, 1, 10) is None


@settings(max_examples=80, deadline=None)
@given(
    st.integers(1, 4),
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(-5, 40), st.integers(1, 30), st.integers(1, 3)), max_size=25
    ),
    st.integers(0, 2**32),
)
def test_that_a_band_that_grew_equals_one_made_at_once(seeds, batches, seed):
    """Seeds advance unevenly, with gaps between steps, and now and then take steps again."""
    generator = np.random.default_rng(seed)
    members = [Series() for _ in range(seeds)]
    grown = band_of(*members)
    for who, back, count, stride in batches:
        series = members[who % seeds]
        start = (series.last or (0, 0.0))[0] + (1 if back > -3 else back)
        steps = max(start, 0) + stride * np.arange(count)
        values = generator.standard_normal(count)
        values[generator.random(count) < 0.1] = np.nan
        series.extend(steps, values)
        grown.view(0, 50, 4)
    if batches:
        one, other = grown.band(), band_of(*members).band()
        assert one is not None
        assert other is not None
        assert_equal(one, other)
        assert_equal(grown.view(3, 400, 5), band_of(*members).view(3, 400, 5))


def test_that_long_bands_are_made_in_blocks_without_seams():
    generator = np.random.default_rng(1)
    values = generator.standard_normal((3, 2 * BLOCK + 17))
    steps = np.arange(values.shape[1])
    band = band_of(*(series_of(steps, row) for row in values)).band()
    assert band is not None
    assert_equal(band, over_seeds(steps, values))


def test_that_only_new_steps_are_made_anew(monkeypatch):
    made = 0

    def counted(steps, values):
        nonlocal made
        made += len(steps)
        return over_seeds(steps, values)

    members = [series_of(np.arange(10_000), np.arange(10_000.0)) for _ in range(3)]
    grown = band_of(*members)
    grown.band()
    monkeypatch.setattr(module, "over_seeds", counted)
    for step in range(10_000, 10_050):
        for member in members:
            member.put(step, 1.0)
            grown.band()
    assert made == 50 * 3
    assert grown.band().n.min() == 3


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 4),
    st.integers(100, 5000),
    st.integers(1, 40),
    st.floats(0, 1),
    st.floats(0, 1),
    st.integers(0, 9),
)
def test_that_a_band_view_encloses_the_band_with_few_points(seeds, size, pixels, first, last, seed):
    generator = np.random.default_rng(seed)
    members = [series_of(np.arange(size), generator.standard_normal(size)) for _ in range(seeds)]
    low, high = sorted((first * size, last * size))
    grown = band_of(*members)
    whole, view = grown.band(), grown.view(low, high, pixels)
    assert whole is not None
    assert view is not None
    assert len(view) <= 4 * max(pixels, 4)
    assert (np.diff(view.steps) > 0).all()
    seen = (whole.steps >= low) & (whole.steps <= high)
    if not seen.any():
        return
    assert np.nanmax(view.mean) >= whole.mean[seen].max()
    assert np.nanmin(view.mean) <= whole.mean[seen].min()
    assert view.n.min() <= whole.n[seen].min()
    if seeds > 1:
        at = np.searchsorted(whole.steps, view.steps)
        assert (view.low <= whole.low[at]).all()
        assert (view.high >= whole.high[at]).all()
        assert view.low.min() <= whole.low[seen].min()
        assert view.high.max() >= whole.high[seen].max()


def test_that_differences_are_paired_by_step_and_grow_with_both():
    mine, theirs = Series(), Series()
    grown = GrowingBand([Difference(mine, theirs)])
    assert grown.band() is None
    mine.extend([1, 2, 3, 5], [10.0, 20.0, 30.0, 50.0])
    assert grown.band() is None
    theirs.extend([2, 3, 4], [1.0, 2.0, 3.0])
    assert (grown.band().steps.tolist(), grown.band().mean.tolist()) == ([2, 3], [19, 28])
    theirs.extend([5], [5.0])
    assert grown.band().mean.tolist() == [19, 28, 45]
    theirs.extend([2], [2.0])
    assert grown.band().mean.tolist() == [18, 28, 45]
