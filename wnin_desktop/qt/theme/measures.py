"""Sizes, in device-independent pixels."""

from __future__ import annotations


class Space:
    """Distances between things, and their margins."""

    XS = 4
    S = 8
    M = 12
    L = 16
    XL = 24


RADIUS = 6
HAIRLINE = 1
FOCUS = 2
"""Width of the ring around what has the keyboard."""
ICON_SMALL, ICON_LARGE = 16, 20
CONTROL_HEIGHT = 28
"""Least height of buttons, fields and sliders at the normal size of text."""
EASE_MS = 140
