"""What the model shows, as messages to the viewer: pure functions of a surface, a look and a dress."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wnin_desktop.qt.pages.landscape.looking import Height, Look
from wnin_desktop.qt.pages.landscape.terrain import Array, Terrain
from wnin_desktop.qt.plots.ticks import Tick as PlotTick
from wnin_desktop.qt.plots.ticks import linear_ticks
from wnin_desktop.schema.landscape import PathOnPlane
from wnin_desktop.viewer import limits
from wnin_desktop.viewer.messages import (
    Axes,
    Axis,
    ColourBar,
    ColourMap,
    Contours,
    Layout,
    Mark,
    Markers,
    Message,
    PathSet,
    PathStyle,
    Remove,
    Scale,
    Style,
    Surface,
    SurfaceStyle,
    SurfaceUpdate,
    Tick,
)

Colour = tuple[int, int, int, int]
PLANE_TICKS, HEIGHT_TICKS, BAR_TICKS = 6, 6, 7
EVENT_MARKS = {
    "escape": Mark.ESCAPE,
    "intervention": Mark.INTERVENTION,
    "diverged": Mark.DIVERGENCE,
}
ARM_MARKS = {
    "o": Mark.CIRCLE, "s": Mark.SQUARE, "^": Mark.TRIANGLE_UP, "D": Mark.DIAMOND, "v": Mark.TRIANGLE_DOWN,
    "P": Mark.PLUS, "X": Mark.CROSS, "p": Mark.PENTAGON, "*": Mark.STAR, "h": Mark.HEXAGON,
    "<": Mark.TRIANGLE_LEFT,
}  # fmt: skip
"""The viewer's shapes by the names of markers in `schema.look`."""
SHORT_TITLES = ("α", "β")
"""Of panels side by side, which have little room."""
CROSS = 32
"""Groups of markers from here on are the crosshairs of the panels."""
PATH_WIDTH, HIDDEN_BEHIND = 3.0, 1.0
EVENT_SIZE, CROSS_SIZE = 11.0, 13.0
MOST_MARKS = limits.MARKERS // (2 * limits.PANELS)
DASH_SCALE = 1.0


@dataclass(frozen=True)
class Ink:
    """How an arm is drawn in the viewer."""

    colour: Colour
    dash: tuple[float, ...]
    mark: Mark


@dataclass(frozen=True)
class Dress:
    """Everything of the theme that the viewer is told.

    Attributes:
        style: Colours of what is not data.
        arms: How arms are drawn, by their place in the palette.
        solid: Colour of a surface without colours.
        danger: Colour of what went wrong.
    """

    style: Style
    arms: Mapping[int, Ink]
    solid: Colour
    danger: Colour


@dataclass(frozen=True)
class Shown:
    """Titles and what lies in which panel.

    Attributes:
        titles: Of both axes and of the height.
        panels: Arms of each panel; one panel of all arms, or one for each arm.
        has_bar: Whether the scale of colours is drawn: the contours beside have it too.
        is_portrait: Whether it stands for itself: it names the arms, and no panel leans on another.
    """

    titles: tuple[str, str, str]
    panels: tuple[tuple[str, ...], ...]
    has_bar: bool = True
    is_portrait: bool = False


@dataclass(frozen=True)
class Canvas:
    """What a picture that stands for itself is drawn on, however large the window is.

    Attributes:
        width: In pixels of the picture.
        height: In pixels of the picture.
        scale: Pixels of the picture for each pixel of fonts and lines.
    """

    width: int
    height: int
    scale: float


CANVASES = {
    1: Canvas(2700, 1600, 3.0),
    2: Canvas(3200, 1300, 2.5),
    3: Canvas(3840, 1200, 2.25),
    4: Canvas(3200, 2000, 2.5),
}
"""By the number of panels: as wide as a page, with letters that can still be read there."""


def panels_of(terrain: Terrain, look: Look) -> tuple[tuple[str, ...], ...]:
    """Return the arms of each panel."""
    arms = tuple(arm for arm in terrain.arms if arm not in look.hidden)
    if not look.side_by_side or len(arms) < 2:
        return (arms,)
    return tuple((arm,) for arm in arms[: limits.PANELS])


def layout(shown: Shown) -> Layout:
    """Return the panels, with the names of their arms where there are several."""
    if len(shown.panels) == 1:
        return Layout(titles=("",), legend=shown.is_portrait)
    return Layout(
        titles=tuple(", ".join(arms)[: limits.TEXT_CHARACTERS] for arms in shown.panels), linked=True
    )


