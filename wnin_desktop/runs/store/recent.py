"""What one commit stores of all its runs, as one packed blob, and back.

Made to be written fast; it lives until it is merged into long batches. Layout of version 1, little-endian:

    header    version u8, layout u8 x columns (1 where anything was measured), members u32, rows u32,
              segments u32
    members   run key u64, first step u64, rows u32 for each run
    numbers   for each measured column the rows of all members, f64
    labels    segments of (rows u32, label key u32), which end where a member ends
    crc       CRC-32 of everything before it, u32
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

import numpy as np
from msgspec.structs import astuple

from wnin_desktop.errors import StoreError
from wnin_desktop.runs.store.packing import COLUMNS, CRC, SEGMENT, intact, sealed
from wnin_desktop.schema.events import StepMetrics

VERSION = 2
HEADER = struct.Struct(f"<B{len(COLUMNS)}sIII")
MEMBER = np.dtype([("run_key", "<u8"), ("first", "<u8"), ("rows", "<u4")])

_FIELDS = StepMetrics.__struct_fields__
_time = itemgetter(_FIELDS.index("timestamp"))
_metrics = itemgetter(slice(_FIELDS.index(COLUMNS[1]), _FIELDS.index(COLUMNS[-1]) + 1))
_said = attrgetter("noise_mode", "schedule_phase", "reasons", "nonfinite")


class Recent(NamedTuple):
    """The steps of one commit, member after member.

    Attributes:
        members: (run key, first step, rows) of each run.
        table: float64 of shape [columns, rows of all members], NaN where not measured.
        labels: Label key of each row.
    """

    members: np.ndarray
    table: np.ndarray
    labels: np.ndarray

    def of(self, run_key: int) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Yield first step, table and labels of the members that belong to a run."""
        ends = np.cumsum(self.members["rows"])
        for index in np.flatnonzero(self.members["run_key"] == run_key):
            rows = slice(int(ends[index]) - int(self.members["rows"][index]), int(ends[index]))
            yield int(self.members["first"][index]), self.table[:, rows], self.labels[rows]


def pack(
    batches: Sequence[tuple[int, Sequence[StepMetrics]]], label_key: Callable[[StepMetrics], int]
) -> bytes:
    """Return a commit as one blob.

    Args:
        batches: (run key, steps) of each run; the steps follow one another, at least one of each run.
        label_key: Returns the key under which a step's label is stored.
    """
    events = [event for _, steps in batches for event in steps]
    table = _table([astuple(event) for event in events])
    given = ~np.isnan(table).all(axis=0)
    members = np.array([(key, steps[0].step, len(steps)) for key, steps in batches], dtype=MEMBER)
    segments = [segment for _, steps in batches for segment in _segments(steps, label_key)]
    header = HEADER.pack(VERSION, given.astype("u1").tobytes(), len(members), len(events), len(segments) // 2)
    numbers = table.T[given].tobytes()
    return sealed(
        b"".join((header, members.tobytes(), numbers, struct.pack(f"<{len(segments)}I", *segments)))
    )


def _table(rows: list[tuple[Any, ...]]) -> np.ndarray:
    """Return the numbers of steps given as tuples, shape [steps, columns]; None becomes NaN."""
    table = np.empty((len(rows), len(COLUMNS)), dtype="<f8")
    table[:, 0] = np.fromiter(map(_time, rows), dtype="<f8", count=len(rows))
    # By way of objects, because numpy turns those that are None into NaN fastest.
    metrics = itertools.chain.from_iterable(map(_metrics, rows))
    objects = np.fromiter(metrics, dtype=object, count=len(rows) * (len(COLUMNS) - 1))
    table[:, 1:] = objects.reshape(len(rows), -1)
    return table


def _segments(steps: Sequence[StepMetrics], label_key: Callable[[StepMetrics], int]) -> list[int]:
    """Return rows and label key of each stretch of equal labels, one after the other."""
    segments: list[int] = []
    start = 0
    # Tuples compare equal at once where their parts are the same objects, which they mostly are.
    for _, stretch in itertools.groupby(map(_said, steps)):
        rows = len(list(stretch))
        segments += (rows, label_key(steps[start]))
        start += rows
    return segments


def unpack(blob: bytes) -> Recent:
    """Return the steps in a commit's blob.

    Raises:
        StoreError: It is damaged.
    """
    if not isinstance(blob, bytes) or len(blob) < HEADER.size + CRC.size or not intact(blob):
        raise StoreError("A batch of recent steps is damaged.")
    version, layout, count, rows, stretches = HEADER.unpack_from(blob)
    given = np.frombuffer(layout, "u1").astype(bool)
    width = int(given.sum())
    size = HEADER.size + count * MEMBER.itemsize + 8 * width * rows + stretches * SEGMENT.itemsize
    if version != VERSION or len(blob) != size + CRC.size:
        raise StoreError("A batch of recent steps has a format this program does not read.")
    members = np.frombuffer(blob, MEMBER, count, HEADER.size)
    place = HEADER.size + members.nbytes
    table = np.full((len(COLUMNS), rows), np.nan)
    table[given] = np.frombuffer(blob, "<f8", width * rows, place).reshape(width, rows)
    segments = np.frombuffer(blob, SEGMENT, stretches, place + 8 * width * rows)
    if members["rows"].sum() != rows or segments["rows"].sum() != rows:
        raise StoreError("The parts of a batch of recent steps do not fit together.")
    return Recent(members, table, np.repeat(segments["label"], segments["rows"]))
