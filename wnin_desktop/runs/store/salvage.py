"""A damaged store is kept aside under a new name; what can be read and checked is copied to a new one."""

from __future__ import annotations

import contextlib
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import msgspec

from wnin_desktop.engine.durable import replace, sync_directory
from wnin_desktop.errors import StoreError
from wnin_desktop.runs.store import catalogue, packing, recent
from wnin_desktop.runs.store.database import (
    POSITION_BITS,
    DamagedStoreError,
    Database,
    connect,
    position,
    prepare,
    row_crc,
    translated,
)
from wnin_desktop.runs.store.packing import Unpacked

COMPANIONS = ("", "-wal", "-shm", "-journal")
LONGEST_STEP = 1 << 62


def refuse_lost_main_file(path: Path) -> None:
    """Raise where the main file is empty or gone but its log is not: SQLite would throw the log away.

    Raises:
        DamagedStoreError: So it is.
    """
    log = path.with_name(path.name + "-wal")
    size = path.stat().st_size if path.exists() else 0
    if size == 0 and log.exists() and log.stat().st_size > 0:
        raise DamagedStoreError(f"The run store {path} is damaged: the file is empty and its log is not.")


def replace_damaged(path: Path, reason: str) -> list[str]:
    """Move the file at `path` aside, build a new store from what it holds, and return what to tell.

    Raises:
        StoreError: The file cannot be moved or the new one cannot be written.
    """
    aside = _set_aside(path)
    fresh = Database(path, read_only=False)
    try:
        prepare(fresh)
        with _opened(aside) as damaged:
            counts = _Copy(fresh, damaged).everything()
    finally:
        fresh.close()
    saved = ", ".join(f"{counts[what]} {what}" for what in ("experiments", "runs", "steps"))
    return [
        f"{reason} The damaged file is kept as {aside.name}.",
        f"Saved from it: {saved}; {counts['cut']} of these runs lost something and are marked interrupted.",
    ]


def _set_aside(path: Path) -> Path:
    moment = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    number = 0
    aside = path.with_name(f"{path.name}.damaged-{moment}")
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.damaged-{moment}-{number}")
    with translated(path):
        for ending in COMPANIONS:
            source = path.with_name(path.name + ending)
            if source.exists():
                replace(source, aside.with_name(aside.name + ending))
        sync_directory(path.parent)
    return aside


@contextlib.contextmanager
def _opened(aside: Path) -> Iterator[apsw.Connection | None]:
    """Yield a connection that cannot change the damaged file, or None where SQLite cannot open it."""
    if aside.stat().st_size == 0:
        # Even a reader would delete the log beside an empty file.
        yield None
        return
    try:
        connection = connect(aside, read_only=True)
        connection.pragma("user_version")
    except (apsw.Error, StoreError):
        yield None
        return
    try:
        yield connection
    finally:
        connection.close()


