"""Runs as paths over (step, arm) whose height is the loss: what the viewer is told, without a screen."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from wnin_desktop.qt.pages.landscape.looking import Height
from wnin_desktop.qt.pages.landscape.scene3d import Dress
from wnin_desktop.qt.plots.ticks import linear_ticks
from wnin_desktop.runs.watch.run import WatchedRun
from wnin_desktop.runs.watch.series import Series
from wnin_desktop.viewer import limits
from wnin_desktop.viewer.messages import (
    Axes,
    Axis,
    ColourBar,
    Contours,
    Mark,
    Markers,
    Message,
    PathAppend,
    PathSet,
    PathStyle,
    Remove,
    Scale,
    Tick,
)

Array = NDArray[np.float64]
WINDOW = 9
"""Steps of which the median is shown, where every step has a point."""
SPANS = 4
"""Distances of points that the median spans where not."""
MOST_POINTS = 192
"""Points of a path; with more of them every second one goes."""
MOST_APPENDS = 64
"""After so many additions a path is told as a whole, so that a long stream fills no memory."""
MUCH = 10.0
"""From this ratio of the highest to the lowest loss on the axis is logarithmic."""
ROOM = 0.08
"""What the axis of heights leaves free below and above, as a share of it."""
STEP_TICKS, HEIGHT_TICKS = 6, 6
STRONG, FINE = 3.0, 1.6
SOLID, FAINT = 0.99, 0.35
"""Opacities: what is quite opaque has a halo, and lines so close to each other would cut each other up."""
EDGE = 0.6
"""From the outermost arms to the walls, where arms are 1 apart."""
SPREAD = 0.28
"""From an arm's own place to its outermost seeds."""
MARKS = 1
"""The group of markers of what diverged."""
MARK_SIZE = 12.0


def smoothed(values: Array, places: NDArray[np.int64], window: int) -> Array:
    """Return the median of the `window` values around each place, fewer at the ends: a spike is no mountain.

    Where a value is not finite there is a gap; around it such values count for nothing.
    """
    found, half = np.full(len(places), np.nan), window // 2
    for row, place in enumerate(places.tolist()):
        if math.isfinite(values[place]):
            part = values[max(place - half, 0) : place + half + 1]
            found[row] = np.median(part[np.isfinite(part)])
    return found


@dataclass
class Line:
    """One run's curve as it grows: each `stride`-th measured step, smoothed.

    While it runs, its end waits for the steps that belong to the median around it: what is there stays.
    """

    steps: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    heights: Array = field(default_factory=lambda: np.zeros(0))
    _version: tuple[int, int, bool] = (-1, 0, False)

    def follow(self, series: Series | None, stride: int, *, ended: bool = False) -> None:
        """Take in what is new."""
        if series is None:
            return
        version = (series.rewrites, stride, ended)
        if version != self._version:
            self._version = version
            self.steps, self.heights = np.zeros(0, np.int64), np.zeros(0)
        window = max(WINDOW, SPANS * stride + 1)
        end = len(series) if ended else len(series) - window // 2
        places = np.arange(len(self.steps) * stride, max(end, 0), stride)
        if ended and len(series) and (len(series) - 1) % stride:
            places = np.append(places, len(series) - 1)
        if len(places) and not (ended and len(self.steps)):
            self.steps = np.concatenate([self.steps, series.steps[places]])
            self.heights = np.concatenate([self.heights, smoothed(series.values, places, window)])


def stride_for(counts: Sequence[int]) -> int:
    """Return how many steps lie between two points, a power of two, so that no path is too long."""
    most, stride = max(counts, default=0), 1
    while most > stride * MOST_POINTS:
        stride *= 2
    return stride


def mean_line(lines: Sequence[Line], running: Sequence[bool]) -> tuple[NDArray[np.int64], Array]:
    """Return the mean over seeds at the steps that none of those which still run has yet to reach."""
    reached = [line.steps[-1] if len(line.steps) else 0 for line in lines]
    waiting = [step for step, runs in zip(reached, running, strict=True) if runs]
    end = min(waiting) if waiting else max(reached, default=0)
    having = [line for line in lines if len(line.steps)]
    if not having:
        return np.zeros(0, np.int64), np.zeros(0)
    steps = np.unique(np.concatenate([line.steps for line in having]))
    steps = steps[steps <= end]
    total, count, present, reaching = (np.zeros(len(steps)) for _ in range(4))
    for line in having:
        inside = line.steps <= end
        places, heights = np.searchsorted(steps, line.steps[inside]), line.heights[inside]
        known = np.isfinite(heights)
        total[places[known]] += heights[known]
        count[places[known]] += 1
        present[places] += 1
        reaching += steps <= line.steps[-1]
    # Where a run ended it has a point that the others do not have.
    shared = present == reaching
    means = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return steps[shared], means[shared]


@dataclass
class Track:
    """A path in the viewer: what it was told of it, so that growth is told as growth."""

    number: int
    _steps: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    _heights: Array = field(default_factory=lambda: np.zeros(0))
    _lane: float | None = None
    _appends: int = 0

    def tell(self, steps: NDArray[np.int64], heights: Array, lane: float) -> Iterator[Message]:
        """Yield the path as it is now, or only what came behind its end."""
        before = len(self._steps)
        grew = (
            lane == self._lane
            and self._appends < MOST_APPENDS
            and len(steps) >= before
            and np.array_equal(steps[:before], self._steps)
            and np.array_equal(heights[:before], self._heights, equal_nan=True)
        )
        if grew and len(steps) == before:
            return
        self._steps, self._heights, self._lane = steps, heights, lane
        first = before if grew else 0
        self._appends = self._appends + 1 if grew else 0
        places = positions(steps[first:], heights[first:], lane)
        numbers = np.clip(steps[first:], 0, limits.STEP_LARGEST).astype(np.uint32)
        kind = PathAppend if grew else PathSet
        yield kind(id=self.number, positions=places, steps=numbers)

    def forget(self) -> None:
        """Tell all of it the next time."""
        self._lane = None


