"""Runs of several experiments as one comparison to watch, and a comparison from an exported table."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from wnin_desktop.errors import InputError
from wnin_desktop.runs.export_formats.columns import COLUMNS
from wnin_desktop.runs.store import Store
from wnin_desktop.runs.watch.experiment import WatchedExperiment
from wnin_desktop.runs.watch.run import KEYS, WatchedRun

FEWEST, MOST = 2, 8
MOST_CSV_BYTES = 1 << 30


class Chosen(NamedTuple):
    """An experiment, and which of its runs; None is all of them."""

    experiment_id: str
    run_ids: frozenset[str] | None = None


def load_merged(store: Store, chosen: Sequence[Chosen]) -> WatchedExperiment:
    """Return runs of one or several recorded experiments as one comparison.

    An arm keeps its name where that is unique, and is led by its experiment's otherwise, so that seeds are
    pooled within an experiment only.

    Raises:
        InputError: An experiment is unknown, or no run is left.
        StoreError: What was stored is damaged.
    """
    parts = [(WatchedExperiment.load(store, each.experiment_id), each.run_ids) for each in chosen]
    return merged(parts)


def merged(parts: Sequence[tuple[WatchedExperiment, frozenset[str] | None]]) -> WatchedExperiment:
    """Return one comparison of the chosen runs. It takes over their series, so let nobody else feed them."""
    taken = [
        (experiment, [run for run in experiment.runs.values() if wanted is None or run.run_id in wanted])
        for experiment, wanted in parts
    ]
    ids = sorted(run.run_id for _, runs in taken for run in runs)
    if not ids:
        raise InputError.of("runs", [], "choose runs that have begun")
    label = _labels([(experiment, {run.arm for run in runs}) for experiment, runs in taken])
    digest = hashlib.sha256("\n".join(ids).encode()).hexdigest()[:8]
    name = " + ".join(dict.fromkeys(experiment.name for experiment, _ in taken))
    whole = WatchedExperiment(f"compare-{digest}", name, config=None, origin="stored")
    for experiment, runs in taken:
        _take(whole, experiment, runs, label)
    whole.host = ", ".join(dict.fromkeys(experiment.host for experiment, _ in taken if experiment.host))
    whole.take_dirty()
    return whole


def _take(
    whole: WatchedExperiment,
    experiment: WatchedExperiment,
    runs: Iterable[WatchedRun],
    label: Mapping[tuple[str, str], str],
) -> None:
    taken = {run.run_id: run for run in runs}
    markers = [marker for marker in experiment.markers if marker.run_id in taken]
    for run in taken.values():
        run.arm = label[experiment.experiment_id, run.arm]
        whole._add(run)
    for marker in markers:
        whole.mark(marker.kind, marker.step, taken[marker.run_id], marker.text)


def _labels(parts: Sequence[tuple[WatchedExperiment, set[str]]]) -> dict[tuple[str, str], str]:
    """Return what each arm of each experiment is called in the whole."""
    arms = [arm for _, names in parts for arm in names]
    titles = [experiment.name for experiment, _ in parts]
    found = {}
    for experiment, names in parts:
        title = experiment.name
        if titles.count(title) > 1:
            title = f"{title} {experiment.experiment_id[-4:]}"
        for arm in names:
            found[experiment.experiment_id, arm] = arm if arms.count(arm) == 1 else f"{title}: {arm}"
    return found


# -- an exported table -------------------------------------------------------------------------------------


def read_csv(path: Path) -> WatchedExperiment:
    """Return the runs in a CSV table that this program exported, as one comparison.

    Raises:
        InputError: It is another table, or damaged; the message names the line.
    """
    try:
        if path.stat().st_size > MOST_CSV_BYTES:
            raise InputError.of("file", str(path), "tables of at most 1 GiB are read")
        with path.open(newline="", encoding="utf-8") as handle:
            reader = csv.reader(handle)
            if next(reader, None) != list(COLUMNS):
                hint = "only a CSV that was exported here is read, with its header line"
                raise InputError.of("file", str(path), hint)
            return _watched_of(path, reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError.of("file", str(path), f"it cannot be read ({error})") from error


def _watched_of(path: Path, rows: Iterable[list[str]]) -> WatchedExperiment:
    runs: dict[str, WatchedRun] = {}
    columns: dict[str, list[list[str]]] = {}
    for line, row in enumerate(rows, 2):
        if len(row) != len(COLUMNS):
            raise InputError.of(f"line {line}", len(row), f"a row has {len(COLUMNS)} fields")
        columns.setdefault(row[0], []).append(row)
    whole = WatchedExperiment(f"file-{path.name}", path.stem, config=None, origin="stored")
    places = {name: place for place, name in enumerate(COLUMNS)}
    for run_id, table in columns.items():
        run = runs[run_id] = _run_of(path, table, places)
        whole._add(run)
    if not runs:
        raise InputError.of("file", str(path), "it holds no steps")
    whole.take_dirty()
    return whole


def _run_of(path: Path, table: list[list[str]], places: Mapping[str, int]) -> WatchedRun:
    try:
        steps = np.array([int(row[places["step"]]) for row in table], np.int64)
        run = WatchedRun(table[0][0], table[0][places["arm"]], int(table[0][places["seed"]]))
        if len(steps) > 1 and not (np.diff(steps) > 0).all():
            raise InputError.of("step", run.run_id, "the steps of a run must increase")
        for key in KEYS:
            values = np.array([float(row[places[key]] or "nan") for row in table])
            there = ~np.isnan(values)
            if there.any():
                run.open_series(key).extend(steps[there], values[there])
    except ValueError as error:
        raise InputError.of(
            "file", str(path), f"a field of run {table[0][0]} is no number: {error}"
        ) from None
    run.step = run.steps = int(steps[-1])
    run.status = "completed"
    ends = {key: series.last for key, series in run.series.items()}
    run.final = {key: end[1] for key, end in ends.items() if end is not None}
    return run
