"""Everything that a picture of a surface from above shows, taken from the model at one moment."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage

from wnin_desktop.qt.pages.landscape.contour.isolines import Isoline
from wnin_desktop.qt.pages.landscape.looking import Height
from wnin_desktop.qt.pages.landscape.model import LandscapeModel
from wnin_desktop.qt.pages.landscape.words import axis_title, height_title
from wnin_desktop.qt.theme import ArmLook, theme
from wnin_desktop.schema.landscape import PathOnPlane

Array = NDArray[np.float64]
Range = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Trace:
    """A path as it is drawn.

    Attributes:
        number: Its place among the paths of the surface.
        look: Of its arm.
        points: Places on the plane, as far as the time shows them, `[n, 2]`.
        is_whole: Whether that is all of it.
        marks: What happened on the way: kind and index of the point.
        heights: The metric at the points themselves, NaN where it was not measured.
    """

    number: int
    look: ArmLook
    points: Array
    is_whole: bool
    marks: tuple[tuple[str, int], ...]
    heights: Array


@dataclass(frozen=True, eq=False)
class Sheet:
    """What is drawn below the paths: it changes with surface, look and theme, not with time or pointer.

    Attributes:
        a: Coordinates along the columns.
        b: Coordinates along the rows.
        values: The heights that are shown; None before the first level.
        se: Their standard errors; None where they are exact.
        axis: The axis of heights.
        table: The map of colours.
        is_coloured: Whether colours mean heights.
        image: The surface as colours.
        lines: Lines of equal height.
        titles: Of both axes and of the height.
    """

    a: Array
    b: Array
    values: Array | None = None
    se: Array | None = None
    axis: Height = field(default_factory=lambda: Height(0.0, 1.0))
    table: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((256, 4), np.uint8))
    is_coloured: bool = True
    image: QImage | None = None
    lines: tuple[Isoline, ...] = ()
    titles: tuple[str, str, str] = ("", "", "")

    @property
    def whole(self) -> tuple[Range, Range]:
        """The ranges of both axes that show all of the grid."""
        return _ends(self.a), _ends(self.b)

    def cells(self) -> tuple[Range, Range]:
        """Return the ranges that the pixels of the image cover: half a step beyond the points."""
        return _half_beyond(self.a), _half_beyond(self.b)


def _ends(axis: Array) -> Range:
    if len(axis) < 2:
        return -1.0, 1.0
    return float(axis[0]), float(axis[-1])


def _half_beyond(axis: Array) -> Range:
    low, high = _ends(axis)
    half = (high - low) / max(len(axis) - 1, 1) / 2
    return low - half, high + half


def sheet_of(model: LandscapeModel, image: QImage | None, lines: tuple[Isoline, ...]) -> Sheet | None:
    """Return what the model shows; None where it shows nothing."""
    terrain, heights, look = model.terrain, model.heights, model.look
    if terrain is None:
        return None
    return Sheet(
        a=terrain.a,
        b=terrain.b,
        values=None if heights is None else heights.values,
        se=None if heights is None else heights.se,
        axis=model.axis,
        table=theme().surface_map(look.colour_map),
        is_coloured=look.colour_by == "height",
        image=image,
        lines=lines,
        titles=(axis_title(terrain, 0), axis_title(terrain, 1), height_title(terrain)),
    )


def traces_of(model: LandscapeModel) -> list[Trace]:
    """Return the paths that are shown, up to the time that is shown."""
    happened: dict[str, list[tuple[str, int]]] = {}
    for event in model.events:
        happened.setdefault(event.run_id, []).append((event.kind, event.step))
    return [_trace(model, number, path, happened.get(path.run_id, [])) for number, path in model.shown_paths]


def _trace(model: LandscapeModel, number: int, path: PathOnPlane, happened: list[tuple[str, int]]) -> Trace:
    reached = model.reached(path)
    events = [*happened, *(("escape", step) for step in path.escapes)]
    marks = []
    for kind, step in events:
        point = nearest_point(path, step)
        if point is not None and point < reached:
            marks.append((kind, point))
    return Trace(
        number=number,
        look=theme().arm(model.colour_of(path.arm)),
        points=np.asarray(path.coordinates[:reached], np.float64),
        is_whole=reached == len(path.steps),
        marks=tuple(marks),
        heights=np.asarray(path.values[:reached], np.float64),
    )


def nearest_point(path: PathOnPlane, step: int) -> int | None:
    """Return the point of a path that is nearest to a step; None for a path without points."""
    if not len(path.steps):
        return None
    return int(np.abs(np.asarray(path.steps, np.int64) - step).argmin())


@dataclass(frozen=True)
class Room:
    """Where the parts of a picture stand.

    Attributes:
        inner: The plane.
        bar: The scale of colours; empty where there is none.
    """

    inner: QRectF
    bar: QRectF
