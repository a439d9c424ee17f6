"""Runs as one CSV table: UTF-8, comma, a header line, an empty field where nothing was measured."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any, BinaryIO

import numpy as np

from wnin_desktop.runs.export_formats.columns import COLUMNS, Steps, read_steps
from wnin_desktop.runs.store import RunRecord, Store

ROWS = 8192
"""Rows that are formatted at a time."""


def write_csv(handle: BinaryIO, store: Store, runs: Sequence[RunRecord]) -> int:
    """Write the steps of `runs` and return how many rows they are.

    Numbers are written with as many digits as reading the same bits takes.
    """
    _write_rows(handle, [COLUMNS])
    written = 0
    for run in runs:
        steps = read_steps(store, run)
        for part in steps.parts(ROWS):
            _write_rows(handle, zip(*(_cells(part, name) for name in COLUMNS), strict=True))
        written += steps.rows
    return written


def _write_rows(handle: BinaryIO, rows: Iterable[Sequence[Any]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    handle.write(text.getvalue().encode())


def _cells(part: Steps, name: str) -> Iterable[Any]:
    """Return one column as Python objects; None becomes an empty field."""
    if name in part.constants():
        return repeat(part.constants()[name], part.rows)
    if name not in part.numbers:
        return np.array(part.words(name), dtype=object)[part.label].tolist()
    column = part.numbers[name]
    cells = column.astype(object)
    cells[np.isnan(column)] = None
    return cells.tolist()
