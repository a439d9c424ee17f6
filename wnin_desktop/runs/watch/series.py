"""One metric of one run as it grows."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from wnin_desktop.runs.watch.pyramid import Grown, Pyramid

WAITING_LIMIT = 4096
"""Points put one by one that wait as Python numbers before they are packed."""
STRETCHES = 16
"""Parts of a view of unevenly spaced steps that share its pixels evenly."""
FAR = 2**62
"""Beyond every step."""


class Series:
    """Steps and values; steps strictly increase. A step that comes again takes the place of the former one.

    Values are NaN where something was measured and was not a finite number; steps at which nothing was
    measured are not in it. Not safe to share between threads.
    """

    def __init__(self) -> None:
        self._steps = Grown(np.int64)
        self._values = Grown(np.float64)
        self._pyramid = Pyramid()
        self._widest = 0
        self._changes = 0
        self._rewrites = 0
        self.waiting_steps: list[int] = []
        self.waiting_values: list[float] = []

    def __len__(self) -> int:
        self._take_in()
        return self._steps.size

    @property
    def revision(self) -> int:
        """Grows with every change."""
        return self._changes + len(self.waiting_steps)

    @property
    def rewrites(self) -> int:
        """How often steps changed that were there already; else the series only grew."""
        self._take_in()
        return self._rewrites

    @property
    def steps(self) -> NDArray[np.int64]:
        """The steps: a view, good until a step comes again that is in it."""
        self._take_in()
        return self._steps.values

    @property
    def values(self) -> NDArray[np.float64]:
        """The values: a view, likewise."""
        self._take_in()
        return self._values.values

    @property
    def last(self) -> tuple[int, float] | None:
        """The last step and its value."""
        return (int(self.steps[-1]), float(self.values[-1])) if len(self) else None

    def put(self, step: int, value: float) -> None:
        """Add one point; cheap, because it is packed only when somebody looks."""
        self.waiting_steps.append(step)
        self.waiting_values.append(value)
        if len(self.waiting_steps) >= WAITING_LIMIT:
            self._take_in()

    def pack(self) -> None:
        """Take in what waits."""
        self._take_in()

    def extend(self, steps: Iterable[int] | NDArray, values: Iterable[float] | NDArray) -> None:
        """Add points, in any order; of equal steps the last one counts."""
        self._take_in()
        steps = np.asarray(steps, dtype=np.int64)
        values = np.array(values, dtype=np.float64)
        if not len(steps):
            return
        self._changes += len(steps)
        values[np.isinf(values)] = np.nan
        if len(steps) > 1 and (np.diff(steps) <= 0).any():
            steps, values = _sorted(steps, values)
        if self._steps.size and steps[0] <= self._steps.values[-1]:
            steps, values = self._merged(steps, values)
        self._append(steps, values)

    def at(self, step: float) -> float | None:
        """Return the last value measured at or before `step`; None before the first."""
        index = index_of(self.steps, step, after=True) - 1
        return float(self.values[index]) if index >= 0 else None

    def view(self, low: float, high: float, pixels: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return points that draw the steps from `low` to `high` on `pixels` pixels, as floats.

        At most four points a pixel, all of them measured; the least and the greatest value in sight are among
        them, and the nearest point beyond each edge. Steps strictly increase.
        """
        steps, values = self.steps, self.values
        first = index_of(steps, low)
        end = max(first, index_of(steps, high, after=True))
        parts = self._stretches(first, end, pixels)
        if len(parts) == 1:
            x, y = self._pyramid.view((steps, values), first, end, pixels)
        else:
            x, y = self._in_stretches(parts, pixels)
        return x.astype(np.float64, copy=False), y

    def extremes(self, low: float, high: float) -> tuple[float, float] | None:
        """Return the least and the greatest finite value from `low` to `high`, None where there is none."""
        x, y = self.view(low, high, 1)
        seen = y[(x >= low) & (x <= high) & ~np.isnan(y)]
        return (float(seen.min()), float(seen.max())) if len(seen) else None

    def _take_in(self) -> None:
        if self.waiting_steps:
            steps = np.array(self.waiting_steps, dtype=np.int64)
            values = np.array(self.waiting_values, dtype=np.float64)
            # Cleared in place: whoever measures holds their `append`.
            self.waiting_steps.clear()
            self.waiting_values.clear()
            self.extend(steps, values)

    def _append(self, steps: NDArray, values: NDArray) -> None:
        old = self._steps.size
        self._steps.extend(steps)
        self._values.extend(values)
        self._widest = max(self._widest, _widest_gap(self._steps.values[max(old - 1, 0) :]))

    def _merged(self, steps: NDArray, values: NDArray) -> tuple[NDArray, NDArray]:
        """Cut back to where the new steps begin, and return what belongs there: old and new as one."""
        index = int(np.searchsorted(self._steps.values, steps[0]))
        old_steps, old_values = self._steps.values[index:].copy(), self._values.values[index:].copy()
        self._steps.truncate(index)
        self._values.truncate(index)
        self._pyramid.truncate(index)
        self._widest = _widest_gap(self._steps.values)
        self._rewrites += 1
        return _sorted(np.concatenate([old_steps, steps]), np.concatenate([old_values, values]))

    def _stretches(self, first: int, end: int, pixels: int) -> list[tuple[int, int]]:
        """Return index ranges that are looked at one by one; more than one where steps lie unevenly.

        A sparse stretch beside a dense one would else get few of the points, being a small part of them.
        """
        steps = self._steps.values
        whole = [(first, end)]
        if end - first <= 2 * pixels or pixels < 4 * STRETCHES:
            return whole
        span = int(steps[end - 1] - steps[first])
        if self._widest * (end - first) <= 2 * span:
            return whole
        edges = np.linspace(int(steps[first]), int(steps[end - 1]), STRETCHES + 1)[1:-1].astype(np.int64)
        cuts = [first, *np.searchsorted(steps, edges).tolist(), end]
        return [(a, b) for a, b in itertools.pairwise(cuts) if b > a]

    def _in_stretches(self, parts: list[tuple[int, int]], pixels: int) -> tuple[NDArray, NDArray]:
        columns = (self._steps.values, self._values.values)
        share = pixels // STRETCHES
        views = [self._pyramid.view(columns, a, b, share, neighbours=False) for a, b in parts]
        first, end = parts[0][0], parts[-1][1]
        before = [column[max(first - 1, 0) : first] for column in columns]
        after = [column[end : end + 1] for column in columns]
        x, y = (np.concatenate(column) for column in zip(before, *views, after, strict=True))
        return x, y


def index_of(steps: NDArray[np.int64], step: float, *, after: bool = False) -> int:
    """Return the index of the first step at or beyond `step`, or beyond it only (`after`).

    Looks for a whole number: a float would have numpy convert every step first.
    """
    if math.isnan(step):
        return 0
    if math.isinf(step):
        return 0 if step < 0 else len(steps)
    whole = min(max(math.floor(step) if after else math.ceil(step), -FAR), FAR)
    return int(np.searchsorted(steps, np.int64(whole), side="right" if after else "left"))


def _widest_gap(steps: NDArray[np.int64]) -> int:
    return int(np.diff(steps).max()) if len(steps) > 1 else 0


def _sorted(steps: NDArray, values: NDArray) -> tuple[NDArray, NDArray]:
    """Return points in the order of their steps, each step once, with the value that came last."""
    order = np.argsort(steps, kind="stable")
    steps, values = steps[order], values[order]
    last = np.append(steps[1:] != steps[:-1], True)
    return steps[last], values[last]
