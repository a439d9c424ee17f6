"""What a surface shows of logits: loss, accuracy or error, summed over examples."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from wnin_desktop.engine.measure import subset
from wnin_desktop.engine.tasks.base import Split, Task
from wnin_desktop.engine.tasks.label_noise import with_label_noise
from wnin_desktop.schema.landscape import Metric

Sum = Callable[[Tensor, Tensor], Tensor]


def summed(metric: Metric) -> Sum:
    """Return the function from logits `[..., C, n]` and targets `[n]` to sums over n, `[...]`.

    Classes lie before the examples, where reducing over them runs along memory.
    """
    if metric in ("accuracy", "error"):
        return _right if metric == "accuracy" else _wrong
    return _cross_entropy


def _cross_entropy(logits: Tensor, y: Tensor) -> Tensor:
    away = logits - logits.gather(-2, y.expand(*logits.shape[:-2], 1, -1))
    # log sum exp(z - z_y): the shift by the right class saves a pass over the classes, and overflows only
    # where an example's own loss is beyond 88 nat.
    total = away.exp().sum(-2).log_().sum(-1)
    if math.isfinite(total.sum().item()):
        return total
    return torch.logsumexp(away, -2).sum(-1)


def _right(logits: Tensor, y: Tensor) -> Tensor:
    return (logits.argmax(-2) == y).sum(-1)


def _wrong(logits: Tensor, y: Tensor) -> Tensor:
    return (logits.argmax(-2) != y).sum(-1)


@dataclass(frozen=True)
class Examples:
    """The examples that a surface is measured on, and one sentence that says which they are."""

    split: Split
    words: str


def examples_for(
    task: Task, metric: Metric, count: int | None, label_noise: float, seed: int, device: torch.device
) -> Examples:
    """Return at most `count` fixed examples of the split that `metric` is about.

    The training loss is taken on the labels that were trained on: with label noise, those of `seed`.

    Args:
        task: Clean, on the CPU.
        metric: The training loss is about the training split, everything else about the validation split.
        count: None takes all.
        label_noise: The task's fraction of replaced training labels.
        seed: Whose label noise.
        device: Where to put them.
    """
    name = "training" if metric == "train_loss" else "validation"
    noisy = label_noise > 0 and name == "training"
    if noisy:
        task = with_label_noise(task, label_noise, seed)
    whole = task.train if name == "training" else task.val
    part = whole if count is None else subset(whole, count, "train" if name == "training" else "validation")
    words = f"{len(part)} of {len(whole)} {name} examples of {task.name}"
    if noisy:
        words += f", labels with the noise of seed {seed}"
    return Examples(part.to(device), words)
