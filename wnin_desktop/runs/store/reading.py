"""Reading a run back: series, steps, events. Everything read is checked, and nothing may be missing."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence

import numpy as np

from wnin_desktop.errors import InputError, StoreError
from wnin_desktop.runs.store import batches
from wnin_desktop.runs.store.database import DamagedStoreError, Database, position
from wnin_desktop.runs.store.packing import COLUMNS, Label, Unpacked
from wnin_desktop.schema import events as wire
from wnin_desktop.schema.events import Event, RunEvent, StepMetrics


def read_series(
    database: Database, run_key: int, committed: int, keys: Iterable[str] | None
) -> dict[str, np.ndarray]:
    """Return `step` (int64) and the wanted columns (float64, NaN where not measured), each of shape [steps].

    Raises:
        InputError: A key is no column.
        StoreError: Stored steps are damaged or missing.
    """
    wanted = COLUMNS if keys is None else tuple(key for key in keys if key != "step")
    for key in wanted:
        if key not in COLUMNS:
            raise InputError.of("series", key, f"allowed: step, {', '.join(COLUMNS)}")
    found = _unpacked(database, run_key, committed, wanted)
    return {"step": np.arange(1, found.rows + 1), **dict(zip(wanted, found.table, strict=True))}


def read_steps(database: Database, run: tuple[int, str, str, int], committed: int) -> list[StepMetrics]:
    """Return every stored step of run (key, id, arm, seed) as it was appended.

    Raises:
        StoreError: Stored steps are damaged or missing.
    """
    run_key, run_id, arm, seed = run
    found = _unpacked(database, run_key, committed, COLUMNS)
    labels = _read_labels(database, {int(key) for key in found.segments["label"]})
    numbers = {name: _with_none(column) for name, column in zip(COLUMNS, found.table, strict=True)}
    rows = zip(*numbers.values(), strict=True)
    steps = []
    row = 0
    for count, key in found.segments.tolist():
        label = labels[key]
        said = {
            "noise_mode": label.noise_mode,
            "schedule_phase": label.schedule_phase,
            "reasons": dict(label.reasons),
            "nonfinite": label.nonfinite,
        }
        for _ in range(count):
            row += 1
            values = dict(zip(numbers, next(rows), strict=True))
            steps.append(StepMetrics(run_id=run_id, step=row, arm=arm, seed=seed, **said, **values))
    return steps


def read_stretches(database: Database, run_key: int, committed: int) -> list[tuple[int, Label]]:
    """Return what a run's steps carry besides numbers, as (steps, label) stretches in step order.

    Raises:
        StoreError: Stored steps are damaged or missing.
    """
    segments = _unpacked(database, run_key, committed, ()).segments
    labels = _read_labels(database, set(segments["label"].tolist()))
    return [(rows, labels[key]) for rows, key in segments.tolist()]


def read_reasons(database: Database, run_key: int, committed: int) -> dict[str, tuple[str, ...]]:
    """Return, by metric, the different reasons a run's steps give for null numbers, first said first.

    Raises:
        StoreError: Stored steps are damaged or missing.
    """
    keys = _unpacked(database, run_key, committed, ()).segments["label"]
    labels = _read_labels(database, {int(key) for key in keys})
    found: dict[str, dict[str, None]] = {}
    for key in dict.fromkeys(keys.tolist()):
        for metric, reason in labels[key].reasons:
            found.setdefault(metric, {})[reason] = None
    return {metric: tuple(reasons) for metric, reasons in found.items()}


def read_events(
    database: Database, run_key: int, count: int, types: Sequence[type[Event]] | None
) -> list[RunEvent]:
    """Return a run's events other than steps, in the order they were appended.

    Raises:
        StoreError: Stored events are damaged or missing.
    """
    rows = database.rows(
        "SELECT position, data, crc FROM events WHERE position >= ? AND position < ? ORDER BY position",
        (position(run_key, 0), position(run_key + 1, 0)),
    )
    # More than `count` may be there by now where the run is being written.
    if len(rows) < count or any(row[0] != position(run_key, number) for number, row in enumerate(rows)):
        raise StoreError(
            f"{database.path}: {count} events were stored for this run and {len(rows)} are there."
        )
    found = []
    for number, (where, text, crc) in enumerate(rows):
        if not isinstance(text, str) or crc != zlib.crc32(text.encode(), where):
            raise StoreError(f"{database.path}: event {number} of this run is damaged.")
        event = wire.decode(text)
        if types is None or isinstance(event, tuple(types)):
            found.append(event)
    return found


def _unpacked(database: Database, run_key: int, committed: int, names: Sequence[str]) -> Unpacked:
    try:
        with database.snapshot() as connection:
            found = batches.read(connection, run_key, names)
    except DamagedStoreError:
        raise
    except StoreError as error:
        raise StoreError(f"{database.path}: {error}") from error
    if found.rows < committed:
        raise StoreError(f"{database.path}: {committed} steps were stored and {found.rows} are there.")
    return found


def _read_labels(database: Database, keys: set[int]) -> dict[int, Label]:
    return {key: _read_label(database, key) for key in keys}


def _read_label(database: Database, key: int) -> Label:
    for text, crc in database.rows("SELECT label, crc FROM labels WHERE label_key = ?", (key,)):
        if isinstance(text, str) and crc == zlib.crc32(text.encode(), key):
            mode, phase, reasons, nonfinite = json.loads(text)
            return Label(mode, phase, tuple(map(tuple, reasons)), tuple(nonfinite))
    raise StoreError(f"{database.path}: what is said beside the numbers of some steps is damaged.")


def _with_none(column: np.ndarray) -> list[float | None]:
    values: list[float | None] = column.tolist()
    for index in np.flatnonzero(np.isnan(column)):
        values[index] = None
    return values
