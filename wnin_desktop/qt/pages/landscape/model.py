"""The surface that is shown and how it is looked at: what all parts of the page share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from wnin_desktop.qt.pages.landscape.looking import Height, Look, height_axis
from wnin_desktop.qt.pages.landscape.terrain import Heights, Terrain, height_at
from wnin_desktop.schema.landscape import PathOnPlane


@dataclass(frozen=True)
class Spot:
    """A place that the pointer or the keys mark, on the plane; and the point of a path that lies there.

    Attributes:
        a: Its first coordinate.
        b: Its second coordinate.
        path: Number of the nearest path within reach; None for none.
        point: Number of its point.
        source: Which view was pointed at.
    """

    a: float
    b: float
    path: int | None = None
    point: int = 0
    source: str = ""


@dataclass(frozen=True)
class Event:
    """Something that happened to a run, to be marked on its path."""

    run_id: str
    step: int
    kind: str


class LandscapeModel(QObject):
    """One surface at a time. Everything public belongs to the GUI thread.

    Attributes:
        terrain: What is known of the surface; None while there is none.
        look: How it is looked at.
        sigma: The spread of the smoothed surface that is shown; 0 is the surface itself.
        step: Paths are shown up to here; None shows all of them.
        spot: What is pointed at.
        events: What happened to the runs.
        colours: Places in the palette by arm.
    """

    plane_changed = Signal()
    """Another plane, or none: nothing that was shown holds any more."""
    heights_changed = Signal()
    """The surface is finer, or shown at another sigma."""
    paths_changed = Signal()
    """Paths, events or colours of arms are others."""
    look_changed = Signal()
    time_changed = Signal()
    spot_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("landscape-model")
        self.terrain: Terrain | None = None
        self.look = Look()
        self.sigma = 0.0
        self.step: int | None = None
        self.spot: Spot | None = None
        self.events: tuple[Event, ...] = ()
        self.colours: dict[str, int] = {}
        self._heights: Heights | None = None
        self._axis: Height | None = None

    # -- changing ------------------------------------------------------------------------------------------

    def show_plane(self, terrain: Terrain | None) -> None:
        """Show another plane with its surface, or nothing."""
        self.terrain = terrain
        self.step, self.spot = None, None
        self.sigma = 0.0
        self._forget()
        self.plane_changed.emit()

    def refine(self, terrain: Terrain) -> None:
        """Show more of the surface on the same plane."""
        self.terrain = terrain
        self._forget()
        self.heights_changed.emit()

    def finish(self, terrain: Terrain) -> None:
        """Show the complete surface on the same plane, paths and all."""
        self.terrain = terrain
        self._forget()
        self.heights_changed.emit()
        self.paths_changed.emit()

    def show_paths(self, terrain: Terrain) -> None:
        """Show longer paths on the same surface."""
        self.terrain = terrain
        self.paths_changed.emit()

    def set_events(self, events: tuple[Event, ...]) -> None:
        """Mark what happened to the runs."""
        if events != self.events:
            self.events = events
            self.paths_changed.emit()

    def set_colours(self, colours: dict[str, int]) -> None:
        """Give arms their places in the palette."""
        if colours != self.colours:
            self.colours = dict(colours)
            self.paths_changed.emit()

    def change(self, **fields: Any) -> None:
        """Look otherwise: any field of `Look`."""
        look = replace(self.look, **fields)
        if look != self.look:
            self.set_look(look)

    def set_look(self, look: Look) -> None:
        """Look in another way."""
        scaled = (look.log, look.clip) != (self.look.log, self.look.clip)
        self.look = look
        if scaled:
            self._axis = None
        self.look_changed.emit()

    def set_sigma(self, sigma: float) -> None:
        """Show the surface smoothed so far."""
        if sigma != self.sigma:
            self.sigma = sigma
            self._forget()
            self.heights_changed.emit()

    def set_step(self, step: int | None) -> None:
        """Show paths up to a step; None shows all."""
        if step != self.step:
            self.step = step
            self.time_changed.emit()

    def point_at(self, spot: Spot | None) -> None:
        """Mark a place, or none."""
        if spot != self.spot:
            self.spot = spot
            self.spot_changed.emit()

    # -- what is shown -------------------------------------------------------------------------------------

    @property
    def heights(self) -> Heights | None:
        """The surface at the sigma that is shown; None before its first level."""
        if self._heights is None and self.terrain is not None:
            self._heights = self.terrain.at(self.sigma)
        return self._heights

    @property
    def axis(self) -> Height:
        """The axis of heights: it shows the plain surface, and the smoothed one where that is higher."""
        if self._axis is None:
            plain = self.terrain.values if self.terrain is not None else None
            shown = self.heights
            surfaces = [] if plain is None else [plain]
            if shown is not None and shown.values is not plain:
                surfaces.append(shown.values)
            self._axis = height_axis(surfaces, self.look)
        return self._axis

    @property
    def shown_paths(self) -> list[tuple[int, PathOnPlane]]:
        """The paths of arms that are not hidden, with their numbers."""
        if self.terrain is None:
            return []
        return [
            (number, path)
            for number, path in enumerate(self.terrain.paths)
            if path.arm not in self.look.hidden
        ]

    def reached(self, path: PathOnPlane) -> int:
        """Return how many points of a path the time shows."""
        if self.step is None:
            return len(path.steps)
        return int(np.searchsorted(path.steps, self.step, side="right"))

    def colour_of(self, arm: str) -> int:
        """Return the place of an arm in the palette."""
        arms = self.terrain.arms if self.terrain is not None else ()
        return self.colours.get(arm, arms.index(arm) if arm in arms else -1)

    def height_at(self, a: float, b: float) -> float | None:
        """Return the height that is shown at a place."""
        if self.terrain is None or self.heights is None:
            return None
        return height_at(self.terrain, self.heights.values, a, b)

    def se_at(self, a: float, b: float) -> float | None:
        """Return the standard error of that height; None where it is exact or unknown."""
        if self.terrain is None or self.heights is None or self.heights.se is None:
            return None
        return height_at(self.terrain, self.heights.se, a, b)

    def _forget(self) -> None:
        self._heights = self._axis = None
