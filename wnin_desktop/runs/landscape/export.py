"""A surface as a file for somebody: the ending of its name says which kind."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any

import numpy as np

from wnin_desktop.engine.durable import TEMPORARY, replacing, translated
from wnin_desktop.errors import InputError
from wnin_desktop.runs.landscape.surface_file import plain, write_surface
from wnin_desktop.runs.landscape.vtk import write_vtk
from wnin_desktop.schema.landscape import Surface

ENDINGS = (".npz", ".vts", ".json", ".png", ".svg")


def check_ending(path: Path, field: str = "out") -> None:
    """Refuse a name whose ending says no kind of file, or whose folder is not there.

    Raises:
        InputError: It is so.
    """
    if path.suffix.lower() not in ENDINGS:
        raise InputError.of(field, str(path), f"allowed endings: {', '.join(ENDINGS)}")
    if not path.parent.is_dir():
        raise InputError.of(field, str(path), f"there is no folder {path.parent}, make it first")


def check_writable(path: Path, field: str = "out") -> None:
    """Refuse a name that no file can be written as; a file beside it is made and removed, as in writing it.

    Raises:
        InputError: It is so.
        DiskFullError: No space is left.
    """
    probe = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}{TEMPORARY}")
    try:
        with translated(path):
            probe.open("xb").close()
            probe.unlink()
    except OSError as error:
        reason = f"no file can be written into {path.parent.absolute()}: {error.strerror or error}"
        raise InputError.of(field, str(path), reason) from None


def write_any(path: Path, surface: Surface) -> list[Path]:
    """Write a surface as its name asks, and return the files.

    With .npz goes a .json beside it, for those without numpy; with .vts a .vtp for the paths.

    Raises:
        InputError: The ending says no kind of file.
        DiskFullError: No space is left.
        OSError: A file cannot be written.
    """
    check_ending(path)
    match path.suffix.lower():
        case ".npz":
            write_surface(path, surface)
            beside = path.with_suffix(".json")
            _write_json(beside, surface)
            return [path, beside]
        case ".vts":
            return write_vtk(path, surface)
        case ".json":
            _write_json(path, surface)
        case _:
            from wnin_desktop.runs.report.landscape import write_picture  # noqa: PLC0415 - matplotlib, for this alone

            write_picture(path, surface)
    return [path]


def _write_json(path: Path, surface: Surface) -> None:
    with replacing(path) as handle:
        handle.write(json.dumps(document(surface), ensure_ascii=False, allow_nan=False).encode())


def document(surface: Surface) -> dict[str, Any]:
    """Return a surface as JSON can say it, null for what is no number; the plane's vectors are left out."""
    content = plain(surface)
    for name in ("a", "b", "values", "smoothed", "smoothed_se"):
        content[name] = _numbers(getattr(surface, name))
    for told, path in zip(content["paths"], surface.paths, strict=True):
        for name in ("steps", "coordinates", "distance", "values"):
            told[name] = _numbers(getattr(path, name))
    return content


def _numbers(array: np.ndarray) -> Any:
    if array.dtype.kind != "f":
        return array.tolist()
    content = array.astype(object)
    content[~np.isfinite(array)] = None
    return content.tolist()
