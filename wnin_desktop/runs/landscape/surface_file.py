"""Surfaces as `.npz` files: the arrays beside one JSON text with everything else, checked when they are read.

    meta            JSON (UTF-8): request, plane, paths, cost, versions, and the SHA-256 over all arrays
    vectors         float32 [3, d]: centre, first and second direction
    a, b, values, smoothed, smoothed_se
    path<k>_steps, path<k>_coordinates, path<k>_distance, path<k>_values

`numpy.load(file)` opens it anywhere. Nothing is ever unpickled.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from wnin_desktop.engine.durable import replacing
from wnin_desktop.errors import DataError
from wnin_desktop.schema.fingerprint import canonical_json
from wnin_desktop.schema.landscape import Surface

FORMAT = "wnin-surface"
PARTIAL = "wnin-surface-partial"
VERSION = 1
MOST_BYTES = 1 << 32
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ValueError,
    LookupError,
    EOFError,
    RuntimeError,
    OverflowError,
)
"""What reading a damaged archive may raise."""
PATH_ARRAYS = ("steps", "coordinates", "distance", "values")
ARRAYS = ("a", "b", "values", "smoothed", "smoothed_se")


def write_surface(path: Path, surface: Surface) -> None:
    """Write a surface durably: a crash leaves the old file or the new one.

    Raises:
        DiskFullError: No space is left.
        OSError: The file cannot be written.
    """
    meta, arrays = _apart(surface)
    write_arrays(path, FORMAT, meta, arrays)


def read_surface(path: Path) -> Surface:
    """Return the surface in a file.

    Raises:
        DataError: It is no such file, or not what was written.
        OSError: It cannot be read.
    """
    meta, arrays = read_arrays(path, FORMAT)
    try:
        return _together(meta, arrays)
    except (KeyError, TypeError, ValueError, msgspec.MsgspecError) as error:
        raise DataError(f"{path} is not a surface of this program ({error}); it was not read.") from None


def _apart(surface: Surface) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    arrays = {"vectors": surface.plane.vectors} | {name: getattr(surface, name) for name in ARRAYS}
    for number, path in enumerate(surface.paths):
        arrays |= {f"path{number}_{name}": getattr(path, name) for name in PATH_ARRAYS}
    return plain(surface), arrays


def plain(surface: Surface) -> dict[str, Any]:
    """Return everything of a surface but its arrays, made of JSON's own types."""
    content = msgspec.to_builtins(surface, enc_hook=lambda _array: None)
    for name in ARRAYS:
        del content[name]
    del content["plane"]["vectors"]
    for path in content["paths"]:
        for name in PATH_ARRAYS:
            del path[name]
    return content


def _together(meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Surface:
    content = dict(meta)
    content["plane"] = {**meta["plane"], "vectors": arrays["vectors"]}
    content["paths"] = [
        {**path, **{name: arrays[f"path{number}_{name}"] for name in PATH_ARRAYS}}
        for number, path in enumerate(meta["paths"])
    ]
    surface = msgspec.convert(
        {**content, **{name: arrays[name] for name in ARRAYS}}, Surface, dec_hook=lambda _kind, value: value
    )
    rows, columns = surface.values.shape
    if (len(surface.b), len(surface.a)) != (rows, columns) or surface.smoothed.shape[1:] != (rows, columns):
        raise ValueError("its arrays do not fit together")
    return surface


# --- arrays and JSON in one file --------------------


def write_arrays(path: Path, kind: str, meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays and JSON as one `.npz`, durably."""
    head = {"format": kind, "version": VERSION, "sha256": _digest(arrays), "content": meta}
    text = np.frombuffer(canonical_json(_finite(head)).encode(), np.uint8)
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, meta=text, **dict(arrays))
    with replacing(path) as handle:
        handle.write(content.getbuffer())


def read_arrays(path: Path, kind: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return (JSON, arrays) of such a file.

    Raises:
        DataError: It is no such file, or not what was written.
        OSError: It cannot be read.
    """
    members = _members(path)
    head = _head(path, members.pop("meta", None), kind)
    if head.get("sha256") != _digest(members):
        raise DataError(f"{path} does not hold the numbers that were written to it; it was not read.")
    return head["content"], members


def read_meta(path: Path) -> dict[str, Any]:
    """Return the JSON of a surface's file without its arrays.

    Raises:
        DataError: It is no such file.
        OSError: It cannot be read.
    """
    return _head(path, _members(path, only="meta").get("meta"), FORMAT)["content"]


def _members(path: Path, only: str | None = None) -> dict[str, np.ndarray]:
    """Return the arrays of an archive by name; each is parsed only when its CRC is right.

    numpy would parse first and check last, and what it does with a damaged header nobody can foresee.
    """
    content = path.read_bytes()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            wanted = [
                each for each in archive.infolist() if only in (None, each.filename.removesuffix(".npy"))
            ]
            if sum(each.file_size for each in wanted) > MOST_BYTES:
                raise DataError(f"{path} says it is larger than {MOST_BYTES} bytes; it was not read.")
            return {each.filename.removesuffix(".npy"): _array(archive, each) for each in wanted}
    except DAMAGED as error:
        raise DataError(
            f"{path} is damaged or not a file of this program ({one_line(error)}); it was not read."
        ) from None


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{member.filename} is packed in a way that this program never does")
    return np.lib.format.read_array(io.BytesIO(archive.read(member)), allow_pickle=False)


def one_line(error: Exception) -> str:
    """Return an error in one line."""
    return " ".join(str(error).split()) or type(error).__name__


def _head(path: Path, text: np.ndarray | None, kind: str) -> dict[str, Any]:
    try:
        head = json.loads(b"" if text is None else text.tobytes())
    except (ValueError, RecursionError):
        head = None
    if not isinstance(head, dict) or head.get("format") != kind:
        raise DataError(f"{path} is no {kind} file of this program; it was not read.")
    if head.get("version") != VERSION:
        raise DataError(f"{path} has format version {head.get('version')!r}; this program reads {VERSION}.")
    if not isinstance(head.get("content"), dict):
        raise DataError(f"{path} is damaged; it was not read.")
    return head


def _digest(arrays: Mapping[str, np.ndarray]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}\0".encode())
        digest.update(array.data if array.size else b"")
    return digest.hexdigest()


def _finite(value: Any) -> Any:
    """Return JSON-able content with null for numbers that JSON has no word for."""
    if isinstance(value, Mapping):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
