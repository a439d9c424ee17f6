"""The numbers of plots as tables: what is shown, and every seed by itself."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wnin_desktop.qt.plots.curves import Curves, Window
from wnin_desktop.qt.plots.figure_info import FigureInfo

SHOWN = ("metric", "arm", "at", "mean", "low", "high", "n", "smoothed")
RAW = ("metric", "arm", "seed", "run", "at", "value")
Cell = str | float | int | None


@dataclass(frozen=True)
class Column:
    """The numbers of one curve as they are now; `words` are the same in each row."""

    words: tuple[Cell, ...]
    numbers: tuple[NDArray, ...]

    def rows(self) -> Iterator[tuple[Cell, ...]]:
        """Return the rows of a table."""
        for values in zip(*(column.tolist() for column in self.numbers), strict=True):
            yield (*self.words, *(None if value != value else value for value in values))  # noqa: PLR0124 - NaN alone differs from itself


def shown(curves: Curves, sight: tuple[float, float]) -> list[Column]:
    """Return means, intervals, n and smoothed means of the arms that are seen, between two x."""
    found = []
    for arm in curves.arms:
        band = curves.whole(arm)
        if band is None or not len(band):
            continue
        seen = (band.steps >= sight[0]) & (band.steps <= sight[1])
        smooth = np.full(len(band), np.nan)
        if curves.lens.smoothing.kind != "none":
            x, y = curves.smoothed(arm, Window()) or (band.steps, smooth)
            smooth = y if len(x) == len(band) else smooth
        columns = (band.steps, band.mean, band.low, band.high, band.n, smooth)
        found.append(Column((curves.key, arm), tuple(np.array(column[seen]) for column in columns)))
    return found


def raw(curves: Curves, sight: tuple[float, float]) -> list[Column]:
    """Return what every run of the arms that are seen measured, between two steps."""
    everything = curves.lens.mode == "matched"
    found = []
    for arm in curves.arms:
        for run in curves.experiment.runs_of(arm):
            series = run.series.get(curves.key)
            if series is None:
                continue
            steps, values = series.steps, series.values
            seen = slice(None) if everything else _between(steps, sight)
            # Views: series only grow, and a copy of all seeds would hold up the window.
            words = (curves.key, arm, run.seed, run.run_id)
            found.append(Column(words, (steps[seen], values[seen])))
    return found


def _between(steps: NDArray, sight: tuple[float, float]) -> slice:
    return slice(int(np.searchsorted(steps, sight[0])), int(np.searchsorted(steps, sight[1], side="right")))


def table(columns: Sequence[Column], head: Sequence[str], info: FigureInfo, *, tabs: bool = False) -> str:
    """Return a table as CSV, or as TSV without comments; numbers keep every digit."""
    text = io.StringIO()
    if not tabs:
        text.writelines(f"# {line}\n" for line in info.text().splitlines())
    writer = csv.writer(text, delimiter="\t" if tabs else ",", lineterminator="\n")
    writer.writerow(head)
    writer.writerows(_safe(row) for column in columns for row in column.rows())
    return text.getvalue()


def _safe(row: Iterable[Cell]) -> list[Cell]:
    """Return cells that no spreadsheet takes for a formula."""
    return [f"'{cell}" if isinstance(cell, str) and cell[:1] in tuple("=+-@") else cell for cell in row]
