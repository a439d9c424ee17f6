import math
import random
import subprocess
import sys

import numpy as np
import pytest

from tests.runs.watch.making import (
    ARMS,
    EVERY,
    EXPERIMENT,
    SEEDS,
    begun,
    checkpoint,
    config,
    curvature,
    diverged,
    ended,
    finished,
    loss,
    members,
    run_id,
    started,
    step,
    steps,
)
from wnin_desktop.analysis.leader import leader_table
from wnin_desktop.analysis.statistics import mean_interval
from wnin_desktop.runs.watch.experiment import WatchedExperiment
from wnin_desktop.runs.watch.run import RELATIVE_ERROR
from wnin_desktop.schema.events import Failed, Intervention
from wnin_desktop.schema.network import MlpConfig
from wnin_desktop.schema.run import RunConfig


def watched(*parts, **settings) -> WatchedExperiment:
    made = WatchedExperiment.of_config(config(**settings), EXPERIMENT)
    for part in parts:
        made.apply(part)
    return made


def contents(experiment: WatchedExperiment) -> dict:
    return {
        (run.run_id, key): (series.steps.tolist(), series.values.tolist())
        for run in experiment.runs.values()
        for key, series in run.series.items()
    }


def test_that_a_comparison_holds_all_its_runs_before_any_begins():
    made = watched()
    assert (made.arms, made.seeds, made.name) == (ARMS, SEEDS, "Four")
    assert [run.status for run in made.runs.values()] == ["not started"] * 6
    assert made.status == "running"
    assert made.progress == (0, 240)
    assert [(run.arm, run.seed) for arm in ARMS for run in made.runs_of(arm)] == members()
    assert made.band(ARMS[0], "val_loss") is None
    assert made.latest(ARMS[0], "val_loss") is None
    assert made.against_train_loss(ARMS[0], "val_loss") is None
    assert made.read_out("val_loss", 3) == []


def test_that_steps_leave_points_only_where_something_was_measured():
    made = watched(begun(), steps(1, 20))
    run = made.runs[run_id(ARMS[0], 7)]
    assert run.series["train_loss"].steps.tolist() == list(range(1, 21))
    assert run.series["val_loss"].steps.tolist() == [5, 10, 15, 20]
    assert run.series["val_loss"].at(12) == loss(ARMS[0], 7, 10) + 0.2
    assert "accuracy" not in run.series
    assert (run.status, run.step, run.steps, run.parameters, run.device) == ("running", 20, 40, 1234, "cpu")
    assert made.progress == (120, 240)


def test_that_events_in_any_batches_give_the_same_comparison():
    events = [*begun(), *steps(1, 40), *ended(40)]
    whole, parts = watched(events), watched(*([event] for event in events))
    assert contents(whole) == contents(parts)
    assert whole.status == parts.status == "completed"


def test_that_steps_repeated_after_a_resume_replace_and_never_duplicate():
    once = watched(begun(), steps(1, 30))
    again = watched(begun(), steps(1, 20), begun(resumed_from=10), steps(11, 30))
    assert contents(again) == contents(once)
    run = again.runs[run_id(ARMS[0], 0)]
    assert (run.resumed_from, run.step) == (10, 30)


def test_that_bands_follow_steps_that_are_repeated_with_other_values():
    made = watched(begun(), steps(1, 20))
    made.band(ARMS[0], "train_loss")
    made.apply(steps(11, 20, train_loss=5.0))
    assert made.band(ARMS[0], "train_loss").mean.tolist()[10:] == [5.0] * 10
    assert len(made.band(ARMS[0], "train_loss")) == 20


def test_that_steps_out_of_order_come_into_order():
    shuffled = steps(1, 40)
    random.Random(3).shuffle(shuffled)
    assert contents(watched(begun(), shuffled)) == contents(watched(begun(), steps(1, 40)))


def test_that_a_number_that_is_not_finite_is_a_gap_with_one_marker():
    strange = [step(ARMS[0], 0, n, train_loss=None, nonfinite=("train_loss", "unknown")) for n in (4, 5, 6)]
    made = watched(begun(), [step(ARMS[0], 0, 3)], strange)
    series = made.runs[run_id(ARMS[0], 0)].series
    assert series["train_loss"].steps.tolist() == [3, 4, 5, 6]
    assert np.isnan(series["train_loss"].values).tolist() == [False, True, True, True]
    assert [(mark.kind, mark.step, mark.text) for mark in made.markers] == [
        ("nonfinite", 4, "train_loss is not finite")
    ]


