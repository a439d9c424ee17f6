"""A batch of consecutive steps of one run as one packed blob, and back.

Layout of version 1, all little-endian:

    header    version u8, pad u8, rows u16, label segments u32, run key u64, first step u64,
              layout u8 x columns
    constants one f64 for each column whose values are all equal
    doubles   columns x rows of f64
    singles   columns x rows of f32, for columns whose every value survives the rounding unchanged
    labels    segments of (rows u32, label key u32): noise mode, phase, reasons, names of non-finite numbers
    crc       CRC-32 of everything before it, u32

A number that was not measured is NaN. Values come back bit for bit.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Sequence
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

HEADER = struct.Struct(f"<BxHIQQ{len(COLUMNS)}s")
SEGMENT = np.dtype([("rows", "<u4"), ("label", "<u4")])
CRC = struct.Struct("<I")

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


def same_label(first: StepMetrics, second: StepMetrics) -> bool:
    """Return whether two steps carry the same label, cheaply."""
    return (
        first.noise_mode == second.noise_mode
        and first.schedule_phase == second.schedule_phase
        and (first.reasons is second.reasons or first.reasons == second.reasons)
        and first.nonfinite == second.nonfinite
    )


def pack(run_key: int, events: Sequence[StepMetrics], label_key: Callable[[StepMetrics], int]) -> bytes:
    """Return consecutive steps of one run as a blob.

    Args:
        run_key: The run's number in the store.
        events: 1 to `ROWS_LIMIT` steps, each one after the last.
        label_key: Returns the key under which a step's label is stored.
    """
    table = np.array([_values(event) for event in events], dtype="<f8")
    with np.errstate(over="ignore"):
        singles = table.astype("<f4")
    bits = table.view("<i8")  # so that 0.0 and -0.0 differ
    missing = np.isnan(table)
    constant = (bits == bits[0]).all(axis=0)
    narrow = ((singles == table) | missing).all(axis=0)
    layout = np.where(narrow, SINGLE, DOUBLE)
    layout[constant] = CONSTANT
    layout[missing.all(axis=0)] = ABSENT
    segments = _segments(events, label_key)
    body = b"".join(
        (
            HEADER.pack(
                VERSION, len(events), len(segments), run_key, events[0].step, layout.astype("u1").tobytes()
            ),
            table[0, layout == CONSTANT].tobytes(),
            table.T[layout == DOUBLE].tobytes(),
            singles.T[layout == SINGLE].tobytes(),
            np.array(segments, dtype="<u4").tobytes(),
        )
    )
    return body + CRC.pack(zlib.crc32(body))


def _segments(
    events: Sequence[StepMetrics], label_key: Callable[[StepMetrics], int]
) -> list[tuple[int, int]]:
    segments: list[tuple[int, int]] = []
    start = 0
    for index in range(1, len(events) + 1):
        if index == len(events) or not same_label(events[start], events[index]):
            segments.append((index - start, label_key(events[start])))
            start = index
    return segments


class Unpacked(NamedTuple):
    """A run's steps as columns: `columns[name]` is float64 of shape [rows], NaN where not measured."""

    first_step: int
    rows: int
    columns: dict[str, np.ndarray]
    segments: np.ndarray
    """Label segments (rows, label) in step order."""


def unpack(
    run_key: int, blobs: Iterable[tuple[int, bytes]], names: Sequence[str], *, labels: bool
) -> Unpacked:
    """Return the steps in `blobs`, given with the step they begin at, in order.

    Args:
        run_key: The run they must belong to.
        blobs: (first step, blob) pairs.
        names: Columns wanted.
        labels: Whether the label segments are wanted too.

    Raises:
        StoreError: A blob is damaged, of another run, or does not follow on the one before.
    """
    groups: dict[bytes, tuple[list[bytes], list[int]]] = {}
    order: list[bytes] = []
    begin = row = 0
    for index, (step, blob) in enumerate(blobs):
        rows = _checked(run_key, step, blob)
        if index == 0:
            begin = step
        elif step != begin + row:
            raise StoreError(f"Steps {begin + row} to {step - 1} are missing.")
        kind = blob[1:4] + blob[HEADER.size - len(COLUMNS) : HEADER.size]
        group = groups.get(kind)
        if group is None:
            group = groups[kind] = ([], [])
        group[0].append(blob)
        group[1].append(row)
        if labels:
            order.append(blob)
        row += rows
    columns = {name: np.full(row, np.nan) for name in names}
    for members, offsets in groups.values():
        _spread(members, np.array(offsets), columns)
    return Unpacked(begin, row, columns, _joined_segments(order))


def _checked(run_key: int, step: int, blob: bytes) -> int:
    """Return the rows of a blob whose checksum and owner are right."""
    if len(blob) < HEADER.size + CRC.size or CRC.unpack_from(blob, len(blob) - CRC.size)[0] != zlib.crc32(
        memoryview(blob)[: -CRC.size]
    ):
        raise StoreError(f"The batch of steps from {step} on is damaged.")
    version, rows, _, owner, first, _ = HEADER.unpack_from(blob)
    if version != VERSION:
        raise StoreError(
            f"The batch of steps from {step} on has format {version}; this program reads {VERSION}."
        )
    if (owner, first) != (run_key, step):
        raise StoreError(f"The batch of steps from {step} on belongs to another place.")
    return rows


def _spread(blobs: list[bytes], offsets: np.ndarray, columns: dict[str, np.ndarray]) -> None:
    """Write the wanted columns of blobs of one kind to their rows."""
    _, rows, _, _, _, codes = HEADER.unpack_from(blobs[0])
    layout = np.frombuffer(codes, dtype="u1")
    places = offsets[:, None] + np.arange(rows)
    sizes = {CONSTANT: 8, DOUBLE: 8 * rows, SINGLE: 4 * rows}
    end = HEADER.size + sum(sizes.get(int(code), 0) for code in layout)
    data = np.frombuffer(b"".join(blob[HEADER.size : end] for blob in blobs), dtype="u1")
    data = data.reshape(len(blobs), -1)
    start = 0
    for code, kind in ((CONSTANT, "<f8"), (DOUBLE, "<f8"), (SINGLE, "<f4")):
        for column in np.flatnonzero(layout == code):
            name = COLUMNS[column]
            if name in columns:
                values = np.ascontiguousarray(data[:, start : start + sizes[code]]).view(kind)
                columns[name][places] = values
            start += sizes[code]


def _joined_segments(blobs: list[bytes]) -> np.ndarray:
    parts = []
    for blob in blobs:
        count = HEADER.unpack_from(blob)[2]
        parts.append(blob[len(blob) - CRC.size - count * SEGMENT.itemsize : len(blob) - CRC.size])
    return np.frombuffer(b"".join(parts), dtype=SEGMENT)
