"""Classification sets that need no download: digits, mnist1d, two spirals."""

from __future__ import annotations

import importlib.util
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import numpy as np

from wnin_desktop.engine.tasks.assembly import Arrays, Scaling, classification_task, stratified_split
from wnin_desktop.engine.tasks.base import Task
from wnin_desktop.schema.task import TaskConfig

MNIST1D_SEED = 42  # The generator's own default, so that the examples are those of the published set.
SPIRAL_SEED = 20_260_102
SPIRAL_TURNS = 1.5
SPIRAL_JITTER = 0.05
_global_generator_lock = threading.Lock()


def digits(config: TaskConfig) -> Task:
    """Return the 1797 handwritten digits of scikit-learn (8x8, one channel; Alpaydin and Kaynak 1998)."""
    x, y = _digits_arrays()
    train, val = stratified_split(Arrays(x.reshape(-1, 1, 8, 8), y))
    return classification_task(
        config,
        train,
        val,
        classes=10,
        provenance="scikit-learn digits (UCI optical recognition), standardized by one mean and deviation",
    )


def _digits_arrays() -> tuple[np.ndarray, np.ndarray]:
    """Return what `sklearn.datasets.load_digits` does, [n, 64] and [n].

    It is read from the same file: to import scikit-learn takes more than a second of every first run.
    """
    found = importlib.util.find_spec("sklearn")
    for folder in (found.submodule_search_locations or ()) if found is not None else ():
        path = Path(folder, "datasets", "data", "digits.csv.gz")
        if path.is_file():
            table = np.loadtxt(path, delimiter=",")
            return table[:, :-1], table[:, -1].astype(np.int64)
    from sklearn.datasets import load_digits  # noqa: PLC0415 - for versions that keep the file elsewhere

    return tuple(load_digits(return_X_y=True))  # type: ignore[return-value] - it is a pair here


def mnist1d(config: TaskConfig) -> Task:
    """Return MNIST-1D (Greydanus and Kobak, arXiv 2011.14439): 4000 + 1000 generated signals of length 40."""
    train, val = _mnist1d_arrays()
    return classification_task(
        config,
        train,
        val,
        classes=10,
        provenance=f"mnist1d generator, seed {MNIST1D_SEED}, standardized by one mean and deviation",
        scaling=Scaling.shared(train.x),
    )


@lru_cache(maxsize=1)
def _mnist1d_arrays() -> tuple[Arrays, Arrays]:
    from mnist1d.data import get_dataset_args, make_dataset  # noqa: PLC0415 - it imports matplotlib

    args = get_dataset_args()
    vars(args)["seed"] = MNIST1D_SEED
    with _global_generators_kept():
        made = make_dataset(args)
    return Arrays(made["x"], made["y"]), Arrays(made["x_test"], made["y_test"])


@contextmanager
def _global_generators_kept() -> Iterator[None]:
    """Put the process-wide generators back afterwards: the package seeds and draws from them."""
    with _global_generator_lock:
        kept, kept_numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 - it is what is restored
        try:
            yield
        finally:
            random.setstate(kept)
            np.random.set_state(kept_numpy)  # noqa: NPY002


def spirals(config: TaskConfig) -> Task:
    """Return two interleaved spirals in the plane, one class each, with Gaussian jitter.

    Arm c in {0, 1}: radius r = sqrt(u), angle = 2 pi turns r + pi c, jitter 0.05 per coordinate. The first
    n examples are the same whatever number is asked for.
    """
    train = _spiral_points(config.train_examples or 1000, SPIRAL_SEED)
    val = _spiral_points(config.val_examples or 500, SPIRAL_SEED + 1)
    return classification_task(
        config,
        train,
        val,
        classes=2,
        provenance=f"two spirals, {SPIRAL_TURNS} turns, jitter {SPIRAL_JITTER}, standardized per coordinate",
    )


def _spiral_points(count: int, seed: int) -> Arrays:
    from scipy.special import ndtri  # noqa: PLC0415 - slow to import, wanted here only

    generator = np.random.default_rng(seed)
    label = np.arange(count) % 2
    # One row of draws per example keeps the beginning of the stream the same for every count.
    draws = generator.random((count, 3))
    radius = np.sqrt(draws[:, 0])
    angle = 2 * np.pi * SPIRAL_TURNS * radius + np.pi * label
    jitter = SPIRAL_JITTER * ndtri(draws[:, 1:])
    return Arrays(radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]) + jitter, label)
