"""The trainer against physics known in closed form and against a simulation that shares no code with it.

The mean over classes of a softmax classifier's weights sees no gradient of the loss. With weight decay d it
is a harmonic oscillator of stiffness d, whatever the data, so its stationary variance is exactly
T / (d (1 - d h / 2)).
"""

import math

import numpy as np
import pytest
import torch

from tests.engine.comparisons import comparison, metrics
from wnin_desktop.engine.control import RunControl
from wnin_desktop.engine.tasks.loader import load_task
from wnin_desktop.engine.train import train
from wnin_desktop.noise.keyed import KeyedNoise, Stream
from wnin_desktop.schema.commands import SaveCheckpoint
from wnin_desktop.schema.events import StepMetrics
from wnin_desktop.schema.manifest import Manifest

LINEAR = {"kind": "mlp", "hidden": []}
CLASSES, INPUTS = 10, 64
H, DECAY, T = 0.4, 1.0, 1e-3
SEEDS = [0, 1, 2, 3]


class Weights:
    """Keeps weight and bias of every run, `[runs, classes, inputs + 1]`, at each snapshot."""

    def __init__(self, runs):
        self.runs = runs
        self.seen = []

    def __call__(self, snapshot, reason, score, run_id, /):
        flat = snapshot.tensors["unit0/theta"]
        weight, bias = flat.split([self.runs * CLASSES * INPUTS, self.runs * CLASSES])
        both = [weight.view(self.runs, CLASSES, INPUTS), bias.view(self.runs, CLASSES, 1)]
        self.seen.append(torch.cat(both, 2).double().numpy())
        return Manifest("f", "0" * 64, 1, snapshot.step, reason, {}, run_id)


def _arm(name, noise=None, optimizer="sgd", clip_norm=None, lr=H, **params):
    chosen = {"name": optimizer, "lr": lr, "params": params, "clip_norm": clip_norm}
    return {"name": name, "optimizer": chosen, "noise": noise or {}}


def test_that_every_temperature_is_the_one_of_the_stationary_law():
    arms = [
        _arm("sgld", {"mode": "sgld", "temperature": T}, weight_decay=DECAY),
        _arm("clipped", {"mode": "sgld", "temperature": T}, clip_norm=0.01, weight_decay=DECAY),
        _arm("by T", {"mode": "gradient_gaussian", "temperature": T}, weight_decay=DECAY),
        _arm(
            "by sigma", {"mode": "gradient_gaussian", "magnitude": math.sqrt(2 * T / H)}, weight_decay=DECAY
        ),
        _arm("sampler", optimizer="sgld", temperature=T, weight_decay=DECAY),
    ]
    kept = Weights(len(arms) * len(SEEDS))
    budget = {"checkpoint_every": 8, "curvature_every": 0, "eval_every": 10_000, "batch_size": 16}
    config = comparison(*arms, steps=400, seeds=SEEDS, network=LINEAR, budget=budget, numerics="fast")
    events = [event for event in train(config, save=kept) if isinstance(event, StepMetrics)]
    assert all(event.temperature == pytest.approx(T) for event in events)
    free = np.stack(kept.seen[5:]).mean(axis=2) * math.sqrt(CLASSES)
    free = free.reshape(len(free), len(arms), -1)
    # Neighbouring snapshots correlate by (1 - h d)^8 < 2 %.
    standard_error = math.sqrt(2 / (free.shape[0] * free.shape[2]))
    for place, arm in enumerate(arms):
        expected = T / (DECAY * (1 - DECAY * H / 2))
        assert free[:, place].var() == pytest.approx(expected, rel=4 * standard_error), arm["name"]
    shared = np.corrcoef(free.transpose(1, 0, 2).reshape(len(arms), -1))
    assert shared[0, 1] == pytest.approx(1, abs=1e-9), "clipping touches the gradient, not the noise"
    assert abs(shared[0, 2]) < 4 / math.sqrt(free.shape[0] * free.shape[2]), "each mode has its own draws"


MODES = {
    "none": {},
    "input_jitter": {"mode": "input_jitter", "magnitude": 0.4},
    "gradient_gaussian": {"mode": "gradient_gaussian", "magnitude": 0.05},
    "sgld": {"mode": "sgld", "magnitude": 1e-3},
    "parameter_jitter": {"mode": "parameter_jitter", "magnitude": 0.3},
    "label_corrupt": {"mode": "label_corrupt", "magnitude": 0.4},
}
BATCH, STEPS, LIMIT = 32, 7, 0.6


def _draw(seed, stream, step, name, shape):
    return KeyedNoise(seed).normal(stream, step, name, shape).double().numpy()


def _shaped(draw):
    weight, bias = draw[: CLASSES * INPUTS], draw[CLASSES * INPUTS :]
    return np.concatenate([weight.reshape(CLASSES, INPUTS), bias.reshape(CLASSES, 1)], axis=1)


def _batch(split, mode, seed, step):
    """The examples of a step as a row [x, 1] each, and their labels, disturbed as `mode` says."""
    per_epoch = len(split.x) // BATCH
    order = KeyedNoise(seed).permutation(Stream.BATCH, step // per_epoch, "epoch", len(split.x)).numpy()
    chosen = order[step % per_epoch * BATCH :][:BATCH]
    x, y = split.x.numpy()[chosen], split.y.numpy()[chosen]
    if mode == "input_jitter":
        x = x + 0.4 * _draw(seed, Stream.INPUT_JITTER, step, "x", x.shape)
    if mode == "label_corrupt":
        noise = KeyedNoise(seed)
        falls = noise.uniform(Stream.LABEL_CORRUPT, step, "which", y.shape).numpy() < 0.4
        to = noise.integers(Stream.LABEL_CORRUPT, step, "to", CLASSES - 1, y.shape).numpy()
        y = np.where(falls, (y + 1 + to) % CLASSES, y)
    return np.concatenate([x.reshape(BATCH, -1), np.ones((BATCH, 1))], axis=1), y


def _loss_and_gradient(w, x, y):
    z = x @ w.T
    z -= z.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(BATCH), y]).mean()
    p[np.arange(BATCH), y] -= 1
    return loss, p.T @ x / BATCH


