"""Runs as paths: what is told of them, without a viewer."""

import numpy as np
import pytest

from tests.qt.view import events
from wnin_desktop.qt.view import relief
from wnin_desktop.qt.view.gathering import Gathering
from wnin_desktop.qt.view.relief import Line, Track
from wnin_desktop.runs.watch.series import Series
from wnin_desktop.viewer.messages import Axes, PathAppend, PathSet, Scale
from wnin_desktop.viewer.protocol import encode


def series(values):
    made = Series()
    made.extend(np.arange(1, len(values) + 1), values)
    return made


def test_that_a_spike_is_no_mountain_and_a_gap_stays_one():
    values = np.ones(50)
    values[20], values[30:33] = 100.0, np.nan
    found = relief.smoothed(values, np.arange(50), 9)
    assert np.nanmax(found) == 1.0
    assert np.isnan(found).nonzero()[0].tolist() == [30, 31, 32]


def test_that_a_line_grows_and_what_is_there_stays():
    values = np.random.default_rng(0).normal(1.0, 0.1, 600)
    growing, line = series(values[:100]), Line()
    before = np.zeros(0)
    for end in range(100, 600, 50):
        growing.extend(np.arange(end + 1, end + 51), values[end : end + 50])
        line.follow(growing, 2)
        assert np.array_equal(line.heights[: len(before)], before)
        before = line.heights
    line.follow(growing, 2, ended=True)
    assert line.steps[-1] == 600
    at_once = Line()
    at_once.follow(growing, 2, ended=True)
    assert np.array_equal(at_once.heights, line.heights)


def test_that_paths_stay_short_whatever_the_runs():
    assert relief.stride_for([]) == relief.stride_for([10, relief.MOST_POINTS]) == 1
    long = series(np.ones(100_000))
    line = Line()
    line.follow(long, relief.stride_for([len(long)]), ended=True)
    assert relief.MOST_POINTS / 2 < len(line.steps) <= relief.MOST_POINTS + 1


def test_that_growth_is_told_as_growth_and_other_numbers_as_a_whole():
    track, steps, heights = Track(3), np.arange(10), np.linspace(2, 1, 10)
    (first,) = track.tell(steps[:4], heights[:4], 0.0)
    assert isinstance(first, PathSet)
    (more,) = track.tell(steps, heights, 0.0)
    assert isinstance(more, PathAppend)
    assert more.steps.tolist() == [4, 5, 6, 7, 8, 9]
    assert list(track.tell(steps, heights, 0.0)) == []
    assert [type(each) for each in track.tell(steps, heights + 1, 0.0)] == [PathSet]
    assert [type(each) for each in track.tell(steps, heights + 1, 1.0)] == [PathSet]
    assert all(encode(message, 1) for message in (first, more))


def test_that_a_mean_waits_for_runs_that_are_behind_and_goes_on_without_those_that_ended():
    def line(end, height):
        return Line(np.arange(end), np.full(end, float(height)))

    steps, means = relief.mean_line([line(10, 1), line(6, 3)], [True, True])
    assert steps[-1] == 5
    assert means.tolist() == [2.0] * 6
    steps, means = relief.mean_line([line(10, 1), line(6, 3)], [True, False])
    assert means.tolist() == [2.0] * 6 + [1.0] * 4
    assert len(relief.mean_line([Line()], [True])[0]) == 0


def test_that_a_point_which_one_seed_alone_has_makes_no_mean():
    lines = [Line(np.array([0, 4, 8, 12]), np.ones(4)), Line(np.array([0, 4, 7]), np.full(3, 9.0))]
    steps, means = relief.mean_line(lines, [False, False])
    assert (steps.tolist(), means.tolist()) == ([0, 4, 8, 12], [5.0, 5.0, 1.0, 1.0])


@pytest.mark.parametrize(("low", "high", "log"), [(0.1, 0.9, False), (0.01, 2.0, True), (-1.0, 5.0, False)])
def test_that_losses_over_more_than_a_decade_are_logarithmic(low, high, log):
    assert relief.is_better_log(low, high) == log
    axis = relief.height_axis(low, high, log=log)
    assert axis.low < low < high < axis.high
    assert relief.fits(axis, low, high, log=log)
    assert not relief.fits(axis, low, 2 * axis.high, log=log)
    scale, axes, *_ = relief.decor(("a", "b"), 500, axis, ("step", "", "loss"))
    assert (isinstance(scale, Scale), scale.height) == (True, "log" if log else "linear")
    assert isinstance(axes, Axes)
    assert [tick.label for tick in axes.b.ticks] == ["a", "b"]
    assert encode(axes, 1)


def test_that_a_loss_that_is_not_positive_keeps_a_linear_axis():
    assert not relief.height_axis(-1.0, 1.0, log=True).log
    assert relief.fits(relief.height_axis(-1.0, 1.0, log=True), -1.0, 1.0, log=True)


def test_that_more_runs_than_paths_leave_every_arm_its_share():
    gathering = Gathering("here")
    gathering.take([events.begun(arm, seed) for arm in ("a", "b") for seed in range(50)])
    runs = {arm: gathering.experiment.runs_of(arm) for arm in ("a", "b")}
    drawn = relief.runs_drawn(runs, most=64)
    assert [len(each) for each in drawn.values()] == [31, 31]
    assert relief.lanes(1.0, 1) == [1.0]
    assert max(abs(place - 1.0) for place in relief.lanes(1.0, 5)) == pytest.approx(relief.SPREAD)


def test_that_runs_that_differ_in_their_seed_alone_are_one_arm_and_others_are_not():
    gathering = Gathering("here")
    gathering.take([
        events.begun("adamw", 0, experiment="one"),
        events.begun("adamw", 1, experiment="two"),
        events.begun("adamw", 2, experiment="three", lr=9.0),
        events.begun("adamw", 0, experiment="four"),
        events.begun("adamw", 0, experiment="one"),
    ])  # fmt: skip
    runs = gathering.experiment.runs
    assert [(run.arm, run.seed) for run in runs.values()] == [
        ("adamw", 0), ("adamw", 1), ("adamw (2)", 2), ("adamw (3)", 0),
    ]  # fmt: skip
    assert gathering.live == 4
    assert list(gathering.hosts) == ["box"]
