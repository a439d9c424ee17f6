"""The leader table as plain text, CSV, JSON and LaTeX, from one set of columns."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from wnin_desktop.analysis.statistics import Interval
from wnin_desktop.runs.report.leader import Leader, records
from wnin_desktop.runs.report.summary import ComparisonSummary
from wnin_desktop.runs.report.text import (
    NOT_MEASURED,
    count,
    elided,
    estimate,
    fixed,
    listing,
    number,
    plus_minus,
)

BADGES = {
    "baseline": "●",
    "better": "▲",
    "worse": "▼",
    "not separable": "≈",
    "cannot conclude": "○",
}
"""The shape of each word, so that no verdict hangs on colour alone."""
LONGEST_NAME = 36
DISPENSABLE = (
    "sharpness_proxy", "steps_per_s", "clean_train_loss", "hessian_trace_est", "test_loss", "perplexity",
    "test_accuracy", "difference", "accuracy",
)  # fmt: skip
"""Columns a narrow terminal goes without, the first first."""


@dataclass(frozen=True)
class Cell:
    """A value and what stands under it: its interval or n, smaller."""

    main: str
    sub: str = ""

    def line(self) -> str:
        """Return both on one line."""
        return f"{self.main} {self.sub}".strip()


@dataclass(frozen=True)
class Heading:
    """The head of a column: title, unit ("1" has none to show) and what it means."""

    key: str
    title: str
    unit: str
    help: str

    def line(self) -> str:
        """Return title and unit on one line."""
        return self.title if self.unit in ("", "1") else f"{self.title} ({self.unit})"


@dataclass(frozen=True)
class Column:
    """A heading and how a row fills it."""

    heading: Heading
    cell: Callable[[Leader], Cell]
    numeric: bool = True


def columns(summary: ComparisonSummary, table: Sequence[Leader]) -> list[Column]:
    """Return the columns that this comparison can fill; arms come first, the verdict last."""
    having = {key for leader in table for key in leader.scores}
    found = [
        Column(Heading("arm", "Arm", "", "Optimizer and noise."), lambda row: Cell(row.arm), numeric=False),
        *(column for key, column in _score_columns().items() if key == "val_loss" or key in having),
        Column(
            Heading(
                "steps_per_s",
                "Pace",
                "steps/s",
                "Steps a run took in a second, measuring included; all runs step together.",
            ),
            lambda row: Cell(number(row.steps_per_s)),
        ),
        Column(Heading("n", "n", "seeds", "Seeds behind the numbers, of those planned."), _seeds),
    ]
    if len(summary.arms) > 1:
        found += [
            Column(
                Heading(
                    "difference", "Δ validation loss", "nat", f"Arm minus {summary.baseline}, paired by seed."
                ),
                _difference,
            ),
            Column(
                Heading("verdict", "Verdict", "", "Against the baseline, p after Holm."),
                _verdict,
                numeric=False,
            ),
        ]
    return found


def _score_columns() -> dict[str, Column]:
    def score(key: str, title: str, unit: str, about: str) -> Column:
        scale = 100.0 if unit == "%" else 1.0
        return Column(Heading(key, title, unit, about), lambda row: _spread(row.scores.get(key), scale))

    def curved(
        key: str, title: str, unit: str, about: str, error: Callable[[Leader], float | None]
    ) -> Column:
        return Column(Heading(key, title, unit, about), lambda row: _curved(row, key, error(row)))

    found = (
        score("val_loss", "Validation loss", "nat", "Mean loss on the validation split, noise off."),
        score("accuracy", "Accuracy", "%", "Right answers on the validation split."),
        score("perplexity", "Perplexity", "1", "exp of the validation loss."),
        score("clean_train_loss", "Train loss", "nat", "Mean loss on the training split, noise off."),
        score("test_loss", "Test loss", "nat", "Mean loss on the official test set."),
        score("test_accuracy", "Test accuracy", "%", "Right answers on the official test set."),
        curved(
            "hessian_trace_est",
            "Hessian trace",
            "nat/parameter²",
            "± is the standard error of the probes; none where the trace is exact.",
            lambda row: row.trace_error,
        ),
        curved(
            "sharpness_proxy",
            "Relative trace",
            "nat",
            "Curvature in units of the weights, blind to rescaling.",
            lambda row: row.relative_error,
        ),
    )
    return {column.heading.key: column for column in found}


def _spread(found: Interval | None, scale: float = 1.0) -> Cell:
    if found is None:
        return Cell(NOT_MEASURED)
    main, _, interval = estimate(found.mean, found.low, found.high, scale=scale).partition(" ")
    return Cell(main, interval)


def _curved(row: Leader, key: str, error: float | None) -> Cell:
    found = row.scores.get(key)
    if found is None:
        return Cell(NOT_MEASURED)
    return Cell(plus_minus(found.mean, error) if error else _spread(found).main, _spread(found).sub)


def _seeds(row: Leader) -> Cell:
    parts = [f"{row.row.diverged} diverged"] if row.row.diverged else []
    parts += [f"{amount} {state}" for state, amount in row.unfinished.items()]
    return Cell(f"{row.n} of {row.row.seeds}", f"({', '.join(parts)})" if parts else "")


def _difference(row: Leader) -> Cell:
    found = row.row.difference
    if found is None:
        return Cell(NOT_MEASURED)
    spread = _spread(found)
    sign = "+" if found.mean > 0 else ""
    pairs = "" if found.n == row.n else f" n = {found.n}"
    return Cell(sign + spread.main, f"{spread.sub}{pairs}".strip())


def _verdict(row: Leader) -> Cell:
    return Cell(f"{BADGES[row.row.word]} {row.row.word}")


# -- plain text ------------------------------------------------------------------------------------------


def text_table(summary: ComparisonSummary, table: Sequence[Leader], *, width: int | None = None) -> str:
    """Return the table for a terminal: aligned columns, then what they are and what they hide.

    Where it is wider than `width` columns of letters, the columns of `DISPENSABLE` are left out, in that
    order, until it fits, and the text says which.
    """
    shown = columns(summary, table)
    left_out: list[str] = []
    grid, widths = _grid(shown, table)
    for key in DISPENSABLE:
        if width is None or sum(widths) + 2 * (len(widths) - 1) <= width:
            break
        left_out += [column.heading.title for column in shown if column.heading.key == key]
        shown = [column for column in shown if column.heading.key != key]
        grid, widths = _grid(shown, table)
    lines = [_aligned(cells, shown, widths) for cells in grid]
    lines.insert(1, "  ".join("─" * width for width in widths))
    more = [f"Left out for width: {listing(left_out)}."] if left_out else []
    return "\n".join([*lines, "", ruler(summary), *reasons(table), *more])


def _grid(shown: Sequence[Column], table: Sequence[Leader]) -> tuple[list[list[str]], list[int]]:
    grid = [[column.heading.line() for column in shown]]
    grid += [[_plain(column, row) for column in shown] for row in table]
    return grid, [max(map(display_width, cells)) for cells in zip(*grid, strict=True)]


def reasons(table: Sequence[Leader]) -> list[str]:
    """Return what the numbers alone would hide, one sentence for all arms that share it."""
    found: dict[str, list[str]] = {}
    for row in table:
        if row.row.note:
            found.setdefault(row.row.note, []).append(elided(row.arm, LONGEST_NAME))
    return [f"{listing(arms)}: {note}." for note, arms in found.items()]


def _plain(column: Column, row: Leader) -> str:
    cell = column.cell(row)
    if column.heading.key == "arm":
        return elided(cell.main, LONGEST_NAME)
    return cell.main if column.heading.key == "verdict" else cell.line()


def _aligned(cells: Sequence[str], shown: Sequence[Column], widths: Sequence[int]) -> str:
    padded = []
    for cell, column, width in zip(cells, shown, widths, strict=True):
        gap = " " * (width - display_width(cell))
        padded.append(gap + cell if column.numeric else cell + gap)
    return "  ".join(padded).rstrip()


def display_width(text: str) -> int:
    """Return how many columns of a terminal `text` takes: wide letters two, combining marks none."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def ruler(summary: ComparisonSummary) -> str:
    """Return one sentence that says what the numbers of the table are."""
    kind = summary.yardstick.kind
    if kind == "nothing":
        everyone = summary.count("diverged") == len(summary.runs)
        return "Every run diverged; there is no outcome." if everyone else "No run has an outcome yet."
    spread = "Mean over seeds [95 % interval]" if len(summary.seeds) > 1 else "One seed, so no interval"
    if kind == "final":
        return f"{spread}; scores on the whole splits after the last step, noise off."
    return (
        f"{spread}; no run has completed, so these are live scores at step "
        f"{fixed(summary.yardstick.step or 0, 0)} on at most "
        f"{count(summary.config.budget.eval_examples, 'example')}, noise off."
    )


