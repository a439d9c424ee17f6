"""Runs as TensorBoard event files, one folder for each run; a number that was not measured is left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from wnin_desktop.runs.export_formats.columns import Steps, read_steps
from wnin_desktop.runs.store import RunRecord, Store
from wnin_desktop.schema.metrics import METRICS, Metric

PATTERN = "*.tfevents.*"
"""What event files are called."""
PART_ROWS = 8192


class Protocol(NamedTuple):
    """The modules of tensorboardX that write event files."""

    record_writer: Any
    event_pb2: Any
    summary_pb2: Any


MODULES = (
    "tensorboardX.record_writer", "tensorboardX.proto.event_pb2", "tensorboardX.proto.summary_pb2",
)  # fmt: skip


def write_tensorboard(folder: Path, store: Store, runs: Sequence[RunRecord], protocol: Protocol) -> int:
    """Write the steps of `runs` into new folders in `folder` and return how many steps they are.

    The format holds numbers in single precision; what is not finite there is left out.
    """
    written = 0
    for run in runs:
        place = folder / folder_name(run)
        place.mkdir()
        steps = read_steps(store, run)
        _write_run(place, steps, protocol)
        written += steps.rows
    return written


def folder_name(run: RunRecord) -> str:
    """Return experiment, arm and seed as one plain folder name; the arm's pattern allows no separator."""
    return f"{run.experiment_id}__{run.arm}__s{run.seed}"


def _write_run(folder: Path, steps: Steps, protocol: Protocol) -> None:
    """Write one event file whose bytes depend on nothing but the run."""
    name = f"events.out.tfevents.{int(steps.run.started)}.wnin"
    # Record by record: the package's threaded writer would lose a full disk's error.
    with closing(protocol.record_writer.RecordWriter(str(folder / name))) as records:
        head = protocol.event_pb2.Event(wall_time=steps.run.started, file_version="brain.Event:2")
        records.write(head.SerializeToString())
        for event in _events(steps, protocol):
            records.write(event.SerializeToString())
        records.flush()


def _events(steps: Steps, protocol: Protocol) -> Iterator[Any]:
    """Yield one event for each step; the first value of a metric says its title, meaning and unit."""
    described: set[str] = set()
    for part in steps.parts(PART_ROWS):
        for step, time, values in _measured(part):
            summary = protocol.summary_pb2.Summary()
            for metric, value in values:
                item = summary.value.add(tag=metric.key, simple_value=value)
                if metric.key not in described:
                    described.add(metric.key)
                    item.metadata.display_name = metric.title
                    item.metadata.summary_description = f"{metric.help} Unit: {metric.unit}."
            yield protocol.event_pb2.Event(wall_time=time, step=step, summary=summary)


def _measured(part: Steps) -> Iterator[tuple[int, float, list[tuple[Metric, float]]]]:
    """Yield step, Unix time and the measured numbers of each step that has any."""
    with np.errstate(over="ignore"):
        table = np.array([part.numbers[metric.key] for metric in METRICS], dtype=np.float32)
    finite = np.isfinite(table)
    steps, times = part.numbers["step"].tolist(), part.numbers["timestamp"].tolist()
    for row in np.flatnonzero(finite.any(axis=0)).tolist():
        chosen = np.flatnonzero(finite[:, row])
        values = table[chosen, row].tolist()
        yield steps[row], times[row], [(METRICS[i], value) for i, value in zip(chosen, values, strict=True)]
