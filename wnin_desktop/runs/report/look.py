"""The look of figures, tables and the page: that of the window, and the sizes of print."""

from __future__ import annotations

from wnin_desktop.schema.look import (
    BAND_ALPHA,
    BASELINE_COLOUR,
    BASELINE_DASH,
    DARK,
    DASHES,
    LIGHT,
    MARKERS,
    PALETTE,
    SEED_ALPHA,
    SOLID,
    ArmStyle,
    Dash,
    arm_styles,
    contrast,
    luminance,
    readable,
)
from wnin_desktop.schema.look import Tokens as Theme

__all__ = [
    "BAND_ALPHA",
    "BASELINE_COLOUR",
    "BASELINE_DASH",
    "DARK",
    "DASHES",
    "HAIRLINE",
    "LIGHT",
    "LINE_WIDTH",
    "MARKERS",
    "MARKER_PT",
    "PALETTE",
    "SEED_ALPHA",
    "SEED_WIDTH",
    "SMALL_PT",
    "SOLID",
    "TEXT_PT",
    "TITLE_PT",
    "ArmStyle",
    "Dash",
    "Theme",
    "arm_styles",
    "contrast",
    "luminance",
    "readable",
]

LINE_WIDTH = 1.7
SEED_WIDTH = 0.8
HAIRLINE = 0.8
MARKER_PT = 5.0
TEXT_PT, SMALL_PT, TITLE_PT = 10.0, 9.8, 11.5
