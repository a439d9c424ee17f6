"""B10: eight live curves of 100 000 points, and of a million, drawn while they grow.

Each frame every curve gets new points, and the plot is painted: the same pyqtgraph plot, size, ranges, pens
and painting on both sides, off the screen, in one thread.

    ours   Series.extend, Series.view for the pixels of the plot, setData of what it returns
    peer   numpy buffers of full size written in place, setData of the filled part, with pyqtgraph's own
           setDownsampling(auto=True, method="peak") and setClipToView(True)
    lean   the same peer told to draw no more points than ours (autoDownsampleFactor = 1 instead of its 5)

The ranges of both axes are fixed, which spares the peer from making its points twice a frame, and it is told
that all numbers are finite. Counted is CPU time of the thread; wall time stands beside. After each round what
both draw is checked against all points: every spike is there, and in every column of pixels the picture
reaches at least as far up and down as the points do. The last line is the result as JSON.

    uv run python benchmarks/live_curves.py [--frames N] [--rounds N]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pyqtgraph as pg
import PySide6
from machine import check, cpu_name, keep
from numpy.typing import NDArray

from wnin_desktop.runs.watch.series import Series

CURVES = 8
POINTS = {"100k": 100_000, "1M": 1_000_000}
GOALS = {"100k": 3.0, "1M": 4.5}
NEW_POINTS = 50
"""Points that each curve gets in a frame: 1500 steps a second at 30 frames."""
FRAMES = 40
ROUNDS = 7
SIZE = (1200, 700)
SPIKE = 20.0
SPIKES = 5
PEERS = {"peer": 5.0, "lean": 1.0}
"""Pixels are divided by this to find how many points the peer puts into one of its bins."""

Values = NDArray[np.float64]


class Cost(NamedTuple):
    """Seconds of one frame, the part of it before painting, and the points a curve is drawn by."""

    cpu: float
    wall: float
    data_cpu: float
    points: int


def rows(points: int) -> Values:
    """Return curves as noisy losses are, with single points that stand out; shape [curves, points]."""
    generator = np.random.default_rng(0)
    falling = 5 * np.exp(-np.arange(points) / (points / 4))
    values = falling + generator.standard_normal((CURVES, points)) + np.arange(CURVES)[:, None]
    for row in values:
        # Apart from one another: of two spikes within a pixel only the greater has to be seen.
        places = (np.arange(SPIKES) + 0.9 * generator.random(SPIKES)) / SPIKES
        row[(places * points).astype(int)] = SPIKE + np.arange(SPIKES)
    return values


class Picture:
    """A plot of eight curves with fixed ranges."""

    def __init__(self, points: int) -> None:
        self.plot = pg.PlotWidget()
        self.plot.resize(*SIZE)
        self.plot.setXRange(0, points, padding=0)
        self.plot.setYRange(-6, SPIKE + SPIKES, padding=0)
        self.curves = [self.plot.plot(pen=pg.mkPen(pg.intColor(index, CURVES))) for index in range(CURVES)]
        self.plot.show()
        pg.QtWidgets.QApplication.processEvents()

    @property
    def pixels(self) -> int:
        """Width of the part that shows curves."""
        return int(self.plot.getViewBox().width())

    def paint(self) -> None:
        """Paint it now."""
        self.plot.viewport().repaint()

    def shown(self, index: int) -> tuple[Values, Values]:
        """Return the points that a curve is drawn by."""
        return self.curves[index].getData()


class Ours(Picture):
    """Series that are asked for a view each frame."""

    def begin(self, values: Values, start: int) -> None:
        """Hold the first `start` points."""
        self._values = values
        self._series = [Series() for _ in values]
        self._put(0, start)

    def _put(self, first: int, end: int) -> None:
        steps = np.arange(first, end)
        for series, curve, row in zip(self._series, self.curves, self._values, strict=True):
            series.extend(steps, row[first:end])
            curve.setData(*series.view(0, self._values.shape[1], self.pixels), skipFiniteCheck=True)

    grow = _put


class Peer(Picture):
    """Buffers that pyqtgraph makes points of each frame."""

    def __init__(self, points: int, factor: float) -> None:
        super().__init__(points)
        for curve in self.curves:
            curve.setDownsampling(auto=True, method="peak")
            curve.setClipToView(True)
            curve.opts["autoDownsampleFactor"] = factor

    def begin(self, values: Values, start: int) -> None:
        """Hold the first `start` points."""
        self._values = values
        self._steps = np.arange(values.shape[1], dtype=np.float64)
        self._buffers = np.zeros_like(values)
        self.grow(0, start)

    def grow(self, first: int, end: int) -> None:
        """Append points to each curve."""
        for buffer, curve, row in zip(self._buffers, self.curves, self._values, strict=True):
            buffer[first:end] = row[first:end]
            curve.setData(self._steps[:end], buffer[:end], skipFiniteCheck=True)


def one_round(picture: Ours | Peer, values: Values, frames: int) -> Cost:
    """Grow to the end in `frames` frames and return what one of them cost."""
    points = values.shape[1]
    start = points - frames * NEW_POINTS
    picture.begin(values, start)
    picture.paint()
    data = 0.0
    cpu, wall = time.thread_time(), time.perf_counter()
    for first in range(start, points, NEW_POINTS):
        begun = time.thread_time()
        picture.grow(first, first + NEW_POINTS)
        data += time.thread_time() - begun
        picture.paint()
    spent = (time.thread_time() - cpu, time.perf_counter() - wall, data)
    return Cost(*(seconds / frames for seconds in spent), points=len(picture.shown(0)[0]))


def check_shown(name: str, picture: Picture, values: Values) -> None:
    """End the benchmark where the picture does not hold what the points do."""
    points = values.shape[1]
    columns = np.arange(points) * picture.pixels // points
    starts = np.searchsorted(columns, np.arange(picture.pixels))
    for index, row in enumerate(values):
        x, y = picture.shown(index)
        check(np.isin(row[row >= SPIKE], y).all(), f"{name} lost a spike")
        there = np.clip(x * picture.pixels // points, 0, picture.pixels - 1).astype(int)
        for how, none in ((np.maximum, -np.inf), (np.minimum, np.inf)):
            drawn = np.full(picture.pixels + 2, none)
            how.at(drawn, there + 1, y)
            # A point may be drawn in the column beside its own: the peer puts it in the middle of its bin.
            reached = how(how(drawn[:-2], drawn[1:-1]), drawn[2:])
            # The peer leaves out the last points where they do not fill a bin.
            full = slice(0, picture.pixels - 2)
            check(
                bool((how(reached, how.reduceat(row, starts)) == reached)[full].all()),
                f"{name} does not reach as far as the points do",
            )


def measured(points: int, frames: int, rounds: int) -> dict[str, list[Cost]]:
    """Return the costs of interleaved rounds after one round of warm-up."""
    values = rows(points)
    makers: dict[str, Callable[[], Ours | Peer]] = {"ours": lambda: Ours(points)}
    for name, factor in PEERS.items():
        makers[name] = lambda factor=factor: Peer(points, factor)
    pictures = {name: make() for name, make in makers.items()}
    costs: dict[str, list[Cost]] = {name: [] for name in pictures}
    for turn in range(rounds + 1):
        for name, picture in pictures.items():
            cost = one_round(picture, values, frames)
            check_shown(name, picture, values)
            if turn:
                costs[name].append(cost)
        if turn:
            line = ", ".join(f"{name} {found[-1].cpu * 1e3:.1f}" for name, found in costs.items())
            print(f"{points} points, round {turn}: {line} ms of CPU time a frame")
    return costs


def summary(name: str, costs: dict[str, list[Cost]]) -> dict[str, float]:
    """Return medians in milliseconds a frame, and medians of ratios."""
    found: dict[str, float] = {"goal": GOALS[name]}
    for who, rounds in costs.items():
        found[f"{who}_ms"] = round(1e3 * statistics.median(cost.cpu for cost in rounds), 3)
        found[f"{who}_data_ms"] = round(1e3 * statistics.median(cost.data_cpu for cost in rounds), 3)
        found[f"{who}_points"] = rounds[-1].points
        if who != "ours":
            pairs = list(zip(costs["ours"], rounds, strict=True))
            found[f"{who}_ratio"] = round(statistics.median(b.cpu / a.cpu for a, b in pairs), 2)
            found[f"{who}_wall_ratio"] = round(statistics.median(b.wall / a.wall for a, b in pairs), 2)
            found[f"{who}_data_ratio"] = round(
                statistics.median(b.data_cpu / a.data_cpu for a, b in pairs), 2
            )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=FRAMES, help="fewer is a trial: nothing is kept")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="at least five count")
    options = parser.parse_args()
    pg.mkQApp()
    found = {name: summary(name, measured(n, options.frames, options.rounds)) for name, n in POINTS.items()}
    result = {
        "name": "B10",
        "ratio": found["100k"]["peer_ratio"],
        "ours": found["100k"]["ours_ms"],
        "peer": found["100k"]["peer_ms"],
        "unit": "ms of CPU time for a frame of 8 growing curves of 100k points",
        "n": options.rounds,
        **found,
        "size": SIZE,
        "new_points": NEW_POINTS,
        "device": f"{cpu_name()}, 1 thread, Qt offscreen",
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "pyqtgraph": pg.__version__,
            "PySide6": PySide6.__version__,
        },
    }
    if options.frames >= FRAMES and options.rounds >= 5:
        keep(result)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
