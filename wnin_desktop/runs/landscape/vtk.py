"""Surfaces for ParaView and other readers of VTK: a structured grid (.vts), the paths as poly-lines (.vtp).

The height of a point is the metric itself; the axes are the plane's. Both are VTK's XML formats, version 1.0,
with numbers as base64.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from wnin_desktop.engine.durable import replacing
from wnin_desktop.schema.landscape import PathOnPlane, Surface

TYPES = {"f8": "Float64", "i8": "Int64", "i4": "Int32", "u1": "UInt8"}


def write_vtk(path: Path, surface: Surface) -> list[Path]:
    """Write a surface to `path` (.vts) and its paths beside it (.vtp); return the files.

    Raises:
        DiskFullError: No space is left.
        OSError: A file cannot be written.
    """
    _replace(path, grid_text(surface))
    if not surface.paths:
        return [path]
    lines = path.with_suffix(".vtp")
    _replace(lines, lines_text(surface))
    return [path, lines]


def _replace(path: Path, text: str) -> None:
    with replacing(path) as handle:
        handle.write(text.encode())


def grid_text(surface: Surface) -> str:
    """Return the structured grid: points (a, b, metric), metric and smoothed surfaces as point data."""
    rows, columns = surface.values.shape
    name = str(surface.request["metric"])
    fields = {name: surface.values}
    for sigma, values, error in zip(surface.sigma, surface.smoothed, surface.smoothed_se, strict=True):
        fields |= {f"{name} sigma={sigma:g}": values, f"{name} sigma={sigma:g} se": error}
    a, b = np.meshgrid(surface.a, surface.b)
    points = np.stack([a, b, drawable(surface.values)], -1).reshape(-1, 3)
    extent = f'"0 {columns - 1} 0 {rows - 1} 0 0"'
    data = "".join(_array(title, values.reshape(-1)) for title, values in fields.items())
    return _file(
        "StructuredGrid",
        surface,
        f"WholeExtent={extent}",
        f"<Piece Extent={extent}><PointData Scalars={quoteattr(name)}>{data}</PointData>"
        f"<Points>{_array('points', points)}</Points></Piece>",
    )


def drawable(values: np.ndarray) -> np.ndarray:
    """Return heights with the largest finite one where a value is no number: a point must be somewhere."""
    good = values[np.isfinite(values)]
    return np.where(np.isfinite(values), values, good.max() if good.size else 0.0)


def lines_text(surface: Surface) -> str:
    """Return the paths: points (alpha, beta, metric at the point itself), step, distance, run, escapes."""
    paths = surface.paths
    points = np.concatenate([_points(path) for path in paths])
    sizes = np.array([len(path.steps) for path in paths])
    fields = {
        "step": np.concatenate([path.steps for path in paths]).astype(np.int64),
        "distance": np.concatenate([path.distance for path in paths]),
        "metric": np.concatenate([path.values for path in paths]),
        "escape": np.concatenate([np.isin(path.steps, path.escapes) for path in paths]).astype(np.uint8),
        "run": np.repeat(np.arange(len(paths)), sizes).astype(np.int32),
    }
    data = "".join(_array(name, values) for name, values in fields.items())
    lines = _array("connectivity", np.arange(len(points))) + _array("offsets", np.cumsum(sizes))
    counts = f'NumberOfPoints="{len(points)}" NumberOfLines="{len(paths)}"'
    return _file(
        "PolyData",
        surface,
        "",
        f"<Piece {counts}><PointData>{data}</PointData><Points>{_array('points', points)}</Points>"
        f"<Lines>{lines}</Lines></Piece>",
    )


def _points(path: PathOnPlane) -> np.ndarray:
    return np.nan_to_num(np.column_stack([path.coordinates, heights(path)]))


def heights(path: PathOnPlane) -> np.ndarray:
    """Return the metric along a path, between its measured points by straight lines."""
    known = np.isfinite(path.values)
    if not known.any():
        return np.zeros(len(path.steps))
    return np.interp(np.arange(len(path.steps)), np.flatnonzero(known), path.values[known])


def _file(kind: str, surface: Surface, attributes: str, content: str) -> str:
    words = [
        f"metric {surface.request['metric']}",
        f"data {surface.cost.data}",
        f"centre {surface.plane.center}",
        *(f"run {number}: {path.run_id}" for number, path in enumerate(surface.paths)),
        f"fingerprint {surface.fingerprint}",
    ]
    return (
        '<?xml version="1.0"?>\n'
        f"<!-- {escape('; '.join(words)).replace('--', '- -')} -->\n"
        f'<VTKFile type="{kind}" version="1.0" byte_order="LittleEndian" header_type="UInt64">'
        f"<{kind} {attributes}>{content}</{kind}></VTKFile>\n"
    )


def _array(name: str, values: np.ndarray | Sequence[int] | Iterable[int]) -> str:
    array = np.ascontiguousarray(values)
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    kind = TYPES[little.dtype.str[1:]]
    width = "" if array.ndim == 1 else f' NumberOfComponents="{array.shape[1]}"'
    raw = little.tobytes()
    text = base64.b64encode(struct.pack("<Q", len(raw)) + raw).decode()
    return f'<DataArray type="{kind}" Name={quoteattr(name)}{width} format="binary">{text}</DataArray>'
