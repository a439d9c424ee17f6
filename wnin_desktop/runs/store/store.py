"""The run store: a folder with one SQLite file, a lock and checkpoint files."""

from __future__ import annotations

import functools
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from wnin_desktop.engine.durable import TEMPORARY, sync_directory
from wnin_desktop.errors import InputError, StoreError
from wnin_desktop.runs.store import catalogue, checkpoints, database, listing, reading, salvage, upkeep
from wnin_desktop.runs.store.catalogue import Row
from wnin_desktop.runs.store.database import DamagedStoreError, Database
from wnin_desktop.runs.store.location import location_warning
from wnin_desktop.runs.store.lock import WriterLock
from wnin_desktop.runs.store.packing import Label
from wnin_desktop.runs.store.records import (
    ExperimentRecord,
    RunRecord,
    Status,
    new_experiment_id,
)
from wnin_desktop.runs.store.writer import RunWriter
from wnin_desktop.schema.events import Event, RunEvent, StepMetrics
from wnin_desktop.schema.fingerprint import fingerprint
from wnin_desktop.schema.manifest import Manifest
from wnin_desktop.schema.run import CompareConfig

CHECKPOINTS = "checkpoints"


class Store:
    """Experiments, runs, their steps, events and checkpoints. Open it with `Store.open` in a `with` block.

    Reading is safe from any thread; each `RunWriter` belongs to the thread that feeds it.

    Attributes:
        path: The store's folder.
        notices: What the person should know about this opening, one sentence each.
    """

    def __init__(self, path: Path, *, read_only: bool, now: Callable[[], float], vfs: str) -> None:
        self.path = path
        self.notices: list[str] = []
        self._read_only = read_only
        self._now = now
        self._lock = WriterLock(path)
        self._database = Database(path / database.FILE, read_only=read_only, vfs=vfs)
        self._writers: dict[str, RunWriter] = {}

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        read_only: bool = False,
        now: Callable[[], float] = time.time,
        vfs: str = "",
    ) -> Store:
        """Open the store in folder `path`; for writing it is made where it is missing.

        A damaged file is kept aside under a new name, what can be read is copied, and `notices` says so.
        Runs that a dead process left running become interrupted.

        Args:
            path: The store's folder.
            read_only: Neither lock nor change anything.
            now: Unix time in seconds.
            vfs: Name of the SQLite VFS, for tests of faults.

        Raises:
            StoreLockedError: Another process is writing it.
            StoreError: It cannot be opened here, or is of a newer version.
        """
        store = cls(path, read_only=read_only, now=now, vfs=vfs)
        if read_only:
            store._open_for_reading()
        else:
            store._open_for_writing()
        return store

    def close(self) -> None:
        """Close the writers, the file and the lock.

        Raises:
            DiskFullError: The last steps could not be stored; the store stays open and may be closed again.
        """
        for writer in list(self._writers.values()):
            writer.close()
        self._database.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            self._abandon()

    @property
    def read_only(self) -> bool:
        """Whether it was opened for reading only."""
        return self._read_only

    # -- experiments and runs ------------------------------------------------------------------------------

    def new_experiment(self, config: CompareConfig) -> str:
        """Enter a comparison in the catalogue and return its id."""
        now = self._now()
        taken = {row.values["experiment_id"] for row in catalogue.read_rows(self._database, "experiments")}
        experiment_id = new_experiment_id(config.name, now)
        while experiment_id in taken:
            experiment_id = new_experiment_id(config.name, now)
        values = {
            "experiment_id": experiment_id, "name": config.name, "created": now,
            "config": config.model_dump(mode="json"), "fingerprint": fingerprint(config), "status": "running",
            "tags": [], "note": "", "star": False, "trashed": None,
        }  # fmt: skip
        with self._database.transaction() as connection:
            catalogue.insert_row(connection, "experiments", values)
        return experiment_id

    def writer(
        self,
        experiment_id: str,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        tolerance: float = 0.0,
    ) -> RunWriter:
        """Return the writer of an experiment's runs.

        Args:
            experiment_id: From `new_experiment`, or of an experiment that is resumed.
            monotonic: Clock of the automatic commits, seconds.
            tolerance: Relative difference up to which a repeated step's training loss counts as equal.

        Raises:
            StoreError: It is being written already, or the store is open for reading only.
        """
        if self._read_only:
            raise StoreError(f"The run store {self.path} is open for reading only.")
        experiment_id = self.experiment(experiment_id).experiment_id
        if experiment_id in self._writers:
            raise StoreError(f"Experiment {experiment_id} is being written already.")
        config = self.experiment(experiment_id).config
        writer = self._writers[experiment_id] = RunWriter(
            self._database,
            experiment_id,
            planned=len(config["arms"]) * len(config["seeds"]),
            monotonic=monotonic,
            tolerance=tolerance,
            on_close=functools.partial(self._forget_writer, experiment_id),
        )
        return writer

    def experiments(self, *, trashed: bool | None = False) -> list[ExperimentRecord]:
        """Return experiments, oldest first: those not in the trash, those in it (True), or all (None)."""
        found = map(catalogue.experiment_record, catalogue.read_rows(self._database, "experiments"))
        return [each for each in found if trashed is None or (each.trashed is not None) == trashed]

    def experiment(self, experiment_id: str) -> ExperimentRecord:
        """Return one experiment by its id or the beginning of it.

        Raises:
            InputError: None, or more than one, begins so.
        """
        return catalogue.experiment_record(self._experiment_row(experiment_id))

    def runs(
        self,
        *,
        experiment_id: str | None = None,
        status: Status | None = None,
        arm: str | None = None,
        seed: int | None = None,
        trashed: bool | None = False,
    ) -> list[RunRecord]:
        """Return the runs that fit every filter given, oldest first; `trashed` as in `experiments`.

        Raises:
            InputError: `experiment_id` is unknown or ambiguous.
        """
        if experiment_id is not None:
            owners = {self.experiment(experiment_id).experiment_id}
        else:
            owners = {each.experiment_id for each in self.experiments(trashed=trashed)}
        wanted = {"status": status, "arm": arm, "seed": seed}
        progress = catalogue.read_progress(self._database)
        return [
            catalogue.run_record(row, progress[row.key][0])
            for row in catalogue.read_rows(self._database, "runs")
            if row.values["experiment_id"] in owners
            and all(value is None or row.values[name] == value for name, value in wanted.items())
        ]

    def run(self, run_id: str) -> RunRecord:
        """Return one run by its id or the beginning of it.

        Raises:
            InputError: None, or more than one, begins so.
        """
        row = self._run_row(run_id)
        return catalogue.run_record(row, self._progress(row)[0])

    def listing(self, former: listing.Listing = listing.NOTHING) -> listing.Listing:
        """Return the whole catalogue at one moment, trash included; read is only what is new since `former`.

        Raises:
            DamagedStoreError: A row is not what was written.
        """
        return listing.read_listing(self._database, former)

    # -- what a run recorded -------------------------------------------------------------------------------

    def series(self, run_id: str, keys: Iterable[str] | None = None) -> dict[str, np.ndarray]:
        """Return a run's committed steps as columns of shape [steps]: `step`, and `keys` or every metric and
        `timestamp`. A value that was not measured is NaN.

        Raises:
            InputError: The run or a key is unknown.
            StoreError: Stored steps are damaged.
        """  # noqa: D205 - the sentence needs both lines
        row = self._run_row(run_id)
        return reading.read_series(self._database, row.key, self._progress(row)[0], keys)

    def steps(self, run_id: str) -> list[StepMetrics]:
        """Return a run's committed steps as they were appended.

        Raises:
            InputError: The run is unknown.
            StoreError: Stored steps are damaged.
        """
        row = self._run_row(run_id)
        run = (row.key, row.values["run_id"], row.values["arm"], row.values["seed"])
        return reading.read_steps(self._database, run, self._progress(row)[0])

    def labels(self, run_id: str) -> list[tuple[int, Label]]:
        """Return what a run's committed steps carry besides numbers, as (steps, label) stretches in order.

        Raises:
            InputError: The run is unknown.
            StoreError: Stored steps are damaged.
        """
        row = self._run_row(run_id)
        return reading.read_stretches(self._database, row.key, self._progress(row)[0])

    def reasons(self, run_id: str) -> dict[str, tuple[str, ...]]:
        """Return, by metric, the different reasons a run's steps give for numbers that were not measured.

        Raises:
            InputError: The run is unknown.
            StoreError: Stored steps are damaged.
        """
        row = self._run_row(run_id)
        return reading.read_reasons(self._database, row.key, self._progress(row)[0])

    def events(self, run_id: str, types: Sequence[type[Event]] | None = None) -> list[RunEvent]:
        """Return a run's committed events other than steps, in order; `types` keeps only those.

        Raises:
            InputError: The run is unknown.
            StoreError: Stored events are damaged.
        """
        row = self._run_row(run_id)
        return reading.read_events(self._database, row.key, self._progress(row)[1], types)

    # -- housekeeping --------------------------------------------------------------------------------------

    def rename(self, experiment_id: str, name: str) -> None:
        """Give an experiment another title; its id stays."""
        if not name.strip():
            raise InputError.of("name", name, "give at least one character")
        self._change(experiment_id, name=name)

    def tag(self, experiment_id: str, tags: Iterable[str]) -> None:
        """Set an experiment's tags."""
        self._change(experiment_id, tags=sorted(set(tags)))

    def note(self, experiment_id: str, text: str) -> None:
        """Set an experiment's note."""
        self._change(experiment_id, note=text)

    def star(self, experiment_id: str, starred: bool = True) -> None:
        """Star an experiment, or take the star away."""
        self._change(experiment_id, star=starred)

    def trash(self, experiment_id: str) -> None:
        """Put an experiment in the trash; nothing is lost."""
        self._refuse_while_written(experiment_id)
        self._change(experiment_id, trashed=self._now())

    def restore(self, experiment_id: str) -> None:
        """Take an experiment out of the trash."""
        self._change(experiment_id, trashed=None)

    def delete(self, experiment_id: str) -> None:
        """Remove an experiment with everything it recorded, for good."""
        self._refuse_while_written(experiment_id)
        row = self._experiment_row(experiment_id)
        name = row.values["experiment_id"]
        with self._database.transaction() as connection:
            upkeep.delete_experiment(self._database, connection, row)
        # Files after rows: a crash in between leaves files nobody points to, never rows without files.
        shutil.rmtree(self.path / CHECKPOINTS / name, ignore_errors=True)

    # -- checkpoints ---------------------------------------------------------------------------------------

    def checkpoint_dir(self, experiment_id: str) -> Path:
        """Return the folder of an experiment's checkpoint files, made where it is missing."""
        name = self._experiment_row(experiment_id).values["experiment_id"]
        folder = self.path / CHECKPOINTS / name
        if not self._read_only:
            with database.translated(self.path):
                folder.mkdir(parents=True, exist_ok=True)
                sync_directory(folder.parent)
        return folder

    def add_checkpoint(self, experiment_id: str, manifest: Manifest) -> None:
        """Enter a checkpoint file that lies in `checkpoint_dir`, and retire older ones.

        Steps that wait in the experiment's writer are committed first: call it from the writer's thread.

        Raises:
            CheckpointError: The manifest's file is not a plain name.
            StoreError: The store could not be written.
        """
        checkpoints.check_manifest(manifest)
        name = self._experiment_row(experiment_id).values["experiment_id"]
        if name in self._writers:
            self._writers[name].commit()
        with self._database.transaction() as connection:
            checkpoints.insert_manifest(connection, name, manifest, self._now())
            retired = checkpoints.retire(connection, name)
        checkpoints.remove_files(self.checkpoint_dir(name), retired)

    def checkpoints(self, experiment_id: str) -> list[Manifest]:
        """Return an experiment's checkpoints in the order they were added."""
        name = self._experiment_row(experiment_id).values["experiment_id"]
        with database.translated(self._database.path):
            return checkpoints.read_manifests(self._database, name)

    def latest_checkpoint(self, experiment_id: str) -> Manifest | None:
        """Return the newest checkpoint the experiment can go on from, or None.

        One beyond the last committed step of a run that could go on would leave a gap, so it is passed over.
        """
        going = [
            run.committed
            for run in self.runs(experiment_id=experiment_id)
            if run.status in ("running", "stopped", "interrupted")
        ]
        limit = min(going) if going else 2**62
        return checkpoints.newest_resumable(self.checkpoints(experiment_id), limit)

    def repair(self) -> list[str]:
        """Keep the file aside, build a new one from every row that is undamaged, and say what was saved.

        For damage that shows only when something is read; damage that shows at opening is handled there.

        Raises:
            StoreError: Something is being written, or the store is open for reading only.
        """
        if self._read_only or self._writers:
            raise StoreError(
                f"The run store {self.path} can be repaired only while nothing is written to it."
            )
        self._database.close(untouched=True)
        told = salvage.replace_damaged(self._database.path, "A repair was asked for.")
        self._prepare()
        self.notices += told
        return told

    # -- opening -------------------------------------------------------------------------------------------

    def recover(self) -> list[str]:
        """Mark runs and experiments that nobody is writing as interrupted, and return the runs' ids."""
        return upkeep.recover(self._database, writing=set(self._writers))

    def _open_for_reading(self) -> None:
        if not self._database.path.is_file():
            raise StoreError(f"There is no run store in {self.path} yet; the first run makes one.")
        try:
            database.prepare(self._database)
        except BaseException:
            self._abandon()
            raise

    def _open_for_writing(self) -> None:
        with database.translated(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
        self._lock.acquire()
        try:
            if warning := location_warning(self.path):
                self.notices.append(warning)
            self._prepare_or_salvage()
            self._remove_temporary_files()
        except BaseException:
            self._abandon()
            raise

    def _prepare_or_salvage(self) -> None:
        try:
            salvage.refuse_lost_main_file(self._database.path)
            self._prepare()
        except DamagedStoreError as error:
            self._database.close(untouched=True)
            self.notices += salvage.replace_damaged(self._database.path, str(error))
            self._prepare()
        with database.translated(self.path):
            sync_directory(self.path)

    def _prepare(self) -> None:
        database.prepare(self._database)
        catalogue.verify(self._database)
        if interrupted := self.recover():
            self.notices.append(
                f"{len(interrupted)} run(s) were interrupted; what they had committed is kept."
            )

    def _remove_temporary_files(self) -> None:
        for left in (self.path / CHECKPOINTS).glob(f"*/*{TEMPORARY}"):
            checkpoints.remove_files(left.parent, [left.name])

    def _abandon(self) -> None:
        """Close after an error without hiding it."""
        for writer in list(self._writers.values()):
            writer.__exit__(StoreError, StoreError("abandoned"), None)
        self._writers.clear()
        try:
            self._database.close()
        finally:
            self._lock.release()

    # -- small helpers -------------------------------------------------------------------------------------

    def _forget_writer(self, experiment_id: str) -> None:
        self._writers.pop(experiment_id, None)

    def _experiment_row(self, experiment_id: str) -> Row:
        return catalogue.find(self._database, "experiments", experiment_id)

    def _run_row(self, run_id: str) -> Row:
        return catalogue.find(self._database, "runs", run_id)

    def _progress(self, row: Row) -> tuple[int, int]:
        return catalogue.read_progress(self._database, row.key)[row.key]

    def _change(self, experiment_id: str, **changes: Any) -> None:
        with self._database.transaction() as connection:
            row = catalogue.find(self._database, "experiments", experiment_id, connection)
            catalogue.update_row(connection, "experiments", row, **changes)

    def _is_written(self, row: Row) -> bool:
        return row.values["experiment_id"] in self._writers

    def _refuse_while_written(self, experiment_id: str) -> None:
        if self._is_written(self._experiment_row(experiment_id)):
            raise StoreError(f"Experiment {experiment_id} is being written; stop it first.")