def test_that_the_error_of_the_relative_trace_comes_with_the_curvature():
    made = watched(begun(), [curvature(ARMS[0], 7, 10), curvature(ARMS[0], 7, 20)])
    series = made.runs[run_id(ARMS[0], 7)].series[RELATIVE_ERROR]
    assert (series.steps.tolist(), series.values.tolist()) == ([10, 20], [7.25, 7.25])
    assert (ARMS[0], RELATIVE_ERROR) in made.take_dirty()


def test_that_everything_that_happens_leaves_one_marker_in_the_order_of_steps():
    turned = Intervention(
        run_id=run_id(ARMS[0], 0), timestamp=0.0, step=12, knob="lr", value=0.5, previous=0.25
    )
    failed = Failed(run_id=run_id(ARMS[1], 7), timestamp=0.0, step=30, error="out of memory", traceback="...")
    events = [
        diverged(ARMS[1], 0, 20),
        finished(ARMS[1], 0, 20, "diverged"),
        checkpoint(ARMS[0], 0, 10),
        checkpoint(ARMS[0], 0, 15, "matched_train_loss", clean_train_loss=0.5),
        turned,
        failed,
    ]
    made = watched(begun(), events, events)
    assert [(mark.kind, mark.step, mark.arm, mark.seed) for mark in made.markers] == [
        ("checkpoint", 10, ARMS[0], 0),
        ("intervention", 12, ARMS[0], 0),
        ("matched", 15, ARMS[0], 0),
        ("diverged", 20, ARMS[1], 0),
        ("failed", 30, ARMS[1], 7),
    ]
    assert made.markers[1].text == "lr 0.25 → 0.5"
    assert made.markers[2].text == "matched clean training loss of 0.5"
    assert (made.runs[run_id(ARMS[1], 7)].status, made.runs[run_id(ARMS[1], 7)].error) == (
        "failed",
        "out of memory",
    )


def test_that_a_diverged_run_counts_as_long_as_it_lasted():
    kept = [
        event for event in steps(1, 40) if not (event.seed == 7 and event.arm == ARMS[0] and event.step > 20)
    ]
    made = watched(begun(), kept, [diverged(ARMS[0], 7, 21), finished(ARMS[0], 7, 21, "diverged")])
    band = made.band(ARMS[0], "train_loss")
    assert (band.n[:20] == 3).all()
    assert (band.n[20:] == 2).all()
    assert made.latest(ARMS[0], "train_loss").step == 40
    assert made.progress == (221, 221)
    assert made.diverged(ARMS[0]) == 1


def test_that_the_read_out_is_the_interval_over_seeds_at_that_step():
    made = watched(begun(), steps(1, 40))
    for found in made.read_out("val_loss", 33):
        expected = mean_interval([loss(found.arm, seed, 30) + 0.2 for seed in SEEDS])
        assert (found.step, found.n) == (30, 3)
        assert (found.mean, found.low, found.high) == pytest.approx(
            (expected.mean, expected.low, expected.high), rel=1e-12
        )
    assert [found.arm for found in made.read_out("val_loss", 33)] == list(ARMS)
    assert made.read_out("val_loss", EVERY - 1) == []


def test_that_one_seed_has_no_interval():
    made = watched([step(ARMS[0], 0, 5)])
    (found,) = made.read_out("val_loss", 5)
    assert (found.low, found.high, found.n) == (None, None, 1)


def test_that_the_latest_is_the_last_step_all_seeds_have_reached():
    made = watched(begun(), steps(1, 20), [step(ARMS[0], 0, 21), step(ARMS[0], 7, 21)])
    assert (made.latest(ARMS[0], "train_loss").step, made.latest(ARMS[0], "train_loss").n) == (20, 3)
    made.apply([step(ARMS[0], 11, 21)])
    assert made.latest(ARMS[0], "train_loss").step == 21


def test_that_differences_are_paired_by_seed():
    made = watched(begun(), steps(1, 40))
    band = made.difference(ARMS[1], ARMS[0], "val_loss")
    expected = mean_interval([loss(ARMS[1], seed, 10) - loss(ARMS[0], seed, 10) for seed in SEEDS])
    index = band.at(10)
    assert (band.mean[index], band.low[index]) == pytest.approx((expected.mean, expected.low), abs=1e-12)
    view = made.difference_view(ARMS[1], ARMS[0], "val_loss", 0, 50, 100)
    np.testing.assert_array_equal(view.mean, band.mean)
    made.apply(steps(41, 45))
    assert made.difference(ARMS[1], ARMS[0], "val_loss").steps[-1] == 45


