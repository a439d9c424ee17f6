"""Consecutive steps of one run as one packed blob, and back.

Layout of version 1, all little-endian:

    header    version u8, pad u8, rows u16, layout u8 x columns, label segments u32, run key u64,
              first step u64
    columns   in their order, each by its layout code: nothing, one f64 for all rows, rows of f64, or rows of
              f32 where every value survives the rounding unchanged
    labels    segments of (rows u32, label key u32): noise mode, phase, reasons, names of non-finite numbers
    crc       CRC-32 of everything before it, u32

A number that was not measured is NaN. Values come back bit for bit.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from wnin_desktop.errors import StoreError
from wnin_desktop.schema.events import StepMetrics

VERSION = 2
COLUMNS = (
    "timestamp", "train_loss", "clean_train_loss", "val_loss", "accuracy", "perplexity", "temperature",
    "noise_magnitude", "lr", "grad_norm", "update_norm", "noise_to_signal", "hessian_trace_est",
    "hessian_trace_se", "sharpness_proxy",
)  # fmt: skip
"""The floating-point columns of version 1, in their order in the blob."""
ROWS_LIMIT = 4096
"""Most steps in one blob."""
ABSENT, CONSTANT, DOUBLE, SINGLE = range(4)
"""Layout codes of a column."""

HEADER = struct.Struct(f"<BxH{len(COLUMNS)}sIQQ")
SEGMENT = np.dtype([("rows", "<u4"), ("label", "<u4")])
CRC = struct.Struct("<I")
INTACT = 0x2144DF1C
"""CRC-32 of anything followed by its own CRC-32."""


class Label(NamedTuple):
    """What a step carries besides numbers; equal for long stretches, so stored once, referred to by key."""

    noise_mode: str
    schedule_phase: str
    reasons: tuple[tuple[str, str], ...]
    nonfinite: tuple[str, ...]


def label_of(event: StepMetrics) -> Label:
    """Return the label of a step."""
    return Label(event.noise_mode, event.schedule_phase, tuple(event.reasons.items()), tuple(event.nonfinite))


class Unpacked(NamedTuple):
    """A run's steps: `table[i]` is the i-th wanted column, float64 [steps], NaN where not measured."""

    first_step: int
    table: np.ndarray
    segments: np.ndarray
    """Label segments (rows, label) in step order."""

    @property
    def rows(self) -> int:
        """How many steps there are."""
        return self.table.shape[1]


def pack(run_key: int, first_step: int, table: np.ndarray, labels: np.ndarray) -> list[tuple[int, bytes]]:
    """Return consecutive steps of a run in as few blobs as possible, as (first step, blob).

    Args:
        run_key: The run's number in the store.
        first_step: Step of the first row.
        table: Every column of `COLUMNS`, float64 of shape [columns, steps].
        labels: Label key of each step, shape [steps].
    """
    blobs = []
    for start in range(0, table.shape[1], ROWS_LIMIT):
        part = np.ascontiguousarray(table[:, start : start + ROWS_LIMIT], dtype="<f8")
        layout, columns = _packed_columns(part)
        segments = stretches(labels[start : start + ROWS_LIMIT])
        first = first_step + start
        header = HEADER.pack(VERSION, part.shape[1], layout.tobytes(), len(segments), run_key, first)
        blobs.append((first, sealed(b"".join((header, *columns, segments.tobytes())))))
    return blobs


def sealed(body: bytes) -> bytes:
    """Return `body` with its CRC-32 behind it."""
    return body + CRC.pack(zlib.crc32(body))


def intact(blob: bytes) -> bool:
    """Return whether `blob` was sealed and has not changed."""
    return zlib.crc32(blob) == INTACT


def stretches(labels: np.ndarray) -> np.ndarray:
    """Return the segments (rows, label) of equal neighbours in `labels`."""
    starts = np.flatnonzero(np.diff(labels, prepend=~labels[:1]))
    segments = np.empty(len(starts), dtype=SEGMENT)
    segments["rows"] = np.diff(starts, append=len(labels))
    segments["label"] = labels[starts]
    return segments


