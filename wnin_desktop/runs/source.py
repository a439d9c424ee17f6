"""Where a run's events come from: the trainer in this process, or the same trainer in a worker process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch

from wnin_desktop.engine.checkpoint import Snapshot, read_snapshot, write_snapshot
from wnin_desktop.engine.control import RunControl
from wnin_desktop.engine.landscape.trajectory_file import NAME as TRAJECTORY
from wnin_desktop.engine.optimizers.loader import load_registry
from wnin_desktop.engine.progress import best_score
from wnin_desktop.engine.tasks.loader import load_task
from wnin_desktop.engine.train import train
from wnin_desktop.errors import StoppedByUser
from wnin_desktop.runs.job import Hooks, Job, when_there_is_space
from wnin_desktop.schema.events import RunEvent
from wnin_desktop.schema.manifest import Manifest, SnapshotReason
from wnin_desktop.schema.task import TaskConfig


def train_here(job: Job, control: RunControl, hooks: Hooks, /) -> Iterator[RunEvent]:
    """Train in this process and thread.

    Raises:
        InputError: The configuration does not fit this machine.
        CheckpointError: The checkpoint is damaged or belongs to something else.
        StoppedByUser: It was asked to stop while data were fetched or read.
    """

    def tell_progress(what: str, done: float) -> None:
        hooks.progress(what, done)
        if control.stop_asked_within(0):
            raise StoppedByUser(f"Stopped while {what}, before the first step; nothing new was recorded.")

    snapshot = read_snapshot(job.checkpoint_dir / job.resume.file, job.resume) if job.resume else None
    return train(
        job.config,
        control,
        experiment_id=job.experiment_id,
        save=SnapshotFiles(
            job.checkpoint_dir, hooks, control, None if snapshot is None else best_score(snapshot)
        ),
        resume=snapshot,
        replay=job.replay,
        audit=job.audit,
        trajectory=job.checkpoint_dir / TRAJECTORY,
        notice=hooks.notice,
        holding=hooks.holding,
        progress=tell_progress,
        refused=lambda error: hooks.notice(str(error)),
    )


def get_ready() -> None:
    """Import what the first comparison of a process would import; it takes seconds."""
    load_registry()
    torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    load_task(TaskConfig())


class SnapshotFiles:
    """Writes snapshots as files; the one with the lowest validation loss so far is kept as `best` too."""

    def __init__(self, folder: Path, hooks: Hooks, control: RunControl, best: float | None = None) -> None:
        """Write into `folder`; `best` is the lowest validation loss of the checkpoints that are there."""
        self._folder = folder
        self._hooks = hooks
        self._control = control
        self._best = best

    def __call__(
        self, snapshot: Snapshot, reason: SnapshotReason, score: float | None, run_id: str | None, /
    ) -> Manifest:
        """Write one snapshot durably and return its manifest; wait while the disk is full."""
        self._hooks.saving(True)
        manifest = self._write(snapshot, reason, run_id)
        if score is not None and (self._best is None or score < self._best):
            self._best = score
            self._write(snapshot, "best", None)
        self._hooks.saving(False)
        return manifest

    def _write(self, snapshot: Snapshot, reason: SnapshotReason, run_id: str | None) -> Manifest:
        path = self._folder / _file_name(snapshot.step, reason, run_id)

        def write() -> Manifest:
            manifest = write_snapshot(path, snapshot, reason=reason, run_id=run_id)
            self._hooks.keep(manifest)
            return manifest

        return when_there_is_space(write, self._hooks.notice, self._control)


def _file_name(step: int, reason: str, run_id: str | None) -> str:
    owner = "" if run_id is None else "-" + "-".join(run_id.split("/")[1:]).replace(" ", "_")
    return f"{reason}-{step:09d}{owner}.safetensors"
