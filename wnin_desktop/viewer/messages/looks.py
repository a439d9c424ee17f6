"""Down: colours and fonts."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from msgspec import Meta

from wnin_desktop.viewer import limits
from wnin_desktop.viewer.messages.base import (
    F32,
    U8,
    U32,
    Array,
    Colour,
    Kind,
    Message,
    UiScale,
)


class Style(Message, frozen=True, kw_only=True):
    """Colours of everything that is not data."""

    kind = Kind.STYLE
    dark: bool = False
    background: Colour = (255, 255, 255, 255)
    wall: Colour = (246, 247, 249, 255)
    grid: Colour = (226, 229, 234, 255)
    axis: Colour = (150, 158, 168, 255)
    text: Colour = (27, 31, 36, 255)
    muted: Colour = (91, 100, 112, 255)
    halo: Colour = (255, 255, 255, 255)
    contour: Colour = (27, 31, 36, 150)
    accent: Colour = (47, 111, 235, 255)
    reduced_motion: bool = False


class ColourMap(Message, frozen=True, kw_only=True):
    """A named map of 256 colours. `viridis` is there from the start."""

    kind = Kind.COLOUR_MAP
    arrays = (Array("colours", U8, (limits.COLOUR_MAP_ENTRIES, 3)),)
    name: Annotated[str, Meta(min_length=1, max_length=limits.TEXT_CHARACTERS)]
    colours: np.ndarray


class Glyphs(Message, frozen=True, kw_only=True):
    """A font, drawn by the host at the pixels of the screen. Without one no text is drawn."""

    kind = Kind.GLYPHS
    arrays = (
        Array("codes", U32, ("count",)),
        Array("boxes", F32, ("count", 7)),
        Array("bitmap", U8, ("height", "width")),
    )
    sizes: ClassVar = {
        "count": (1, limits.GLYPHS),
        "width": (1, limits.ATLAS_SIDE),
        "height": (1, limits.ATLAS_SIDE),
    }
    face: Literal["label", "title"] = "label"
    scale: UiScale = 1.0
    """The scale it was drawn for; at another it is stretched."""
    ascent: Annotated[float, Meta(gt=0.0, le=512.0)]
    descent: Annotated[float, Meta(ge=0.0, le=512.0)]
    codes: np.ndarray
    """Unicode code points, increasing."""
    boxes: np.ndarray
    """x, y, width, height in the bitmap; left and top of the box from the pen on the base line; advance."""
    bitmap: np.ndarray
    """Coverage, 0 to 255."""
