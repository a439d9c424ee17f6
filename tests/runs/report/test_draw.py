import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wnin_desktop.runs.report.curves import Curve, limits
from wnin_desktop.runs.report.draw import draw_curves, dress, spread
from wnin_desktop.runs.report.look import arm_styles
from wnin_desktop.runs.report.svg import new_figure
from wnin_desktop.runs.report.ticks import log_ticks, power, short_count, tick


def curve(name, *seeds, lost=()):
    values = np.array(seeds, dtype=float)
    lost = np.array([index in lost for index in range(len(values))])
    kept = values[~lost]
    nothing = np.full(values.shape[1], np.nan)
    mean = kept.mean(axis=0) if len(kept) else nothing
    return Curve(
        name=name,
        style=arm_styles([name])[name],
        steps=np.arange(1, values.shape[1] + 1),
        seeds=values,
        lost=lost,
        mean=mean,
        low=nothing,
        high=nothing,
        n=len(kept),
    )


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9))
def test_that_labels_never_cover_each_other_and_keep_their_order(heights):
    gap = 0.1
    placed = spread(heights, gap)
    order = sorted(range(len(heights)), key=lambda index: heights[index])
    for lower, upper in itertools.pairwise(order):
        assert placed[upper] - placed[lower] >= gap - 1e-9
    assert min(placed) >= min(*heights, 0.0) - 1e-9
    assert max(placed) <= 1.0 + 1e-9


def test_that_labels_far_apart_stay_where_they_are():
    assert spread([0.9, 0.1, 0.5], 0.1) == pytest.approx([0.9, 0.1, 0.5])


def test_that_an_arm_that_explodes_does_not_flatten_the_others_and_is_named():
    good = curve("good", np.geomspace(2, 0.1, 50))
    bad = curve("bad", np.geomspace(2, 1e12, 50))
    found = limits([good, bad], log=True)
    assert found.log
    assert found.bottom < 0.1
    assert found.top < 1e4
    assert found.clipped == (("bad", pytest.approx(1e12)),)
    linear = limits([good, bad], log=False)
    assert linear.top < 100
    assert linear.clipped[0][0] == "bad"


def test_that_settings_are_shown_whole_however_far_apart_they_lie():
    ladder = [curve(f"T {value}", [value] * 3) for value in (0.0, 4.5e-5, 5e-4, 4.5e-3)]
    found = limits(ladder, log=False, floor_at_zero=True)
    assert found.bottom == 0
    assert found.top > 4.5e-3
    assert found.clipped == ()


def drawn(*curves):
    figure = new_figure(400, 260)
    axes = figure.add_axes((0.1, 0.2, 0.7, 0.6))
    dress(axes, "Temperature", "loss units")
    draw_curves(axes, curves, log=False, floor_at_zero=True)
    figure.draw_without_rendering()
    ticks = [label.get_text() for label in axes.get_yticklabels()]
    return axes.get_title(loc="left"), ticks, [text.get_text() for text in axes.texts]


def test_that_labels_at_the_ends_count_in_the_units_of_the_ticks():
    title, ticks, ends = drawn(curve("a", [4e-5, 2e-5]), curve("b", [4e-5, 4e-5]))
    assert title == "Temperature (loss units) ×10⁻⁵"
    assert "2" in ticks
    assert ends == ["2.00", "4.00"]


@pytest.mark.parametrize("top", [9e-6, 1.1e-3, 2e-3, 9.4e-3, 0.011, 0.5, 99_000.0, 3e7])
def test_that_ticks_fit_left_of_the_axis(top):
    _, ticks, _ = drawn(curve("a", [0.0, top]))
    assert max(map(len, ticks)) <= len("0.0075")


def test_that_a_lost_run_does_not_decide_the_axes_unless_all_are_lost():
    both = curve("a", np.linspace(2, 1, 10), np.geomspace(2, 1e9, 10), lost=(1,))
    assert limits([both], log=True).top < 3
    gone = curve("a", np.geomspace(2, 1e3, 10), lost=(0,))
    assert limits([gone], log=True).top > 100


def test_that_values_below_zero_forbid_a_logarithmic_axis():
    assert not limits([curve("a", [1.0, -1.0, 2.0])], log=True).log
    assert limits([curve("a", [0.0, *np.ones(20)])], log=True).log


@pytest.mark.parametrize("values", [[0.0, 0.0], [3.0, 3.0], [-2.0, -2.0], [1e-12, 1e-12]])
def test_that_a_constant_has_room_around_it(values):
    for log in (False, True):
        found = limits([curve("a", values)], log=log)
        assert found.bottom < found.top
        assert found.bottom <= values[0] <= found.top


@given(st.floats(1e-9, 1e9), st.floats(1.2, 1e8))
def test_that_logarithmic_ticks_are_few_and_inside(bottom, factor):
    ticks = log_ticks(bottom, bottom * factor)
    assert len(ticks) <= 6
    assert all(bottom <= value <= bottom * factor for value in ticks)
    if factor >= 10.5:
        assert ticks


def test_that_ticks_are_short():
    assert [power(value) for value in (0.01, 0.5, 2, 1000, 1e4, 3e-5)] == [
        "0.01",
        "0.5",
        "2",
        "1000",
        "10⁴",
        "3·10⁻⁵",
    ]
    assert [tick(value) for value in (0.0, 0.25, -1.5, 20.0)] == ["0", "0.25", "−1.5", "20"]
    assert [short_count(value) for value in (0, 500, 2500, 20000, 1.5e6, 2e7)] == [
        "0", "500", "2500", "20k", "1.5M", "20M",
    ]  # fmt: skip
