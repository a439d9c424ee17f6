"""Which arm leads: outcomes at the end, or at the last evaluation that all runs have reached."""

from __future__ import annotations

import math
from collections.abc import Sequence

from wnin_desktop.analysis.leader import LeaderRow, leader_table
from wnin_desktop.runs.watch.run import LEFT_OUT, WatchedRun, common_step
from wnin_desktop.schema.metrics import BY_KEY

NO_RUN = "no run reached the outcome"


def leader_rows(runs: Sequence[WatchedRun], arms: Sequence[str], baseline: str, key: str) -> list[LeaderRow]:
    """Return one row per arm, the best first; arms without an outcome come last.

    Args:
        runs: All runs of the comparison.
        arms: Its arms.
        baseline: The arm that differences are taken against.
        key: The metric.
    """
    better = BY_KEY[key].better if key in BY_KEY else "lower"
    outcomes = _outcomes(runs, arms, key)
    known = {arm: table for arm, table in outcomes.items() if table}
    if not known:
        return [_without(arm, runs) for arm in arms]
    if baseline not in known:
        # Nothing can be paired with it; the others keep their own means.
        known[baseline] = {run.seed: None for run in runs if run.arm == baseline} or {0: None}
    rows = leader_table(known, baseline, better="higher" if better == "higher" else "lower")
    named = [row for row in rows if outcomes[row.arm]]
    return [*named, *(_without(arm, runs) for arm in arms if not outcomes[arm])]


def _outcomes(
    runs: Sequence[WatchedRun], arms: Sequence[str], key: str
) -> dict[str, dict[int, float | None]]:
    """Return by arm and seed the outcome, None where the run diverged; runs without one are left out."""
    is_over = all(run.has_ended for run in runs) and any(run.status == "completed" for run in runs)
    step = None if is_over else common_step(runs, key)
    table: dict[str, dict[int, float | None]] = {arm: {} for arm in arms}
    for run in runs:
        value = _final(run, key) if is_over else _at(run, key, step)
        if run.status == "diverged":
            table[run.arm][run.seed] = None
        elif value is not None and math.isfinite(value):
            table[run.arm][run.seed] = value
    return table


def _final(run: WatchedRun, key: str) -> float | None:
    if run.status != "completed":
        return None
    if key in run.final:
        return run.final[key]
    last = run.series[key].last if key in run.series else None
    return None if last is None else last[1]


def _at(run: WatchedRun, key: str, step: int | None) -> float | None:
    if run.status in LEFT_OUT or step is None or key not in run.series:
        return None
    return run.series[key].at(step)


def _without(arm: str, runs: Sequence[WatchedRun]) -> LeaderRow:
    seeds = sum(run.arm == arm for run in runs)
    return LeaderRow(arm, None, seeds, 0, None, 0, None, None, "cannot conclude", NO_RUN)
