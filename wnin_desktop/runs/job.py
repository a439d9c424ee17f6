"""What a trainer is given and what it tells, without importing torch: whoever records needs no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from wnin_desktop.engine.control import RunControl
from wnin_desktop.errors import DiskFullError
from wnin_desktop.schema.events import Intervention, RunEvent
from wnin_desktop.schema.manifest import Manifest
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
        saving: Told when the state begins to be written (True) and when that is done (False).
    """

    keep: Callable[[Manifest], None]
    notice: Callable[[str], None] = lambda _text: None
    progress: Callable[[str, float], None] = lambda _what, _done: None
    holding: Callable[[], None] = lambda: None
    saving: Callable[[bool], None] = lambda _begins: None


class EventSource(Protocol):
    """Trains a job and yields its events."""

    def __call__(self, job: Job, control: RunControl, hooks: Hooks, /) -> Iterator[RunEvent]:
        """Return the events of the job."""
        ...


def train_inline(job: Job, control: RunControl, hooks: Hooks, /) -> Iterator[RunEvent]:
    """Train in this process and thread; torch is imported now, where it was not before.

    Raises:
        InputError: The configuration does not fit this machine.
        CheckpointError: The checkpoint is damaged or belongs to something else.
    """
    from wnin_desktop.runs.source import train_here  # noqa: PLC0415 - a window that trains elsewhere needs no torch

    return train_here(job, control, hooks)


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
