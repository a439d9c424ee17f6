"""Runs as a local MLflow tracking folder; a number that was not measured is left out.

One MLflow experiment for each experiment and one MLflow run for each run: the settings are parameters, every
measured number is a metric with step and time, and tags hold ids, fingerprint, status and units. The whole
configuration lies beside them as `artifacts/config.json`. Open it with

    MLFLOW_ALLOW_FILE_STORE=true mlflow server --backend-store-uri FOLDER
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from wnin_desktop.errors import InputError
from wnin_desktop.runs.export_formats.columns import UNITS, Steps, read_steps
from wnin_desktop.runs.store import ExperimentRecord, RunRecord, Store
from wnin_desktop.schema.metrics import METRICS

SILENCE = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "MLFLOW_ALLOW_FILE_STORE": "true"}
"""What keeps the package from telling anybody, and makes it write folders; set before it is imported."""
MODULES = ("mlflow.store.tracking.file_store", "mlflow.entities", "mlflow.exceptions")
STATUS = {
    "running": "RUNNING", "completed": "FINISHED", "stopped": "KILLED", "interrupted": "KILLED",
    "diverged": "FAILED", "failed": "FAILED",
}  # fmt: skip
"""How a run ended, in the package's words; the tag `wnin.status` says it in ours."""
BATCH = 1000
"""Most metrics the package takes at a time."""
PARAMETERS = 100
"""Most parameters the package takes at a time."""
NOT_IN_NAMES = re.compile(r"[^\w. :/-]", re.ASCII)
RUN_TAG, EXPERIMENT_TAG = "wnin.run_id", "wnin.experiment_id"


class Tracking(NamedTuple):
    """The modules of mlflow that write a tracking folder."""

    file_store: Any
    entities: Any
    exceptions: Any


def silence() -> None:
    """Keep mlflow from sending anything; before it is imported."""
    os.environ.update(SILENCE)


def write_mlflow(folder: Path, path: Path, store: Store, runs: Sequence[RunRecord], mlflow: Tracking) -> int:
    """Write `runs` into `folder`, which is empty and will be called `path`, and return how many steps.

    Numbers keep all their bits.

    Raises:
        InputError: The package refuses something, such as a name.
        OSError: It cannot be written.
    """
    try:
        return _write(folder, path, store, runs, mlflow)
    except mlflow.exceptions.MlflowException as error:
        # The package wraps what the disk says, and the caller knows better what to do about that.
        if isinstance(error.__context__, OSError):
            raise error.__context__ from None
        raise InputError.of("format", "mlflow", str(error)) from error


def _write(folder: Path, path: Path, store: Store, runs: Sequence[RunRecord], mlflow: Tracking) -> int:
    tracking = mlflow.file_store.FileStore(str(folder), path.absolute().as_uri())
    owners = [store.experiment(each) for each in dict.fromkeys(run.experiment_id for run in runs)]
    places = {
        owner.experiment_id: tracking.create_experiment(name, tags=_experiment_tags(owner, mlflow.entities))
        for owner, name in zip(owners, _names(owners), strict=True)
    }
    written = 0
    for run in runs:
        steps = read_steps(store, run)
        _write_run(tracking, folder, places[run.experiment_id], steps, mlflow.entities)
        written += steps.rows
    return written


def is_mlflow_export(folder: Path) -> bool:
    """Return whether a folder holds runs of this program in the package's layout, and nothing else."""
    experiments = [each for each in folder.iterdir() if each.name != ".trash"]
    return all(_holds(each, EXPERIMENT_TAG) and _holds_ours(each) for each in experiments)


def _holds_ours(experiment: Path) -> bool:
    inside = [each for each in experiment.iterdir() if each.name not in ("tags", "meta.yaml")]
    return all(_holds(each, RUN_TAG) for each in inside)


def _holds(folder: Path, tag: str) -> bool:
    return folder.is_dir() and not folder.is_symlink() and (folder / "tags" / tag).is_file()


def _names(owners: Sequence[ExperimentRecord]) -> Iterator[str]:
    """Yield a name for each experiment; the package wants them to differ."""
    known = [owner.name for owner in owners]
    for owner in owners:
        yield owner.name if known.count(owner.name) == 1 else f"{owner.name} ({owner.experiment_id})"