def test_that_the_matched_view_reads_every_arm_at_equal_training_losses():
    made = watched()
    for arm, gap in zip(ARMS, (0.1, 0.3), strict=True):
        for seed in SEEDS:
            made.apply(
                step(arm, seed, n, clean_train_loss=2 - n / 50, val_loss=2 - n / 50 + gap)
                for n in range(5, 45 if seed else 25, 5)
            )
    bands = [made.against_train_loss(arm, "val_loss") for arm in ARMS]
    for band, gap in zip(bands, (0.1, 0.3), strict=True):
        np.testing.assert_allclose(band.mean, band.steps + gap, rtol=1e-12)
        assert (np.diff(band.steps) > 0).all()
        assert (band.n[band.steps < 1.59], band.n[-1]) == (pytest.approx(2), 3)
    np.testing.assert_array_equal(bands[0].steps, bands[1].steps)
    assert made.against_train_loss(ARMS[0], "val_loss") is bands[0]


def test_that_the_matched_view_takes_where_a_loss_was_first_reached():
    losses, values = (2.0, 1.0, 1.5, 1.2, 0.5), (20.0, 10.0, 99.0, 98.0, 5.0)
    made = watched(
        [
            step(ARMS[0], 0, 5 * n, clean_train_loss=loss_, val_loss=value)
            for n, (loss_, value) in enumerate(zip(losses, values, strict=True), 1)
        ]
    )
    np.testing.assert_allclose(
        made.against_train_loss(ARMS[0], "val_loss").mean,
        10 * made.against_train_loss(ARMS[0], "val_loss").steps,
        rtol=1e-12,
    )


def test_that_leaders_while_it_runs_are_read_at_the_last_common_evaluation():
    made = watched(begun(), steps(1, 21), [step(ARMS[1], 0, 25)])
    expected = leader_table(
        {arm: {seed: loss(arm, seed, 20) + 0.2 for seed in SEEDS} for arm in ARMS}, ARMS[0]
    )
    assert made.leaders("val_loss") == expected


def test_that_leaders_at_the_end_are_final_values_and_diverged_seeds_count_as_such():
    made = watched(
        begun(), steps(1, 40), ended(40)[1:], [diverged(ARMS[0], 0, 30), finished(ARMS[0], 0, 30, "diverged")]
    )
    results = {arm: {seed: loss(arm, seed, 40) for seed in SEEDS} for arm in ARMS}
    results[ARMS[0]][0] = None
    assert made.leaders("val_loss") == leader_table(results, ARMS[0])
    assert made.leaders("val_loss")[0].arm in ARMS


def test_that_leaders_name_arms_that_reached_nothing_last():
    made = watched(begun(), [event for event in steps(1, 10) if event.arm == ARMS[1]])
    for run in made.runs_of(ARMS[0]):
        run.status = "failed"
    rows = made.leaders("val_loss")
    assert [row.arm for row in rows] == [ARMS[1], ARMS[0]]
    assert rows[1].note == "no run reached the outcome"
    assert [row.summary for row in watched().leaders("val_loss")] == [None, None]


def test_that_only_what_changed_is_dirty_and_only_once():
    made = watched(begun())
    assert made.take_dirty() == frozenset()
    made.apply([step(ARMS[0], 0, 1)])
    assert made.take_dirty() == {(ARMS[0], "train_loss"), (ARMS[0], "lr")}
    assert made.take_dirty() == frozenset()


def test_that_the_revision_grows_with_every_change():
    made = watched()
    seen = [made.revision]
    for events in ([started(ARMS[0], 0)], [step(ARMS[0], 0, 1)], [finished(ARMS[0], 0, 1)]):
        made.apply(events)
        seen.append(made.revision)
    assert sorted(set(seen)) == seen
    made.apply([])
    assert made.revision == seen[-1]


def test_that_the_rate_is_steps_per_second_of_the_trainers_clock():
    made = watched(begun())
    assert made.rate is None
    for number in range(1, 31):
        made.apply(steps(number, number))
    assert made.rate == pytest.approx(60)
    assert made.remaining_s == pytest.approx(1.0)


def test_that_a_clock_that_was_set_back_does_not_spoil_the_rate():
    made = watched(begun(), steps(1, 10), [step(ARMS[0], 0, 11, timestamp=1.0)])
    assert made.rate is None


def test_that_runs_that_still_ran_at_the_end_were_interrupted():
    made = watched(begun(), steps(1, 5), ended(5)[:2])
    made.end()
    assert [run.status for run in made.runs.values()] == ["completed"] * 2 + ["interrupted"] * 4
    assert made.status == "interrupted"
    made.apply(begun(resumed_from=5))
    assert made.status == "running"


