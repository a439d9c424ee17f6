"""A batch of consecutive steps of one run as one packed blob, and back.

Layout of version 1, all little-endian:

    header    version u8, pad u8, rows u16, layout u8 x columns, label segments u32, run key u64,
              first step u64
    constants one f64 for each column whose values are all equal
    doubles   columns x rows of f64
    singles   columns x rows of f32, for columns whose every value survives the rounding unchanged
    labels    segments of (rows u32, label key u32): noise mode, phase, reasons, names of non-finite numbers
    crc       CRC-32 of everything before it, u32

A number that was not measured is NaN. Values come back bit for bit.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import NamedTuple

import numpy as np

from wnin_desktop.errors import StoreError
from wnin_desktop.schema.events import StepMetrics

VERSION = 1
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
KIND = slice(0, 4 + len(COLUMNS))
"""The part of the header that decides where everything lies: blobs that agree in it are read together."""
KEYS = np.dtype([("kind", f"V{KIND.stop}"), ("segments", "<u4"), ("run_key", "<u8"), ("first", "<u8")])
"""The header as numpy sees it."""
SEGMENT = np.dtype([("rows", "<u4"), ("label", "<u4")])
CRC = struct.Struct("<I")
INTACT = 0x2144DF1C
"""CRC-32 of anything followed by its own CRC-32."""

_values = attrgetter(*COLUMNS)


class Label(NamedTuple):
    """What a step carries besides numbers; equal for long stretches, so stored once, referred to by key."""

    noise_mode: str
    schedule_phase: str
    reasons: tuple[tuple[str, str], ...]
    nonfinite: tuple[str, ...]


def label_of(event: StepMetrics) -> Label:
    """Return the label of a step."""
    return Label(event.noise_mode, event.schedule_phase, tuple(event.reasons.items()), tuple(event.nonfinite))


class Batch(NamedTuple):
    """Consecutive steps of one run that go into one blob, 1 to `ROWS_LIMIT` of them."""

    run_key: int
    events: Sequence[StepMetrics]


def pack(batches: Sequence[Batch], label_key: Callable[[StepMetrics], int]) -> list[bytes]:
    """Return each batch as a blob; batches of equal length share their array work.

    Args:
        batches: What to pack.
        label_key: Returns the key under which a step's label is stored.
    """
    blobs: dict[int, bytes] = {}
    for rows in {len(batch.events) for batch in batches}:
        chosen = [index for index, batch in enumerate(batches) if len(batch.events) == rows]
        numbers = _pack_numbers([batches[index].events for index in chosen], rows)
        for index, (layout, values) in zip(chosen, numbers, strict=True):
            blobs[index] = _finished(batches[index], layout, values, label_key)
    return [blobs[index] for index in range(len(batches))]


def _pack_numbers(batches: Sequence[Sequence[StepMetrics]], rows: int) -> list[tuple[bytes, bytes]]:
    """Return layout and packed columns of each batch; all have `rows` steps."""
    values = [_values(event) for events in batches for event in events]
    # From [batch, row, column] to [batch, column, row]; None becomes NaN.
    table = np.array(values, dtype="<f8").reshape(len(batches), rows, len(COLUMNS)).transpose(0, 2, 1).copy()
    with np.errstate(over="ignore"):
        singles = table.astype("<f4")
    missing = np.isnan(table)
    layouts = np.where(((singles == table) | missing).all(axis=2), SINGLE, DOUBLE).astype("u1")
    bits = table.view("<i8")  # so that 0.0 and -0.0 differ
    layouts[(bits == bits[:, :, :1]).all(axis=2)] = CONSTANT
    layouts[missing.all(axis=2)] = ABSENT
    kinds = [layout.tobytes() for layout in layouts]
    packed: list[tuple[bytes, bytes]] = [(b"", b"")] * len(kinds)
    for kind in set(kinds):
        alike = [index for index, other in enumerate(kinds) if other == kind]
        layout = np.frombuffer(kind, dtype="u1")
        parts = (
            table[alike][:, layout == CONSTANT, :1],
            table[alike][:, layout == DOUBLE],
            singles[alike][:, layout == SINGLE],
        )
        flat = [np.ascontiguousarray(part).reshape(len(alike), math.prod(part.shape[1:])) for part in parts]
        columns = np.concatenate([part.view("u1") for part in flat], axis=1)
        size, content = columns.shape[1], columns.tobytes()
        for place, index in enumerate(alike):
            packed[index] = (kind, content[place * size : (place + 1) * size])
    return packed


def _finished(batch: Batch, layout: bytes, values: bytes, label_key: Callable[[StepMetrics], int]) -> bytes:
    segments = _segments(batch.events, label_key)
    header = HEADER.pack(
        VERSION, len(batch.events), layout, len(segments) // 2, batch.run_key, batch.events[0].step
    )
    body = b"".join((header, values, struct.pack(f"<{len(segments)}I", *segments)))
    return body + CRC.pack(zlib.crc32(body))


def _segments(events: Sequence[StepMetrics], label_key: Callable[[StepMetrics], int]) -> list[int]:
    """Return rows and label key of each stretch of equal labels, one after the other."""
    segments: list[int] = []
    start, first = 0, events[0]
    for index, event in enumerate(events):
        if (
            event.reasons != first.reasons
            or event.schedule_phase != first.schedule_phase
            or event.noise_mode != first.noise_mode
            or event.nonfinite != first.nonfinite
        ):
            segments += (index - start, label_key(first))
            start, first = index, event
    return [*segments, len(events) - start, label_key(first)]


class Unpacked(NamedTuple):
    """A run's steps as columns: `columns[name]` is float64 of shape [rows], NaN where not measured."""

    first_step: int
    rows: int
    columns: dict[str, np.ndarray]
    segments: np.ndarray
    """Label segments (rows, label) in step order."""