def _experiment_tags(owner: ExperimentRecord, entities: Any) -> list[Any]:
    said = {
        EXPERIMENT_TAG: owner.experiment_id,
        "wnin.fingerprint": owner.fingerprint,
        "wnin.tags": ", ".join(owner.tags),
        "mlflow.note.content": owner.note,
    }
    return [entities.ExperimentTag(key, value) for key, value in said.items() if value]


def _write_run(tracking: Any, folder: Path, experiment: str, steps: Steps, entities: Any) -> None:
    run = steps.run
    begun = tracking.create_run(
        experiment, "", _milliseconds(run.started), [], f"{run.arm} s{run.seed}"
    ).info.run_id
    parameters = [entities.Param(key, value) for key, value in _parameters(run.config).items()]
    for part in _parts(parameters, PARAMETERS):
        tracking.log_batch(begun, [], part, [])
    tracking.log_batch(begun, [], [], [entities.RunTag(key, value) for key, value in _tags(run).items()])
    _write_metrics(tracking, folder / experiment / begun / "metrics", begun, steps, entities)
    (folder / experiment / begun / "artifacts" / "config.json").write_text(
        json.dumps(run.config, indent=2), encoding="utf-8"
    )
    end = None if run.finished is None else _milliseconds(run.finished)
    status = entities.RunStatus.from_string(STATUS[run.status])
    tracking.update_run_info(begun, status, end, None)


def _parts(things: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(things), size):
        yield things[start : start + size]


def _tags(run: RunRecord) -> dict[str, str]:
    said = {
        RUN_TAG: run.run_id, EXPERIMENT_TAG: run.experiment_id, "wnin.fingerprint": run.fingerprint,
        "wnin.status": run.status, "wnin.arm": run.arm, "wnin.seed": str(run.seed),
        "wnin.device": run.device, "wnin.parameters": str(run.parameters),
        "mlflow.source.name": "wnin-desktop", "mlflow.source.type": "LOCAL",
    }  # fmt: skip
    return said | {f"wnin.unit.{metric.key}": UNITS[metric.key] for metric in METRICS}


def _parameters(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the settings by path, such as `arm.optimizer.lr`, in letters that the package takes."""
    found: dict[str, str] = {}
    for path, value in _settings(config, ""):
        # A slash would make a folder; two paths that differ in odd letters only keep the first.
        found.setdefault(NOT_IN_NAMES.sub("_", path).replace("/", "_")[:250], value)
    return found


def _settings(table: Mapping[str, Any], lead: str) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _settings(value, f"{lead}{name}.")
        elif value is not None:
            yield f"{lead}{name}", value if isinstance(value, str) else json.dumps(value)


def _write_metrics(tracking: Any, folder: Path, begun: str, steps: Steps, entities: Any) -> None:
    """Let the package begin the file of each metric, and append the other points in its own words.

    Point by point the package opens and closes the file each time, which takes minutes for a long run.
    """
    columns = _columns(steps)
    firsts = [entities.Metric(key, *(column[0] for column in columns[key])) for key in columns]
    for part in _parts(firsts, BATCH):
        tracking.log_batch(begun, part, [], [])
    for key, (values, times, numbers) in columns.items():
        lines = [
            f"{time} {value} {step}\n"
            for time, value, step in zip(times[1:], values[1:], numbers[1:], strict=True)
        ]
        with (folder / key).open("a", encoding="utf-8", newline="\n") as handle:
            handle.writelines(lines)


def _columns(steps: Steps) -> dict[str, tuple[list[float], list[int], list[int]]]:
    """Return by key the values, times (ms) and steps of what was measured, and of the final scores."""
    found: dict[str, tuple[list[float], list[int], list[int]]] = {}
    times = (steps.numbers["timestamp"] * 1000.0).astype(np.int64)
    for metric in METRICS:
        column = steps.numbers[metric.key]
        rows = np.flatnonzero(np.isfinite(column))
        if len(rows):
            numbers = steps.numbers["step"][rows].tolist()
            found[metric.key] = (column[rows].tolist(), times[rows].tolist(), numbers)
    run = steps.run
    end = _milliseconds(run.finished if run.finished is not None else run.started)
    for key, value in run.final.items():
        if value is not None and np.isfinite(value):
            found[f"final.{key}"] = ([value], [end], [run.committed])
    return found


def _milliseconds(timestamp: float) -> int:
    return round(timestamp * 1000)