def positions(steps: NDArray[np.int64], heights: Array, lane: float) -> NDArray[np.float32]:
    """Return (step, arm, loss) of each point."""
    return np.stack([steps.astype(np.float64), np.full(len(steps), lane), heights], 1).astype(np.float32)


def lanes(arm: float, seeds: int) -> list[float]:
    """Return where the seeds of an arm lie: beside its mean, or in its place where there is only one."""
    if seeds == 1:
        return [arm]
    sides = -(-seeds // 2)
    offsets = [SPREAD * (place + 1) / sides for place in range(sides)]
    both = [-offset for offset in reversed(offsets)] + offsets
    return [arm + offset for offset in both[:seeds]]


# -- axes --------------------------------------------------------------------------------------------------


def is_better_log(low: float, high: float) -> bool:
    """Return whether losses span more than a decade."""
    return 0 < MUCH * low < high


def height_axis(low: float, high: float, *, log: bool) -> Height:
    """Return an axis with room below and above; a logarithm of what is not positive is not taken."""
    if log and low > 0:
        room = max((high / low) ** ROOM, 1.05)
        return Height(low / room, high * room, True)
    room = ROOM * (high - low) if high > low else max(abs(low), 1.0) * 0.5
    return Height(0.0 if low >= 0 > low - room else low - room, high + room)


def fits(axis: Height, low: float, high: float, *, log: bool) -> bool:
    """Return whether an axis shows these heights and is not much too large for them."""
    if axis.log != (log and low > 0) or low < axis.low or high > axis.high:
        return False
    taken = axis.places(np.array([low, high]))
    return bool(taken[1] - taken[0] > 0.5) or low == high


def decor(arms: Sequence[str], steps: int, axis: Height, titles: tuple[str, str, str]) -> Iterator[Message]:
    """Yield the box: its axes and their ticks.

    Args:
        arms: Names, in the order of their lanes.
        steps: The last step that is planned.
        axis: Of the heights.
        titles: Of steps, arms and heights.
    """
    end = float(max(steps, 1))
    names = tuple(Tick(float(place), arm[: limits.TEXT_CHARACTERS]) for place, arm in enumerate(arms))
    ticks = linear_ticks(0.0, end, STEP_TICKS, whole=True)
    yield Scale(height="log" if axis.log else "linear")
    yield Axes(
        a=Axis(title=titles[0], range=(0.0, end), ticks=tuple(Tick(each.value, each.text) for each in ticks)),
        b=Axis(
            title=titles[1],
            range=(-EDGE, max(len(arms) - 1, 0) + EDGE),
            ticks=names[: limits.TICKS],
        ),
        height=Axis(
            title=titles[2],
            range=(axis.low, axis.high),
            ticks=tuple(
                Tick(each.value, each.text)
                for each in axis.ticks(HEIGHT_TICKS)
                if axis.low <= each.value <= axis.high
            )[: limits.TICKS],
        ),
    )
    yield Contours(on_surface=False, on_floor=False)
    yield ColourBar(visible=False)


# -- looks -------------------------------------------------------------------------------------------------


def style(number: int, arm: str, place: int, dress: Dress, *, strong: bool) -> PathStyle:
    """Return how a path is drawn: an arm strongly with its mark, a seed among several faintly."""
    ink = dress.arms[place]
    return PathStyle(
        id=number,
        label=arm[: limits.TEXT_CHARACTERS],
        colour=ink.colour,
        width=STRONG if strong else FINE,
        dash=ink.dash[: limits.DASHES] if strong else (),
        opacity=SOLID if strong else FAINT,
        head=ink.mark if strong else None,
    )


def marks(diverged: Sequence[tuple[Line, float]], dress: Dress) -> Message:
    """Return the marks where runs diverged: at the last point of theirs that has a height."""
    places: list[tuple[float, float, float]] = []
    for line, lane in diverged:
        known = np.flatnonzero(np.isfinite(line.heights))
        if len(known):
            places.append((float(line.steps[known[-1]]), lane, float(line.heights[known[-1]])))
    if not places:
        return Remove(what="markers", id=MARKS)
    count = len(places)
    return Markers(
        id=MARKS,
        size=MARK_SIZE,
        positions=np.array(places, np.float32),
        steps=np.array([place[0] for place in places]).clip(0, limits.STEP_LARGEST).astype(np.uint32),
        shapes=np.full(count, int(Mark.DIVERGENCE), np.uint32),
        colours=np.tile(np.array(dress.danger, np.uint8), (count, 1)),
    )


def extent(heights: Sequence[Array]) -> tuple[float, float] | None:
    """Return the lowest and the highest of all heights; None where there is none."""
    known = [each[np.isfinite(each)] for each in heights]
    known = [each for each in known if len(each)]
    if not known:
        return None
    return min(float(each.min()) for each in known), max(float(each.max()) for each in known)


def runs_drawn(
    arms: Mapping[str, Sequence[WatchedRun]], most: int = limits.PATHS
) -> dict[str, list[WatchedRun]]:
    """Return the runs of each arm for which the viewer has paths, the same number of seeds of each."""
    left = most - sum(len(runs) > 1 for runs in arms.values())
    drawn: dict[str, list[WatchedRun]] = {arm: [] for arm in arms}
    longest = max(map(len, arms.values()), default=0)
    for place in range(longest):
        for arm, runs in arms.items():
            if place < len(runs) and left > 0:
                drawn[arm].append(runs[place])
                left -= 1
    return drawn