# -- files -----------------------------------------------------------------------------------------------


def as_json(summary: ComparisonSummary, table: list[Leader]) -> str:
    """Return the table as a JSON document; null is not known."""
    return json.dumps(document(summary, table), indent=2, ensure_ascii=False) + "\n"


def document(summary: ComparisonSummary, table: list[Leader]) -> dict[str, Any]:
    """Return the table and what it is about as plain values."""
    return {
        "experiment_id": summary.experiment_id,
        "name": summary.name,
        "fingerprint": summary.fingerprint,
        "baseline": summary.baseline,
        "yardstick": {"kind": summary.yardstick.kind, "step": summary.yardstick.step},
        "units": {
            "val_loss": "nat", "accuracy": "1", "perplexity": "1", "clean_train_loss": "nat",
            "test_loss": "nat", "test_accuracy": "1", "hessian_trace_est": "nat/parameter^2",
            "sharpness_proxy": "nat", "steps_per_s": "1/s", "difference": "nat",
        },
        "level": 0.95,
        "arms": records(table),
    }  # fmt: skip


def as_csv(table: list[Leader]) -> str:
    """Return the table as CSV at full precision; empty is not known."""
    rows = records(table)
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows([{key: _safe(value) for key, value in row.items()} for row in rows])
    return out.getvalue()


