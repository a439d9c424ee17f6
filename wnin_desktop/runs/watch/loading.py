"""A recorded comparison, as if it had been watched from its beginning."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wnin_desktop.runs.store import RunRecord, Store
from wnin_desktop.runs.store.packing import Label
from wnin_desktop.runs.watch.experiment import WatchedExperiment
from wnin_desktop.runs.watch.run import KEYS, WatchedRun
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.run import CompareConfig


def load(store: Store, experiment_id: str) -> WatchedExperiment:
    """Return a comparison from the store, as far as it is committed.

    Raises:
        InputError: There is no such experiment.
        StoreError: What it stored is damaged.
    """
    record = store.experiment(experiment_id)
    config = validate(CompareConfig, record.config, source=f"experiment {record.experiment_id}")
    watched = WatchedExperiment.of_config(config, record.experiment_id, origin="stored")
    watched.name = record.name
    for run in store.runs(experiment_id=record.experiment_id, trashed=None):
        watched.apply(store.events(run.run_id))
        _take_steps(store, watched, run)
    watched.alive = record.status == "running"
    watched.take_dirty()
    return watched


def _take_steps(store: Store, watched: WatchedExperiment, record: RunRecord) -> None:
    run = watched.runs[record.run_id]
    columns = store.series(record.run_id, KEYS)
    steps = columns["step"]
    lost = _not_finite(store.labels(record.run_id))
    for key in KEYS:
        there = ~np.isnan(columns[key])
        if key in lost:
            _take_not_finite(watched, run, key, lost[key])
            there[lost[key][lost[key] <= len(steps)] - 1] = True
        if there.any():
            run.open_series(key).extend(steps[there], columns[key][there])
    run.step = max(run.step, record.committed)
    run.status = record.status


def _not_finite(stretches: Sequence[tuple[int, Label]]) -> dict[str, NDArray[np.int64]]:
    """Return by metric the steps at which it was measured and not finite."""
    found: dict[str, list[NDArray[np.int64]]] = {}
    first = 1
    for count, label in stretches:
        for key in label.nonfinite:
            found.setdefault(key, []).append(np.arange(first, first + count))
        first += count
    return {key: np.concatenate(parts) for key, parts in found.items()}


def _take_not_finite(watched: WatchedExperiment, run: WatchedRun, key: str, steps: NDArray[np.int64]) -> None:
    run.not_finite_since[key] = int(steps[0])
    watched.mark_not_finite(run, int(steps[0]), (key,))
