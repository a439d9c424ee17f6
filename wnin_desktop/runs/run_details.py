"""Everything the store knows of a run or an experiment beside its curves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wnin_desktop.runs.store import ExperimentRecord, RunRecord, Store
from wnin_desktop.schema.events import Diverged, Failed, Finished, Intervention, RunStarted
from wnin_desktop.schema.manifest import Manifest
from wnin_desktop.schema.metrics import BY_KEY

UNFINISHED = ("running", "stopped", "interrupted", "failed")


@dataclass(frozen=True)
class Measured:
    """A metric of a run: its final score, and the last value with its step."""

    key: str
    title: str
    unit: str
    final: float | None
    last: float | None
    step: int | None


@dataclass(frozen=True)
class RunDetails:
    """A run: its record, and what its events say.

    Attributes:
        wall_s: Seconds of training until the end that was recorded last.
        gradient_evaluations: Cost of the run.
        resumed_from: Steps it went on from.
    """

    record: RunRecord
    experiment: ExperimentRecord
    host: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    measured: tuple[Measured, ...] = ()
    interventions: tuple[Intervention, ...] = ()
    diverged: Diverged | None = None
    failed: Failed | None = None
    wall_s: float | None = None
    gradient_evaluations: int | None = None
    resumed_from: tuple[int, ...] = ()
    checkpoints: tuple[Manifest, ...] = ()
    resume_step: int | None = None


@dataclass(frozen=True)
class ExperimentDetails:
    """An experiment: its record, its runs and its checkpoints; `failed` is the newest error of a run."""

    record: ExperimentRecord
    runs: tuple[RunRecord, ...] = ()
    checkpoints: tuple[Manifest, ...] = ()
    resume_step: int | None = None
    failed: Failed | None = None
    interventions: tuple[Intervention, ...] = ()


def run_details(store: Store, run_id: str) -> RunDetails:
    """Return what is known of a run.

    Raises:
        InputError: There is no such run.
        StoreError: What it stored is damaged.
    """
    record = store.run(run_id)
    events = store.events(record.run_id, [RunStarted, Intervention, Diverged, Failed, Finished])
    started = [each for each in events if isinstance(each, RunStarted)]
    finished = [each for each in events if isinstance(each, Finished)]
    checkpoints = store.checkpoints(record.experiment_id)
    return RunDetails(
        record,
        store.experiment(record.experiment_id),
        host=started[-1].host if started else "",
        versions=started[-1].versions if started else {},
        measured=_measured(store, record),
        interventions=tuple(each for each in events if isinstance(each, Intervention)),
        diverged=_last(events, Diverged),
        failed=_last(events, Failed) if record.status == "failed" else None,
        wall_s=finished[-1].wall_s if finished else None,
        gradient_evaluations=finished[-1].gradient_evaluations if finished else None,
        resumed_from=tuple(each.resumed_from for each in started if each.resumed_from is not None),
        checkpoints=tuple(each for each in checkpoints if each.run_id in (None, record.run_id)),
        resume_step=_resume_step(store, record.experiment_id, [record]),
    )


def experiment_details(store: Store, experiment_id: str) -> ExperimentDetails:
    """Return what is known of an experiment.

    Raises:
        InputError: There is no such experiment.
        StoreError: What it stored is damaged.
    """
    record = store.experiment(experiment_id)
    runs = store.runs(experiment_id=record.experiment_id, trashed=None)
    failed = [_last(store.events(run.run_id, [Failed]), Failed) for run in runs if run.status == "failed"]
    turned: dict[tuple[Any, ...], Intervention] = {}
    for run in runs:
        for each in store.events(run.run_id, [Intervention]):
            turned.setdefault((each.step, each.knob, each.value, run.arm), each)  # type: ignore[union-attr] - only those were asked for
    return ExperimentDetails(
        record,
        tuple(runs),
        tuple(store.checkpoints(record.experiment_id)),
        _resume_step(store, record.experiment_id, runs),
        max((each for each in failed if each is not None), key=lambda each: each.timestamp, default=None),
        tuple(sorted(turned.values(), key=lambda each: each.step)),
    )


def _last(events: list[Any], kind: type[Any]) -> Any:
    return next((each for each in reversed(events) if isinstance(each, kind)), None)


def _resume_step(store: Store, experiment_id: str, runs: list[RunRecord]) -> int | None:
    """Return the step that training could go on from; None where nothing is to do, 0 is from the start."""
    if not any(run.status in UNFINISHED for run in runs):
        return None
    latest = store.latest_checkpoint(experiment_id)
    return latest.step if latest is not None else 0


def _measured(store: Store, record: RunRecord) -> tuple[Measured, ...]:
    series = store.series(record.run_id, list(BY_KEY))
    found = []
    for key, metric in BY_KEY.items():
        there = np.flatnonzero(~np.isnan(series[key]))
        final = record.final.get(key)
        if len(there) or final is not None:
            last = float(series[key][there[-1]]) if len(there) else None
            step = int(series["step"][there[-1]]) if len(there) else None
            found.append(Measured(key, metric.title, metric.unit, final, last, step))
    return tuple(found)
