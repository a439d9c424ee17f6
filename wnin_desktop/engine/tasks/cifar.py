"""The batch files of CIFAR-10.

They are Python pickles, so the checksum comes first, and then a reader that can only build arrays.
"""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from wnin_desktop.engine.tasks.download import md5_of
from wnin_desktop.errors import DataError

SHAPE = (3, 32, 32)
DAMAGE = (
    pickle.UnpicklingError, ValueError, TypeError, LookupError, AttributeError, EOFError, ArithmeticError,
    MemoryError,
)  # fmt: skip


def read_batch(path: Path, md5: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the pictures `[N, 3, 32, 32]` uint8 and the labels `[N]` int64 of one batch file.

    Raises:
        DataError: The file is missing, its checksum is not `md5`, or it holds something else.
    """
    if not path.is_file() or md5_of(path) != md5:
        fault = "this file is damaged, its checksum differs from the published one"
        raise DataError(f"{path}: {fault}; delete it and allow `download`.")
    return decode_batch(path.read_bytes(), path)


def decode_batch(content: bytes, path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return pictures and labels from the bytes of a batch file, without running anything it names."""
    damaged = DataError(f"{path}: this is not a batch file of CIFAR-10.")
    try:
        batch = _ArraysOnly(io.BytesIO(content), encoding="bytes").load()
        y = np.array(batch[b"labels"], dtype=np.int64)
        x = batch[b"data"].array().reshape(len(y), *SHAPE)
    except DAMAGE as error:
        raise damaged from error
    if y.ndim != 1 or not ((y >= 0) & (y < 10)).all():
        raise damaged
    return x, y


class _Array:
    """What stands in for a numpy array while a pickle is read: it keeps the parts and runs nothing."""

    def __init__(self, *_: object) -> None:
        self._state: tuple[Any, ...] = ()

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self._state = state

    def array(self) -> np.ndarray:
        _, shape, kind, fortran, raw = self._state
        if kind.code not in (b"u1", "u1"):
            raise ValueError("pictures are unsigned bytes")
        return np.frombuffer(raw, dtype=np.uint8).reshape(shape, order="F" if fortran else "C")


class _Kind:
    """What stands in for a numpy dtype."""

    def __init__(self, code: object, *_: object) -> None:
        self.code = code

    def __setstate__(self, state: object) -> None:
        del state


class _ArraysOnly(pickle.Unpickler):
    """Knows three names, each of which stands for a class above; every other name is refused."""

    NAMES = {  # noqa: RUF012 - never written
        ("numpy.core.multiarray", "_reconstruct"): _Array,
        ("numpy._core.multiarray", "_reconstruct"): _Array,
        ("numpy", "ndarray"): _Array,
        ("numpy", "dtype"): _Kind,
    }

    def find_class(self, module: str, name: str) -> type:
        if (module, name) not in self.NAMES:
            raise pickle.UnpicklingError(f"{module}.{name} is not allowed")
        return self.NAMES[module, name]
