"""The catalogue at one moment, read so that what was read before is not read again."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

import apsw
import msgspec

from wnin_desktop.runs.store import catalogue
from wnin_desktop.runs.store.catalogue import KEYS, Row
from wnin_desktop.runs.store.database import Database, position

MANY = 400
"""Changed rows from which on the whole table is read instead of each of them."""


class Listing(NamedTuple):
    """What the catalogue holds, and what of it is new.

    Attributes:
        experiments: The check sum of every row of "experiments" by its key, oldest first.
        runs: The same of "runs".
        committed: The last committed step of every run, by run key.
        changed_experiments: Rows that the listing before did not hold, or held otherwise.
        changed_runs: The same of "runs".
        hosts: The machine that began each run, by the keys of runs that the listing before did not hold.
    """

    experiments: dict[int, int]
    runs: dict[int, int]
    committed: dict[int, int]
    changed_experiments: list[Row]
    changed_runs: list[Row]
    hosts: dict[int, str]


NOTHING = Listing({}, {}, {}, [], [], {})


class _Begun(msgspec.Struct):
    """The part of `RunStarted` that a listing shows."""

    host: str = ""


_begun = msgspec.json.Decoder(_Begun)


def read_listing(database: Database, former: Listing = NOTHING) -> Listing:
    """Return the catalogue as it stands, all of it at one moment.

    Args:
        database: The store's file.
        former: The listing that is known; only what differs from it is read and checked.

    Raises:
        DamagedStoreError: A row is not what was written.
        StoreError: The file cannot be read.
    """
    with database.snapshot() as connection:
        experiments = _sums(connection, "experiments")
        runs = _sums(connection, "runs")
        committed = {key: step for key, (step, _) in _progress(database, connection).items()}
        return Listing(
            experiments,
            runs,
            committed,
            _changed(database, connection, "experiments", experiments, former.experiments),
            _changed(database, connection, "runs", runs, former.runs),
            _hosts(connection, runs.keys() - former.runs.keys()),
        )


def _sums(connection: apsw.Connection, table: str) -> dict[int, int]:
    return dict(connection.execute(f"SELECT {KEYS[table]}, crc FROM {table} ORDER BY 1"))  # noqa: S608 - names from here


def _progress(database: Database, connection: apsw.Connection) -> dict[int, tuple[int, int]]:
    return catalogue.read_progress(database, connection=connection)


def _changed(
    database: Database,
    connection: apsw.Connection,
    table: str,
    now: Mapping[int, int],
    then: Mapping[int, int],
) -> list[Row]:
    keys = [key for key, crc in now.items() if then.get(key) != crc]
    if len(keys) > MANY:
        wanted = set(keys)
        return [row for row in _rows(database, connection, table) if row.key in wanted]
    fits = f"WHERE {KEYS[table]} IN ({', '.join('?' * len(keys))})"
    return _rows(database, connection, table, fits, tuple(keys)) if keys else []


def _rows(
    database: Database, connection: apsw.Connection, table: str, fits: str = "", keys: tuple[int, ...] = ()
) -> list[Row]:
    return catalogue.read_rows(database, table, fits, keys, connection=connection)


def _hosts(connection: apsw.Connection, keys: Collection[int]) -> dict[int, str]:
    """Return by run key which machine a run began on; "" where its first event cannot be read."""
    found: dict[int, str] = dict.fromkeys(keys, "")
    for key, where, text, crc in _first_events(connection, sorted(keys)):
        if isinstance(text, str) and crc == zlib.crc32(text.encode(), where):
            try:
                found[key] = _begun.decode(text).host
            except msgspec.MsgspecError:
                continue
    return found


def _first_events(connection: apsw.Connection, keys: Iterable[int]) -> Iterable[tuple[int, int, str, int]]:
    for key in keys:
        where = position(key, 0)
        for text, crc in connection.execute("SELECT data, crc FROM events WHERE position = ?", (where,)):
            yield key, where, text, crc
