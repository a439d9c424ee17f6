"""Recording a running experiment: events in, durable batches out."""

from __future__ import annotations

import contextlib
import json
import zlib
from collections.abc import Callable
from types import TracebackType
from typing import Self

import apsw
import msgspec
import numpy as np

from wnin_desktop.errors import StoreError
from wnin_desktop.runs.store import batches, catalogue, recent
from wnin_desktop.runs.store.database import Database, position
from wnin_desktop.runs.store.interrupts import interrupt_waits
from wnin_desktop.runs.store.packing import Label, label_of
from wnin_desktop.runs.store.pending import Attempt, PendingRun, Share
from wnin_desktop.runs.store.reading import read_events, read_series
from wnin_desktop.runs.store.records import Status, status_of_experiment
from wnin_desktop.schema import events as wire
from wnin_desktop.schema.events import (
    Checkpoint,
    Curvature,
    Diverged,
    Failed,
    Finished,
    Intervention,
    RunEvent,
    RunStarted,
    StepMetrics,
)

BATCH_STEPS = 20
"""Most steps of a run that wait for their commit."""
BATCH_S = 0.25
"""Longest time between commits while steps come in."""
REPEATED = (Checkpoint, Curvature, Diverged, Intervention)
"""Events that a resumed trainer sends again for steps it takes again."""