def _safe(value: Any) -> Any:
    """Return text that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value


def as_latex(summary: ComparisonSummary, table: Sequence[Leader]) -> str:
    """Return the table as a LaTeX tabular for booktabs."""
    shown = [column for column in columns(summary, table) if column.heading.key != "steps_per_s"]
    alignment = "".join("r" if column.numeric else "l" for column in shown)
    return "\n".join(
        [
            f"% {_comment(summary.name)}",
            f"% experiment {_comment(summary.experiment_id)}, configuration {summary.fingerprint}",
            f"% {ruler(summary)}",
            "% needs \\usepackage{booktabs}",
            f"\\begin{{tabular}}{{{alignment}}}",
            "\\toprule",
            _latex_row(column.heading.line() for column in shown),
            "\\midrule",
            *[_latex_row(_plain_latex(column, row) for column in shown) for row in table],
            "\\bottomrule",
            "\\end{tabular}",
            "",
        ]
    )


def _plain_latex(column: Column, row: Leader) -> str:
    return row.row.word if column.heading.key == "verdict" else column.cell(row).line()


def _latex_row(cells: Iterable[str]) -> str:
    return " & ".join(map(latex_escape, cells)) + " \\\\"


def _comment(text: str) -> str:
    return " ".join(text.split())


LATEX = {
    "\\": "\\textbackslash{}", "&": "\\&", "%": "\\%", "$": "\\$", "#": "\\#", "_": "\\_", "{": "\\{",
    "}": "\\}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "<": "\\textless{}",
    ">": "\\textgreater{}", "−": "$-$", "×": "$\\times$", "±": "$\\pm$", "Δ": "$\\Delta$", "²": "$^2$",
    "–": "--", "\u202f": "\\,", "∞": "$\\infty$", "⁻": "$^-$",
    **{letter: f"$^{digit}$" for digit, letter in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹") if letter != "²"},
}  # fmt: skip


def latex_escape(text: str) -> str:
    """Return `text` with everything that LaTeX would take for a command written as letters."""
    return "".join(LATEX.get(letter, letter) for letter in text)
