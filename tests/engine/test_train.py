import pytest

from tests.engine.comparisons import NOISES, arm, comparison, metrics
from wnin_desktop.engine.train import train
from wnin_desktop.errors import InputError
from wnin_desktop.schema.events import Checkpoint, Finished, RunStarted, StepMetrics
from wnin_desktop.schema.manifest import Manifest


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


def test_that_label_noise_differs_by_seed_and_is_shared_by_arms():
    task = {"dataset": "digits", "label_noise": 0.5, "train_examples": 320}
    losses = metrics(train(comparison(arm("sgd"), arm("adamw"), task=task)))
    clean = metrics(train(comparison(arm("sgd"), arm("adamw"))))
    assert losses["sgd-none/s0"][0] == pytest.approx(losses["adamw-none/s0"][0], rel=1e-6)
    assert losses["sgd-none/s0"][0] != pytest.approx(clean["sgd-none/s0"][0], rel=1e-3)


def test_that_every_network_and_kind_of_task_trains():
    cases = [
        ({"dataset": "digits"}, {"kind": "cnn", "channels": [4], "hidden": 8}),
        (
            {"dataset": "digits"},
            {"kind": "mlp", "hidden": [8], "normalization": "layer", "activation": "gelu"},
        ),
        ({"dataset": "spirals"}, {"kind": "mlp", "hidden": [4, 4], "activation": "tanh"}),
        ({"dataset": "mnist1d"}, {"kind": "mlp", "hidden": [8], "activation": "silu"}),
        ({"dataset": "dyck2", "sequence_length": 8}, {"kind": "gru", "embedding": 4, "hidden": 8}),
        (
            {"dataset": "golden_mean", "sequence_length": 8},
            {"kind": "char_transformer", "width": 8, "heads": 2, "depth": 1},
        ),
    ]
    for task, network in cases:
        small = {"train_examples": 128, "val_examples": 64} | task
        config = comparison(arm("adamw", "parameter_jitter"), task=small, network=network, steps=3)
        final = [event.final for event in train(config) if isinstance(event, Finished)]
        assert len(final) == 2, network
        assert all(row["val_loss"] is not None for row in final)


def test_that_the_trace_of_a_cohort_is_that_of_each_run_alone():
    for activation in ("relu", "tanh"):
        network = {"kind": "mlp", "hidden": [8, 8], "activation": activation}
        both = comparison(arm("sgd"), arm("adamw"), network=network, numerics="fast")
        alone = comparison(arm("adamw"), network=network, numerics="reproducible")
        cohort, single = (metrics(train(c), "hessian_trace_est") for c in (both, alone))
        for key, values in single.items():
            assert [v for v in values if v] == pytest.approx([v for v in cohort[key] if v], rel=1e-3)


def test_that_the_matched_snapshot_has_the_matched_loss(tmp_path):
    kept = []

    def save(snapshot, reason, score, run_id, /):
        kept.append((snapshot, reason, run_id))
        return Manifest("f", "0" * 64, 1, snapshot.step, reason, {}, run_id)

    config = comparison(arm("sgd"), arm("adamw"), steps=120, budget={"matched_train_loss": 0.9})
    events = list(train(config, save=save))
    matched = [e for e in events if isinstance(e, Checkpoint) and e.reason == "matched_train_loss"]
    assert len(matched) == 4
    for event in matched:
        assert event.clean_train_loss == pytest.approx(0.9, abs=2e-4)
        assert 0 <= event.fraction <= 1
        assert event.val_loss is not None
    tensors = next(snapshot.tensors for snapshot, reason, _ in kept if reason == "matched_train_loss")
    assert set(tensors) == {f"layers.{i}.{part}" for i in (0, 1) for part in ("weight", "bias")}


def test_that_samplers_refuse_noise_modes_of_their_own_kind():
    sampler = {"name": "sgld", "lr": 0.01, "params": {"temperature": 1e-5}}
    config = comparison(arm("sgd", "gradient_gaussian") | {"optimizer": sampler})
    with pytest.raises(InputError, match=r"noise\.mode.*gradient_gaussian"):
        train(config)


def test_that_a_missing_device_is_refused_by_name():
    with pytest.raises(InputError, match=r"device.*cuda:9"):
        train(comparison(device="cuda:9"))


def test_that_clipping_limits_each_member_by_itself():
    tight = arm("sgd") | {
        "name": "tight",
        "optimizer": {"name": "sgd", "lr": 0.1, "clip_norm": 0.5},
    }
    norms = metrics(train(comparison(tight, arm("sgd"), budget={"norms_every": 1})), "update_norm")
    assert max(norms["tight/s0"]) <= 0.05 * (1 + 1e-5)
    assert max(norms["sgd-none/s0"]) > 0.1


@pytest.mark.parametrize("momentum", [None, 0.9])
@pytest.mark.parametrize("mode", ["sgld", "gradient_gaussian"])
def test_that_a_temperature_under_an_optimizer_without_one_is_refused_by_its_field(mode, momentum):
    optimizer = {"name": "adamw"} if momentum is None else {"name": "sgd", "params": {"momentum": momentum}}
    hot = {"name": "hot", "optimizer": optimizer, "noise": {"mode": mode, "temperature": 1e-4}}
    with pytest.raises(InputError, match=r"^arms\[1\]\.noise\.temperature: 0\.0001"):
        train(comparison(arm("sgd"), hot))


def test_that_the_extremes_of_a_budget_train():
    budget = {"batch_size": "full", "eval_every": 1000, "curvature_every": 0, "norms_every": 1000}
    one = list(train(comparison(steps=1, seeds=[5], budget=budget)))
    assert [type(event).__name__ for event in one] == ["RunStarted", "StepMetrics", "Finished"]
    assert one[1].val_loss is not None
    assert one[1].grad_norm is not None
    huge = {"batch_size": 1_000_000}
    assert metrics(train(comparison(budget=huge))) == metrics(
        train(comparison(budget={"batch_size": "full"}))
    )
    many = comparison(*(arm() | {"name": f"a{i}"} for i in range(64)), steps=2, numerics="fast")
    assert sum(isinstance(event, Finished) for event in train(many)) == 128
