"""The theme as the viewer is told of it: colours, the looks of arms, and the fonts of the window."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtGui import QColor

from wnin_desktop.qt.pages.landscape.scene3d import ARM_MARKS, Dress, Ink
from wnin_desktop.qt.theme import ArmLook, theme
from wnin_desktop.qt.viewer.glyph_atlas import atlas
from wnin_desktop.schema.look import mixed
from wnin_desktop.viewer.messages import Glyphs, Mark, Style

Colour = tuple[int, int, int, int]
CONTOUR_ALPHA = 150
SOLID_SHARE = 0.42
"""How much of the muted ink is in the one colour of a surface."""
FONTS = (("label", "small_numbers"), ("title", "title"))


def rgba(colour: QColor, alpha: int = 255) -> Colour:
    """Return a colour as the wire holds it."""
    return colour.red(), colour.green(), colour.blue(), alpha


def dress(places: Iterable[int]) -> Dress:
    """Return the present theme, with the looks of arms at some places in the palette."""
    tokens = theme().tokens
    return Dress(
        style=_style(),
        arms={place: _ink(theme().arm(place)) for place in places},
        solid=rgba(QColor(mixed(tokens.panel, tokens.muted, SOLID_SHARE))),
        danger=rgba(theme().colour("danger")),
    )


def _ink(look: ArmLook) -> Ink:
    return Ink(
        rgba(look.colour), tuple(float(part) for part in look.dash), ARM_MARKS.get(look.marker, Mark.CIRCLE)
    )


def _style() -> Style:
    colour = theme().colour
    return Style(
        dark=theme().dark,
        background=rgba(colour("panel")),
        wall=rgba(colour("window")),
        grid=rgba(colour("hairline")),
        axis=rgba(colour("edge")),
        text=rgba(colour("text")),
        muted=rgba(colour("muted")),
        halo=rgba(colour("panel")),
        contour=rgba(colour("text"), CONTOUR_ALPHA),
        accent=rgba(colour("accent")),
        reduced_motion=theme().reduced_motion,
    )


def glyphs(face: int, scale: float, also: str) -> Glyphs:
    """Return one of the fonts of `FONTS` for a screen, with the characters of names."""
    name, font = FONTS[face]
    return atlas(theme().font(font), scale, face="label" if name == "label" else "title", also=also)
