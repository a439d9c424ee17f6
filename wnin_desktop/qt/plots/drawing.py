"""The strokes of a plot: bands and seeds below, means above."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter, QPen

from wnin_desktop.qt.plots import ranges
from wnin_desktop.qt.plots.curves import Curves, Gather, Window
from wnin_desktop.qt.plots.frame import Frame
from wnin_desktop.qt.plots.ink import draw_band, draw_line, draw_marker
from wnin_desktop.qt.plots.layers import Stroke
from wnin_desktop.qt.plots.looks import arm_look
from wnin_desktop.qt.theme import ArmLook, theme
from wnin_desktop.runs.watch.band import Band

MEAN_WIDTH, SEED_WIDTH = 1.8, 1.0
MARKER_RADIUS = 4.0
RAW_ALPHA = 0.35
"""How opaque the curve is whose smoothed self is shown."""


@dataclass(frozen=True)
class End:
    """Where an arm's curve ends in sight, in data."""

    arm: str
    x: float
    y: float


@dataclass
class Drawing:
    """What is drawn of some curves on a frame.

    Attributes:
        curves: Where the numbers come from.
        frame: Where they go.
        exact: Every segment, for print; else as fast as looks the same.
        coarseness: Pixels that share the points of one, for seeds.
        ends: Filled as the means are drawn.
        reaches: Likewise: how far each arm's curve reaches, as places on the axis.
    """

    curves: Curves
    frame: Frame
    exact: bool = False
    coarseness: int = 1
    ends: list[End] = field(default_factory=list)
    reaches: dict[str, ranges.Range] = field(default_factory=dict)
    _bands: dict[str, Band | None] = field(default_factory=dict)

    @property
    def window(self) -> Window:
        """What is gathered."""
        return Window(*self.frame.x_range, max(2, int(self.frame.width / 2)), log=self.frame.log_x)

    def look(self, arm: str) -> ArmLook:
        """Return how an arm is drawn."""
        return arm_look(self.curves.experiment.colour_of(arm))

    def base(self) -> Iterator[Stroke]:
        """Return the strokes of bands, as opaque as they are to be seen."""
        if self.curves.lens.bands:
            for arm in self.curves.arms:
                yield functools.partial(self._gather, arm)
                yield functools.partial(self._draw_band, arm)

    def seeds(self) -> Iterator[Stroke]:
        """Return the strokes of seeds, opaque: their picture as a whole is shown faint."""
        if not self.curves.lens.seeds:
            return
        wide = self.window
        window = Window(wide.low, wide.high, max(2, wide.pixels // self.coarseness), wide.log)
        for arm in self.curves.arms:
            gatherers = self.curves.seeds(arm)
            if len(gatherers) > 1:
                pen = QPen(self.look(arm).colour, SEED_WIDTH)
                for gather in gatherers:
                    yield functools.partial(self._draw_points, gather, window, pen)

    def means(self) -> Iterator[Stroke]:
        """Return the strokes of means, the baseline's level first."""
        self.ends.clear()
        yield self._draw_reference
        for arm in self.curves.arms:
            yield functools.partial(self._gather, arm)
            yield functools.partial(self._draw_mean, arm)
        yield self._draw_ends

    # -- strokes -------------------------------------------------------------------------------------------

    def _gather(self, arm: str, _painter: QPainter) -> None:
        """Have the numbers of an arm ready; by itself, for it takes as long as to draw them."""
        if arm not in self._bands:
            self._bands[arm] = self.curves.band(arm, self.window)

    def _draw_band(self, arm: str, painter: QPainter) -> None:
        band = self._bands[arm]
        if band is None or not len(band):
            return
        colour = QColor(self.look(arm).colour)
        colour.setAlphaF(theme().band_alpha)
        x = self.frame.px(band.steps)
        draw_band(painter, x, *self.frame.edges(band.low, band.high), colour, exact=self.exact)

    def _draw_points(self, gather: Gather, window: Window, pen: QPen, painter: QPainter) -> None:
        points = gather(window)
        if points is not None and len(points[0]):
            x, y = self.frame.px(points[0]), self.frame.py(points[1])
            draw_line(painter, x, y, pen, exact=self.exact, faint=True)

    def _draw_mean(self, arm: str, painter: QPainter) -> None:
        band = self._bands[arm]
        if band is None or not len(band):
            return
        lens, look = self.curves.lens, self.look(arm)
        reach = ranges.extent(band, self.frame.x_range, log=self.frame.log_y, with_band=lens.bands)
        if reach is not None:
            self.reaches[arm] = reach
        x, y = band.steps, band.mean
        if lens.smoothing.kind != "none":
            self._line(painter, x, y, look.pen(SEED_WIDTH, RAW_ALPHA))
            x, y = self.curves.smoothed(arm, self.window) or (x, y)
        self._line(painter, x, y, look.pen(MEAN_WIDTH))
        self._note_end(arm, x, y)

    def _line(self, painter: QPainter, x: np.ndarray, y: np.ndarray, pen: QPen) -> None:
        draw_line(painter, self.frame.px(x), self.frame.py(y), pen, exact=self.exact)

    def _note_end(self, arm: str, x: np.ndarray, y: np.ndarray) -> None:
        low, high = self.frame.x_range
        seen = np.flatnonzero(np.isfinite(y) & (x >= low) & (x <= high))
        if not len(seen):
            return
        # Against training loss a run goes from great losses to small ones: it ends at the least.
        last = seen[0] if self.curves.lens.mode == "matched" else seen[-1]
        self.ends.append(End(arm, float(x[last]), float(y[last])))

    def _draw_ends(self, painter: QPainter) -> None:
        ground = theme().colour("panel")
        for end in self.ends:
            look = self.look(end.arm)
            x, y = self.frame.x_pixel(end.x), self.frame.y_pixel(end.y)
            if -1 <= y <= self.frame.height + 1:
                x = min(max(x, MARKER_RADIUS), self.frame.width - MARKER_RADIUS)
                draw_marker(painter, x, y, look.marker, MARKER_RADIUS, look.colour, ground)

    def _draw_reference(self, painter: QPainter) -> None:
        level = self.reference()
        if level is None:
            return
        y = self.frame.y_pixel(level)
        painter.setPen(arm_look(-1).pen(1.2))
        painter.drawLine(QPointF(0, y), QPointF(self.frame.width, y))

    def reference(self) -> float | None:
        """Return the level of the baseline: zero in differences, else its last value where one is better."""
        lens, curves = self.curves.lens, self.curves
        if lens.mode == "difference":
            return 0.0
        if lens.mode == "matched" or len(curves.experiment.arms) < 2 or not curves.is_scored:
            return None
        return self._last_of(curves.baseline)

    def _last_of(self, arm: str) -> float | None:
        """Return the last value of an arm as it is drawn."""
        if self.curves.lens.smoothing.kind != "none":
            points = self.curves.smoothed(arm, Window())
            known = points[1][np.isfinite(points[1])] if points is not None else np.empty(0)
            return float(known[-1]) if len(known) else None
        latest = self.curves.experiment.latest(arm, self.curves.key)
        return latest.mean if latest is not None and np.isfinite(latest.mean) else None
