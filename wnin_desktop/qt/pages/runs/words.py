"""What a row of the run table says in each column, in the language and the numbers of this person."""

from __future__ import annotations

import time

from wnin_desktop.qt.numbers import aligned, brief, show
from wnin_desktop.qt.text import tr
from wnin_desktop.runs.run_rows import Column, TableRow

NOTHING = "\u2013"
MEASURED = ("val_loss", "accuracy")
"""Columns of outcomes, which are compared digit by digit."""
MINUTE, HOUR, DAY = 60, 3600, 86400


def status_word(status: str) -> str:
    """Return a status as people call it."""
    words = {
        "running": tr("Running"), "paused": tr("Paused"), "completed": tr("Completed"),
        "stopped": tr("Stopped"), "diverged": tr("Diverged"), "failed": tr("Failed"),
        "interrupted": tr("Interrupted"), "not started": tr("Not started"),
    }  # fmt: skip
    return words.get(status, status)


def standing(status: str, diverged: int = 0) -> str:
    """Return a status with the runs that diverged, which an experiment that completed would not tell."""
    word = status_word(status)
    return tr("{0}, {1} diverged", word, show(diverged)) if counts(status, diverged) else word


def counts(status: str, diverged: int) -> bool:
    """Return whether a status leaves out that runs diverged."""
    return diverged > 0 and status != "diverged"


def look(status: str, diverged: int = 0) -> str:
    """Return the status that one looks like: what completed with losses does not look flawless."""
    return "diverged" if status == "completed" and diverged else status


def cell(row: TableRow, column: Column) -> str:
    """Return the text of a cell; "" where nothing is known."""
    value = getattr(row, column.key)
    match column.kind:
        case "star":
            text = tr("Starred") if value else ""
        case "integer":
            text = steps(row) if column.key == "steps" else seed(row)
        case "number":
            text = number(row, column.key)
        case "text":
            text = value
        case "status":
            text = standing(row.status, row.diverged)
        case _:
            shown = {"tags": ", ".join, "moment": moment, "span": span}
            text = shown[column.kind](value)
    return text


def number(row: TableRow, key: str) -> str:
    """Return a number, or the smallest and the largest where the arms of an experiment differ."""
    value = getattr(row, key)
    if value is None:
        return ""
    if key in MEASURED:
        return aligned(value)
    high = row.high.get(key)
    return brief(value) if high is None else f"{brief(value)} \u2026 {brief(high)}"


def seed(row: TableRow) -> str:
    """Return a run's seed, or how many an experiment has."""
    if row.seed is None:
        return ""
    return show(row.seed) if row.is_run else f"\u00d7{row.seed}"


def steps(row: TableRow) -> str:
    """Return steps done, of those planned where some are missing."""
    if row.steps == row.planned:
        return show(row.steps)
    return f"{show(row.steps)} / {show(row.planned)}"


def moment(timestamp: float | None) -> str:
    """Return a Unix time as date and time of this place."""
    if timestamp is None:
        return ""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(timestamp))


def span(seconds: float | None) -> str:
    """Return a length of time in the two largest units that matter."""
    if seconds is None:
        return ""
    if seconds < MINUTE:
        return tr("{0} s", brief(seconds, 2 if seconds < 10 else 3))
    whole = round(seconds)
    if whole < HOUR:
        return tr("{0} min {1} s", whole // MINUTE, f"{whole % MINUTE:02}")
    if whole < DAY:
        return tr("{0} h {1} min", whole // HOUR, f"{whole % HOUR // MINUTE:02}")
    return tr("{0} d {1} h", whole // DAY, whole % DAY // HOUR)


def of_seeds(n: int) -> str:
    """Return how many seeds a mean is of."""
    return tr("n {0}", n)


def tip(row: TableRow, column: Column) -> str:
    """Return what the pointer is told over a cell."""
    text = cell(row, column)
    if not row.is_run and row.n and column.key in MEASURED:
        return tr("{0}: mean {1} over the final values of {2} seeds", row.best_arm, text, row.n)
    if column.key == "name" and row.is_run:
        return tr("{0}, arm {1}, seed {2}", row.name, row.arm, row.seed)
    if row.origin == "remote" and column.key in ("name", "host"):
        return tr("{0}: trained elsewhere, shown here, not in this store", text)
    unit = "" if column.unit in ("1", "s", "steps") or not text else f" {column.unit}"
    return f"{text}{unit}"


def spoken(row: TableRow, column: Column) -> str:
    """Return a cell for those who do not see the table."""
    return f"{title(column)}: {cell(row, column) or tr('nothing')}"


def title(column: Column) -> str:
    """Return the head of a column."""
    titles = {
        "star": "", "name": tr("Name"), "arm": tr("Arm"), "seed": tr("Seed"), "status": tr("Status"),
        "dataset": tr("Dataset"), "network": tr("Network"), "optimizer": tr("Optimizer"), "lr": tr("lr"),
        "noise": tr("Noise"), "magnitude": tr("Magnitude"), "temperature": tr("T"),
        "schedule": tr("Schedule"), "steps": tr("Steps"), "val_loss": tr("Val loss"),
        "accuracy": tr("Accuracy"), "started": tr("Started"), "duration": tr("Duration"), "tags": tr("Tags"),
        "note": tr("Note"), "host": tr("Host"), "id": tr("Id"),
    }  # fmt: skip
    return titles[column.key]


def full_title(column: Column) -> str:
    """Return the head of a column where there is room, as in the menu of columns."""
    full = {"star": tr("Star"), "lr": tr("Learning rate"), "temperature": tr("Temperature T")}
    return full.get(column.key) or title(column)