# -- surfaces ----------------------------------------------------------------------------------------------


def surfaces(terrain: Terrain, values: Array, shown: Shown) -> Iterator[Surface]:
    """Yield the surface of each panel."""
    heights = np.ascontiguousarray(values, np.float32)
    for panel in range(len(shown.panels)):
        yield Surface(id=panel + 1, panel=panel, a=_ends(terrain.a), b=_ends(terrain.b), heights=heights)


def updates(values: Array, shown: Shown) -> Iterator[SurfaceUpdate]:
    """Yield new heights for the surface of each panel."""
    heights = np.ascontiguousarray(values, np.float32).reshape(-1)
    for panel in range(len(shown.panels)):
        yield SurfaceUpdate(id=panel + 1, heights=heights)


def surface_styles(
    look: Look, shown: Shown, dress: Dress, colours: Mapping[str, int]
) -> Iterator[SurfaceStyle]:
    """Yield how the surface of each panel is drawn."""
    for panel, arms in enumerate(shown.panels):
        colour = dress.solid
        if len(shown.panels) > 1 and arms:
            colour = _between(dress.solid, dress.arms[colours[arms[0]]].colour, 0.55)
        yield SurfaceStyle(
            id=panel + 1,
            opacity=look.opacity,
            colour_by="height" if look.colour_by == "height" else "solid",
            colour=colour,
            colour_map=look.colour_map,
        )


def _between(one: Colour, other: Colour, share: float) -> Colour:
    mixed = [round(a + share * (b - a)) for a, b in zip(one[:3], other[:3], strict=True)]
    return mixed[0], mixed[1], mixed[2], 255


def decor(terrain: Terrain, axis: Height, look: Look, shown: Shown) -> Iterator[Message]:
    """Yield scale, axes, isolines and the scale of colours of each panel."""
    height = Axis(
        title=_cut(shown.titles[2]),
        range=(axis.low, axis.high),
        ticks=_ticks(axis.ticks(HEIGHT_TICKS), axis.low, axis.high),
    )
    a, b = (
        _plane_axis(title, ends)
        for title, ends in zip(shown.titles, (_ends(terrain.a), _ends(terrain.b)), strict=False)
    )
    last = len(shown.panels) - 1
    levels = axis.levels()[: limits.CONTOUR_LEVELS]
    for panel in range(len(shown.panels)):
        yield Scale(panel=panel, height="log" if axis.log else "linear", offset=axis.offset)
        yield Axes(panel=panel, a=a, b=b, height=height)
        yield Contours(panel=panel, levels=levels, on_surface=look.isolines, on_floor=look.isolines)
        yield ColourBar(
            panel=panel,
            visible=look.colour_by == "height" and shown.has_bar and (shown.is_portrait or panel == last),
            surface=panel + 1,
            title=_cut(shown.titles[2]),
            ticks=_ticks(axis.ticks(BAR_TICKS), axis.low, axis.high),
        )


def _plane_axis(title: str, ends: tuple[float, float]) -> Axis:
    return Axis(title=_cut(title), range=ends, ticks=_ticks(linear_ticks(*ends, PLANE_TICKS), *ends))


def _ticks(found: Sequence[PlotTick], low: float, high: float) -> tuple[Tick, ...]:
    within = [Tick(tick.value, tick.text) for tick in found if low <= tick.value <= high]
    return tuple(within[: limits.TICKS])


def _cut(text: str) -> str:
    return text[: limits.TEXT_CHARACTERS]


def _ends(axis: Array) -> tuple[float, float]:
    return float(axis[0]), float(axis[-1])


# -- paths -------------------------------------------------------------------------------------------------


def panel_of(arm: str, shown: Shown) -> int | None:
    """Return the panel of an arm; None where it is hidden or there is no panel left for it."""
    return next((panel for panel, arms in enumerate(shown.panels) if arm in arms), None)


def paths(terrain: Terrain, shown: Shown, dress: Dress, colours: Mapping[str, int]) -> Iterator[Message]:
    """Yield every path with its style; those of hidden arms are taken away.

    The first path of an arm has its name, so that a legend says it once.
    """
    named: set[str] = set()
    for number, path in enumerate(terrain.paths[: limits.PATHS]):
        panel = panel_of(path.arm, shown)
        if panel is None:
            yield Remove(what="path", id=number + 1)
            continue
        ink = dress.arms[colours[path.arm]]
        yield PathSet(id=number + 1, panel=panel, positions=positions(terrain, path), steps=_u32(path.steps))
        yield PathStyle(
            id=number + 1,
            label="" if path.arm in named else _cut(path.arm),
            colour=ink.colour,
            width=PATH_WIDTH,
            dash=ink.dash[: limits.DASHES],
            opacity=HIDDEN_BEHIND,
            drape=panel + 1,
            head=ink.mark,
        )
        named.add(path.arm)