def test_that_the_description_says_each_arm_in_a_sentence():
    made = watched(begun(), steps(1, 10), [diverged(ARMS[1], 0, 10)])
    text = made.describe("val_loss")
    assert text.startswith("Validation loss. adamw: ")
    assert "95 % interval" in text
    assert "3 seeds, at step 10." in text
    assert text.endswith("at step 10; 1 run diverged.")
    assert (
        watched().describe("accuracy")
        == "Validation accuracy. adamw: not measured yet. sgd noisy: not measured yet."
    )


def test_that_a_view_of_a_band_is_the_band_where_it_fits():
    made = watched(begun(), steps(1, 40))
    made.prepare(["train_loss"])
    np.testing.assert_array_equal(
        made.band_view(ARMS[0], "train_loss", 0, 50, 100).low, made.band(ARMS[0], "train_loss").low
    )


# -- what others train -------------------------------------------------------------------------------------


def remote(arms=ARMS, seeds=SEEDS) -> list:
    runs = {(run.arm.name, run.seed): run for run in config(arms, seeds).runs()}
    return [started(arm, seed, config=run.model_dump(mode="json")) for (arm, seed), run in runs.items()]


def test_that_a_strangers_comparison_grows_with_the_runs_that_begin():
    first, *others = remote()
    made = WatchedExperiment.of_started(first, "somebody")
    assert (made.origin, made.peer, made.host, made.name) == ("remote", "somebody", "here", "four optimizers")
    assert (made.arms, made.seeds) == (ARMS[:1], SEEDS[:1])
    made.apply(others)
    assert (made.arms, made.seeds, len(made.runs)) == (ARMS, SEEDS, 6)
    assert made.config == config().model_copy(update={"name": "four optimizers"})


def test_that_a_configuration_of_another_version_hides_nothing():
    made = WatchedExperiment.of_started(started("theirs", 3, config={"strange": 1}), "somebody")
    made.apply([step("theirs", 3, 5)])
    assert made.config is None
    assert made.baseline == "theirs"
    assert made.latest("theirs", "val_loss").n == 1
    assert made.leaders("val_loss")[0].summary.n == 1


def test_that_runs_whose_beginning_was_missed_are_shown_and_strangers_passed_over():
    made = watched([step(ARMS[0], 0, 8)], [curvature("who", 1, 3)], [started("who", 1, experiment="other")])
    assert made.runs[run_id(ARMS[0], 0)].status == "running"
    assert made.passed_over == 2
    assert made.arms == ARMS


def test_that_a_trainer_may_name_a_planned_run_otherwise():
    made = watched([step(ARMS[0], 7, 5, experiment="elsewhere")])
    assert len(made.runs) == 6
    assert made.runs[run_id(ARMS[0], 7, "elsewhere")] is made.runs_of(ARMS[0])[1]


def test_that_runs_without_end_are_passed_over_and_counted(monkeypatch):
    monkeypatch.setattr("wnin_desktop.runs.watch.experiment.MOST_RUNS", 8)
    made = watched([step("new", seed, 5) for seed in range(10)])
    assert len(made.runs) == 8
    assert made.passed_over == 8


def test_that_a_run_configuration_is_read_with_its_own_network():
    run = RunConfig(arm=config().arms[0], seed=3, network=MlpConfig(hidden=(7,)))
    made = WatchedExperiment.of_started(
        started(ARMS[0], 3, config=run.model_dump(mode="json")), peer="somebody"
    )
    assert made.config.network == run.network


# -- cost --------------------------------------------------------------------------------------------------


def test_that_steps_are_packed_only_when_somebody_looks(monkeypatch):
    packed = []
    made = watched(begun())
    series = made.runs[run_id(ARMS[0], 0)].open_series("train_loss")
    monkeypatch.setattr(series, "extend", lambda steps, values: packed.append(len(steps)))
    made.apply(steps(1, 50))
    made.take_dirty()
    assert packed == []
    assert len(series) == 0
    assert packed == [50]


def test_that_watching_imports_neither_torch_nor_qt_nor_scipy():
    code = (
        "import sys, wnin_desktop.runs.watch.experiment, wnin_desktop.runs.watch.loading;"
        "print([name for name in ('torch', 'scipy', 'matplotlib', 'PySide6') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_that_a_band_of_nothing_finite_has_no_mean():
    made = watched([step(ARMS[0], 0, 1, train_loss=None, nonfinite=("train_loss",))])
    band = made.band(ARMS[0], "train_loss")
    assert math.isnan(band.mean[0])
    assert band.n.tolist() == [0]