def _simulate(split, mode, w, seed):
    """Return (weights after the last step, batch losses, gradient norms, update norms, noise to signal)."""
    rows, size, lr = [], CLASSES * (INPUTS + 1), 0.5
    for step in range(STEPS):
        x, y = _batch(split, mode, seed, step)
        at = w.copy()
        if mode == "parameter_jitter":
            eps = _shaped(_draw(seed, Stream.PARAMETER_JITTER, step, "parameters", (size,)))
            at[:, :-1] += 0.3 * w[:, :-1].std() * eps[:, :-1]
        loss, gradient = _loss_and_gradient(at, x, y)
        norm = np.linalg.norm(gradient)
        gradient = gradient * min(1.0, LIMIT / norm)
        ratio, before = math.nan, w
        if mode == "gradient_gaussian":
            noise = 0.05 * _shaped(_draw(seed, Stream.GRADIENT, step, "parameters", (size,)))
            ratio = np.linalg.norm(noise) / np.linalg.norm(gradient)
            gradient = gradient + noise
        w = w - lr * gradient
        if mode == "sgld":
            kick = math.sqrt(2 * lr * 1e-3) * _shaped(_draw(seed, Stream.SGLD, step, "parameters", (size,)))
            ratio = np.linalg.norm(kick) / np.linalg.norm(lr * gradient)
            w = w + kick
        rows.append((loss, norm, np.linalg.norm(w - before), ratio))
    return w, np.array(rows)


def test_that_every_mode_is_the_plain_loop_with_the_same_draws():
    arms = [_arm(mode, noise, lr=0.5, clip_norm=LIMIT) for mode, noise in MODES.items()]
    seeds = [3, 8]
    kept, control = Weights(len(arms) * len(seeds)), RunControl()
    control.send(SaveCheckpoint())
    budget = {"norms_every": 1, "curvature_every": 0, "batch_size": BATCH}
    task = {"dataset": "digits", "train_examples": 100, "val_examples": 50}
    config = comparison(*arms, steps=STEPS, seeds=seeds, network=LINEAR, budget=budget, task=task)
    events = list(train(config, control, save=kept))
    split = load_task(config.task).train
    keys = ("train_loss", "grad_norm", "update_norm", "noise_to_signal")
    for number, run in enumerate(config.runs()):
        mode = run.arm.name
        weights, rows = _simulate(split, mode, kept.seen[0][number], run.seed)
        np.testing.assert_allclose(kept.seen[-1][number], weights, rtol=0, atol=2e-5, err_msg=mode)
        for column, key in enumerate(keys):
            found = np.array(metrics(events, key)[f"{mode}/s{run.seed}"], dtype=float)
            np.testing.assert_allclose(found, rows[:, column], rtol=2e-4, err_msg=f"{mode} {key}")
    np.testing.assert_array_equal(kept.seen[0][0], kept.seen[0][2], "arms of a seed begin alike")


def test_that_evaluations_are_clean_under_every_mode():
    """With a learning rate that moves nothing, evaluations must not see the noise that training sees."""
    arms = [_arm(mode, noise, lr=1e-12) for mode, noise in MODES.items() if mode != "sgld"]
    config = comparison(*arms, seeds=[0], network=LINEAR, budget={"eval_every": 1})
    events = list(train(config))
    for key in ("val_loss", "accuracy", "clean_train_loss"):
        clean, *noisy = metrics(events, key).values()
        assert all(values == pytest.approx(clean, rel=1e-6) for values in noisy), key
    losses = metrics(events)
    for mode in ("input_jitter", "parameter_jitter", "label_corrupt"):
        assert losses[f"{mode}/s0"] != pytest.approx(losses["none/s0"], rel=1e-3), mode


def test_that_adding_an_arm_changes_no_other():
    arms = [_arm(mode, noise, lr=0.1) for mode, noise in MODES.items()]
    few = comparison(*arms[::2], network=LINEAR, numerics="reproducible")
    all_of_them = comparison(*arms, network=LINEAR, numerics="reproducible")
    for key in ("train_loss", "update_norm", "val_loss"):
        more = metrics(train(all_of_them), key)
        for run, values in metrics(train(few), key).items():
            assert more[run] == values, (run, key)


def test_that_parameter_jitter_gives_the_weights_back_bit_for_bit():
    """At learning rate 0 nothing else could move them; momentum and decay then have no say either."""
    still = {"kind": "phases", "phases": [{"name": "still", "until": 1, "factor": 0}]}
    jittered = _arm("jittered", {"mode": "parameter_jitter", "magnitude": 0.7})
    jittered["optimizer"] |= {"lr_schedule": still}
    kept, control = Weights(2), RunControl()
    control.send(SaveCheckpoint())
    config = comparison(jittered, seeds=[0, 1], network=LINEAR, steps=30)
    losses = metrics(train(config, control, save=kept))["jittered/s0"]
    assert len(set(losses)) == 30
    np.testing.assert_array_equal(kept.seen[0], kept.seen[-1])
