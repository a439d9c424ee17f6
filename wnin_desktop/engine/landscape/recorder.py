"""Writes down where the runs of a comparison are, at the steps that were planned."""

from __future__ import annotations

import bisect
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from wnin_desktop.engine.cohort.cohort import Cohort
from wnin_desktop.engine.landscape.trajectory_file import (
    TrajectoryFile,
    TrajectoryHeader,
    header_bytes,
    plan,
    record_bytes,
)
from wnin_desktop.errors import DataError
from wnin_desktop.schema.fingerprint import fingerprint
from wnin_desktop.schema.run import CompareConfig


class TrajectoryRecorder:
    """Appends a record at each planned step; a path is no reason for a run to fail.

    Where a record cannot be written, the file keeps the records before it, the person is told once, and the
    next planned step is tried again.
    """

    def __init__(
        self, path: Path, config: CompareConfig, ids: list[str], notice: Callable[[str], None]
    ) -> None:
        """Plan a file at `path`; `ids` are the run ids in member order."""
        self._path = path
        self._config = config
        self._ids = ids
        self._notice = notice
        self._told = False
        self._file: int | None = None
        self._steps: tuple[int, ...] = ()
        self._last = -1

    def begin(self, cohort: Cohort, step: int) -> None:
        """Open the file where `step` steps are finished, new or cut back to that, and note that place."""
        seeds = len(self._config.seeds)
        planned = plan(
            self._config.budget.trajectory_points,
            self._config.budget.steps,
            cohort.parameters,
            len(self._config.arms),
            seeds,
        )
        self._steps = planned.steps
        if not planned.steps:
            return
        self._members = [m for m in range(len(self._ids)) if m % seeds < planned.seeds]
        self._header = TrajectoryHeader(
            experiment_id=self._ids[0].split("/")[0],
            run_ids=tuple(self._ids[member] for member in self._members),
            names=tuple(cohort.shapes),
            shapes=tuple(cohort.shapes.values()),
            steps=planned.steps,
            fingerprint=fingerprint(self._config),
        )
        self._rows = torch.empty(len(self._members), cohort.parameters)
        self._attempt(lambda: self._open(step))
        self.take(cohort, step)

    def _open(self, step: int) -> None:
        kept = self._kept(step)
        flags = os.O_RDWR | os.O_CREAT | (0 if kept else os.O_TRUNC) | getattr(os, "O_BINARY", 0)
        self._file = os.open(self._path, flags, 0o644)
        if kept:
            os.ftruncate(self._file, kept)
            os.lseek(self._file, kept, os.SEEK_SET)
        else:
            _write(self._file, header_bytes(self._header))

    def _kept(self, step: int) -> int:
        """Return the bytes of a file of this very comparison up to the last record before `step`."""
        if not step:
            return 0
        try:
            there = TrajectoryFile(self._path)
        except (DataError, OSError):
            return 0
        if there.header != self._header:
            return 0
        records = bisect.bisect_right(there.steps, step)
        self._last = there.steps[records - 1] if records else -1
        return len(header_bytes(self._header)) + records * self._header.record_size

    def next_due(self, step: int) -> int | None:
        """Return the first planned step after `step`; None where there is none."""
        place = bisect.bisect_right(self._steps, step)
        return self._steps[place] if place < len(self._steps) else None

    def take(self, cohort: Cohort, step: int) -> None:
        """Write where the runs are after `step` steps, if that was planned."""
        place = bisect.bisect_left(self._steps, step)
        if self._file is None or step <= self._last or step not in self._steps[place : place + 1]:
            return
        self._gather(cohort)
        self._attempt(lambda: self._append(step))

    @torch.no_grad()
    def _gather(self, cohort: Cohort) -> None:
        slots = {member: slot for slot, member in enumerate(self._members)}
        for placed in cohort.placed:
            wanted = [(row, slots[m]) for row, m in enumerate(placed.members) if m in slots]
            for rows, into in _runs_of(wanted):
                low = 0
                for view in placed.unit.theta.views.values():
                    size = view[0].numel()
                    self._rows[into, low : low + size].view(-1, *view.shape[1:]).copy_(view[rows])
                    low += size

    def _append(self, step: int) -> None:
        assert self._file is not None
        begun = os.lseek(self._file, 0, os.SEEK_CUR)
        lead, content = record_bytes(step, np.ascontiguousarray(self._rows.numpy()))
        try:
            _write(self._file, lead)
            _write(self._file, content)
        except OSError:
            os.ftruncate(self._file, begun)
            os.lseek(self._file, begun, os.SEEK_SET)
            raise
        self._last = step

    def settle(self) -> None:
        """Put what was written on the disk, so that a checkpoint never stands without the path to it."""
        if self._file is not None:
            self._attempt(lambda: os.fsync(self._file or 0))

    def close(self) -> None:
        """Put everything on the disk and close the file."""
        if self._file is not None:
            self.settle()
            os.close(self._file)
            self._file = None

    def _attempt(self, write: Callable[[], object]) -> None:
        try:
            write()
        except OSError as error:
            if not self._told:
                self._told = True
                why = error.strerror or str(error)
                self._notice(f"{self._path} could not be written ({why}); the path of the runs has gaps.")


def _runs_of(pairs: list[tuple[int, int]]) -> list[tuple[slice, slice]]:
    """Return (rows, slots) as few slices, so that a whole arm is one copy: indices cost ten times that."""
    found: list[list[tuple[int, int]]] = []
    for row, slot in pairs:
        if found and found[-1][-1] == (row - 1, slot - 1):
            found[-1].append((row, slot))
        else:
            found.append([(row, slot)])
    return [(slice(part[0][0], part[-1][0] + 1), slice(part[0][1], part[-1][1] + 1)) for part in found]


def _write(file: int, content: bytes | memoryview) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(file, left) :]
