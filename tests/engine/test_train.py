import pytest

from tests.engine.comparisons import NOISES, arm, comparison, metrics
from wnin_desktop.engine.train import train
from wnin_desktop.schema.events import Finished, RunStarted, StepMetrics


def test_that_every_run_starts_steps_without_gap_and_finishes():
    config = comparison(arm("sgd"), arm("adamw"))
    events = list(train(config, experiment_id="e"))
    ids = {f"e/{a}/s{s}" for a in ("sgd-none", "adamw-none") for s in (0, 1)}
    assert {e.run_id for e in events if isinstance(e, RunStarted)} == ids
    for run_id in ids:
        steps = [e.step for e in events if isinstance(e, StepMetrics) and e.run_id == run_id]
        assert steps == list(range(1, 13))
    finished = [e for e in events if isinstance(e, Finished)]
    assert {e.run_id for e in finished} == ids
    assert all(e.status == "completed" and e.final["accuracy"] is not None for e in finished)


def test_that_what_is_not_measured_is_null_with_a_reason():
    for event in train(comparison(arm("adamw", "gradient_gaussian"))):
        if isinstance(event, StepMetrics):
            for key in ("val_loss", "perplexity", "temperature", "grad_norm", "hessian_trace_est"):
                assert (getattr(event, key) is None) == (key in event.reasons), key


def test_that_training_learns():
    losses = metrics(train(comparison(arm("adamw"), steps=60)))
    for values in losses.values():
        assert values[-1] < 0.5 * values[0]


@pytest.mark.parametrize("noise", NOISES)
def test_that_a_member_in_the_reproducible_mode_does_not_depend_on_its_company(noise):
    alone = comparison(arm("adamw", noise), seeds=[1], numerics="reproducible")
    others = [arm("sgd", other) for other in NOISES]
    company = comparison(*others, arm("adamw", noise), seeds=[0, 1, 2], numerics="reproducible", threads=2)
    key = f"adamw-{noise}/s1"
    for metric in ("train_loss", "update_norm", "val_loss", "hessian_trace_est"):
        assert metrics(train(alone), metric)[key] == metrics(train(company), metric)[key]


@pytest.mark.parametrize("noise", NOISES)
def test_that_the_fast_mode_equals_the_reproducible_one_within_rounding(noise):
    arms = (arm("adamw", noise), arm("sgd", noise), arm("sgd") | {"name": "clean"})
    fast = metrics(train(comparison(*arms, numerics="fast")))
    exact = metrics(train(comparison(*arms, numerics="reproducible")))
    for key, values in exact.items():
        assert fast[key] == pytest.approx(values, rel=2e-4, abs=1e-6)


def test_that_arms_of_a_seed_share_weights_and_batches():
    losses = metrics(train(comparison(arm("sgd"), arm("adamw"))))
    assert losses["sgd-none/s0"][0] == pytest.approx(losses["adamw-none/s0"][0], rel=1e-6)
    assert losses["sgd-none/s0"][0] != pytest.approx(losses["sgd-none/s1"][0], rel=1e-3)