class RunWriter:
    """Writes the runs of one experiment from one thread. `Store.writer` makes it.

    A step is committed when `commit` returned; `committed` says up to where that is for each run. Commits
    happen by themselves: all runs of the cohort in one transaction, after at most `BATCH_STEPS` steps or,
    while events come in, `BATCH_S` seconds. Call `commit` before waiting for anything, such as a pause.
    """

    def __init__(
        self,
        database: Database,
        experiment_id: str,
        *,
        planned: int,
        monotonic: Callable[[], float],
        tolerance: float = 0.0,
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        self.experiment_id = experiment_id
        self._database = database
        self._connection = database.connect()
        self._planned = planned
        self._monotonic = monotonic
        self._tolerance = tolerance
        self._on_close = on_close
        self._runs: dict[str, PendingRun] = {}
        self._labels: dict[Label, int] = {}
        self._active = 0
        self._level = 0
        self._at_level = 0
        self._attempt: Attempt | None = None
        self._closed = self._waiting = False
        self._oldest = self._last_commit = monotonic()
        self._load()

    @property
    def committed(self) -> dict[str, int]:
        """Last committed step of each run."""
        return {run.run_id: run.committed for run in self._runs.values()}

    @property
    def waiting(self) -> bool:
        """Whether something taken is not committed yet."""
        return self._waiting

    def append(self, event: RunEvent) -> None:
        """Take one event; commit when a batch is full or old enough.

        When a commit fails the event has been taken all the same and stays in memory with the others: call
        `commit` until it succeeds, and do not append the event again.

        Args:
            event: Steps of a run come in order. Steps that are stored already, which a resumed trainer sends
                again, are compared and skipped.

        Raises:
            DiskFullError: No space is left; nothing partial was stored.
            StoreError: The event is of another experiment, leaves a gap, or contradicts what is stored.
        """
        if type(event) is not StepMetrics:
            self._take_event(event)
            return
        run, step = self._runs.get(event.run_id), event.step
        if run is None or not run.active:
            raise StoreError(f"Run {event.run_id} sent step {step} without having started.")
        if step == run.committed + len(run.steps) + 1:
            run.steps.append(event)
            if not self._waiting:
                self._waiting, self._oldest = True, self._monotonic()
        else:
            self._compare(run, event)
        if step > self._level:
            self._level, self._at_level = step, 1
        elif step == self._level:
            self._at_level += 1
        # Members are stored up to the same step where possible: batches end where the cohort's step is
        # complete, and a slow cohort commits each step at once instead of letting it wait for the next.
        now = self._monotonic()
        if self._at_level >= self._active:
            if len(run.steps) >= BATCH_STEPS or now - self._last_commit >= BATCH_S:
                self.commit()
        elif len(run.steps) > BATCH_STEPS or (self._waiting and now - self._oldest >= BATCH_S):
            self._commit()

    def commit(self) -> dict[str, int]:
        """Store everything that waits in one durable transaction and return `committed`.

        Raises:
            DiskFullError: No space is left; everything still waits and a later call stores it.
            StoreError: The store could not be written; likewise.
        """
        if self._waiting:
            self._commit()
        self._last_commit = self._monotonic()
        return self.committed

    def close(self) -> None:
        """Commit, mark runs that did not finish as interrupted, and end.

        Raises:
            DiskFullError: No space is left; the writer stays open and may be closed again.
            StoreError: The store could not be written; likewise.
        """
        if self._closed:
            return
        for run in self._runs.values():
            if run.active:
                self._end(run, "interrupted")
        self.commit()
        self._closed = True
        self._database.disconnect(self._connection)
        self._on_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            # The error that is under way is the one to report.
            with contextlib.suppress(StoreError):
                self.close()

    # -- taking events -------------------------------------------------------------------------------------

    def _stored_runs(self, connection: apsw.Connection | None = None) -> list[catalogue.Row]:
        fits = "WHERE experiment_id = ?"
        return catalogue.read_rows(self._database, "runs", fits, (self.experiment_id,), connection=connection)

    def _load(self) -> None:
        progress = catalogue.read_progress(self._database)
        for row in self._stored_runs():
            run = self._runs[row.values["run_id"]] = PendingRun(row.values["run_id"])
            run.key = row.key
            run.values = catalogue.decoded(row)
            run.committed, run.event_count = progress[row.key]
            stored = read_events(self._database, row.key, run.event_count, REPEATED)
            run.seen = {_without_time(event) for event in stored}

    def _compare(self, run: PendingRun, event: StepMetrics) -> None:
        """Check that a step that is stored or waits already says the same again."""
        if not 1 <= event.step <= run.last:
            raise StoreError(
                f"Run {run.run_id} sent step {event.step} after step {run.last}; steps are missing."
            )
        given = event.train_loss
        if given is None:
            return
        stored = self._stored_loss(run, event.step)
        if stored is None or not abs(stored - given) <= self._tolerance * abs(stored):
            raise StoreError(
                f"Run {run.run_id} repeats step {event.step} with training loss {given!r}, and {stored!r} is "
                "stored; it does not continue the stored run."
            )

    def _stored_loss(self, run: PendingRun, step: int) -> float | None:
        if step > run.committed:
            return run.steps[step - run.committed - 1].train_loss
        if run.losses is None or len(run.losses) < step:
            key = catalogue.number_of(run.key, run.run_id)
            run.losses = read_series(self._database, key, run.committed, ["train_loss"])["train_loss"]
        value = float(run.losses[step - 1])
        return None if np.isnan(value) else value

    def _take_event(self, event: RunEvent) -> None:
        if isinstance(event, RunStarted):
            run = self._begin(event)
        else:
            run = self._runs.get(event.run_id)
            if run is None:
                raise StoreError(f"Run {event.run_id} sent {type(event).__name__} without having started.")
            if isinstance(event, REPEATED) and run.seen and _without_time(event) in run.seen:
                return
        run.events.append(event)
        if not self._waiting:
            self._waiting, self._oldest = True, self._monotonic()
        self._apply(run, event)

    def _begin(self, event: RunStarted) -> PendingRun:
        if event.experiment_id != self.experiment_id:
            raise StoreError(
                f"Run {event.run_id} is of experiment {event.experiment_id!r}; this writer records "
                f"{self.experiment_id!r}."
            )
        run = self._runs.setdefault(event.run_id, PendingRun(event.run_id))
        if not run.active:
            run.active = True
            self._active += 1
        run.change(
            run_id=event.run_id, experiment_id=event.experiment_id, arm=event.arm, seed=event.seed,
            status="running", steps=event.steps, parameters=event.parameters, device=event.device,
            config=event.config, fingerprint=event.fingerprint, finished=None, final={},
            started=run.values.get("started", event.timestamp),
        )  # fmt: skip
        return run

    def _apply(self, run: PendingRun, event: RunEvent) -> None:
        if isinstance(event, Finished):
            run.change(final=event.final)
            self._end(run, event.status, event.timestamp)
        elif isinstance(event, Diverged):
            self._end(run, "diverged", event.timestamp)
        elif isinstance(event, Failed):
            self._end(run, "failed", event.timestamp)
        if self._active == 0 or self._monotonic() - self._last_commit >= BATCH_S:
            self.commit()

    def _end(self, run: PendingRun, status: Status, when: float | None = None) -> None:
        if run.active:
            run.active = False
            self._active -= 1
        run.change(status=status, finished=when)
        self._waiting = True

    # -- storing them --------------------------------------------------------------------------------------

    def _commit(self) -> None:
        with interrupt_waits():
            if self._attempt is not None and self._landed(self._attempt):
                self._settle(self._attempt)
            waiting = [run for run in self._runs.values() if run.steps or run.events or run.changed]
            shares = [Share(run) for run in waiting]
            full = any(share.recent >= batches.MERGED_ROWS for share in shares)
            attempt = self._attempt = Attempt(shares, {}, merges=full or self._active == 0)
            with self._database.transaction(self._connection) as connection:
                self._store(connection, attempt)
            self._settle(attempt)

    def _store(self, connection: apsw.Connection, attempt: Attempt) -> None:
        for share in attempt.shares:
            share.key = self._store_row(connection, share.run)
        self._store_steps(connection, attempt)
        for share in attempt.shares:
            _store_events(connection, share.run, share.key)
        catalogue.write_progress(
            connection, [(share.key, share.committed, share.event_count) for share in attempt.shares]
        )
        if attempt.merges:
            batches.merge_recent(connection, self.experiment_id)
        if any(share.run.changed for share in attempt.shares):
            self._store_experiment_status(connection)

    def _settle(self, attempt: Attempt) -> None:
        """Note that an attempt is stored."""
        self._labels |= attempt.labels
        for share in attempt.shares:
            run, steps = share.run, share.committed - share.run.committed
            run.key, run.changed = share.key, run.version != share.version
            del run.events[: share.event_count - run.event_count]
            del run.steps[:steps]
            run.recent = share.recent
            run.committed, run.event_count = share.committed, share.event_count
        if attempt.merges:
            for run in self._runs.values():
                run.recent = 0
        self._attempt = None
        self._waiting = any(run.steps or run.events or run.changed for run in self._runs.values())

    def _landed(self, attempt: Attempt) -> bool:
        """Return whether an attempt that ended in an error was stored all the same."""
        with self._database.snapshot() as connection:
            progress = catalogue.read_progress(self._database, connection=connection)
            keys = {row.values["run_id"]: row.key for row in self._stored_runs(connection)}
        return any(
            keys.get(share.run.run_id) == share.key
            and progress[share.key] == (share.committed, share.event_count)
            and (share.run.committed, share.run.event_count) != progress[share.key]
            for share in attempt.shares
        )

    def _store_row(self, connection: apsw.Connection, run: PendingRun) -> int:
        if run.key is None:
            return catalogue.insert_row(connection, "runs", run.values)
        if run.changed:
            catalogue.replace_row(connection, "runs", run.key, run.values)
        return run.key

    def _store_steps(self, connection: apsw.Connection, attempt: Attempt) -> None:
        """Add the waiting steps; labels that are new go to the table and are noted in the attempt."""

        def label_key(event: StepMetrics) -> int:
            label = label_of(event)
            found = self._labels.get(label) or attempt.labels.get(label)
            if found is None:
                found = attempt.labels[label] = _store_label(connection, self.experiment_id, label)
            return found

        if parts := [(share.key, share.run.steps) for share in attempt.shares if share.run.steps]:
            batches.append(connection, self.experiment_id, recent.pack(parts, label_key))

    def _store_experiment_status(self, connection: apsw.Connection) -> None:
        row = catalogue.find(self._database, "experiments", self.experiment_id, connection)
        statuses = [run.values["status"] for run in self._runs.values()]
        status = status_of_experiment(self._planned, statuses, alive=self._active > 0)
        if row.values["status"] != status:
            catalogue.update_row(connection, "experiments", row, status=status)


def _store_label(connection: apsw.Connection, experiment_id: str, label: Label) -> int:
    key = connection.execute("SELECT coalesce(max(label_key), 0) + 1 FROM labels").get
    text = json.dumps(label)
    connection.execute(
        "INSERT INTO labels VALUES (?, ?, ?, ?)", (key, experiment_id, text, zlib.crc32(text.encode(), key))
    )
    return key


def _store_events(connection: apsw.Connection, run: PendingRun, key: int) -> None:
    for number, event in enumerate(run.events, start=run.event_count):
        text = wire.encode(event).decode()
        where = position(key, number)
        kind = type(event).__name__
        connection.execute(
            "INSERT INTO events VALUES (?, ?, ?, ?)", (where, kind, text, zlib.crc32(text.encode(), where))
        )


def _without_time(event: RunEvent) -> bytes:
    return wire.encode(msgspec.structs.replace(event, timestamp=0.0))
