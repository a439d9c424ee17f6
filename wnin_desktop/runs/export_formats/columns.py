"""The exported table: its columns, and a run's steps as those columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from wnin_desktop.runs.store import RunRecord, Store
from wnin_desktop.runs.store.packing import Label
from wnin_desktop.schema.metrics import BY_KEY, METRICS

NUMBERS = ("timestamp", *(metric.key for metric in METRICS))
COLUMNS = (
    "run_id", "experiment_id", "arm", "seed", "step", *NUMBERS, "noise_mode", "schedule_phase", "nonfinite",
)  # fmt: skip
"""Columns of an exported table. `nonfinite` names a step's numbers that were not finite, joined by ";"."""
INTEGERS = ("seed", "step")
UNITS = {"step": "1", "timestamp": "s"} | {key: metric.unit for key, metric in BY_KEY.items()}


@dataclass(frozen=True)
class Steps:
    """Consecutive steps of one run: `numbers` are columns of shape [rows], NaN where not measured.

    Row i says `labels[label[i]]` beside its numbers.
    """

    run: RunRecord
    numbers: dict[str, np.ndarray]
    labels: tuple[Label, ...]
    label: np.ndarray

    @property
    def rows(self) -> int:
        """How many steps these are."""
        return len(self.label)

    def constants(self) -> dict[str, str | int]:
        """Return the columns that are the same in every row."""
        run = self.run
        return {
            "run_id": run.run_id, "experiment_id": run.experiment_id, "arm": run.arm, "seed": run.seed,
        }  # fmt: skip

    def words(self, name: str) -> list[str]:
        """Return, for each of `labels`, what column `name` says."""
        if name == "nonfinite":
            return [";".join(label.nonfinite) for label in self.labels]
        return [getattr(label, name) for label in self.labels]

    def parts(self, rows: int) -> Iterator[Steps]:
        """Yield these steps in pieces of at most `rows` that share their memory."""
        for start in range(0, self.rows, rows):
            piece = slice(start, start + rows)
            numbers = {name: column[piece] for name, column in self.numbers.items()}
            yield Steps(self.run, numbers, self.labels, self.label[piece])


def read_steps(store: Store, run: RunRecord) -> Steps:
    """Return the committed steps of a run.

    Raises:
        StoreError: Stored steps are damaged.
    """
    numbers = store.series(run.run_id, NUMBERS)
    stretches = store.labels(run.run_id)
    label = np.repeat(np.arange(len(stretches), dtype=np.int32), [count for count, _ in stretches])
    # A run that is being written may have gained steps between the two readings.
    label = label[: len(numbers["step"])]
    return Steps(run, numbers, tuple(each for _, each in stretches), label)
