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

import itertools
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
NOTHING = np.full((1, 1, 1), np.nan)
NO_SEGMENTS = np.empty(0, dtype=SEGMENT)
CRC = struct.Struct("<I")
PIECE = 128 * 1024
"""Numbers that are unpacked at a time."""
INTACT = 0x2144DF1C
"""CRC-32 of anything followed by its own CRC-32."""

_values = attrgetter(*COLUMNS)
_said = attrgetter("noise_mode", "schedule_phase", "reasons", "nonfinite")


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
        events = [event for index in chosen for event in batches[index].events]
        table = _table(events).reshape(len(chosen), rows, len(COLUMNS))
        packed = _pack_columns(table.transpose(0, 2, 1).copy())
        for index, (layout, content) in zip(chosen, packed, strict=True):
            run_key, part = batches[index]
            segments = _segments(part, label_key)
            blobs[index] = _finished(run_key, part[0].step, rows, layout, content, segments)
    return [blobs[index] for index in range(len(batches))]


def _table(events: list[StepMetrics]) -> np.ndarray:
    """Return the floating-point columns of steps, shape [steps, columns]; None becomes NaN."""
    given = [value is not None for value in _values(events[0])]
    present = tuple(itertools.compress(COLUMNS, given))
    others = tuple(name for name in COLUMNS if name not in present)
    if len(present) < 2 or len(others) < 2:
        return np.array([_values(event) for event in events], dtype="<f8")
    # Most columns are None most of the time, and numpy is slow to see that: steps that have the same columns
    # as the first one take the short way.
    nothing = (None,) * len(others)
    alike = [more == nothing for more in map(attrgetter(*others), events)]
    short = list(map(attrgetter(*present), itertools.compress(events, alike)))
    table = np.full((len(events), len(COLUMNS)), np.nan, dtype="<f8")
    rows, columns = np.flatnonzero(alike), np.flatnonzero(given)
    table[rows[:, None], columns] = np.array(short, dtype="<f8")
    if len(short) < len(events):
        table[~np.array(alike)] = [
            _values(event) for event, same in zip(events, alike, strict=True) if not same
        ]
    return table


