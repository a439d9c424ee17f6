"""Paths that grow while their arms train, on a plane that stays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from PySide6.QtCore import QObject, QTimer

from wnin_desktop.qt.pages.landscape.model import LandscapeModel
from wnin_desktop.qt.pages.landscape.terrain import Terrain
from wnin_desktop.schema.landscape import PathOnPlane

if TYPE_CHECKING:
    from wnin_desktop.runs.landscape.live import LivePath, LivePaths
    from wnin_desktop.runs.watch.experiment import WatchedExperiment

POLL_MS = 300
"""Looks are at least so far apart: at most four a second."""
Found = Sequence["LivePath"] | None


class Growth(QObject):
    """Looks for more points of the paths while the experiment runs and somebody watches."""

    def __init__(self, desk: Any, model: LandscapeModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("landscape-growth")
        self._desk, self._model = desk, model
        self._is_seen = False
        self._experiment: WatchedExperiment | None = None
        self._paths: LivePaths | None = None
        self._plane: object = None
        self._is_looking = False
        self._is_last = False
        """Whether the next look is the last one: the experiment has ended."""
        self._timer = QTimer(self, singleShot=True, interval=POLL_MS)
        self._timer.timeout.connect(self._look)

    @property
    def is_following(self) -> bool:
        """Whether the paths that are shown are those that grow."""
        terrain = self._model.terrain
        return self._paths is not None and terrain is not None and terrain.plane is self._plane

    def set_seen(self, seen: bool) -> None:
        """Look only while somebody watches."""
        self._is_seen = seen
        if seen and self._paths is not None:
            self._timer.start()

    def follow(self, experiment: WatchedExperiment | None, *, alive: bool) -> None:
        """Let the paths of the plane that is shown grow with an experiment while it runs.

        Of one that has ended what was recorded after the surface was drawn is taken in, once.
        """
        from wnin_desktop.runs.landscape.live import LivePaths  # noqa: PLC0415 - when first wanted

        terrain = self._model.terrain
        self.leave()
        if experiment is None or terrain is None or terrain.is_line:
            return
        folder = self._desk.store.checkpoint_dir(experiment.experiment_id)
        runs = tuple(path.run_id for path in terrain.paths)
        self._experiment, self._plane, self._is_last = experiment, terrain.plane, not alive
        self._paths = LivePaths(folder, terrain.plane, runs)
        self._timer.start()

    def leave(self) -> None:
        """Follow nothing any more."""
        self._timer.stop()
        self._experiment = self._paths = self._plane = None

    def end(self) -> None:
        """Look once more: the experiment has ended."""
        self._is_last = True
        if self._paths is not None and not self._is_looking:
            self._timer.start(0)

    def _look(self) -> None:
        paths = self._paths
        if paths is None or self._is_looking or not (self._is_seen or self._is_last):
            return
        self._is_looking = True
        self._desk.tasks.start(
            lambda _task: (paths, taken(paths)), then=self._take, failed=self._take_nothing
        )

    def _take(self, found: tuple[object, Found]) -> None:
        self._is_looking = False
        source, paths = found
        if source is not self._paths or not self.is_following:
            self._again()
            return
        terrain = self._model.terrain
        if paths is not None and terrain is not None:
            self._model.show_paths(terrain.with_paths(joined(terrain, paths)))
        self._again()

    def _take_nothing(self, _error: Exception) -> None:
        self._is_looking = False
        self._again()

    def _again(self) -> None:
        if self._paths is None:
            return
        if self._is_last:
            self.leave()
        else:
            self._timer.start(POLL_MS)


def taken(paths: LivePaths) -> Found:
    """Return all paths as they are now; None where nothing is new. In a thread."""
    is_new = False
    while paths.look():
        is_new = True
    return list(paths.paths) if is_new else None


def joined(terrain: Terrain, grown: Sequence[LivePath]) -> list[PathOnPlane]:
    """Return the paths of a surface with those that have grown in their places."""
    by_run = {path.run_id: path for path in grown if len(path.steps)}
    return [_grown(path, by_run[path.run_id]) if path.run_id in by_run else path for path in terrain.paths]


def _grown(path: PathOnPlane, live: LivePath) -> PathOnPlane:
    """Return a path with the points that came after it was drawn; heights that were measured stay."""
    if len(live.steps) <= len(path.steps):
        return path
    values = np.full(len(live.steps), np.nan)
    _, there, here = np.intersect1d(live.steps, path.steps, return_indices=True)
    values[there] = path.values[here]
    return msgspec.structs.replace(
        path, steps=live.steps, coordinates=live.coordinates, distance=live.distance, values=values
    )
