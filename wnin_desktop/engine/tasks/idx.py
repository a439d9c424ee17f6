"""The IDX format of MNIST: a magic number, the sizes of the axes, the bytes."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np

from wnin_desktop.errors import DataError

UNSIGNED_BYTES = 0x08
MAX_BYTES = 2**30


def read_idx(path: Path, axes: int) -> np.ndarray:
    """Return the uint8 array in an IDX file, gzipped or not.

    Args:
        path: The file; a name ending in `.gz` is decompressed, which checks its CRC.
        axes: How many axes it must have.

    Raises:
        DataError: The file is unreadable, truncated, longer than it says or not of this kind.
    """
    damaged = f"{path}: this file is damaged or not an IDX file of bytes with {axes} axes."
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            header = file.read(4 + 4 * axes)
            if len(header) < 4 + 4 * axes or header[:4] != bytes((0, 0, UNSIGNED_BYTES, axes)):
                raise DataError(damaged)
            shape = struct.unpack(f">{axes}I", header[4:])
            size = math.prod(shape)
            # One byte more than it should have: at the end of the file the CRC is compared.
            body = file.read(size + 1) if 0 < size <= MAX_BYTES else b""
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(damaged) from error
    if size == 0 or len(body) != size:
        raise DataError(damaged)
    return np.frombuffer(body, dtype=np.uint8).reshape(shape)
