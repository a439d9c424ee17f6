"""From the store to a `ComparisonSummary`. Runs that diverged, failed or never began are in it too."""

from __future__ import annotations

import math
from collections.abc import Mapping

from wnin_desktop.runs.report.series import MOST_POINTS, RunColumns, arm_series, run_columns
from wnin_desktop.runs.report.summary import (
    LEFT_OUT,
    ComparisonSummary,
    CurvatureCost,
    Divergence,
    MetricSeries,
    Reading,
    RunSummary,
    Yardstick,
)
from wnin_desktop.runs.store import RunRecord, Store
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.events import (
    Checkpoint,
    Curvature,
    Diverged,
    Failed,
    Finished,
    Intervention,
    RunEvent,
    RunStarted,
)
from wnin_desktop.schema.fingerprint import fingerprint
from wnin_desktop.schema.metrics import METRICS
from wnin_desktop.schema.run import CompareConfig, RunConfig

LARGEST_LOSS = 700.0
"""exp of more than this is no finite number."""


def collect(store: Store, experiment_id: str, *, most_points: int = MOST_POINTS) -> ComparisonSummary:
    """Return what an experiment recorded so far.

    Args:
        store: Where it was recorded; open for reading is enough.
        experiment_id: Its id, or the beginning of it.
        most_points: Points a series may have; longer ones are averaged over blocks of steps.

    Raises:
        InputError: There is no such experiment.
        StoreError: What it stored is damaged.
    """
    record = store.experiment(experiment_id)
    config = validate(CompareConfig, record.config, source=f"experiment {record.experiment_id}")
    records = {run.run_id: run for run in store.runs(experiment_id=record.experiment_id, trashed=None)}
    block = max(1, math.ceil(config.budget.steps / most_points))
    runs: list[RunSummary] = []
    columns: dict[str, list[RunColumns]] = {arm.name: [] for arm in config.arms}
    for planned in config.runs():
        run_id = f"{record.experiment_id}/{planned.arm.name}/s{planned.seed}"
        if run_id not in records:
            runs.append(_not_started(planned, run_id))
            continue
        run, measured = _collect_run(store, records[run_id], block)
        runs.append(run)
        columns[run.arm].append(measured)
    series = _all_series(columns, runs, block)
    return ComparisonSummary(
        experiment_id=record.experiment_id,
        name=record.name,
        status=record.status,
        created=record.created,
        note=record.note,
        tags=record.tags,
        fingerprint=record.fingerprint,
        config=config,
        runs=tuple(runs),
        series=series,
        yardstick=_yardstick(runs, series),
    )


def summarize_run(store: Store, run_id: str) -> RunSummary:
    """Return one run by its id or the beginning of it.

    Raises:
        InputError: There is no such run, or more than one.
        StoreError: What it stored is damaged.
    """
    record = store.run(run_id)
    return _collect_run(store, record, max(1, math.ceil(record.steps / MOST_POINTS)))[0]


def _not_started(planned: RunConfig, run_id: str) -> RunSummary:
    return RunSummary(
        run_id=run_id,
        arm=planned.arm.name,
        seed=planned.seed,
        state="not started",
        steps=planned.budget.steps,
        committed=0,
        fingerprint=fingerprint(planned),
    )


def _collect_run(store: Store, record: RunRecord, block: int) -> tuple[RunSummary, RunColumns]:
    events = store.events(record.run_id)
    curvature = [event for event in events if isinstance(event, Curvature)]
    columns = run_columns(record.seed, store.series(record.run_id), curvature, block)
    begun = [event for event in events if isinstance(event, RunStarted)]
    ends = [event for event in events if isinstance(event, Finished)]
    end = ends[-1] if ends else None
    first = begun[-1].resumed_from or 0 if begun else 0
    taken = end.step - first if end is not None else 0
    never = {metric.key for metric in METRICS} - columns.last.keys()
    summary = RunSummary(
        run_id=record.run_id,
        arm=record.arm,
        seed=record.seed,
        state=record.status,
        steps=record.steps,
        committed=record.committed,
        fingerprint=record.fingerprint,
        parameters=record.parameters,
        device=record.device,
        host=begun[-1].host if begun else None,
        versions=begun[-1].versions if begun else {},
        perplexity_floor=begun[-1].perplexity_floor if begun else None,
        started=record.started,
        finished=record.finished,
        wall_s=end.wall_s if end is not None else None,
        steps_per_s=taken / end.wall_s if end is not None and taken > 0 and end.wall_s > 0 else None,
        gradient_evaluations=end.gradient_evaluations if end is not None else None,
        curvature=_curvature_cost(curvature),
        final=_final(record, is_sequence="perplexity" in columns.last),
        last={key: Reading(*found) for key, found in columns.last.items()},
        reasons={key: why for key, why in store.reasons(record.run_id).items() if key in never},
        divergence=_divergence(events),
        failure=next((event.error for event in reversed(events) if isinstance(event, Failed)), None),
        resumed_from=tuple(event.resumed_from for event in begun if event.resumed_from is not None),
        checkpoints=tuple(event for event in events if isinstance(event, Checkpoint)),
        interventions=tuple(event for event in events if isinstance(event, Intervention)),
    )
    return summary, columns


def _final(record: RunRecord, *, is_sequence: bool) -> dict[str, float]:
    final = {key: value for key, value in record.final.items() if value is not None}
    if is_sequence and "val_loss" in final and final["val_loss"] < LARGEST_LOSS:
        final.setdefault("perplexity", math.exp(final["val_loss"]))
    return final


def _curvature_cost(events: list[Curvature]) -> CurvatureCost | None:
    if not events:
        return None
    return CurvatureCost(
        methods=tuple(dict.fromkeys(event.method for event in events)),
        estimates=len(events),
        probes=events[-1].probes,
        examples=events[-1].examples,
        gradients=sum(event.cost_gradients for event in events),
    )


def _divergence(events: list[RunEvent]) -> Divergence | None:
    for event in events:
        if isinstance(event, Diverged):
            return Divergence(event.step, event.reason, event.last_finite_step)
    return None


def _all_series(
    columns: Mapping[str, list[RunColumns]], runs: list[RunSummary], block: int
) -> dict[str, dict[str, MetricSeries]]:
    kept = {(run.arm, run.seed) for run in runs if run.state not in LEFT_OUT}
    found: dict[str, dict[str, MetricSeries]] = {}
    for metric in METRICS:
        if metric.key == "hessian_trace_se":
            continue  # it travels with the trace
        for arm, measured in columns.items():
            chosen = {run.seed for run in measured if (arm, run.seed) in kept}
            series = arm_series(metric, arm, measured, chosen, block)
            if series.measured:
                found.setdefault(metric.key, {})[arm] = series
    return found


def _yardstick(runs: list[RunSummary], series: Mapping[str, Mapping[str, MetricSeries]]) -> Yardstick:
    finished = [run for run in runs if run.state == "completed" and "val_loss" in run.final]
    if finished:
        return Yardstick("final", max(run.committed for run in finished))
    reached = [
        run.last["val_loss"].step for run in runs if run.state not in LEFT_OUT and "val_loss" in run.last
    ]
    if not reached or "val_loss" not in series:
        return Yardstick("nothing")
    return Yardstick("evaluation", min(reached))
