"""From arrays to a task: fixed splits, one scaling rule, limits, content hash."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from wnin_desktop.engine.tasks.base import Split, Task, content_hash
from wnin_desktop.errors import InputError
from wnin_desktop.schema.task import TaskConfig

SPLIT_SEED = 20_260_101  # Constant on purpose: a split belongs to the data set, not to a run.
VAL_FRACTION = 0.2


@dataclass(frozen=True)
class Arrays:
    """Examples before scaling: x `[N, ...]` of any real type, y `[N]` classes from 0."""

    x: np.ndarray
    y: np.ndarray

    def take(self, index: np.ndarray) -> Arrays:
        """Return the examples at `index`, in that order."""
        return Arrays(self.x[index], self.y[index])


def stratified_split(data: Arrays, val_fraction: float = VAL_FRACTION) -> tuple[Arrays, Arrays]:
    """Split every class in the same proportion, by a fixed permutation.

    Args:
        data: All examples.
        val_fraction: Part that is held out; a class with one example stays in the training set.

    Returns:
        Training and validation examples, each in a fixed random order. Neither is empty: if the proportion
        holds out nothing, the last example in that order is held out.
    """
    generator = np.random.default_rng(SPLIT_SEED)
    train, val = [], []
    for label in np.unique(data.y):
        members = generator.permutation(np.flatnonzero(data.y == label))
        held = round(val_fraction * len(members)) if len(members) > 1 else 0
        val.append(members[:held])
        train.append(members[held:])
    train_index = generator.permutation(np.concatenate(train))
    val_index = generator.permutation(np.concatenate(val))
    if len(val_index) == 0:
        train_index, val_index = train_index[:-1], train_index[-1:]
    return data.take(train_index), data.take(val_index)


def limited(data: Arrays, count: int | None, field: str) -> Arrays:
    """Return the first `count` examples, or all; raise `InputError` naming `field` if there are fewer."""
    if count is None:
        return data
    if count > len(data.y):
        raise InputError.of(field, count, f"this data set has {len(data.y)} there")
    return Arrays(data.x[:count], data.y[:count])


@dataclass(frozen=True)
class Scaling:
    """x -> (x - shift) / scale, both broadcast over examples."""

    shift: np.ndarray
    scale: np.ndarray

    @classmethod
    def shared(cls, x: np.ndarray) -> Scaling:
        """Return the scaling by one mean and one deviation over all of `x`."""
        return cls(x.mean(dtype=np.float64), x.std(dtype=np.float64))

    @classmethod
    def of(cls, x: np.ndarray) -> Scaling:
        """Return the scaling to mean 0 and standard deviation 1 on `x`.

        Images `[N, C, H, W]` share one mean and deviation per channel (pixels keep their contrast to each
        other); vectors `[N, F]` have one per feature. What is constant is only centred.
        """
        axes = (0, 2, 3) if x.ndim == 4 else (0,)
        shift = x.mean(axis=axes, keepdims=True, dtype=np.float64)
        scale = x.std(axis=axes, keepdims=True, dtype=np.float64)
        return cls(shift, np.where(scale > 1e-12 * (1 + np.abs(shift)), scale, 1.0))

    def apply(self, data: Arrays) -> Split:
        """Return `data` scaled, as float32 and int64 tensors."""
        # Eight-byte numbers may be large beside their spread: they are shifted before they are rounded.
        dtype = np.float64 if data.x.dtype.itemsize > 4 else np.float32
        x = (data.x.astype(dtype) - self.shift.astype(dtype)) / self.scale.astype(dtype)
        x = np.ascontiguousarray(x, dtype=np.float32)
        return Split(torch.from_numpy(x), torch.from_numpy(data.y.astype(np.int64)))


def classification_task(
    config: TaskConfig,
    train: Arrays,
    val: Arrays,
    test: Arrays | None = None,
    *,
    classes: int,
    provenance: str,
    scaling: Scaling | None = None,
) -> Task:
    """Return the task: inputs standardized by the statistics of the whole training split, then limited.

    The statistics come before the limits, so that an example keeps its values whatever part is used.
    `scaling` None takes `Scaling.of`.
    """
    scaling = scaling or Scaling.of(train.x)
    used = scaling.apply(limited(train, config.train_examples, "task.train_examples"))
    held = scaling.apply(limited(val, config.val_examples, "task.val_examples"))
    official = None if test is None else scaling.apply(test)
    return Task(
        name=config.dataset,
        kind="classification",
        train=used,
        val=held,
        test=official,
        classes=classes,
        input_shape=tuple(used.x.shape[1:]),
        entropy_rate=None,
        provenance=provenance,
        sha256=content_hash(used, held, official),
    )
