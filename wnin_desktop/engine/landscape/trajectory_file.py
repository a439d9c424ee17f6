"""The file with the paths of a comparison's runs: parameters at planned steps, readable while it grows.

    magic, header length (uint32), header (JSON), CRC-32 of the header, zeros up to a multiple of 64
    records of one length: step (uint64), CRC-32 of step and numbers (uint32), zeros (uint32),
        float32 parameters `[members, d]` in the order of the header

A record counts when all of it is there and its CRC is right, so a reader may open the file at any moment and
what a crash tore off is passed over. Records are float32 copies of the parameters: each is, bit for bit,
where a run was.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from wnin_desktop.errors import DataError
from wnin_desktop.schema.fingerprint import canonical_json

NAME = "trajectory.bin"
MAGIC = b"WNINPATH"
VERSION = 1
LEAD = struct.Struct("<QII")
"""What stands before the numbers of a record: step, CRC-32, zeros."""
ALIGNED = 64
MOST_HEADER = 16 * 1024 * 1024
AUTO_POINTS = 96
AUTO_SEEDS = 3
AUTO_BYTES = 64 * 1024 * 1024
"""Largest file that `auto` plans; what is asked for as a number is kept whatever its size."""
AUTO_PARAMETERS = 200_000
"""Largest network whose path `auto` keeps."""
FEWEST_POINTS = 16
"""`auto` keeps the paths of fewer seeds rather than fewer points than this."""
BYTES = 4


class TrajectoryHeader(msgspec.Struct, frozen=True):
    """What a file holds.

    Attributes:
        experiment_id: Whose paths they are.
        run_ids: The runs, in the order of a record's rows.
        names: Parameter names, in the order of a row.
        shapes: Their shapes.
        steps: Finished steps at which a record is planned, ascending.
        fingerprint: Of the comparison's configuration.
    """

    experiment_id: str
    run_ids: tuple[str, ...]
    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    steps: tuple[int, ...]
    fingerprint: str
    version: int = VERSION

    @property
    def parameters(self) -> int:
        """Parameters d of one network."""
        return sum(int(np.prod(shape, dtype=np.int64)) for shape in self.shapes)

    @property
    def record_size(self) -> int:
        """Bytes of one record."""
        return LEAD.size + BYTES * self.parameters * len(self.run_ids)


@dataclass(frozen=True)
class Plan:
    """How much of the paths is kept: the first `seeds` seeds of each arm at `steps`; no steps, nothing."""

    seeds: int
    steps: tuple[int, ...]


def plan(points: int | str, steps: int, parameters: int, arms: int, seeds: int) -> Plan:
    """Return what is kept of a comparison's paths.

    Args:
        points: Points of a path, or "auto": at most `AUTO_POINTS` of `AUTO_SEEDS` seeds and `AUTO_BYTES` in
            all, of networks of up to `AUTO_PARAMETERS`; where that leaves fewer than `FEWEST_POINTS`, of
            fewer seeds.
        steps: Optimizer steps of a run.
        parameters: Parameters of one network.
        arms: Arms of the comparison.
        seeds: Seeds of each arm.
    """
    if not isinstance(points, str):
        return Plan(seeds, planned_steps(steps, points))
    if parameters > AUTO_PARAMETERS:
        return Plan(seeds, ())
    affordable = AUTO_BYTES // (BYTES * parameters * arms)
    kept = min(seeds, AUTO_SEEDS, max(1, affordable // FEWEST_POINTS))
    return Plan(kept, planned_steps(steps, min(AUTO_POINTS, affordable // kept)))


def planned_steps(steps: int, points: int) -> tuple[int, ...]:
    """Return at most `points` of the steps 0 to `steps`: half of them evenly spaced, half by equal factors.

    Paths move most at their beginning, where even spacing would show nothing.
    """
    if points < 2:
        return (steps,)[:points]
    if steps < points:
        return tuple(range(steps + 1))
    half = max(2, points - points // 2)
    even, growing = np.linspace(0, steps, half), np.geomspace(1, steps, points - half)
    return tuple(int(step) for step in np.unique(np.rint(np.concatenate([even, growing]))))


def header_bytes(header: TrajectoryHeader) -> bytes:
    """Return the beginning of a file, up to its first record."""
    content = canonical_json(msgspec.to_builtins(header)).encode()
    raw = MAGIC + struct.pack("<I", len(content)) + content + struct.pack("<I", zlib.crc32(content))
    return raw + bytes(-len(raw) % ALIGNED)


def record_bytes(step: int, numbers: np.ndarray) -> tuple[bytes, memoryview]:
    """Return (lead, numbers) of the record of `step`; `numbers` is contiguous float32 `[members, d]`."""
    content = numbers.data.cast("B")
    return LEAD.pack(step, _checksum(step, content), 0), content


def _checksum(step: int, content: memoryview | bytes) -> int:
    return zlib.crc32(content, zlib.crc32(struct.pack("<Q", step)))


class TrajectoryFile:
    """A file of paths, open for reading only while it reads: its writer may cut it back, move or delete it.

    Attributes:
        header: What it holds.
        steps: Steps of the records met so far, ascending.
        restarts: How often the file was found cut back, as after a resume; `steps` then began anew.
    """

    def __init__(self, path: Path, *, meet: bool = True) -> None:
        """Read the header and, with `meet`, meet the records that are there.

        Raises:
            DataError: It is not such a file, or its header is damaged.
            FileNotFoundError: There is none.
        """
        self.path = path
        self.header, self._offset = read_header(path)
        self.steps: list[int] = []
        self.restarts = 0
        if meet:
            self.poll()

    def poll(self) -> int:
        """Meet the records that were completed since, and return how many there are in all."""
        for _ in self.new_records():
            continue
        return len(self.steps)

    def new_records(self) -> Iterator[tuple[int, np.ndarray]]:
        """Yield (step, parameters `[runs, d]`) of each record that was completed since the last look.

        The array is written over by the next one. A record whose CRC is wrong ends the file for now: it may
        still be on its way.

        Raises:
            DataError: Another file lies there now.
            OSError: The file cannot be read, or is gone.
        """
        size = self.header.record_size
        with self.path.open("rb") as handle:
            there = max(0, handle.seek(0, 2) - self._offset) // size
            if there < len(self.steps):
                self._begin_anew()
            handle.seek(self._offset + len(self.steps) * size)
            record = bytearray(size)
            while len(self.steps) < there and handle.readinto(record) == size:
                step, crc, _ = LEAD.unpack_from(record)
                content = memoryview(record)[LEAD.size :]
                if crc != _checksum(step, content) or (self.steps and step <= self.steps[-1]):
                    return
                self.steps.append(step)
                yield step, np.frombuffer(content, np.float32).reshape(len(self.header.run_ids), -1)

    def _begin_anew(self) -> None:
        if read_header(self.path)[0] != self.header:
            raise DataError(f"{self.path} is another file by now; open it again.")
        self.steps, self.restarts = [], self.restarts + 1

    def row(self, run_id: str) -> int | None:
        """Return the row of a run in every record; None where its path was not kept."""
        return self.header.run_ids.index(run_id) if run_id in self.header.run_ids else None

    def path_of(self, row: int) -> np.ndarray:
        """Return all points of one run that were met, float32 `[points, d]`.

        Raises:
            DataError: The file was cut back meanwhile.
            OSError: It cannot be read.
        """
        points = np.empty((len(self.steps), self.header.parameters), np.float32)
        with self.path.open("rb") as handle:
            for place, point in enumerate(points):
                lead = place * self.header.record_size + LEAD.size + row * point.nbytes
                handle.seek(self._offset + lead)
                if handle.readinto(point.data.cast("B")) != point.nbytes:
                    raise DataError(f"{self.path} was cut back while it was read; read it again.")
        return points


def read_header(path: Path) -> tuple[TrajectoryHeader, int]:
    """Return (header, offset of the first record).

    Raises:
        DataError: It is not such a file, or its header is damaged.
        FileNotFoundError: There is none.
    """
    with path.open("rb") as handle:
        lead = handle.read(len(MAGIC) + 4)
        if lead[: len(MAGIC)] != MAGIC or len(lead) < len(MAGIC) + 4:
            raise DataError(f"{path} is not a file of trajectories; it was not read.")
        (length,) = struct.unpack("<I", lead[len(MAGIC) :])
        content = handle.read(min(length, MOST_HEADER))
        crc = handle.read(4)
    if length > MOST_HEADER or len(crc) < 4 or struct.unpack("<I", crc)[0] != zlib.crc32(content):
        raise DataError(f"{path} is damaged at its beginning; it was not read.")
    try:
        header = msgspec.convert(json.loads(content), TrajectoryHeader)
    except (ValueError, msgspec.ValidationError) as error:
        raise DataError(f"{path} is damaged at its beginning ({error}); it was not read.") from None
    if header.version != VERSION:
        raise DataError(f"{path} has format version {header.version}; this program reads {VERSION}.")
    whole = len(lead) + length + len(crc)
    return header, whole + -whole % ALIGNED
