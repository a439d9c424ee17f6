"""The leader table of a comparison: best validation loss first, every number with its interval and n."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from wnin_desktop.analysis.leader import LeaderRow, leader_table
from wnin_desktop.analysis.statistics import Interval, mean_interval
from wnin_desktop.runs.report.summary import ComparisonSummary, RunSummary, State
from wnin_desktop.runs.report.text import count, listing

OUTCOME = "val_loss"
SCORES = (
    "val_loss", "accuracy", "perplexity", "clean_train_loss", "test_loss", "test_accuracy",
    "hessian_trace_est", "sharpness_proxy",
)  # fmt: skip
"""Metrics a row may hold, in the order of the columns."""
UNFINISHED: tuple[State, ...] = ("failed", "interrupted", "stopped", "running", "not started")
ALL_DIVERGED = "every finished run diverged, so there is no mean"
NO_RUN = "no run reached the outcome"


@dataclass(frozen=True)
class Leader:
    """One arm of the table.

    Attributes:
        row: Validation loss, difference to the baseline and word, over seeds.
        scores: By metric, mean and interval over the seeds that have an outcome; absent where nobody has.
        trace_error: Standard error that the probes give the mean Hessian trace; 0 where it is exact, None
            where there is no trace.
        relative_error: The same of the relative trace.
        steps_per_s: Steps that a run of the arm took in a second; all runs of a comparison step together.
        unfinished: Runs by state that have no outcome without having diverged.
    """

    row: LeaderRow
    scores: dict[str, Interval]
    trace_error: float | None
    relative_error: float | None
    steps_per_s: float | None
    unfinished: dict[State, int]

    @property
    def arm(self) -> str:
        """Return the arm's name."""
        return self.row.arm

    @property
    def n(self) -> int:
        """Return the number of seeds behind the validation loss."""
        return 0 if self.row.summary is None else self.row.summary.n


def leaders(summary: ComparisonSummary) -> list[Leader]:
    """Return one row per arm, the lowest validation loss first; arms without an outcome come last."""
    rows = _rows(summary)
    rows.sort(key=lambda row: math.inf if row.summary is None else row.summary.mean)
    return [_leader(summary, row) for row in rows]


def _rows(summary: ComparisonSummary) -> list[LeaderRow]:
    outcomes = summary.outcomes(OUTCOME)
    known = {arm: table for arm, table in outcomes.items() if table}
    baseline = summary.baseline
    if not known.get(baseline):
        # Nothing can be paired with it; the other arms keep their own means.
        known[baseline] = dict.fromkeys(summary.seeds)
    rows = {row.arm: row for row in leader_table(known, baseline)} if known else {}
    return [
        rows[arm] if outcomes[arm] else _without_outcome(arm, rows.get(arm), len(summary.seeds))
        for arm in summary.arms
    ]


def _without_outcome(arm: str, row: LeaderRow | None, seeds: int) -> LeaderRow:
    if row is not None:
        return replace(row, diverged=0, note=NO_RUN)
    return LeaderRow(arm, None, seeds, 0, None, 0, None, None, "cannot conclude", NO_RUN)


def _leader(summary: ComparisonSummary, row: LeaderRow) -> Leader:
    runs = [run for run in summary.runs_of(row.arm) if summary.outcome(run, OUTCOME) is not None]
    paces = [run.steps_per_s for run in summary.runs_of(row.arm) if run.steps_per_s is not None]
    unfinished: dict[State, int] = {
        state: amount
        for state in UNFINISHED
        if (amount := sum(run.state == state for run in _others(summary, row.arm, runs)))
    }
    note = ALL_DIVERGED if row.summary is None and row.diverged else row.note
    if unfinished:
        said = listing(
            [count(amount, f"run {state}", f"runs {state}") for state, amount in unfinished.items()]
        )
        note = "; ".join(part for part in (said, note) if part)
    return Leader(
        row=replace(row, seeds=len(summary.seeds), note=note),
        scores=_scores(summary, runs),
        trace_error=_error(summary, row.arm, "hessian_trace_est", runs),
        relative_error=_error(summary, row.arm, "sharpness_proxy", runs),
        steps_per_s=sum(paces) / len(paces) if paces else None,
        unfinished=unfinished,
    )


def _others(summary: ComparisonSummary, arm: str, runs: list[RunSummary]) -> list[RunSummary]:
    return [run for run in summary.runs_of(arm) if run not in runs]


def _scores(summary: ComparisonSummary, runs: list[RunSummary]) -> dict[str, Interval]:
    scores = {}
    for key in SCORES:
        values = [value for run in runs if (value := summary.outcome(run, key)) is not None]
        if values:
            scores[key] = mean_interval(values)
    return scores


def _error(summary: ComparisonSummary, arm: str, key: str, runs: Iterable[RunSummary]) -> float | None:
    """Return the probes' standard error of the mean over `runs`: sqrt(sum of squares)/n."""
    series = summary.series.get(key, {}).get(arm)
    rows = [series.seeds.index(run.seed) for run in runs if series is not None and run.seed in series.seeds]
    if series is None or series.errors is None or not rows:
        return None
    last = [[error for error in series.errors[row].tolist() if not math.isnan(error)] for row in rows]
    known = [errors[-1] for errors in last if errors]
    return math.sqrt(sum(error**2 for error in known)) / len(known) if known else None


def records(table: list[Leader]) -> list[dict[str, Any]]:
    """Return the table as plain values for JSON and CSV; what is not known is None."""
    return [_record(place, leader) for place, leader in enumerate(table, 1)]


def _record(place: int, leader: Leader) -> dict[str, Any]:
    row = leader.row
    record: dict[str, Any] = {
        "place": place if row.summary is not None else None,
        "arm": row.arm,
        "seeds": row.seeds,
        "diverged": row.diverged,
        "unfinished": sum(leader.unfinished.values()),
    }
    for key in SCORES:
        record |= _interval(key, leader.scores.get(key))
    record |= {
        "hessian_trace_probe_se": leader.trace_error,
        "relative_trace_probe_se": leader.relative_error,
        "steps_per_s": leader.steps_per_s,
    }
    record |= _interval("difference", row.difference)
    return record | {
        "p_value": row.p_value,
        "p_adjusted": row.p_adjusted,
        "verdict": row.word,
        "note": row.note,
    }


def _interval(name: str, found: Interval | None) -> dict[str, float | int | None]:
    return {
        name: found.mean if found else None,
        f"{name}_low": found.low if found else None,
        f"{name}_high": found.high if found else None,
        f"{name}_n": found.n if found else 0,
    }
