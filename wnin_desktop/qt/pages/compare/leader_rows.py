"""The leader table of a watched comparison, computed away from the GUI thread on a small copy."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from wnin_desktop.qt.plots.ticks import decimals_of, with_half_width
from wnin_desktop.runs.watch.experiment import WatchedExperiment
from wnin_desktop.runs.watch.run import WatchedRun, common_step
from wnin_desktop.schema.metrics import BY_KEY, METRICS, Metric

if TYPE_CHECKING:
    from wnin_desktop.analysis.leader import LeaderRow
    from wnin_desktop.analysis.statistics import Interval

SCORED: tuple[Metric, ...] = tuple(metric for metric in METRICS if metric.better != "neither")
"""Metrics by which arms can be ranked."""
NOT_KNOWN = "\N{EN DASH}"
PLUS = "+"
ALIKE = 1
"""Rows of a column share their decimals while these differ by no more: beyond, digits would be made up."""
DIGITS = 4
"""Digits of a mean that has no interval."""


@dataclass(frozen=True)
class Snapshot:
    """As much of a comparison as its leader table needs; nobody changes it."""

    experiment: str
    name: str
    key: str
    baseline: str
    arms: tuple[str, ...]
    colours: tuple[int, ...]
    runs: tuple[WatchedRun, ...]


@dataclass(frozen=True)
class Table:
    """The rows, the best first, and what they were computed of."""

    snapshot: Snapshot
    rows: tuple[LeaderRow, ...] = field(default=())

    @cached_property
    def decimals(self) -> dict[str, tuple[int, int]]:
        """By arm the decimals of its mean and of its difference."""
        summaries = shared_decimals([row.summary for row in self.rows])
        differences = shared_decimals([row.difference for row in self.rows])
        return dict(
            zip((row.arm for row in self.rows), zip(summaries, differences, strict=True), strict=True)
        )


def snapshot(experiment: WatchedExperiment, key: str, baseline: str) -> Snapshot:
    """Return a copy of the outcomes of a comparison, one point for each run."""
    runs = list(experiment.runs.values())
    is_over = all(run.has_ended for run in runs) and any(run.status == "completed" for run in runs)
    step = None if is_over else common_step(runs, key)
    copies = tuple(_copied(run, key, step, is_over=is_over) for run in runs)
    return Snapshot(
        experiment.experiment_id,
        experiment.name,
        key,
        baseline,
        experiment.arms,
        tuple(map(experiment.colour_of, experiment.arms)),
        copies,
    )


def _copied(run: WatchedRun, key: str, step: int | None, *, is_over: bool) -> WatchedRun:
    copy = WatchedRun(run.run_id, run.arm, run.seed, status=run.status, step=run.step, final=dict(run.final))
    series = run.series.get(key)
    if series is None:
        return copy
    point = series.last if is_over else None
    if step is not None and (value := series.at(step)) is not None:
        point = (step, value)
    if point is not None:
        copy.open_series(key).extend([point[0]], [point[1]])
    return copy


def computed(taken: Snapshot) -> Table:
    """Return the table; needs scipy, whose first import takes its time."""
    from wnin_desktop.runs.watch.outcomes import leader_rows  # noqa: PLC0415 - scipy: not while the window opens

    if not taken.arms:
        return Table(taken)
    return Table(taken, tuple(leader_rows(taken.runs, taken.arms, taken.baseline, taken.key)))


# -- words ---------------------------------------------------------------------------------------------------


def half_width(found: Interval | None) -> float | None:
    """Return half of an interval, which lies evenly around its mean; None where there is none."""
    return None if found is None or found.low is None or found.high is None else (found.high - found.low) / 2


def shared_decimals(column: Sequence[Interval | None]) -> list[int]:
    """Return the decimals of each mean of a column: two significant digits of the finest half-width."""
    halves = [half_width(found) for found in column]
    known = [decimals_of(half) for half in halves if half]
    own = [decimals_of(half) if half else _of_mean(found) for half, found in zip(halves, column, strict=True)]
    return [max((each for each in known if each - mine <= ALIKE), default=mine) for mine in own]


def _of_mean(found: Interval | None) -> int:
    if found is None or not found.mean:
        return 0
    return DIGITS - 1 - math.floor(math.log10(abs(found.mean)))


def estimate(found: Interval | None, decimals: int, *, signed: bool = False) -> str:
    """Return a mean with half of its interval: 0.312 ± 0.021."""
    if found is None:
        return NOT_KNOWN
    sign = PLUS if signed and found.mean > 0 else ""
    return f"{sign}{with_half_width(found.mean, half_width(found), decimals)}"


def cells(row: LeaderRow, table: Table) -> tuple[str, ...]:
    """Return a row of a table as text: arm, metric, n, diverged, difference, verdict."""
    n = row.summary.n if row.summary is not None else 0
    of_summary, of_difference = table.decimals[row.arm]
    return (
        row.arm,
        estimate(row.summary, of_summary),
        f"{n}/{row.seeds}",
        str(row.diverged),
        estimate(row.difference, of_difference, signed=True),
        row.word,
    )


def heads(table: Table) -> tuple[str, ...]:
    """Return the heads of the columns."""
    metric = BY_KEY[table.snapshot.key]
    unit = "" if metric.unit == "1" else f" ({metric.unit})"
    return (
        "Arm",
        f"{metric.title}{unit} ± 95 %",
        "n",
        "Diverged",
        f"Difference to {table.snapshot.baseline} ± 95 %",
        "Verdict",
    )


def as_tsv(table: Table) -> str:
    """Return the table for a spreadsheet: every number by itself, with all its digits."""
    key = table.snapshot.key
    head = ["arm", key, f"{key}_low", f"{key}_high", "n", "seeds", "diverged", "difference", "difference_low",
            "difference_high", "pairs", "p_adjusted", "verdict", "note"]  # fmt: skip
    lines = [head]
    for row in table.rows:
        mean, low, high = _numbers(row.summary)
        difference, from_, to = _numbers(row.difference)
        n = str(row.summary.n if row.summary is not None else 0)
        lines.append([
            _safe(row.arm), mean, low, high, n, str(row.seeds), str(row.diverged), difference, from_, to,
            str(row.pairs), "" if row.p_adjusted is None else repr(row.p_adjusted), row.word, row.note,
        ])  # fmt: skip
    return "\n".join("\t".join(line) for line in lines) + "\n"


def _numbers(found: Interval | None) -> tuple[str, str, str]:
    values = (None, None, None) if found is None else (found.mean, found.low, found.high)
    mean, low, high = ("" if value is None else repr(float(value)) for value in values)
    return mean, low, high


def _safe(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in tuple("=+-@") else text


def as_latex(table: Table, comment: str) -> str:
    """Return the table as a LaTeX tabular for booktabs; `comment` says where it comes from."""
    from wnin_desktop.runs.report.tables import latex_escape  # noqa: PLC0415 - it brings scipy

    def line(parts: Sequence[str]) -> str:
        # Brackets after a line break would be taken for its option.
        return " & ".join(latex_escape(_spelled(part)) for part in parts) + " \\\\"

    return "\n".join(
        [
            *(f"% {part}" for part in comment.splitlines()),
            "% needs \\usepackage{booktabs}",
            "\\begin{tabular}{lrrrrl}",
            "\\toprule",
            line(heads(table)),
            "\\midrule",
            *(line(cells(row, table)) for row in table.rows),
            "\\bottomrule",
            "\\end{tabular}",
            "",
        ]
    )


def _spelled(text: str) -> str:
    return re.sub("\N{MIDDLE DOT}10", "×10", text)
