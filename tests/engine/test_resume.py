"""T1: stopping at a step and going on gives the bits of never having stopped."""

import hashlib
import itertools

import pytest

from tests.engine.comparisons import NOISES, Files, arm, comparison, metrics
from wnin_desktop.engine.control import RunControl
from wnin_desktop.engine.train import train
from wnin_desktop.errors import CheckpointError
from wnin_desktop.schema.events import Checkpoint, StepMetrics
from wnin_desktop.schema.fingerprint import canonical_json

STEPS = 14
OPTIMIZERS = {
    "adamw": {"name": "adamw", "lr": 3e-3},
    "sgd": {"name": "sgd", "lr": 0.05, "params": {"momentum": 0.9}},
    "rmsprop": {"name": "rmsprop", "lr": 1e-3},
    "muon": {"name": "muon", "lr": 0.02},
    "normalized_dynamics": {"name": "normalized_dynamics", "lr": 0.05},
    "sgld": {"name": "sgld", "lr": 0.01, "params": {"temperature": 1e-5}},
    "psgld": {"name": "psgld", "lr": 1e-3, "params": {"temperature": 1e-6}},
}
SAMPLERS = ("sgld", "psgld")
PAIRS = [
    (optimizer, noise)
    for optimizer, noise in itertools.product(OPTIMIZERS, NOISES)
    if not (optimizer in SAMPLERS and noise in ("sgld", "gradient_gaussian"))
]
CUTS = (5, 8, 11)
CASES = [(*pair, cut) for pair in PAIRS for cut in CUTS]
SAMPLE = [case for number, case in enumerate(CASES) if number % 10 == 0]


def _config(optimizer, noise, numerics="reproducible", **changes):
    contender = arm("sgd", noise) | {"name": "contender", "optimizer": OPTIMIZERS[optimizer]}
    return comparison(contender, arm("adamw"), steps=STEPS, numerics=numerics, **changes)


def _cut(config, step, folder):
    control, files, seen = RunControl(), Files(folder), []
    for event in train(config, control, save=files):
        seen.append(event)
        if isinstance(event, StepMetrics) and event.step == step:
            control.stop(checkpoint=True)
        if isinstance(event, StepMetrics) and event.step == 1:
            control.single_step(step - 1)  # holds at `step`, so that the cut is where it is meant
    return files, seen


def _state_hash(snapshot):
    """SHA-256 over every tensor by name and the rest as canonical JSON."""
    digest = hashlib.sha256(canonical_json(snapshot.meta).encode())
    for name, tensor in sorted(snapshot.tensors.items()):
        digest.update(f"{name}{tensor.dtype}{tuple(tensor.shape)}".encode() + tensor.numpy().tobytes())
    return digest.hexdigest()


def _assert_same(config, step, folder):
    whole = Files(folder / "whole")
    whole.folder.mkdir()
    straight = list(train(config, save=whole))
    files, before = _cut(config, step, folder)
    again = Files(folder / "again")
    again.folder.mkdir()
    after = list(train(config, save=again, resume=files.read(0)))
    for key in ("train_loss", "update_norm", "val_loss", "temperature", "lr"):
        expected = metrics(straight, key)
        first, second = metrics(before, key), metrics(after, key)
        for run, values in expected.items():
            assert first[run] + second[run] == values, (run, key)
    assert _state_hash(whole.read(-1)) == _state_hash(again.read(-1)), "the final state differs"


@pytest.mark.parametrize(("optimizer", "noise", "step"), SAMPLE)
def test_that_stopping_and_going_on_gives_the_same_bits(optimizer, noise, step, tmp_path):
    _assert_same(_config(optimizer, noise), step, tmp_path)


@pytest.mark.full
@pytest.mark.parametrize(("optimizer", "noise", "step"), CASES)
def test_that_every_optimizer_and_noise_resumes_with_the_same_bits(optimizer, noise, step, tmp_path):
    _assert_same(_config(optimizer, noise), step, tmp_path)


@pytest.mark.parametrize("numerics", ["fast", "reproducible"])
def test_that_a_cohort_on_two_lanes_resumes_with_the_same_bits(numerics, tmp_path):
    _assert_same(_config("adamw", "input_jitter", numerics, threads=2), 9, tmp_path)


def test_that_a_closed_loop_resumes_with_the_same_bits(tmp_path):
    noise = {"mode": "input_jitter", "magnitude": 0.3, "schedule": {"kind": "adaptive", "window": 3}}
    looped = {"name": "looped", "optimizer": {"name": "sgd", "lr": 2.0}, "noise": noise}
    follower = looped | {
        "name": "follower",
        "optimizer": {"name": "sgd", "lr": 1.0, "lr_follows_temperature": True},
    }
    config = comparison(looped, follower, steps=STEPS, budget={"eval_every": 2})
    temperatures = metrics(train(config), "noise_magnitude")
    assert len(set(temperatures["looped/s0"])) > 2, "the loop never moved, so this test would show nothing"
    _assert_same(config, 9, tmp_path)


def test_that_batch_normalization_resumes_with_the_same_bits(tmp_path):
    network = {"kind": "cnn", "channels": [4], "hidden": 8, "normalization": "batch"}
    _assert_same(_config("adamw", "none", network=network, seeds=[0]), 5, tmp_path)


def test_that_losing_any_tensor_of_the_state_would_be_noticed(tmp_path):
    """The control: with one optimizer moment zeroed the losses after the cut differ."""
    config = _config("adamw", "none")
    expected = metrics(train(config))
    files, before = _cut(config, 9, tmp_path)
    snapshot = files.read(0)
    name = next(key for key in snapshot.tensors if "exp_avg_sq" in key)
    snapshot.tensors[name].zero_()
    after = metrics(train(config, resume=snapshot))
    joined = {run: metrics(before)[run] + values for run, values in after.items()}
    assert joined != expected


def test_that_a_checkpoint_of_another_configuration_is_refused(tmp_path):
    files, _ = _cut(_config("adamw", "none"), 5, tmp_path)
    with pytest.raises(CheckpointError, match="another configuration"):
        train(_config("sgd", "none"), resume=files.read(0))


def test_that_periodic_checkpoints_are_announced_at_their_steps(tmp_path):
    config = comparison(arm("sgd"), steps=10, budget={"checkpoint_every": 4})
    events = [e for e in train(config, save=Files(tmp_path)) if isinstance(e, Checkpoint)]
    assert {(e.step, e.reason) for e in events} == {(4, "periodic"), (8, "periodic"), (10, "final")}