def merge(run_key: int, found: Sequence[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """Return the same steps as `found` in as few blobs as possible, as (first step, blob) pairs.

    Raises:
        StoreError: A blob is damaged, of another place, or does not follow on the one before.
    """
    steps = unpack(run_key, found, COLUMNS, labels=True)
    labels = np.repeat(steps.segments["label"], steps.segments["rows"])
    merged = []
    for start in range(0, steps.rows, ROWS_LIMIT):
        part = steps.table[None, :, start : start + ROWS_LIMIT].astype("<f8")
        ((layout, content),) = _pack_columns(part)
        segments = _stretches(labels[start : start + ROWS_LIMIT])
        first = steps.first_step + start
        merged.append((first, _finished(run_key, first, part.shape[2], layout, content, segments)))
    return merged


def _pack_columns(table: np.ndarray) -> list[tuple[bytes, bytes]]:
    """Return layout and packed columns of each batch in `table`, of shape [batches, columns, rows]."""
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
        content = _joined_columns(np.frombuffer(kind, dtype="u1"), table[alike], singles[alike])
        for index, row in zip(alike, content, strict=True):
            packed[index] = (kind, row.tobytes())
    return packed


def _joined_columns(layout: np.ndarray, doubles: np.ndarray, singles: np.ndarray) -> np.ndarray:
    """Return the bytes of batches that share a layout, as uint8 of shape [batches, bytes]."""
    parts = (
        doubles[:, layout == CONSTANT, :1], doubles[:, layout == DOUBLE], singles[:, layout == SINGLE],
    )  # fmt: skip
    flat = [np.ascontiguousarray(part).reshape(len(part), math.prod(part.shape[1:])) for part in parts]
    return np.concatenate([part.view("u1") for part in flat], axis=1)


def _finished(
    run_key: int, first: int, rows: int, layout: bytes, content: bytes, segments: list[int]
) -> bytes:
    header = HEADER.pack(VERSION, rows, layout, len(segments) // 2, run_key, first)
    body = b"".join((header, content, struct.pack(f"<{len(segments)}I", *segments)))
    return body + CRC.pack(zlib.crc32(body))


def _stretches(labels: np.ndarray) -> list[int]:
    """Return rows and label key of each stretch of equal label keys, one after the other."""
    starts = np.flatnonzero(np.diff(labels, prepend=np.uint32(labels[0] + 1)))
    rows = np.diff(starts, append=len(labels))
    return np.column_stack([rows, labels[starts]]).ravel().tolist()


def _segments(events: Sequence[StepMetrics], label_key: Callable[[StepMetrics], int]) -> list[int]:
    """Return rows and label key of each stretch of equal labels, one after the other."""
    segments: list[int] = []
    start, current = 0, _said(events[0])
    # Tuples compare equal at once where their parts are the same objects, which they mostly are.
    for index, said in enumerate(map(_said, events)):
        if said != current:
            segments += (index - start, label_key(events[start]))
            start, current = index, said
    return [*segments, len(events) - start, label_key(events[start])]


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


def unpack(
    run_key: int, found: Sequence[tuple[int, bytes]], names: Sequence[str], *, labels: bool
) -> Unpacked:
    """Return the steps in `found`, blobs of one run in order, each with the step it begins at.

    Args:
        run_key: The run they must belong to.
        found: (first step, blob) pairs.
        names: Columns wanted, out of `COLUMNS`.
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
    wanted = np.array([names.index(name) if name in names else -1 for name in COLUMNS])
    table = np.empty((len(names), int(rows.sum())))
    for kind, members in kinds.items():
        # In pieces that stay in the processor's cache.
        share = max(1, PIECE // (_rows_and_layout(kind)[0] * len(COLUMNS)))
        for start in range(0, len(members), share):
            part = members[start : start + share]
            blobs = [found[index][1] for index in part]
            _spread(run_key, kind, blobs, firsts[part], offsets[part], table, wanted)
    segments = _joined_segments([blob for _, blob in found], int(rows.sum())) if labels else NO_SEGMENTS
    return Unpacked(int(firsts[0]) if len(found) else 1, table, segments)


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
    table: np.ndarray,
    wanted: np.ndarray,
) -> None:
    """Write the wanted columns of blobs of one kind to their rows of `table`: [wanted columns, steps]."""
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
    absent = wanted[layout == ABSENT]
    _place(table, absent[absent >= 0], NOTHING, offsets, rows)
    start = HEADER.size
    for code, form in ((CONSTANT, "<f8"), (DOUBLE, "<f8"), (SINGLE, "<f4")):
        columns = wanted[layout == code]
        stop = start + len(columns) * sizes[code]
        part = np.ascontiguousarray(data[:, start:stop]).view(form)
        if len(columns):
            part = part.reshape(len(blobs), len(columns), -1).transpose(1, 0, 2)
            _place(table, columns[columns >= 0], part[columns >= 0], offsets, rows)
        start = stop


def _place(table: np.ndarray, columns: np.ndarray, part: np.ndarray, offsets: np.ndarray, rows: int) -> None:
    """Write `part`, of shape [columns, blobs, rows] or [columns, blobs, 1], to those columns at `offsets`."""
    if not (offsets % rows).any():
        # Whole stretches move several times faster than single elements.
        count = table.shape[1] // rows
        stretches = table[:, : count * rows].reshape(len(table), count, rows)
        stretches[columns[:, None], offsets // rows] = part
    else:
        places = offsets[:, None] + np.arange(rows)
        table[columns[:, None, None], places] = part


def _joined_segments(blobs: list[bytes], rows: int) -> np.ndarray:
    parts = []
    for blob in blobs:
        end = len(blob) - CRC.size
        start = end - HEADER.unpack_from(blob)[3] * SEGMENT.itemsize
        parts.append(blob[max(start, HEADER.size) : end])
    content = b"".join(parts)
    segments = np.frombuffer(content[: len(content) // SEGMENT.itemsize * SEGMENT.itemsize], dtype=SEGMENT)
    if segments["rows"].sum() != rows:
        raise StoreError("The labels of a batch of steps do not fit its rows.")
    return segments
