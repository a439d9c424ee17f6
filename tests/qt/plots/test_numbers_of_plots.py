"""What plots compute before anything is drawn."""

import numpy as np
import pytest
from PySide6.QtCore import QLocale

from wnin_desktop.qt.plots.figure import spread
from wnin_desktop.qt.plots.frame import Frame
from wnin_desktop.qt.plots.history import History, View
from wnin_desktop.qt.plots.ink import columns
from wnin_desktop.qt.plots.ranges import grown_end
from wnin_desktop.qt.plots.smooth import CHOICES, Smoothing, ema, thinned, window_mean
from wnin_desktop.qt.plots.ticks import linear_ticks, log_ticks, scientific, short


@pytest.fixture
def german():
    before = QLocale()
    QLocale.setDefault(QLocale("de_DE"))
    yield
    QLocale.setDefault(before)


def slow_ema(values, weight):
    total = count = 0.0
    found = []
    for value in values:
        if np.isfinite(value):
            total, count = weight * total + value, weight * count + 1
            found.append(total / count)
        else:
            total, count = weight * total, weight * count
            found.append(np.nan)
    return np.array(found)


@pytest.mark.parametrize("weight", [0.6, 0.9, 0.99])
@pytest.mark.parametrize("points", [1, 63, 64, 65, 1000])
def test_that_the_exponential_mean_is_that_of_the_plain_loop(weight, points):
    values = np.random.default_rng(points).standard_normal(points) + 3
    values[points // 2 :: 17] = np.nan
    np.testing.assert_allclose(ema(values, weight), slow_ema(values, weight), rtol=1e-10)


def test_that_smoothing_leaves_a_constant_and_what_is_not_finite_as_they_are():
    values = np.full(500, 2.5)
    values[100] = np.nan
    for choice in CHOICES:
        smooth = choice(values)
        np.testing.assert_allclose(smooth[np.isfinite(values)], 2.5)
        assert np.isnan(smooth[100])


def test_that_a_window_mean_is_the_mean_around_each_point():
    values = np.arange(10.0)
    np.testing.assert_allclose(window_mean(values, 3)[[0, 5, 9]], [0.5, 5.0, 8.5])


def test_that_a_smoothing_is_found_by_its_key_and_none_by_any_other():
    assert [Smoothing.of_key(choice.key) for choice in CHOICES] == list(CHOICES)
    assert Smoothing.of_key("ema-7") == Smoothing.of_key(3) == CHOICES[0]


def test_that_thinning_keeps_the_extremes_and_the_ends():
    values = np.sin(np.arange(100_000) / 5000)
    values[31_415], values[77_777] = 9, -9
    x, y = thinned(np.arange(100_000.0), values, 500)
    assert len(x) < 1100
    assert (np.diff(x) > 0).all()
    assert (y.max(), y.min(), x[0], x[-1]) == (9, -9, 0, 99_999)


def test_that_columns_reach_as_far_as_the_line_and_leave_no_gap():
    x = np.sort(np.random.default_rng(0).uniform(0, 300, 900))
    y = np.random.default_rng(1).uniform(0, 200, 900)
    places, low, high = columns(x, y)
    assert (np.diff(places) == 1).all()
    for place, least, greatest in zip(places, low, high, strict=True):
        mine = y[np.floor(x) == place]
        assert len(mine) == 0 or (least <= mine.min() and greatest >= mine.max())
    assert (low[1:] <= high[:-1] + 1e-9).all()
    assert (high[1:] >= low[:-1] - 1e-9).all()


def test_that_columns_do_not_mind_the_direction_or_gaps():
    x, y = np.arange(100.0), np.sin(np.arange(100.0))
    for one, other in zip(columns(x, y), columns(x[::-1], y[::-1]), strict=True):
        np.testing.assert_allclose(one, other)
    assert len(columns(x, np.full(100, np.nan))[0]) == 0


def test_that_labels_lie_apart_in_their_order_and_within_bounds():
    wanted = [50.0, 51.0, 52.0, 0.0, 99.0, 98.0]
    found = spread(wanted, 12.0, 0.0, 100.0)
    order = np.argsort(wanted)
    assert (np.diff(np.array(found)[order]) >= 12 - 1e-9).all()
    assert min(found) >= 0
    assert max(found) <= 100


def test_that_labels_which_do_not_touch_stay_where_they_are():
    assert spread([10.0, 60.0, 35.0], 12.0, 0.0, 100.0) == [10.0, 60.0, 35.0]


def test_that_more_labels_than_there_is_room_for_share_it():
    found = spread([5.0] * 20, 12.0, 0.0, 100.0)
    assert min(found) >= 0
    assert max(found) <= 100 + 1e-9


def test_that_ticks_are_few_and_round():
    assert [tick.text for tick in linear_ticks(0, 400, 5)] == ["0", "100", "200", "300", "400"]
    assert [tick.text for tick in linear_ticks(0, 100_000, 4, whole=True)][-1] == "100k"
    assert [tick.text for tick in linear_ticks(0, 2e6, 4, whole=True)] == ["0", "500k", "1M", "1.5M", "2M"]
    assert log_ticks(1e-6, 1e3, 5)[0].text.startswith("10")
    assert [tick.text for tick in log_ticks(0.05, 3, 6)] == ["0.05", "0.1", "0.2", "0.5", "1", "2"]
    assert linear_ticks(0, float("nan"), 5) == []
    assert log_ticks(-1, 1, 5) == []


def test_that_numbers_are_those_of_the_locale(german):
    assert [tick.text for tick in linear_ticks(0, 1, 2)] == ["0", "0,5", "1,0"]
    assert short(0.12345) == "0,1235"
    assert scientific(2.5e-5, 1) == "2,5·10⁻⁵"


def test_that_short_numbers_say_four_digits():
    assert short(0.1) == "0.1000"
    assert short(99.999) == "100.0"
    assert short(-1.234e-6) == "−1.23·10⁻⁶"
    assert short(float("nan")) == "NaN"


def test_that_pixels_and_data_are_each_others_inverse():
    frame = Frame(0, 3, -2, 1, 300, 150, log_x=True, log_y=True)
    for x, y in ((1.0, 0.01), (50.0, 1.0), (1000.0, 10.0)):
        assert frame.x_at(float(frame.px(np.array(x)))) == pytest.approx(x)
        assert frame.y_at(float(frame.py(np.array(y)))) == pytest.approx(y)
    assert float(frame.py(np.array(-1.0))) > frame.height
    falling = Frame(2.0, 0.1, 0, 1, 100, 100)
    assert falling.x_range == (0.1, 2.0)
    assert float(falling.px(np.array(2.0))) == 0


def test_that_the_horizontal_axis_grows_in_leaps_and_never_beyond_the_plan():
    ends = {grown_end(step, 400) for step in range(1, 401)}
    assert len(ends) < 30
    assert max(ends) == 400
    assert all(grown_end(step, 400) >= step for step in range(1, 401))
    assert grown_end(500, 400) == 500


def test_that_one_goes_back_and_forward_through_views():
    history = History()
    first, second = View((1, 2)), View((1, 2), {"val_loss": (0, 1)})
    history.push(first)
    history.push(second)
    assert history.back() == first
    assert history.back() == View()
    assert history.back() == View()
    assert history.forward() == first
    history.push(View((3, 4)))
    assert not history.can_go_forward
    assert history.back() == first
