"""What every reader of a user's files shares: progress, limits, and classes from labels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from wnin_desktop.errors import DataError

Progress = Callable[[str, float], None]
"""Called with (what is being done, finished part 0..1)."""

MAX_CLASSES = 10_000
MAX_BYTES = 8 * 2**30  # of inputs as float32, or of a text


def silent(what: str, part: float) -> None:
    """Report nothing."""
    del what, part


def existing(path: Path, what: str) -> Path:
    """Return `path`, or raise `DataError` if there is nothing."""
    if not path.exists():
        raise DataError(f"{path}: there is no such {what}; check `task.path`.")
    return path


def class_numbers(labels: np.ndarray, source: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct labels in order, and each label's place among them (the class, from 0)."""
    names, numbers = np.unique(labels, return_inverse=True)
    if len(names) < 2:
        raise DataError(f"{source}: every example has the label {names[0]}; at least two classes are needed.")
    if len(names) > MAX_CLASSES:
        raise DataError(
            f"{source}: there are {len(names)} different labels; at most {MAX_CLASSES} are allowed."
        )
    return names, numbers.astype(np.int64)
