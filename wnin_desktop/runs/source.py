"""Where a run's events come from: the trainer in this process, or the same trainer in a worker process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from wnin_desktop.engine.checkpoint import Snapshot, read_snapshot, write_snapshot
from wnin_desktop.engine.control import RunControl
from wnin_desktop.engine.train import train
from wnin_desktop.schema.events import Intervention, RunEvent
from wnin_desktop.schema.manifest import Manifest, SnapshotReason
from wnin_desktop.schema.run import CompareConfig


@dataclass(frozen=True)
class Job:
    """One comparison to train, or to go on training from the checkpoint that `resume` describes."""

    config: CompareConfig
    experiment_id: str
    checkpoint_dir: Path
    resume: Manifest | None = None
    replay: tuple[Intervention, ...] = field(default=())


KeepManifest = Callable[[Manifest], None]
"""Told of each checkpoint file that was written, before the event that announces it."""


class EventSource(Protocol):
    """Trains a job and yields its events; `keep` enters checkpoint files in the store."""

    def __call__(self, job: Job, control: RunControl, keep: KeepManifest, /) -> Iterator[RunEvent]:
        """Return the events of the job."""
        ...


def train_here(job: Job, control: RunControl, keep: KeepManifest, /) -> Iterator[RunEvent]:
    """Train in this process and thread.

    Raises:
        InputError: The configuration does not fit this machine.
        CheckpointError: The checkpoint is damaged or belongs to something else.
    """
    snapshot = read_snapshot(job.checkpoint_dir / job.resume.file, job.resume) if job.resume else None
    return train(
        job.config,
        control,
        experiment_id=job.experiment_id,
        save=SnapshotFiles(job.checkpoint_dir, keep),
        resume=snapshot,
        replay=job.replay,
    )


class SnapshotFiles:
    """Writes snapshots as files; the one with the lowest validation loss so far is kept as `best` too."""

    def __init__(self, folder: Path, keep: KeepManifest) -> None:
        self._folder = folder
        self._keep = keep
        self._best: float | None = None

    def __call__(
        self, snapshot: Snapshot, reason: SnapshotReason, score: float | None, run_id: str | None, /
    ) -> Manifest:
        """Write one snapshot durably and return its manifest."""
        name = _file_name(snapshot.step, reason, run_id)
        manifest = write_snapshot(self._folder / name, snapshot, reason=reason, run_id=run_id)
        self._keep(manifest)
        if score is not None and (self._best is None or score < self._best):
            self._best = score
            path = self._folder / _file_name(snapshot.step, "best", None)
            self._keep(write_snapshot(path, snapshot, reason="best"))
        return manifest


def _file_name(step: int, reason: str, run_id: str | None) -> str:
    owner = "" if run_id is None else "-" + "-".join(run_id.split("/")[1:]).replace(" ", "_")
    return f"{reason}-{step:09d}{owner}.safetensors"