def positions(terrain: Terrain, path: PathOnPlane) -> NDArray[np.float32]:
    """Return (a, b, height) of each point; what lies beside the surface is left out by the viewer.

    The paths are draped: their heights are those of the surface below them.
    """
    places = np.full((len(path.steps), 3), np.nan, np.float32)
    a, b = path.coordinates[:, 0], path.coordinates[:, 1]
    (a0, a1), (b0, b1) = _ends(terrain.a), _ends(terrain.b)
    inside = (a >= a0) & (a <= a1) & (b >= b0) & (b <= b1)
    places[inside, :2] = path.coordinates[inside]
    places[inside, 2] = 0.0
    return places


def _u32(steps: NDArray[np.int64]) -> NDArray[np.uint32]:
    return np.clip(np.asarray(steps, np.int64), 0, limits.STEP_LARGEST).astype(np.uint32)


@dataclass
class _Marks:
    """Markers of one panel as they are gathered."""

    places: list[tuple[float, float, float]]
    steps: list[int]
    shapes: list[int]
    colours: list[Colour]


def markers(
    terrain: Terrain,
    events: Iterable[tuple[str, int, str]],
    shown: Shown,
    dress: Dress,
    colours: Mapping[str, int],
) -> Iterator[Markers]:
    """Yield starts and what happened on the paths, a group for each panel.

    Args:
        terrain: The surface.
        events: Run, step and kind of what happened.
        shown: The panels.
        dress: The theme.
        colours: Places of arms in the palette.
    """
    happened = list(events)
    gathered = [_Marks([], [], [], []) for _ in shown.panels]
    for path in terrain.paths:
        panel = panel_of(path.arm, shown)
        if panel is not None and len(path.steps):
            _gather(gathered[panel], terrain, path, happened, dress, dress.arms[colours[path.arm]].colour)
    for panel, marks in enumerate(gathered):
        count = min(len(marks.steps), MOST_MARKS)
        yield Markers(
            id=panel + 1,
            panel=panel,
            size=EVENT_SIZE,
            drape=panel + 1,
            positions=np.array(marks.places[:count], np.float32).reshape(-1, 3),
            steps=np.array(marks.steps[:count], np.uint32),
            shapes=np.array(marks.shapes[:count], np.uint32),
            colours=np.array(marks.colours[:count], np.uint8).reshape(-1, 4),
        )


def _gather(
    marks: _Marks,
    terrain: Terrain,
    path: PathOnPlane,
    happened: list[tuple[str, int, str]],
    dress: Dress,
    colour: Colour,
) -> None:
    places = positions(terrain, path)
    steps = np.asarray(path.steps, np.int64)
    found = [(int(steps[0]), "start"), *((step, "escape") for step in path.escapes)]
    found += [
        (step, kind) for run_id, step, kind in happened if run_id == path.run_id and kind in EVENT_MARKS
    ]
    for step, kind in found:
        point = int(np.abs(steps - step).argmin())
        if not np.isfinite(places[point]).all():
            continue
        marks.places.append((float(places[point][0]), float(places[point][1]), 0.0))
        marks.steps.append(min(max(int(steps[point]), 0), limits.STEP_LARGEST))
        marks.shapes.append(int(EVENT_MARKS.get(kind, Mark.START)))
        marks.colours.append(dress.danger if kind == "diverged" else colour)


def cross(place: tuple[float, float] | None, shown: Shown, colour: Colour) -> Iterator[Message]:
    """Yield the mark of the place that is pointed at elsewhere, in every panel, or take it away."""
    for panel in range(len(shown.panels)):
        if place is None:
            yield Remove(what="markers", id=CROSS + panel)
            continue
        yield Markers(
            id=CROSS + panel,
            panel=panel,
            size=CROSS_SIZE,
            drape=panel + 1,
            positions=np.array([[*place, 0.0]], np.float32),
            steps=np.zeros(1, np.uint32),
            shapes=np.array([int(Mark.DOT)], np.uint32),
            colours=np.array([colour], np.uint8),
        )


def colour_map(name: str, table: NDArray[np.uint8]) -> ColourMap:
    """Return a map of colours."""
    return ColourMap(name=name, colours=np.ascontiguousarray(table[:, :3]))