def unpack(
    run_key: int, found: Sequence[tuple[int, bytes]], names: Sequence[str], *, labels: bool
) -> Unpacked:
    """Return the steps in `found`, blobs of one run in order, each with the step it begins at.

    Args:
        run_key: The run they must belong to.
        found: (first step, blob) pairs.
        names: Columns wanted.
        labels: Whether the label segments are wanted too.

    Raises:
        StoreError: A blob is damaged, of another place, or does not follow on the one before.
    """
    kinds = _by_kind(found)
    firsts = np.array([step for step, _ in found], dtype=np.int64)
    rows = np.zeros(len(found), dtype=np.int64)
    for kind, members in kinds.items():
        rows[members] = _rows_and_layout(kind)[0]
    offsets = np.cumsum(rows) - rows
    if len(found) and not np.array_equal(firsts - firsts[0], offsets):
        gap = int(np.flatnonzero(firsts - firsts[0] != offsets)[0])
        raise StoreError(f"The steps just before step {firsts[gap]} are missing.")
    columns = {name: np.full(int(rows.sum()), np.nan) for name in names}
    for kind, members in kinds.items():
        blobs = [found[index][1] for index in members]
        _spread(run_key, kind, blobs, firsts[members], offsets[members], columns)
    segments = _joined_segments([blob for _, blob in found] if labels else [])
    return Unpacked(int(firsts[0]) if len(found) else 1, int(rows.sum()), columns, segments)


def _by_kind(found: Sequence[tuple[int, bytes]]) -> dict[bytes, list[int]]:
    """Return the places of blobs of each kind, after checking every checksum."""
    kinds: dict[bytes, list[int]] = {}
    for index, (step, blob) in enumerate(found):
        if zlib.crc32(blob) != INTACT:
            raise StoreError(f"The batch of steps from {step} on is damaged.")
        kinds.setdefault(blob[KIND], []).append(index)
    return kinds


def _rows_and_layout(kind: bytes) -> tuple[int, np.ndarray]:
    if len(kind) != KIND.stop or kind[0] != VERSION:
        raise StoreError(f"A batch of steps has format {kind[:1].hex()}; this program reads {VERSION:02x}.")
    rows, layout = int.from_bytes(kind[2:4], "little"), np.frombuffer(kind[4:], dtype="u1")
    if rows == 0 or layout.max() > SINGLE:
        raise StoreError("A batch of steps has an impossible header.")
    return rows, layout


def _spread(
    run_key: int,
    kind: bytes,
    blobs: list[bytes],
    firsts: np.ndarray,
    offsets: np.ndarray,
    columns: dict[str, np.ndarray],
) -> None:
    """Write the wanted columns of blobs of one kind to their rows."""
    rows, layout = _rows_and_layout(kind)
    sizes = {ABSENT: 0, CONSTANT: 8, DOUBLE: 8 * rows, SINGLE: 4 * rows}
    end = HEADER.size + sum(sizes[int(code)] for code in layout)
    content = b"".join([blob[:end] for blob in blobs])
    if len(content) != end * len(blobs):
        raise StoreError(f"A batch of steps near step {firsts[0]} is shorter than its header says.")
    data = np.frombuffer(content, dtype="u1").reshape(len(blobs), end)
    headers = np.ascontiguousarray(data[:, : HEADER.size]).view(KEYS)[:, 0]
    if (headers["run_key"] != run_key).any() or (headers["first"] != firsts).any():
        raise StoreError(f"A batch of steps near step {firsts[0]} belongs to another place.")
    start = HEADER.size
    for code, form in ((CONSTANT, "<f8"), (DOUBLE, "<f8"), (SINGLE, "<f4")):
        for column in np.flatnonzero(layout == code):
            name = COLUMNS[column]
            if name in columns:
                part = np.ascontiguousarray(data[:, start : start + sizes[code]]).view(form)
                _place(columns[name], part, offsets, rows)
            start += sizes[code]


def _place(column: np.ndarray, part: np.ndarray, offsets: np.ndarray, rows: int) -> None:
    """Write `part`, of shape [blobs, rows] or [blobs, 1], to `column` at `offsets`."""
    if not (offsets % rows).any():
        # Whole rows of a table move several times faster than single elements.
        column[: len(column) // rows * rows].reshape(-1, rows)[offsets // rows] = part
    else:
        column[offsets[:, None] + np.arange(rows)] = part


def _joined_segments(blobs: list[bytes]) -> np.ndarray:
    parts = []
    for blob in blobs:
        end = len(blob) - CRC.size
        start = end - HEADER.unpack_from(blob)[3] * SEGMENT.itemsize
        part = np.frombuffer(blob[max(start, 0) : end], dtype="u1")
        if start < HEADER.size or part.view(SEGMENT)["rows"].sum() != _rows_and_layout(blob[KIND])[0]:
            raise StoreError("The labels of a batch of steps do not fit its rows.")
        parts.append(part)
    return np.concatenate(parts).view(SEGMENT) if parts else np.empty(0, dtype=SEGMENT)
