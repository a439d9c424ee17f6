"""Series of single runs, thinned without bias, put side by side over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wnin_desktop.analysis.statistics import mean_interval
from wnin_desktop.runs.report.summary import Floats, MetricSeries
from wnin_desktop.schema.events import Curvature
from wnin_desktop.schema.metrics import METRICS, Metric

MOST_POINTS = 1000
ERROR_OF = {"hessian_trace_est": "hessian_trace_se", "sharpness_proxy": "relative_trace_se"}
"""Which column holds the standard error of a metric."""


@dataclass(frozen=True)
class Column:
    """One metric of one run: block number, last measured step and value of each point.

    `averaged` says whether any point holds more than one measurement.
    """

    blocks: NDArray[np.int64]
    steps: NDArray[np.int64]
    values: Floats
    averaged: bool


@dataclass(frozen=True)
class RunColumns:
    """What a run measured, by metric; `last` is the last (step, value) of each."""

    seed: int
    columns: Mapping[str, Column]
    last: Mapping[str, tuple[int, float]]


def run_columns(
    seed: int, series: Mapping[str, np.ndarray], curvature: Sequence[Curvature], block: int
) -> RunColumns:
    """Return a run's metrics with every `block` steps averaged into one point.

    Args:
        seed: The run's seed.
        series: Columns of the store, NaN where not measured.
        curvature: The run's estimates; they carry the standard error of the relative trace.
        block: Steps of a point; 1 keeps every measurement.
    """
    steps = np.asarray(series["step"], dtype=np.int64)
    measured = {metric.key: (steps, series[metric.key]) for metric in METRICS if metric.key in series}
    measured["relative_trace_se"] = _relative_errors(curvature)
    columns: dict[str, Column] = {}
    last: dict[str, tuple[int, float]] = {}
    for key, (at, values) in measured.items():
        there = ~np.isnan(values)
        if there.any():
            columns[key] = _averaged(at[there], values[there], block)
            last[key] = (int(at[there][-1]), float(values[there][-1]))
    return RunColumns(seed, columns, last)


def _relative_errors(curvature: Sequence[Curvature]) -> tuple[NDArray[np.int64], Floats]:
    known = {
        event.step: event.relative_trace_se for event in curvature if event.relative_trace_se is not None
    }
    return np.array(sorted(known), dtype=np.int64), np.array([known[step] for step in sorted(known)])


def _averaged(steps: NDArray[np.int64], values: Floats, block: int) -> Column:
    blocks = (steps - 1) // block
    starts = np.flatnonzero(np.diff(blocks, prepend=-1))
    counts = np.diff(starts, append=len(steps))
    means = np.add.reduceat(values, starts) / counts
    return Column(blocks[starts], steps[starts + counts - 1], means, bool((counts > 1).any()))


def arm_series(
    metric: Metric, arm: str, runs: Sequence[RunColumns], kept: set[int], block: int
) -> MetricSeries:
    """Return a metric of an arm over its seeds.

    Args:
        metric: What is wanted.
        arm: The arm's name.
        runs: Its runs.
        kept: Seeds whose runs count in the mean.
        block: As the columns were made with.
    """
    having = [run for run in runs if metric.key in run.columns]
    blocks = np.unique(np.concatenate([run.columns[metric.key].blocks for run in having] or [_NONE]))
    steps = np.zeros(len(blocks), dtype=np.int64)
    for run in having:
        column = run.columns[metric.key]
        at = np.searchsorted(blocks, column.blocks)
        steps[at] = np.maximum(steps[at], column.steps)
    values = _side_by_side(having, metric.key, blocks)
    keep = np.array([run.seed in kept for run in having], dtype=bool)
    mean, low, high, n = bands(values[keep])
    error_key = ERROR_OF.get(metric.key)
    return MetricSeries(
        metric=metric,
        arm=arm,
        steps=steps,
        seeds=tuple(run.seed for run in having),
        values=values,
        kept=keep,
        mean=mean,
        low=low,
        high=high,
        n=n,
        errors=_side_by_side(having, error_key, blocks) if error_key else None,
        block=block if any(run.columns[metric.key].averaged for run in having) else 1,
    )


_NONE = np.zeros(0, dtype=np.int64)


def _side_by_side(runs: Sequence[RunColumns], key: str, blocks: NDArray[np.int64]) -> Floats:
    table = np.full((len(runs), len(blocks)), np.nan)
    for row, run in zip(table, runs, strict=True):
        if key in run.columns:
            column = run.columns[key]
            wanted = np.isin(column.blocks, blocks)  # an error may be known where its value was not finite
            row[np.searchsorted(blocks, column.blocks[wanted])] = column.values[wanted]
    return table


def bands(values: Floats) -> tuple[Floats, Floats, Floats, NDArray[np.int64]]:
    """Return mean, ends of its 95 % interval, and n, each `[points]`, of values `[seeds, points]`.

    NaN is not measured. The mean is NaN where n is 0, the ends are NaN where n is below 2.
    """
    points = values.shape[1]
    mean, low, high = (np.full(points, np.nan) for _ in range(3))
    n = (~np.isnan(values)).sum(axis=0).astype(np.int64)
    for point in np.flatnonzero(n):
        column = values[:, point]
        found = mean_interval(column[~np.isnan(column)].tolist())
        mean[point] = found.mean
        if found.low is not None and found.high is not None:
            low[point], high[point] = found.low, found.high
    return mean, low, high, n
