"""The one loop that moves events from a trainer to the store and then to everybody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from wnin_desktop.engine.control import RunControl
from wnin_desktop.errors import (
    DataError,
    DiskFullError,
    InputError,
    PluginError,
    StoppedByUser,
    StoreError,
)
from wnin_desktop.runs.job import EventSource, Hooks, Job, train_inline, when_there_is_space
from wnin_desktop.runs.store import Store
from wnin_desktop.runs.store.writer import RunWriter
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.events import Intervention, RunEvent
from wnin_desktop.schema.run import CompareConfig

FAST_TOLERANCE = 1e-3
"""Relative difference allowed when steps of the fast mode are taken again after a resume."""

Sink = Callable[[RunEvent], None]


@dataclass
class Watchers:
    """Who is told of events. `live` hears at once, `committed` only what the store has durably."""

    live: list[Sink] = field(default_factory=list)
    committed: list[Sink] = field(default_factory=list)
    notice: Callable[[str], None] = lambda _text: None
    """Told in a sentence when something needs a person, such as a full disk."""
    progress: Callable[[str, float], None] = lambda _what, _done: None
    """Told what is being fetched or read before training begins, and the part done, 0 to 1."""
    saving: Callable[[bool], None] = lambda _begins: None
    """Told when the state begins to be written, and when that is done."""


def drive(
    store: Store,
    config: CompareConfig,
    control: RunControl | None = None,
    watchers: Watchers | None = None,
    *,
    source: EventSource = train_inline,
    on_started: Callable[[str], None] = lambda _id: None,
    audit: Path | None = None,
) -> str:
    """Run a new comparison to its end, recording losslessly; return its experiment id.

    Raises:
        InputError: The configuration does not fit this machine; nothing was recorded.
        DataError: The data cannot be used; likewise.
        PluginError: A network's file cannot be used; likewise.
        DiskFullError: It was asked to stop while it waited for space; what was committed is kept.
        StoppedByUser: It was asked to stop before the first step; nothing was recorded.
    """
    experiment_id = store.new_experiment(config)
    job = Job(config, experiment_id, store.checkpoint_dir(experiment_id), audit=audit)
    try:
        _record(store, job, control or RunControl(), watchers or Watchers(), source, on_started)
    except (InputError, DataError, PluginError, StoppedByUser):
        if not store.runs(experiment_id=experiment_id):
            store.delete(experiment_id)
        raise
    return experiment_id


def resume(
    store: Store,
    experiment_id: str,
    control: RunControl | None = None,
    watchers: Watchers | None = None,
    *,
    source: EventSource = train_inline,
) -> str:
    """Go on with an unfinished comparison from its newest checkpoint, or else from step 0.

    Steps that are stored already are taken again and must come out equal.

    Raises:
        InputError: There is no such experiment, or nothing of it is left to do.
        CheckpointError: The checkpoint is damaged; it was not loaded.
    """
    record = store.experiment(experiment_id)
    config = validate(CompareConfig, record.config)
    runs = store.runs(experiment_id=record.experiment_id)
    if runs and all(run.status in ("completed", "diverged") for run in runs):
        raise InputError.of("experiment", record.experiment_id, "it is finished; nothing is left to resume")
    manifest = store.latest_checkpoint(record.experiment_id)
    since = manifest.step if manifest is not None else 0
    replay = [
        event
        for run in runs
        for event in store.events(run.run_id, [Intervention])
        if isinstance(event, Intervention) and event.step >= since
    ]
    folder = store.checkpoint_dir(record.experiment_id)
    job = Job(config, record.experiment_id, folder, manifest, tuple(replay))
    _record(store, job, control or RunControl(), watchers or Watchers(), source, lambda _id: None)
    return record.experiment_id


def _record(
    store: Store,
    job: Job,
    control: RunControl,
    watchers: Watchers,
    source: EventSource,
    on_started: Callable[[str], None],
) -> None:
    recorders: list[_Recorder] = []

    def settle() -> None:
        recorders[0].settle()

    hooks = Hooks(
        keep=lambda manifest: store.add_checkpoint(job.experiment_id, manifest),
        notice=watchers.notice,
        progress=watchers.progress,
        holding=settle,
        saving=watchers.saving,
    )
    events = source(job, control, hooks)
    tolerance = FAST_TOLERANCE if job.config.numerics == "fast" else 0.0
    writer = store.writer(job.experiment_id, tolerance=tolerance)
    recorders.append(_Recorder(writer, watchers, control))
    try:
        on_started(job.experiment_id)
        for event in events:
            recorders[0].take(event)
        recorders[0].settle()
    except BaseException:
        _end(events)
        # The error that is under way is the one to report, and nobody waits for space after it.
        with suppress(StoreError):
            writer.close()
        raise
    _end(events)
    when_there_is_space(writer.close, watchers.notice, control)


def _end(events: Iterator[RunEvent]) -> None:
    """Close the generator, which ends the trainer's threads even when recording failed half way."""
    close = getattr(events, "close", None)
    if close is not None:
        close()


class _Recorder:
    """Moves events into the store, and on to those who hear of them before and after the commit."""

    def __init__(self, writer: RunWriter, watchers: Watchers, control: RunControl) -> None:
        self._writer = writer
        self._watchers = watchers
        self._control = control
        self._waiting: list[RunEvent] = []

    def take(self, event: RunEvent) -> None:
        """Record one event."""
        try:
            self._writer.append(event)
        except DiskFullError:
            # The event waits in the writer's memory; the trainer stands still until it is stored.
            when_there_is_space(self._writer.commit, self._watchers.notice, self._control)
        for sink in self._watchers.live:
            sink(event)
        self._waiting.append(event)
        if not self._writer.waiting:
            self._release()

    def settle(self) -> None:
        """Commit everything taken so far: nothing more may come for long."""
        when_there_is_space(self._writer.commit, self._watchers.notice, self._control)
        self._release()

    def _release(self) -> None:
        for event in self._waiting:
            for sink in self._watchers.committed:
                sink(event)
        self._waiting.clear()
