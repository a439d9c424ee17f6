"""Paths that grow while runs train, on a plane that stays: three scalar products a new point, without torch.

The trainer appends points to a file beside the checkpoints (`engine.landscape.trajectory_file`); whoever
draws asks for what is new, as often as it draws. No event carries points, so nothing waits for a window.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wnin_desktop.analysis.landscape.plane import Plane, Projector
from wnin_desktop.engine.landscape.trajectory_file import NAME, TrajectoryFile
from wnin_desktop.errors import DataError
from wnin_desktop.schema.landscape import PlaneInfo

MOST_AT_ONCE = 64
"""Records that one look takes in at most, so that a look stays short when it comes late."""


@dataclass
class LivePath:
    """A run's path so far: steps `[n]`, coordinates `[n, 2]`, distance from the plane `[n]`."""

    run_id: str
    steps: np.ndarray
    coordinates: np.ndarray
    distance: np.ndarray


class LivePaths:
    """Follows the paths of an experiment's runs on one plane.

    A look costs a few passes over d numbers for each run and new point: half a millisecond for 12 networks of
    9000 parameters. It may be called from any one thread; a window calls it off its own.
    """

    def __init__(self, folder: Path, plane: PlaneInfo, runs: tuple[str, ...] | None = None) -> None:
        """Follow the file in an experiment's checkpoint folder; `runs` None follows all that are in it."""
        self._path = folder / NAME
        self._projector = Projector(plane_of(plane))
        self._parameters = plane.parameters
        self._wanted = runs
        self._file: TrajectoryFile | None = None
        self._rows: list[int] = []
        self._restarts = 0
        self.paths: list[LivePath] = []

    def look(self) -> bool:
        """Take in what is new; return whether anything is.

        A file that is not there yet, or is not of this network, has no paths.
        """
        try:
            try:
                return self._opened() and self._take()
            except DataError:
                self._file = None  # another file lies there now
                return self._opened() and self._take()
        except (OSError, DataError):
            return False

    def _opened(self) -> bool:
        if self._file is not None or not self._path.is_file():
            return self._file is not None
        file = TrajectoryFile(self._path, meet=False)
        if file.header.parameters != self._parameters:
            return False
        names = file.header.run_ids
        self._rows = [row for row, name in enumerate(names) if self._wanted is None or name in self._wanted]
        self._file = file
        self._begin()
        return True

    def _begin(self) -> None:
        assert self._file is not None
        self._restarts = self._file.restarts
        self.paths = [
            LivePath(self._file.header.run_ids[row], np.empty(0, np.int64), np.empty((0, 2)), np.empty(0))
            for row in self._rows
        ]

    def _take(self) -> bool:
        assert self._file is not None
        steps: list[int] = []
        found: list[tuple[np.ndarray, np.ndarray]] = []
        for step, points in self._file.new_records():
            where = self._projector(points[self._rows])
            steps.append(step)
            found.append((where.coordinates, where.distance))
            if len(steps) == MOST_AT_ONCE:
                break
        if self._file.restarts != self._restarts:
            self._begin()
        for place, path in enumerate(self.paths if steps else ()):
            path.steps = np.concatenate([path.steps, steps])
            path.coordinates = np.concatenate([path.coordinates, [each[place] for each, _ in found]])
            path.distance = np.concatenate([path.distance, [each[place] for _, each in found]])
        return bool(steps)


def plane_of(info: PlaneInfo) -> Plane:
    """Return the plane that a surface or an event describes."""
    center, first, second = info.vectors
    return Plane(center, first, second, explained=info.explained, eigenvalues=info.eigenvalues)
