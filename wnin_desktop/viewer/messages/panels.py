"""Down: panels, their axes, contours, colour bars, and time."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from wnin_desktop.viewer import limits
from wnin_desktop.viewer.messages.base import (
    IdOrNone,
    Kind,
    Message,
    Number,
    Panel,
    Range,
    Text,
    U32Number,
    ordered,
)


class Layout(Message, frozen=True, kw_only=True):
    """Panels side by side, one for each title."""

    kind = Kind.LAYOUT
    titles: Annotated[tuple[Text, ...], Meta(min_length=1, max_length=limits.PANELS)] = ("",)
    linked: bool = True
    """One camera for all."""
    legend: bool = False
    """The labels of the paths, in each panel."""
    walls: bool = True


class Tick(msgspec.Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """A place on an axis and what is written there: `[at, label]`."""

    at: Number
    label: Text


class Axis(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One axis: title, ends and ticks. The numbers in the labels are the host's."""

    title: Text = ""
    range: Range
    ticks: Annotated[tuple[Tick, ...], Meta(max_length=limits.TICKS)] = ()

    def __post_init__(self) -> None:
        ordered("range", *self.range)


class Axes(Message, frozen=True, kw_only=True):
    """The box of a panel. Without it the box fits the panel's surfaces and has no labels."""

    kind = Kind.AXES
    panel: Panel = 0
    visible: bool = True
    a: Axis
    b: Axis
    height: Axis


class Contours(Message, frozen=True, kw_only=True):
    """Lines of equal height of a panel's surfaces."""

    kind = Kind.CONTOURS
    panel: Panel = 0
    levels: Annotated[tuple[Number, ...], Meta(max_length=limits.CONTOUR_LEVELS)] = ()
    on_surface: bool = True
    on_floor: bool = True
    width: Annotated[float, Meta(ge=0.25, le=8.0)] = 1.0


class Clip(Message, frozen=True, kw_only=True):
    """Heights that are shown; null is the end of the height axis."""

    kind = Kind.CLIP
    panel: Panel = 0
    low: Number | None = None
    high: Number | None = None

    def __post_init__(self) -> None:
        ordered("clip", self.low, self.high)


class Scale(Message, frozen=True, kw_only=True):
    """How heights become places: `h`, or `log10(h - offset)` with its range in h."""

    kind = Kind.SCALE
    panel: Panel = 0
    height: Literal["linear", "log"] = "linear"
    offset: Number = 0.0
    stretch: Annotated[float, Meta(ge=0.05, le=4.0)] = 0.62
    """Height of the box for a base of side 1."""


class ColourBar(Message, frozen=True, kw_only=True):
    """A scale of colours at the right of a panel."""

    kind = Kind.COLOUR_BAR
    panel: Panel = 0
    visible: bool = True
    surface: IdOrNone = 0
    """Whose colours; 0: the first of the panel."""
    title: Text = ""
    ticks: Annotated[tuple[Tick, ...], Meta(max_length=limits.TICKS)] = ()


class Time(Message, frozen=True, kw_only=True):
    """Paths and markers up to this step; null shows all."""

    kind = Kind.TIME
    step: U32Number | None = None
    trail: Annotated[int, Meta(ge=1, le=0xFFFFFFFF)] | None = None
    """Older points fade out over so many steps; null keeps them."""
