"""What a plot draws, gathered from a watched experiment for the range and pixels in sight."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wnin_desktop.qt.plots.lens import Lens
from wnin_desktop.qt.plots.smooth import thinned
from wnin_desktop.runs.watch import matched
from wnin_desktop.runs.watch.band import Band
from wnin_desktop.runs.watch.bands import TRAIN_LOSS
from wnin_desktop.runs.watch.experiment import WatchedExperiment
from wnin_desktop.runs.watch.member import Difference
from wnin_desktop.runs.watch.run import WatchedRun
from wnin_desktop.schema.metrics import BY_KEY

Array = NDArray[np.float64]
Points = tuple[Array, Array]
LOG_PARTS = 8
"""Stretches of a logarithmic axis that share its pixels evenly."""
EVERYTHING = 1 << 30


@dataclass(frozen=True)
class Window:
    """The steps (or losses) in sight and the pixels that show them."""

    low: float = -math.inf
    high: float = math.inf
    pixels: int = EVERYTHING
    log: bool = False

    def parts(self) -> list[Window]:
        """Return stretches whose pixels hold equally many steps each, roughly; one on a linear axis."""
        low = max(self.low, 1.0)
        if not self.log or not math.isfinite(self.high) or self.high <= 2 * low:
            return [self]
        edges = np.geomspace(low, self.high, LOG_PARTS + 1).tolist()
        share = max(1, self.pixels // LOG_PARTS)
        return [Window(a, b, share) for a, b in itertools.pairwise(edges)]


Gather = Callable[[Window], Points | None]
"""Returns the points of one seed's curve."""


