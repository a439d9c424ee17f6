"""How an arm is drawn on the screen: colour, dash and marker."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainterPath, QPen, QPolygonF

from wnin_desktop.schema.look import BASELINE_COLOUR, BASELINE_DASH, DASHES, MARKERS, PALETTE, Dash, readable

LINE_WIDTH = 1.8
BASELINE = -1
"""The index of the baseline."""
SYMBOLS = {
    "o": "o", "s": "s", "^": "t1", "D": "d", "v": "t", "P": "+", "X": "x", "p": "p", "*": "star", "h": "h",
    "<": "t3",
}  # fmt: skip
"""Markers as the plots of the window call them."""


@dataclass(frozen=True)
class ArmLook:
    """The look of one arm: the same on its card, its curves, in tables and reports."""

    colour: QColor
    dash: Dash
    marker: str
    ink: QColor
    """The colour of this arm as text: its own, moved until it can be read on a panel."""

    @property
    def symbol(self) -> str:
        """The marker as the plots of the window call it."""
        return SYMBOLS[self.marker]

    @property
    def style(self) -> Qt.PenStyle:
        """The kind of pen that this dash needs."""
        return Qt.PenStyle.CustomDashLine if self.dash else Qt.PenStyle.SolidLine

    def pen(self, width: float = LINE_WIDTH, alpha: float = 1.0) -> QPen:
        """Return a pen for a curve of this arm, as wide on every screen."""
        colour = QColor(self.colour)
        colour.setAlphaF(alpha)
        pen = QPen(colour, width)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        if self.dash:
            pen.setDashPattern(list(self.dash))
        return pen


@functools.lru_cache(maxsize=256)  # readable ink takes long to find
def arm_look(index: int, panel: str) -> ArmLook:
    """Return the look of arm `index` on a panel of that colour; -1 is the baseline."""
    if index == BASELINE:
        return _look(BASELINE_COLOUR, BASELINE_DASH, "o", panel)
    place = index % (len(PALETTE) * len(MARKERS))
    return _look(
        PALETTE[place % len(PALETTE)], DASHES[place % len(DASHES)], MARKERS[place % len(MARKERS)], panel
    )


def _look(colour: str, dash: Dash, marker: str, panel: str) -> ArmLook:
    return ArmLook(QColor(colour), dash, marker, QColor(readable(colour, panel)))


def marker_path(marker: str, radius: float) -> QPainterPath:
    """Return the outline of a marker around the origin."""
    path = QPainterPath()
    if marker == "o":
        path.addEllipse(QPointF(0, 0), radius, radius)
        return path
    points = CROSSES[marker]() if marker in CROSSES else _corners(*CORNERS[marker])
    path.addPolygon(QPolygonF([QPointF(x * radius, y * radius) for x, y in points]))
    path.closeSubpath()
    return path


def _corners(count: int, turn: float, inner: float) -> list[tuple[float, float]]:
    """Return the corners of a polygon, or of a star where `inner` is below 1; `turn` is where it begins."""
    radii = (1.15,) if inner == 1.0 else (1.25, 1.25 * inner)
    total = count * len(radii)
    angles = [math.radians(turn) + 2 * math.pi * corner / total for corner in range(total)]
    return [
        (radii[corner % len(radii)] * math.cos(angle), radii[corner % len(radii)] * math.sin(angle))
        for corner, angle in enumerate(angles)
    ]


def _plus() -> list[tuple[float, float]]:
    thin = 0.38
    arm = [(thin, -1.1), (thin, -thin), (1.1, -thin)]
    corners = []
    for _ in range(4):
        corners += arm
        arm = [(-y, x) for x, y in arm]
    return corners


def _cross() -> list[tuple[float, float]]:
    half = math.sqrt(0.5)
    return [(half * (x - y), half * (x + y)) for x, y in _plus()]


CORNERS = {
    "s": (4, 45.0, 1.0), "^": (3, -90.0, 1.0), "D": (4, 0.0, 1.0), "v": (3, 90.0, 1.0), "p": (5, -90.0, 1.0),
    "*": (5, -90.0, 0.42), "h": (6, -90.0, 1.0), "<": (3, 180.0, 1.0),
}  # fmt: skip
"""Corners, where the first one is in degrees, and how far in the corners between them lie."""
CROSSES = {"P": _plus, "X": _cross}
