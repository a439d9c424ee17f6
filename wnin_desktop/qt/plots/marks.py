"""What happened while it trained: small glyphs on a strip below the curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from wnin_desktop.qt.plots.frame import Frame
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import theme
from wnin_desktop.runs.watch.marker import Marker

STRIP = 12.0
"""Height of the strip in pixels."""
NEAR = 9.0
"""Pixels within which marks of a kind are one."""
REACH = 7.0
MOST_LINES = 6
RANK = ("diverged", "failed", "nonfinite", "intervention", "matched", "checkpoint")
"""Kinds, what matters most first: where two meet it lies on top."""
INK = {
    "diverged": "danger", "failed": "danger", "nonfinite": "warning", "intervention": "accent",
    "matched": "good", "checkpoint": "muted",
}  # fmt: skip


@dataclass(frozen=True)
class Mark:
    """Markers of one kind that lie so near to each other that they are one glyph at pixel `x`."""

    kind: str
    x: float
    markers: tuple[Marker, ...]

    def text(self) -> str:
        """Return what happened, in a few lines."""
        found: dict[tuple[int, str], list[Marker]] = {}
        for marker in self.markers:
            found.setdefault((marker.step, marker.text), []).append(marker)
        lines = [_line(step, words, group) for (step, words), group in sorted(found.items())]
        more = [tr("and {0} more", len(lines) - MOST_LINES)] if len(lines) > MOST_LINES else []
        return "\n".join([*lines[:MOST_LINES], *more])


def _line(step: int, words: str, group: Sequence[Marker]) -> str:
    arms = list(dict.fromkeys(marker.arm for marker in group))
    who = ", ".join(arms) if len(arms) <= 3 else tr("{0} arms", len(arms))
    seeds = sorted({marker.seed for marker in group})
    which = tr("seed {0}", seeds[0]) if len(seeds) == 1 else tr("{0} seeds", len(seeds))
    return tr("Step {0}: {1} ({2}, {3})", step, words, who, which)


def gathered(markers: Sequence[Marker], frame: Frame) -> list[Mark]:
    """Return the glyphs of markers in sight, in the order they are drawn."""
    found: list[Mark] = []
    low, high = frame.x_range
    for kind in reversed(RANK):
        mine = [marker for marker in markers if marker.kind == kind and low <= marker.step <= high]
        if not mine:
            continue
        places = frame.px(np.array([marker.step for marker in mine], dtype=np.float64))
        group, start = [mine[0]], float(places[0])
        for marker, place in zip(mine[1:], places[1:].tolist(), strict=True):
            if place - start > NEAR:
                found.append(Mark(kind, start, tuple(group)))
                group, start = [], place
            group.append(marker)
        found.append(Mark(kind, start, tuple(group)))
    return found


def at(marks: Sequence[Mark], x: float) -> list[Mark]:
    """Return the glyphs near a pixel, what matters most first."""
    near = [mark for mark in marks if abs(mark.x - x) <= REACH]
    return sorted(near, key=lambda mark: RANK.index(mark.kind))


def paint(painter: QPainter, marks: Sequence[Mark], frame: Frame) -> None:
    """Draw the strip at the foot of the frame, and a line up from each turn of a knob."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    middle = frame.height - STRIP / 2
    for mark in marks:
        colour = theme().colour(INK[mark.kind])
        if mark.kind in ("intervention", "diverged"):
            faint = QColor(colour)
            faint.setAlphaF(0.4)
            painter.setPen(QPen(faint, 1, Qt.PenStyle.DotLine))
            x = round(mark.x) + 0.5
            painter.drawLine(QPointF(x, 0), QPointF(x, frame.height - STRIP))
        _glyph(painter, mark, middle, colour)


def _glyph(painter: QPainter, mark: Mark, y: float, colour: QColor) -> None:
    x, radius = mark.x, 4.0
    if mark.kind in ("diverged", "failed"):
        painter.setPen(QPen(colour, 2))
        painter.drawLine(QPointF(x - 3, y - 3), QPointF(x + 3, y + 3))
        painter.drawLine(QPointF(x - 3, y + 3), QPointF(x + 3, y - 3))
        return
    if mark.kind == "checkpoint":
        painter.setPen(QPen(colour, 1.2))
        painter.drawLine(QPointF(x, y), QPointF(x, y + STRIP / 2))
        return
    painter.setPen(QPen(theme().colour("panel"), 1))
    painter.setBrush(colour)
    if mark.kind == "matched":
        painter.drawEllipse(QRectF(x - 3, y - 3, 6, 6))
    else:
        flat = mark.kind == "nonfinite"
        top = (QPointF(x, y - radius), QPointF(x + radius, y + radius), QPointF(x - radius, y + radius))
        lozenge = (
            QPointF(x, y - radius), QPointF(x + radius, y), QPointF(x, y + radius), QPointF(x - radius, y)
        )  # fmt: skip
        painter.drawPolygon(QPolygonF(top if flat else lozenge))
