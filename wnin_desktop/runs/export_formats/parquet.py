"""Runs as one Parquet table, column by column; null where nothing was measured."""

from __future__ import annotations

import json
from collections.abc import Sequence
from types import ModuleType
from typing import Any, BinaryIO

import numpy as np

from wnin_desktop.runs.export_formats.columns import COLUMNS, INTEGERS, NUMBERS, UNITS, Steps, read_steps
from wnin_desktop.runs.store import RunRecord, Store
from wnin_desktop.schema.metrics import BY_KEY

GROUP_ROWS = 256 * 1024
"""Most rows of a row group; a row group holds steps of one run."""


def write_parquet(
    handle: BinaryIO, store: Store, runs: Sequence[RunRecord], arrow: ModuleType, parquet: ModuleType
) -> int:
    """Write the steps of `runs` and return how many rows they are.

    The file's metadata name the runs (`wnin.run_ids`), the fingerprint of each (`wnin.fingerprints`) and the
    unit of each number (`wnin.units`), all as JSON; each number's own metadata say unit, title and meaning.

    Args:
        handle: Where to.
        store: Where from.
        runs: Which, in this order.
        arrow: The module `pyarrow`.
        parquet: The module `pyarrow.parquet`.
    """
    schema = _schema(arrow, runs)
    written = 0
    with parquet.ParquetWriter(handle, schema, compression="zstd") as writer:
        for run in runs:
            steps = read_steps(store, run)
            for part in steps.parts(GROUP_ROWS):
                writer.write_table(_table(arrow, schema, part))
            written += steps.rows
    return written


def _schema(arrow: ModuleType, runs: Sequence[RunRecord]) -> Any:
    kinds = dict.fromkeys(NUMBERS, arrow.float64()) | dict.fromkeys(INTEGERS, arrow.int64())
    fields = [arrow.field(name, kinds.get(name, arrow.string()), metadata=_said_of(name)) for name in COLUMNS]
    about = {
        "wnin.run_ids": [run.run_id for run in runs],
        "wnin.fingerprints": {run.run_id: run.fingerprint for run in runs},
        "wnin.units": UNITS,
    }
    return arrow.schema(fields, metadata={key: json.dumps(value) for key, value in about.items()})


def _said_of(name: str) -> dict[str, str] | None:
    if name in BY_KEY:
        return {"unit": UNITS[name], "title": BY_KEY[name].title, "help": BY_KEY[name].help}
    return {"unit": UNITS[name]} if name in UNITS else None


def _table(arrow: ModuleType, schema: Any, part: Steps) -> Any:
    constants = part.constants()

    def column(field: Any) -> Any:
        if field.name in constants:
            return arrow.repeat(arrow.scalar(constants[field.name], field.type), part.rows)
        if field.name in part.numbers:
            # pandas' convention, NaN for what is missing, is the store's too.
            return arrow.array(part.numbers[field.name], field.type, from_pandas=True)
        words = arrow.array(part.words(field.name), field.type)
        return words.take(arrow.array(np.ascontiguousarray(part.label)))

    return arrow.Table.from_arrays([column(field) for field in schema], schema=schema)
