"""Recorded runs for other programs: CSV, Parquet, TensorBoard.

One row for each step of each run, with the run's id, arm and seed. A number that was not measured is an empty
field (CSV), a null (Parquet) or left out (TensorBoard). An export is complete or absent, never half.
"""

from __future__ import annotations

import contextlib
import csv
import importlib
import io
import math
import secrets
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from wnin_desktop.engine.durable import TEMPORARY, replace, replacing, sync_directory, translated
from wnin_desktop.errors import InputError
from wnin_desktop.runs.store import RunRecord, Store
from wnin_desktop.schema.events import StepMetrics
from wnin_desktop.schema.metrics import METRICS

NUMBERS = ("timestamp", *(metric.key for metric in METRICS))
COLUMNS = ("run_id", "arm", "seed", "step", *NUMBERS, "noise_mode", "schedule_phase", "nonfinite")
"""Columns of an exported table. `nonfinite` names a step's numbers that were not finite, joined by ";"."""


def export_csv(store: Store, run_ids: Sequence[str], path: Path) -> None:
    """Write the steps of runs as one CSV table (UTF-8, comma, a header line); an older file is replaced.

    Numbers are written so that reading them gives the same bits.

    Raises:
        InputError: A run is unknown, or the folder is missing.
        DiskFullError: No space is left.
    """
    runs = _chosen(store, run_ids)
    with _explained(path), replacing(path) as handle:
        text = io.TextIOWrapper(handle, encoding="utf-8", newline="", write_through=True)
        table = csv.writer(text, lineterminator="\n")
        table.writerow(COLUMNS)
        for run in runs:
            table.writerows(_row(step) for step in store.steps(run.run_id))
        text.detach()


def export_parquet(store: Store, run_ids: Sequence[str], path: Path) -> None:
    """Write the steps of runs as one Parquet table, a row group for each run; an older file is replaced.

    Raises:
        InputError: pyarrow is not installed, a run is unknown, or the folder is missing.
        DiskFullError: No space is left.
    """
    arrow, parquet = _extra("pyarrow", "parquet"), _extra("pyarrow.parquet", "parquet")
    schema = _arrow_schema(arrow)
    runs = _chosen(store, run_ids)
    with _explained(path), replacing(path) as handle, parquet.ParquetWriter(handle, schema) as writer:
        for run in runs:
            rows = [_row(step) for step in store.steps(run.run_id)]
            columns = list(zip(*rows, strict=True)) or [()] * len(COLUMNS)
            arrays = [arrow.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
            writer.write_table(arrow.Table.from_arrays(arrays, schema=schema))


def export_tensorboard(store: Store, run_ids: Sequence[str], path: Path) -> None:
    """Write runs as TensorBoard event files into the new folder `path`, one subfolder for each run.

    Raises:
        InputError: tensorboardX is not installed, a run is unknown, or `path` exists.
        DiskFullError: No space is left.
    """
    board = _extra("tensorboardX", "tensorboard")
    runs = _chosen(store, run_ids)
    if path.exists():
        raise InputError.of("path", str(path), "give a folder that does not exist yet")
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}{TEMPORARY}")
    try:
        with _explained(path), translated(path):
            temporary.mkdir()
            for run in runs:
                _write_events(board, temporary / _folder_name(run), store.steps(run.run_id))
            replace(temporary, path)
            sync_directory(path.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _chosen(store: Store, run_ids: Sequence[str]) -> list[RunRecord]:
    if not run_ids:
        raise InputError.of("runs", list(run_ids), "name at least one run")
    return [store.run(run_id) for run_id in run_ids]


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Say in one sentence why `path` cannot be written."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError.of("path", str(path), f"the file cannot be written there ({reason})") from error


def _extra(module: str, what: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError:
        package = module.partition(".")[0]
        hint = f"it needs {package}, which is not installed: pip install 'wnin-desktop[export]'"
        raise InputError.of("format", what, hint) from None


def _row(step: StepMetrics) -> list[Any]:
    numbers = [getattr(step, name) for name in NUMBERS]
    labels = [step.noise_mode, step.schedule_phase, ";".join(step.nonfinite)]
    return [step.run_id, step.arm, step.seed, step.step, *numbers, *labels]


def _arrow_schema(arrow: ModuleType) -> Any:
    kinds = {name: arrow.float64() for name in NUMBERS} | {"seed": arrow.int64(), "step": arrow.int64()}
    return arrow.schema([(name, kinds.get(name, arrow.string())) for name in COLUMNS])


def _folder_name(run: RunRecord) -> str:
    """Return experiment, arm and seed as one plain folder name; the arm's pattern allows no separator."""
    return f"{run.experiment_id}__{run.arm}__s{run.seed}"


def _write_events(board: ModuleType, folder: Path, steps: list[StepMetrics]) -> None:
    writer = board.SummaryWriter(logdir=str(folder))
    try:
        for step in steps:
            for metric in METRICS:
                value = getattr(step, metric.key)
                if value is not None and math.isfinite(value):
                    writer.add_scalar(metric.key, value, step.step, walltime=step.timestamp)
    finally:
        writer.close()