class _Copy:
    """Copies every row whose checksum is right, and of each run the steps up to the first that is missing."""

    def __init__(self, fresh: Database, damaged: apsw.Connection | None) -> None:
        self._fresh = fresh
        self._damaged = damaged
        self._labels: set[int] = set()
        self._recent = self._all_recent()

    def everything(self) -> dict[str, int]:
        """Copy, and return how many experiments, runs and steps came over and how many runs were cut."""
        with self._fresh.transaction() as connection:
            experiments = self._catalogue_rows(connection, "experiments")
            names = {values[0] for values in experiments.values()}
            runs = self._catalogue_rows(connection, "runs", owners=names)
            self._labelled(connection, names)
            self._checkpoints(connection, names)
            steps = {key: self._batches(connection, key) for key in runs}
            events = {key: self._events(connection, key) for key in runs}
            catalogue.write_progress(connection, [(key, steps[key], events[key]) for key in runs])
            cut = self._cut_short(connection, runs, steps, events)
        return {"experiments": len(names), "runs": len(runs), "steps": sum(steps.values()), "cut": cut}

    def _catalogue_rows(
        self, connection: apsw.Connection, table: str, owners: set[str] | None = None
    ) -> dict[int, list[Any]]:
        columns = catalogue.COLUMNS[table]
        kept: dict[int, list[Any]] = {}
        for key, *values, crc in self._rows(table, catalogue.KEYS[table], (*columns, "crc")):
            if crc == _safe_crc(key, *values) and (owners is None or values[1] in owners):
                kept[key] = values
                self._insert(connection, table, (key, *values, crc))
        return kept

    def _labelled(self, connection: apsw.Connection, owners: set[str]) -> None:
        for key, owner, label, crc in self._rows("labels", "label_key", ("experiment_id", "label", "crc")):
            if isinstance(label, str) and crc == zlib.crc32(label.encode(), key) and owner in owners:
                self._labels.add(key)
                self._insert(connection, "labels", (key, owner, label, crc))

    def _checkpoints(self, connection: apsw.Connection, owners: set[str]) -> None:
        columns = ("experiment_id", "manifest", "created", "crc")
        for key, *values, crc in self._rows("checkpoints", "checkpoint_key", columns):
            if crc == _safe_crc(key, *values) and values[0] in owners:
                self._insert(connection, "checkpoints", (key, *values, crc))

    def _batches(self, connection: apsw.Connection, run_key: int) -> int:
        step = 0
        for first, blob, found in (*self._long(run_key), *self._short(run_key)):
            if first != step + 1 or not set(found.segments["label"].tolist()) <= self._labels:
                break
            self._insert(connection, "batches", (position(run_key, first), blob))
            step += found.rows
        return step

    def _long(self, run_key: int) -> Iterator[tuple[int, bytes, Unpacked]]:
        """Yield (first step, blob, content) of a run's long batches up to the first that is damaged."""
        for where, blob in self._rows("batches", "position", ("data",), run_key):
            first = where & ((1 << POSITION_BITS) - 1)
            if not isinstance(blob, bytes):
                return
            try:
                yield first, blob, packing.unpack(run_key, [(first, blob)], (), first_step=first)
            except StoreError:
                return

    def _short(self, run_key: int) -> Iterator[tuple[int, bytes, Unpacked]]:
        """Yield the same of a run's recent batches."""
        for commit in self._recent:
            for begin, table, labels in commit.of(run_key):
                for first, blob in packing.pack(run_key, begin, table, labels):
                    yield first, blob, packing.unpack(run_key, [(first, blob)], (), first_step=first)

    def _all_recent(self) -> list[recent.Recent]:
        found = []
        for _, blob in self._rows("recent", "recent_key", ("data",)):
            with contextlib.suppress(StoreError):
                found.append(recent.unpack(blob))
        return found

    def _events(self, connection: apsw.Connection, run_key: int) -> int:
        number = 0
        for where, kind, text, crc in self._rows("events", "position", ("type", "data", "crc"), run_key):
            if not isinstance(text, str) or crc != zlib.crc32(text.encode(), where):
                continue
            # Numbers are given anew, so that none is missing.
            place = position(run_key, number)
            self._insert(connection, "events", (place, kind, text, zlib.crc32(text.encode(), place)))
            number += 1
        return number

    def _cut_short(
        self,
        connection: apsw.Connection,
        runs: dict[int, list[Any]],
        steps: dict[int, int],
        events: dict[int, int],
    ) -> int:
        """Mark runs that lost steps as interrupted, and return how many did."""
        before = {
            key: (committed, count)
            for key, committed, count, crc in self._rows(
                "progress", "run_key", ("committed", "events", "crc")
            )
            if crc == _safe_crc(key, committed, count)
        }
        cut = [key for key in runs if before.get(key) != (steps[key], events[key])]
        for row in catalogue.read_rows(self._fresh, "runs", connection=connection):
            if row.key in cut:
                catalogue.update_row(connection, "runs", row, status="interrupted")
        return len(cut)

    def _insert(self, connection: apsw.Connection, table: str, values: tuple[Any, ...]) -> None:
        marks = ", ".join("?" * len(values))
        connection.execute(f"INSERT INTO {table} VALUES ({marks})", values)  # noqa: S608 - names from here

    def _rows(
        self, table: str, key: str, columns: tuple[str, ...], run_key: int | None = None
    ) -> Iterator[tuple[Any, ...]]:
        """Yield (key, *columns) of every row that can be reached, in order, stepping over damaged pages."""
        if self._damaged is None:
            return
        low = position(run_key, 0) if run_key is not None else -1
        high = position(run_key + 1, 0) if run_key is not None else LONGEST_STEP
        names = ", ".join(columns)
        statement = f"SELECT {key}, {names} FROM {table} WHERE {key} >= ? AND {key} < ? ORDER BY {key}"  # noqa: S608 - names from here
        stride = 1
        while low < high:
            try:
                for row in self._damaged.execute(statement, (low, high)):
                    low, stride = row[0] + 1, 1
                    yield row
            except (apsw.Error, UnicodeDecodeError):
                # A longer stride after each failure leaves the damaged page behind in a few dozen tries.
                low, stride = low + stride, stride * 2
            else:
                return


def _safe_crc(*values: Any) -> int | None:
    try:
        return row_crc(*values)
    except (msgspec.MsgspecError, TypeError, ValueError, UnicodeError):
        return None
