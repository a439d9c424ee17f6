"""Down: surfaces, paths, particles and markers."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from msgspec import Meta

from wnin_desktop.viewer import limits
from wnin_desktop.viewer.messages.base import (
    BLACK,
    F32,
    U8,
    U32,
    Array,
    Colour,
    Id,
    IdOrNone,
    Kind,
    Mark,
    Message,
    Panel,
    Part,
    Range,
    Text,
    ordered,
)


class Surface(Message, frozen=True, kw_only=True):
    """Make a surface, or replace the one with this id. Heights that are not finite are holes."""

    kind = Kind.SURFACE
    arrays = (
        Array("heights", F32, ("rows", "columns")),
        Array("values", F32, ("rows", "columns"), optional=True),
    )
    sizes = dict.fromkeys(("rows", "columns"), (limits.GRID_SIDE_LEAST, limits.GRID_SIDE))
    id: Id
    panel: Panel = 0
    a: Range
    b: Range
    label: Text = ""
    heights: np.ndarray
    values: np.ndarray | None = None
    """What is coloured instead of the height, when the style says so."""

    def __post_init__(self) -> None:
        ordered("a", *self.a)
        ordered("b", *self.b)


class SurfaceUpdate(Message, frozen=True, kw_only=True):
    """New heights for a surface; `count` is what it has, or an `Error` comes back."""

    kind = Kind.SURFACE_UPDATE
    arrays = (Array("heights", F32, ("count",)), Array("values", F32, ("count",), optional=True))
    sizes: ClassVar = {"count": (4, limits.GRID_SIDE * limits.GRID_SIDE)}
    id: Id
    value_range: Range | None = None
    """Ends of the colour map; null keeps them."""
    heights: np.ndarray
    """Flat, as the rows of `Surface` one behind the other."""
    values: np.ndarray | None = None


class SurfaceStyle(Message, frozen=True, kw_only=True):
    """How a surface is drawn; the whole style."""

    kind = Kind.SURFACE_STYLE
    id: Id
    visible: bool = True
    opacity: Part = 1.0
    colour_by: Literal["height", "value", "solid"] = "height"
    colour: Colour = (128, 128, 128, 255)
    colour_map: Text = "viridis"
    value_range: Range | None = None
    """Ends of the colour map; null takes the panel's heights, or the values' least and most."""
    mesh: Annotated[int, Meta(ge=0, le=256)] = 0
    """Grid lines: every so many cells; 0 for none."""


class PathSet(Message, frozen=True, kw_only=True):
    """Make a path, or replace the points of the one with this id. Without points it is empty."""

    kind = Kind.PATH_SET
    arrays = (Array("positions", F32, ("count", 3)), Array("steps", U32, ("count",)))
    sizes: ClassVar = {"count": (0, limits.PATH_POINTS)}
    id: Id
    panel: Panel = 0
    positions: np.ndarray
    """(a, b, height) of each point."""
    steps: np.ndarray
    """Not decreasing."""


class PathAppend(Message, frozen=True, kw_only=True):
    """More points at the end of a path."""

    kind = Kind.PATH_APPEND
    arrays = PathSet.arrays
    sizes = PathSet.sizes
    id: Id
    positions: np.ndarray
    steps: np.ndarray


class PathStyle(Message, frozen=True, kw_only=True):
    """How a path is drawn; the whole style."""

    kind = Kind.PATH_STYLE
    id: Id
    label: Text = ""
    colour: Colour = BLACK
    width: Annotated[float, Meta(ge=0.5, le=32.0)] = 2.5
    dash: Annotated[tuple[Annotated[float, Meta(ge=0.1, le=100.0)], ...], Meta(max_length=limits.DASHES)] = ()
    """Lengths of ink and gap in line widths; empty is solid."""
    visible: bool = True
    opacity: Part = 1.0
    drape: IdOrNone = 0
    """The surface on which the path lies; 0: its points have their own heights."""
    head: Mark | None = None
    """The mark at its last point that the time shows."""


class Points(Message, frozen=True, kw_only=True):
    """A cloud of particles, replaced as a whole."""

    kind = Kind.POINTS
    arrays = (Array("positions", F32, ("count", 3)), Array("values", F32, ("count",), optional=True))
    sizes: ClassVar = {"count": (0, limits.CLOUD_POINTS)}
    id: Id
    panel: Panel = 0
    positions: np.ndarray
    values: np.ndarray | None = None


class PointsStyle(Message, frozen=True, kw_only=True):
    """How a cloud is drawn; the whole style."""

    kind = Kind.POINTS_STYLE
    id: Id
    visible: bool = True
    colour: Colour = BLACK
    size: Annotated[float, Meta(ge=0.5, le=64.0)] = 3.0
    opacity: Part = 0.8
    colour_map: Text | None = None
    """Colours the values; null takes the one colour."""
    value_range: Range | None = None
    drape: IdOrNone = 0


class Markers(Message, frozen=True, kw_only=True):
    """A group of markers, replaced as a whole."""

    kind = Kind.MARKERS
    arrays = (
        Array("positions", F32, ("count", 3)),
        Array("steps", U32, ("count",)),
        Array("shapes", U32, ("count",)),
        Array("colours", U8, ("count", 4)),
    )
    sizes: ClassVar = {"count": (0, limits.MARKERS)}
    id: Id
    panel: Panel = 0
    size: Annotated[float, Meta(ge=2.0, le=128.0)] = 12.0
    drape: IdOrNone = 0
    positions: np.ndarray
    steps: np.ndarray
    """Shown from this step on."""
    shapes: np.ndarray
    """Of `Mark`."""
    colours: np.ndarray


class Remove(Message, frozen=True, kw_only=True):
    """Take one thing away; one that is not there is no fault."""

    kind = Kind.REMOVE
    what: Literal["surface", "path", "points", "markers"]
    id: Id


class Clear(Message, frozen=True, kw_only=True):
    """Take everything in a panel away, its axes too; null: in all panels."""

    kind = Kind.CLEAR
    panel: Panel | None = None
