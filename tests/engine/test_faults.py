"""T2 (not-a-number) and T6 (fairness)."""

import itertools
import math

import pytest

from tests.engine.comparisons import NOISES, arm, comparison, metrics
from wnin_desktop.engine.train import train
from wnin_desktop.schema.events import Diverged, Failed, Finished, StepMetrics

EXPLODING = {"name": "exploding", "optimizer": {"name": "sgd", "lr": 1e3, "params": {"weight_decay": 1.0}}}
T2_CASES = list(itertools.product(NOISES, ("fast", "reproducible"), range(5)))
T6_CASES = list(itertools.product(NOISES, range(5)))


def _diverges(noise, numerics, seed):
    config = comparison(
        arm("adamw", noise), EXPLODING, steps=40, numerics=numerics, seeds=[seed, seed + 10], threads=1
    )
    events = list(train(config))
    ends = {e.run_id.split("/", 1)[1]: e for e in events if isinstance(e, Finished)}
    assert len(ends) == 4, "every run has an ending"
    for e in events:
        if isinstance(e, Diverged):
            assert "exploding" in e.run_id
            steps = [s for s in events if isinstance(s, StepMetrics) and s.run_id == e.run_id]
            assert steps[-1].step == e.step, "nothing is drawn after the divergence"
            assert steps[-1].nonfinite
            assert e.last_finite_step == e.step - 1
            assert all(s.train_loss is not None and math.isfinite(s.train_loss) for s in steps[:-1])
            assert ends[e.run_id.split("/", 1)[1]].status == "diverged"
    assert {e.run_id.split("/")[1] for e in events if isinstance(e, Diverged)} == {"exploding"}
    assert all(ends[f"adamw-{noise}/s{s}"].status == "completed" for s in (seed, seed + 10))
    assert not any(isinstance(e, Failed) for e in events)


@pytest.mark.parametrize(("noise", "numerics", "seed"), T2_CASES[::9])
def test_that_a_diverged_run_is_flagged_kept_and_alone(noise, numerics, seed):
    _diverges(noise, numerics, seed)


@pytest.mark.full
@pytest.mark.parametrize(("noise", "numerics", "seed"), T2_CASES)
def test_that_every_diverged_run_is_flagged_kept_and_alone(noise, numerics, seed):
    _diverges(noise, numerics, seed)


def test_that_a_comparison_of_which_all_diverge_still_ends():
    events = list(train(comparison(EXPLODING, steps=500)))
    finished = [e for e in events if isinstance(e, Finished)]
    assert {e.status for e in finished} == {"diverged"}
    assert max(e.step for e in finished) < 500


def _is_fair(noise, seed):
    """A member's bits depend neither on the other arms, nor on their order, nor on one that explodes."""
    mine = arm("sgd", noise)
    alone = comparison(mine, seeds=[seed], numerics="reproducible", steps=8)
    among = comparison(
        EXPLODING, arm("adamw", noise), mine, seeds=[seed + 1, seed], numerics="reproducible", steps=8
    )
    key = f"sgd-{noise}/s{seed}"
    assert metrics(train(alone))[key] == metrics(train(among))[key]


@pytest.mark.parametrize(("noise", "seed"), T6_CASES[::7])
def test_that_an_arm_is_treated_alike_in_any_company(noise, seed):
    _is_fair(noise, seed)


@pytest.mark.full
@pytest.mark.parametrize(("noise", "seed"), T6_CASES)
def test_that_every_arm_is_treated_alike_in_any_company(noise, seed):
    _is_fair(noise, seed)


def test_that_unfairness_would_be_noticed(monkeypatch):
    """The control: with the arm's place mixed into the noise key, company changes the numbers."""
    from wnin_desktop.engine.cohort import unit  # noqa: PLC0415 - patched here only

    original = unit.jitter_inputs
    calls = itertools.count()
    monkeypatch.setattr(unit, "jitter_inputs", lambda x, s, e: original(x, s, e.roll(next(calls) % 3, -1)))
    with pytest.raises(AssertionError):
        _is_fair("input_jitter", 0)
