"""Symmetric label noise: a keyed fraction of training labels replaced once, before training."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import torch

from wnin_desktop.engine.tasks.base import Split, Task
from wnin_desktop.noise.keyed import KeyedNoise, Stream


def noisy_labels(y: torch.Tensor, classes: int, fraction: float, label_seed: int) -> torch.Tensor:
    """Return labels of which each is wrong with probability `fraction`, uniformly over the other classes.

    Example i meets the same draws at every fraction, so a higher level corrupts the labels that a lower
    level corrupts and more, and the same examples in every arm.

    Args:
        y: Classes `[N]`, int64, on the CPU.
        classes: Number of classes C, at least 2.
        fraction: Probability of replacement, 0 to 1.
        label_seed: Names the draws; studies use the run's seed.
    """
    noise = KeyedNoise(label_seed)
    replaced = noise.uniform(Stream.LABEL_NOISE, 0, "replaced", y.shape, torch.float64) < fraction
    shift = 1 + noise.integers(Stream.LABEL_NOISE, 0, "label", classes - 1, y.shape)
    return torch.where(replaced, (y + shift) % classes, y)


def with_label_noise(task: Task, fraction: float, label_seed: int) -> Task:
    """Return `task` with noisy training labels; validation and test labels stay clean."""
    if fraction == 0 or task.kind != "classification":
        return task
    y = noisy_labels(task.train.y, task.classes, fraction, label_seed)
    digest = hashlib.sha256(task.sha256.encode() + y.numpy().tobytes()).hexdigest()
    note = f"{task.provenance}; label noise {fraction:g}, seed {label_seed}"
    return replace(task, train=Split(task.train.x, y), provenance=note, sha256=digest)