def unpack(
    run_key: int, found: Sequence[tuple[int, bytes]], names: Sequence[str], *, first_step: int = 1
) -> Unpacked:
    """Return the steps in `found`, blobs of one run in order, each with the step it begins at.

    Args:
        run_key: The run they must belong to.
        found: (first step, blob) pairs.
        names: Columns wanted, out of `COLUMNS`.
        first_step: The step the first blob must begin at.

    Raises:
        StoreError: A blob is damaged, of another place, or does not follow on the one before.
    """
    headers = [_header(run_key, step, blob) for step, blob in found]
    table = np.empty((len(names), sum(rows for rows, _, _ in headers)))
    parts = []
    row = 0
    for (step, blob), (rows, layout, segments) in zip(found, headers, strict=True):
        if step != first_step + row:
            raise StoreError(f"The steps just before step {step} are missing.")
        end = _fill(table[:, row : row + rows], names, layout, blob)
        parts.append(_segments(blob, end, segments, rows))
        row += rows
    return Unpacked(first_step, table, np.concatenate([np.empty(0, dtype=SEGMENT), *parts]))


def _packed_columns(table: np.ndarray) -> tuple[np.ndarray, list[bytes]]:
    """Return layout codes and the packed columns of `table`, of shape [columns, rows]."""
    with np.errstate(over="ignore"):
        singles = table.astype("<f4")
    missing = np.isnan(table)
    layout = np.where(((singles == table) | missing).all(axis=1), SINGLE, DOUBLE).astype("u1")
    bits = table.view("<i8")  # so that 0.0 and -0.0 differ
    layout[(bits == bits[:, :1]).all(axis=1)] = CONSTANT
    layout[missing.all(axis=1)] = ABSENT
    forms = {ABSENT: table[:, :0], CONSTANT: table[:, :1], DOUBLE: table, SINGLE: singles}
    return layout, [forms[code][column].tobytes() for column, code in enumerate(layout.tolist())]


def _header(run_key: int, step: int, blob: bytes) -> tuple[int, bytes, int]:
    """Return rows, layout and number of segments of a blob whose checksum and place are right."""
    if not intact(blob) or len(blob) < HEADER.size + CRC.size:
        raise StoreError(f"The batch of steps from {step} on is damaged.")
    version, rows, layout, segments, owner, first = HEADER.unpack_from(blob)
    if version != VERSION:
        raise StoreError(
            f"The batch of steps from {step} on has format {version}; this program reads {VERSION}."
        )
    if (owner, first) != (run_key, step):
        raise StoreError(f"The batch of steps from {step} on belongs to another place.")
    sizes = {ABSENT: 0, CONSTANT: 8, DOUBLE: 8 * rows, SINGLE: 4 * rows}
    if rows == 0 or max(layout) > SINGLE:
        raise StoreError(f"The batch of steps from {step} on has an impossible header.")
    columns = sum(sizes[code] for code in layout)
    if len(blob) != HEADER.size + columns + segments * SEGMENT.itemsize + CRC.size:
        raise StoreError(f"The batch of steps from {step} on is not as long as its header says.")
    return rows, layout, segments


def _fill(table: np.ndarray, names: Sequence[str], layout: bytes, blob: bytes) -> int:
    """Write the wanted columns of a blob to `table`, of shape [names, rows]; return where labels begin."""
    rows = table.shape[1]
    place = HEADER.size
    for name, code in zip(COLUMNS, layout, strict=True):
        form, count = (
            ("<f4", rows) if code == SINGLE else ("<f8", {ABSENT: 0, CONSTANT: 1, DOUBLE: rows}[code])
        )
        if name in names:
            values = np.frombuffer(blob, form, count, place) if count else np.nan
            table[names.index(name)] = values
        place += count * np.dtype(form).itemsize
    return place


def _segments(blob: bytes, start: int, count: int, rows: int) -> np.ndarray:
    segments = np.frombuffer(blob, SEGMENT, count, start)
    if segments["rows"].sum() != rows:
        raise StoreError("The labels of a batch of steps do not fit its rows.")
    return segments