class Curves:
    """The curves of one metric of one experiment, through a lens."""

    def __init__(self, experiment: WatchedExperiment, key: str, lens: Lens) -> None:
        self.experiment, self.key, self.lens = experiment, key, lens
        self._smoothed: dict[str, tuple[object, Points]] = {}

    @property
    def baseline(self) -> str:
        """The arm that differences are taken against: the pinned one, or the experiment's own."""
        pinned = self.lens.baseline
        return pinned if pinned in self.experiment.arms else self.experiment.baseline

    @property
    def arms(self) -> list[str]:
        """Arms that are seen; the baseline is none where differences to it are shown."""
        skipped = {self.baseline} if self.lens.mode == "difference" else set()
        return [arm for arm in self.experiment.arms if arm not in self.lens.hidden and arm not in skipped]

    def stamp(self) -> tuple[object, ...]:
        """Return what changes whenever a curve does."""
        keys = (self.key, TRAIN_LOSS) if self.lens.mode == "matched" else (self.key,)
        runs = self.experiment.runs.values()
        points = sum(run.series[key].revision for run in runs for key in keys if key in run.series)
        return (points, len(runs), len(self.experiment.markers))

    # -- means with intervals ------------------------------------------------------------------------------

    def band(self, arm: str, window: Window) -> Band | None:
        """Return an arm's mean and interval for a picture."""
        if self.lens.mode == "matched":
            return self.whole(arm)
        parts = [self._band_part(arm, part) for part in window.parts()]
        found = [part for part in parts if part is not None]
        return _joined(found) if found else None

    def whole(self, arm: str) -> Band | None:
        """Return an arm's mean and interval at every step (or loss)."""
        watched, key = self.experiment, self.key
        if self.lens.mode == "matched":
            return watched.against_train_loss(arm, key)
        if self.lens.mode == "difference":
            return watched.difference(arm, self.baseline, key)
        return watched.band(arm, key)

    def smoothed(self, arm: str, window: Window) -> Points | None:
        """Return an arm's smoothed mean for a picture."""
        band = self.whole(arm)
        if band is None:
            return None
        x, y = self._smooth(arm, band)
        first = max(int(np.searchsorted(x, window.low)) - 1, 0)
        end = int(np.searchsorted(x, window.high, side="right")) + 1
        return thinned(x[first:end], y[first:end], window.pixels)

    def _smooth(self, arm: str, band: Band) -> Points:
        revisions = tuple(
            run.series[self.key].revision for run in self.experiment.runs_of(arm) if self.key in run.series
        )
        state = (self.lens.smoothing, self.lens.mode, self.baseline, len(band), revisions)
        cached = self._smoothed.get(arm)
        if cached is None or cached[0] != state:
            made = (band.steps.astype(np.float64), self.lens.smoothing(np.asarray(band.mean)))
            cached = self._smoothed[arm] = (state, made)
        return cached[1]

    def _band_part(self, arm: str, window: Window) -> Band | None:
        watched, where = self.experiment, (window.low, window.high, window.pixels)
        if self.lens.mode == "difference":
            return watched.difference_view(arm, self.baseline, self.key, *where)
        return watched.band_view(arm, self.key, *where)

    # -- seeds ---------------------------------------------------------------------------------------------

    def seeds(self, arm: str) -> list[Gather]:
        """Return for each seed of an arm what gathers its curve."""
        runs = [run for run in self.experiment.runs_of(arm) if self.key in run.series]
        if self.lens.mode == "matched":
            return [_matched_seed(run, self.key) for run in runs]
        if self.lens.mode == "difference":
            theirs = {run.seed: run for run in self.experiment.runs_of(self.baseline)}
            return [
                _difference_seed(run, theirs[run.seed], self.key)
                for run in runs
                if run.seed in theirs and self.key in theirs[run.seed].series
            ]
        return [_seed(run, self.key) for run in runs]

    # -- extent --------------------------------------------------------------------------------------------

    @property
    def is_scored(self) -> bool:
        """Whether low or high values of the metric are better."""
        return self.key in BY_KEY and BY_KEY[self.key].better != "neither"

    @property
    def is_log(self) -> bool:
        """Whether the vertical axis is logarithmic."""
        return self.key in BY_KEY and self.lens.is_log_y(BY_KEY[self.key])

    @property
    def has_points(self) -> bool:
        """Whether there is anything to draw, seen or hidden."""
        return any(
            len(run.series[self.key]) for run in self.experiment.runs.values() if self.key in run.series
        )

    def last_step(self) -> int:
        """Return the last step at which any run measured the metric."""
        runs = [run for run in self.experiment.runs.values() if self.key in run.series]
        points = [run.series[self.key].last for run in runs]
        return max((point[0] for point in points if point is not None), default=0)


def _joined(parts: list[Band]) -> Band:
    if len(parts) == 1:
        return parts[0]
    columns = [np.concatenate(column) for column in zip(*((_columns(part)) for part in parts), strict=True)]
    order = np.argsort(columns[0], kind="stable")
    steps = columns[0][order]
    fresh = np.append(True, steps[1:] > steps[:-1])
    return Band(*(column[order][fresh] for column in columns))


def _columns(band: Band) -> tuple[NDArray, ...]:
    return (band.steps, band.mean, band.low, band.high, band.n)


def _seed(run: WatchedRun, key: str) -> Gather:
    def gather(window: Window) -> Points | None:
        parts = [run.series[key].view(part.low, part.high, part.pixels) for part in window.parts()]
        if len(parts) == 1:
            return parts[0]
        x, y = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.argsort(x, kind="stable")
        return x[order], y[order]

    return gather


def _difference_seed(run: WatchedRun, other: WatchedRun, key: str) -> Gather:
    def gather(window: Window) -> Points | None:
        low = 0 if not math.isfinite(window.low) else math.floor(window.low)
        high = EVERYTHING if not math.isfinite(window.high) else math.ceil(window.high)
        steps, values = Difference(run.series[key], other.series[key]).part(low, high)
        return thinned(steps.astype(np.float64), values, window.pixels)

    return gather


def _matched_seed(run: WatchedRun, key: str) -> Gather:
    def gather(_window: Window) -> Points | None:
        loss = run.series.get(TRAIN_LOSS)
        return None if loss is None else matched.path(loss, run.series[key])

    return gather
