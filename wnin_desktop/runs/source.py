"""Where a run's events come from: the trainer in this process, or the same trainer in a worker process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from wnin_desktop.engine.checkpoint import Snapshot, read_snapshot, write_snapshot
from wnin_desktop.engine.control import RunControl
from wnin_desktop.engine.progress import best_score
from wnin_desktop.engine.train import train
from wnin_desktop.errors import DiskFullError
from wnin_desktop.schema.events import Intervention, RunEvent
from wnin_desktop.schema.manifest import Manifest, SnapshotReason
from wnin_desktop.schema.run import CompareConfig

RETRY_S = 1.0
"""Pause between attempts while the disk is full."""


@dataclass(frozen=True)
class Job:
    """One comparison to train, or to go on training from the checkpoint that `resume` describes."""

    config: CompareConfig
    experiment_id: str
    checkpoint_dir: Path
    resume: Manifest | None = None
    replay: tuple[Intervention, ...] = field(default=())
    audit: Path | None = None
    """Folder for noise audit logs."""


@dataclass(frozen=True)
class Hooks:
    """What a source tells whoever records.

    Attributes:
        keep: Enters a checkpoint file in the store, before the event that announces it.
        notice: Takes a sentence for a person.
        progress: Takes (what is being fetched or read, part done 0..1) before training begins.
        holding: Called when the run begins to stand still.
    """

    keep: Callable[[Manifest], None]
    notice: Callable[[str], None] = lambda _text: None
    progress: Callable[[str, float], None] = lambda _what, _done: None
    holding: Callable[[], None] = lambda: None


class EventSource(Protocol):
    """Trains a job and yields its events."""

    def __call__(self, job: Job, control: RunControl, hooks: Hooks, /) -> Iterator[RunEvent]:
        """Return the events of the job."""
        ...


def train_here(job: Job, control: RunControl, hooks: Hooks, /) -> Iterator[RunEvent]:
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
        save=SnapshotFiles(
            job.checkpoint_dir, hooks, control, None if snapshot is None else best_score(snapshot)
        ),
        resume=snapshot,
        replay=job.replay,
        audit=job.audit,
        holding=hooks.holding,
        progress=hooks.progress,
        refused=lambda error: hooks.notice(str(error)),
    )


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
        manifest = self._write(snapshot, reason, run_id)
        if score is not None and (self._best is None or score < self._best):
            self._best = score
            self._write(snapshot, "best", None)
        return manifest

    def _write(self, snapshot: Snapshot, reason: SnapshotReason, run_id: str | None) -> Manifest:
        path = self._folder / _file_name(snapshot.step, reason, run_id)

        def write() -> Manifest:
            manifest = write_snapshot(path, snapshot, reason=reason, run_id=run_id)
            self._hooks.keep(manifest)
            return manifest

        return when_there_is_space(write, self._hooks.notice, self._control)


T = TypeVar("T")


def when_there_is_space(store: Callable[[], T], notice: Callable[[str], None], control: RunControl) -> T:
    """Return what `store` returns; while the disk is full say so once and try again every `RETRY_S`.

    Raises:
        DiskFullError: A stop was asked for, and there is still no space.
    """
    told = False
    while True:
        try:
            result = store()
        except DiskFullError as error:
            if not told:
                notice(f"{error} The run waits and goes on when there is space.")
                told = True
            if control.stop_asked_within(RETRY_S):
                raise
        else:
            if told:
                notice("There is space again; the run goes on.")
            return result


def _file_name(step: int, reason: str, run_id: str | None) -> str:
    owner = "" if run_id is None else "-" + "-".join(run_id.split("/")[1:]).replace(" ", "_")
    return f"{reason}-{step:09d}{owner}.safetensors"
