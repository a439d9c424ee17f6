"""The numbers of plots as tables: what is shown, and every seed by itself.

A table begins with lines that start with "# " and say where it comes from: experiment, run ids, seeds,
fingerprint, view. Readers of tables pass over such lines (`comment="#"`), and in a spreadsheet each is one
cell above the heads of the columns. Every row names the seeds behind its mean, or its run.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wnin_desktop.qt.plots.curves import Curves
from wnin_desktop.qt.plots.figure_info import FigureInfo
from wnin_desktop.qt.plots.lens import Mode
from wnin_desktop.qt.plots.smooth import Smoothing
from wnin_desktop.runs.watch.band import Band
from wnin_desktop.runs.watch.bands import TRAIN_LOSS, Bands
from wnin_desktop.runs.watch.run import WatchedRun

SHOWN = ("metric", "arm", "seeds", "at", "mean", "low", "high", "n", "smoothed")
RAW = ("metric", "arm", "seed", "run", "at", "value")
Cell = str | float | int | None
Sight = tuple[float, float]


@dataclass(frozen=True)
class Column:
    """The numbers of one curve; `words` are the same in each row."""

    words: tuple[Cell, ...]
    numbers: tuple[NDArray, ...]

    def rows(self) -> Iterator[tuple[Cell, ...]]:
        """Return the rows of a table."""
        for values in zip(*(column.tolist() for column in self.numbers), strict=True):
            yield (*self.words, *(None if value != value else value for value in values))  # noqa: PLR0124 - NaN alone differs from itself


@dataclass(frozen=True)
class Measured:
    """What one run measured of the metrics that a plot needs, as views: series only grow."""

    run_id: str
    arm: str
    seed: int
    series: dict[str, tuple[NDArray, NDArray]]

    def copied(self) -> WatchedRun:
        """Return a run of its own, which whoever trains does not touch."""
        copy = WatchedRun(self.run_id, self.arm, self.seed)
        for key, (steps, values) in self.series.items():
            copy.open_series(key).extend(steps, values)
        return copy


@dataclass(frozen=True)
class Taken:
    """What a plot shows at one moment. To take it costs nothing; to make its columns may, in any thread."""

    key: str
    arms: tuple[str, ...]
    seen: tuple[str, ...]
    mode: Mode
    baseline: str
    smoothing: Smoothing
    sight: Sight
    runs: tuple[Measured, ...]

    @classmethod
    def of(cls, curves: Curves, sight: Sight) -> Taken:
        """Take what curves show between two x."""
        lens, experiment = curves.lens, curves.experiment
        keys = (curves.key, TRAIN_LOSS) if lens.mode == "matched" else (curves.key,)
        runs = tuple(_measured(run, keys) for arm in experiment.arms for run in experiment.runs_of(arm))
        return cls(
            curves.key, experiment.arms, tuple(curves.arms), lens.mode, curves.baseline, lens.smoothing,
            sight, runs,
        )  # fmt: skip


Make = Callable[[Taken], list[Column]]


def _measured(run: WatchedRun, keys: Sequence[str]) -> Measured:
    there = {key: run.series[key] for key in keys if key in run.series}
    return Measured(
        run.run_id, run.arm, run.seed, {key: (series.steps, series.values) for key, series in there.items()}
    )


def shown(taken: Taken) -> list[Column]:
    """Return means, intervals, n and smoothed means of the arms that are seen."""
    by_arm: dict[str, list[WatchedRun]] = {arm: [] for arm in taken.arms}
    for run in taken.runs:
        by_arm[run.arm].append(run.copied())
    bands = Bands(by_arm.__getitem__)
    found = []
    for arm in taken.seen:
        band = _band(taken, bands, arm)
        if band is not None and len(band):
            words = (taken.key, arm, _seeds(taken, by_arm, arm))
            found.append(Column(words, _numbers(band, taken.smoothing, taken.sight)))
    return found


def _band(taken: Taken, bands: Bands, arm: str) -> Band | None:
    """Return what `Curves.whole` returns of the living comparison."""
    if taken.mode == "matched":
        return bands.against_train_loss(arm, taken.arms, taken.key)
    if taken.mode == "difference":
        return bands.difference(arm, taken.baseline, taken.key).band()
    return bands.of(arm, taken.key).band()


def _seeds(taken: Taken, by_arm: dict[str, list[WatchedRun]], arm: str) -> str:
    """Return the seeds of an arm that have measured the metric; in differences those of both arms."""
    seeds = [run.seed for run in by_arm[arm] if taken.key in run.series]
    if taken.mode == "difference":
        theirs = {run.seed for run in by_arm[taken.baseline] if taken.key in run.series}
        seeds = [seed for seed in seeds if seed in theirs]
    return " ".join(map(str, seeds))


def _numbers(band: Band, smoothing: Smoothing, sight: Sight) -> tuple[NDArray, ...]:
    seen = (band.steps >= sight[0]) & (band.steps <= sight[1])
    smooth = np.full(len(band), np.nan) if smoothing.kind == "none" else smoothing(np.asarray(band.mean))
    columns = (band.steps, band.mean, band.low, band.high, band.n, smooth)
    return tuple(column[seen] for column in columns)


def raw(taken: Taken) -> list[Column]:
    """Return what every run of the arms that are seen measured; against training loss all of it."""
    found = []
    for run in taken.runs:
        if run.arm in taken.seen and taken.key in run.series:
            steps, values = run.series[taken.key]
            seen = slice(None) if taken.mode == "matched" else _between(steps, taken.sight)
            found.append(Column((taken.key, run.arm, run.seed, run.run_id), (steps[seen], values[seen])))
    return found


def _between(steps: NDArray, sight: Sight) -> slice:
    return slice(int(np.searchsorted(steps, sight[0])), int(np.searchsorted(steps, sight[1], side="right")))


def table(columns: Sequence[Column], head: Sequence[str], info: FigureInfo, *, tabs: bool = False) -> str:
    """Return a table as CSV or TSV, led by where it comes from; numbers keep every digit."""
    text = io.StringIO()
    text.writelines(f"# {' '.join(line.split())}\n" for line in info.text().splitlines())
    writer = csv.writer(text, delimiter="\t" if tabs else ",", lineterminator="\n")
    writer.writerow(head)
    writer.writerows(_safe(row) for column in columns for row in column.rows())
    return text.getvalue()


def _safe(row: Iterable[Cell]) -> list[Cell]:
    """Return cells that no spreadsheet takes for a formula."""
    return [f"'{cell}" if isinstance(cell, str) and cell[:1] in tuple("=+-@") else cell for cell in row]
