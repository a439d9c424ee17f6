import numpy as np
import pytest

from tests.runs.report.comparisons import ADAMW, SEEDS, SGD, STEPS, comparison, cut, recorded, trained, turned
from wnin_desktop.analysis.statistics import mean_interval
from wnin_desktop.errors import InputError
from wnin_desktop.runs.report.collect import collect, summarize_run
from wnin_desktop.runs.report.series import bands
from wnin_desktop.schema.events import Curvature, Finished
from wnin_desktop.schema.fingerprint import fingerprint


def test_that_series_hold_exactly_what_the_store_holds(small, summary):
    store, experiment_id = small
    for key in ("train_loss", "val_loss", "hessian_trace_est", "grad_norm"):
        for arm in ("adamw", "sgd noisy", "blown"):
            series = summary.series[key][arm]
            for seed, row in zip(series.seeds, series.values, strict=True):
                stored = store.series(f"{experiment_id}/{arm}/s{seed}", [key])
                there = ~np.isnan(stored[key])
                assert np.array_equal(row[~np.isnan(row)], stored[key][there])
                assert np.array_equal(series.steps[~np.isnan(row)], stored["step"][there])


def test_that_means_and_bands_are_those_of_the_statistics_over_seeds(summary):
    series = summary.series["val_loss"]["adamw"]
    for point in range(len(series.steps)):
        found = mean_interval(series.values[:, point].tolist())
        assert (series.mean[point], series.low[point], series.high[point]) == (
            found.mean,
            found.low,
            found.high,
        )
        assert series.n[point] == len(SEEDS)


def test_that_diverged_runs_are_kept_and_counted_and_stay_out_of_the_mean(summary):
    assert summary.count("diverged") == len(SEEDS)
    assert summary.count("completed") == 2 * len(SEEDS)
    series = summary.series["train_loss"]["blown"]
    assert series.values.shape[0] == len(SEEDS)
    assert not series.kept.any()
    assert np.isnan(series.mean).all()
    assert (series.n == 0).all()
    for run in summary.runs_of("blown"):
        assert run.divergence is not None
        assert run.divergence.reason.endswith("is not finite")
        assert run.divergence.step <= STEPS
        assert not run.final


def test_that_a_comparison_without_its_killed_half_says_what_is_missing(tmp_path):
    events = [
        event
        for event in cut(trained(comparison(ADAMW, SGD)), 20)
        if not event.run_id.startswith("x/sgd noisy/s11")
    ]
    store, experiment_id = recorded(tmp_path, comparison(ADAMW, SGD), events)
    with store:
        found = collect(store, experiment_id)
    assert [run.state for run in found.runs] == ["interrupted"] * 5 + ["not started"]
    assert (found.yardstick.kind, found.yardstick.step) == ("evaluation", 20)
    row = found.series["val_loss"]["adamw"]
    at_20 = dict(zip(row.seeds, row.values[:, row.steps.tolist().index(20)], strict=True))
    assert found.outcomes("val_loss")["adamw"] == at_20
    assert set(found.outcomes("val_loss")["sgd noisy"]) == {0, 3}


def test_that_final_values_are_those_the_runs_finished_with(small, summary):
    store, _ = small
    assert summary.yardstick.kind == "final"
    for arm, outcomes in summary.outcomes("val_loss").items():
        for seed, value in outcomes.items():
            (end,) = store.events(f"{summary.experiment_id}/{arm}/s{seed}", [Finished])
            assert value == end.final.get("val_loss")


def test_that_costs_add_up_from_the_events(small, summary):
    store, _ = small
    run = summary.runs[0]
    measured = store.events(run.run_id, [Curvature])
    assert run.curvature.gradients == sum(event.cost_gradients for event in measured)
    assert run.curvature.estimates == len(measured) == 1 + STEPS // 6
    assert run.gradient_evaluations == STEPS
    assert run.steps_per_s == pytest.approx(STEPS / run.wall_s)


def test_that_only_metrics_never_measured_carry_a_reason(summary):
    reasons = summary.runs_of("adamw")[0].reasons
    assert reasons["perplexity"] == ("perplexity is for next-token prediction",)
    assert "temperature" in reasons
    assert not {"val_loss", "grad_norm", "hessian_trace_est"} & set(reasons)


def test_that_an_intervention_is_told_once_for_an_arm(tmp_path):
    config = comparison(ADAMW, SGD, steps=12)
    store, experiment_id = recorded(tmp_path, config, turned(trained(config), "sgd noisy", 7))
    with store:
        found = collect(store, experiment_id)
    assert [(event.step, event.knob, event.value) for event in found.interventions()] == [(7, "noise", 0.5)]
    assert sum(len(run.interventions) for run in found.runs) == len(SEEDS)


def test_that_thinning_averages_and_loses_no_rare_measurement(small, summary):
    thin = collect(*small, most_points=20)
    full, few = summary.series["train_loss"]["adamw"], thin.series["train_loss"]["adamw"]
    assert few.block == 3
    assert few.values.shape[1] == 20
    assert np.allclose(few.values, full.values.reshape(len(SEEDS), 20, 3).mean(axis=2))
    assert few.steps.tolist() == list(range(3, 61, 3))
    rare = thin.series["val_loss"]["adamw"]
    assert rare.block == 1
    assert np.array_equal(rare.values, summary.series["val_loss"]["adamw"].values)


def test_that_one_value_has_a_mean_and_no_interval():
    mean, low, high, n = bands(np.array([[1.0, np.nan, 2.0], [3.0, np.nan, np.nan]]))
    assert mean.tolist()[::2] == [2.0, 2.0]
    assert np.isnan(mean[1])
    assert np.isnan([low[1], low[2], high[1], high[2]]).all()
    assert low[0] < 2.0 < high[0]
    assert n.tolist() == [2, 0, 1]


def test_that_a_run_is_summarized_alone_as_within_its_comparison(small, summary):
    store, _ = small
    for run in summary.runs[:: len(SEEDS)]:
        assert summarize_run(store, run.run_id) == run


def test_that_what_was_asked_is_the_stored_configuration(small, summary):
    assert fingerprint(summary.config) == summary.fingerprint == small[0].experiment(small[1]).fingerprint


def test_that_an_unknown_experiment_is_refused(small):
    with pytest.raises(InputError, match="no id in the store begins so"):
        collect(small[0], "elsewhere")
