"""The rows of the catalogue: reading them checked, and changing them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import apsw
import msgspec

from wnin_desktop.errors import InputError, StoreError
from wnin_desktop.runs.store.database import DamagedStoreError, Database, row_crc
from wnin_desktop.runs.store.records import ExperimentRecord, RunRecord

EXPERIMENT_COLUMNS = (
    "experiment_id", "name", "created", "config", "fingerprint", "status", "tags", "note", "star", "trashed",
)  # fmt: skip
RUN_COLUMNS = (
    "run_id", "experiment_id", "arm", "seed", "status", "steps", "parameters", "device", "config",
    "fingerprint", "started", "finished", "final",
)  # fmt: skip
COLUMNS = {"experiments": EXPERIMENT_COLUMNS, "runs": RUN_COLUMNS}
KEYS = {"experiments": "experiment_key", "runs": "run_key"}
JSON_COLUMNS = {"config", "tags", "final"}


class Row(msgspec.Struct, frozen=True):
    """A checked row: its number in the table and its values by column."""

    key: int
    values: dict[str, Any]


def read_rows(
    database: Database,
    table: str,
    fits: str = "",
    values: tuple[Any, ...] = (),
    *,
    connection: apsw.Connection | None = None,
) -> list[Row]:
    """Return the rows of "experiments" or "runs", oldest first; `fits` is a WHERE clause.

    Raises:
        DamagedStoreError: A row is not what was written.
    """
    columns = COLUMNS[table]
    statement = f"SELECT {KEYS[table]}, crc, {', '.join(columns)} FROM {table} {fits} ORDER BY 1"  # noqa: S608 - names from here
    if connection is None:
        found = database.rows(statement, values)
    else:
        found = list(connection.execute(statement, values))
    return [_checked(database, table, columns, row) for row in found]


def _checked(database: Database, table: str, columns: tuple[str, ...], row: tuple[Any, ...]) -> Row:
    key, crc, *values = row
    if crc != row_crc(key, *values):
        raise DamagedStoreError(
            f"The run store {database.path} is damaged: row {key} of {table} has changed."
        )
    return Row(key, dict(zip(columns, values, strict=True)))


def insert_row(connection: apsw.Connection, table: str, values: dict[str, Any]) -> int:
    """Add a row inside the running transaction and return its number."""
    key_column, columns = KEYS[table], COLUMNS[table]
    key = connection.execute(f"SELECT coalesce(max({key_column}), 0) + 1 FROM {table}").get  # noqa: S608 - names from here
    _write_row(connection, table, key, [_stored(name, values[name]) for name in columns])
    return key


def update_row(connection: apsw.Connection, table: str, row: Row, **changes: Any) -> None:
    """Change some values of a row inside the running transaction."""
    values = row.values | {name: _stored(name, value) for name, value in changes.items()}
    _write_row(connection, table, row.key, [values[name] for name in COLUMNS[table]])


def replace_row(connection: apsw.Connection, table: str, key: int, values: dict[str, Any]) -> None:
    """Write all values of an existing row inside the running transaction."""
    _write_row(connection, table, key, [_stored(name, values[name]) for name in COLUMNS[table]])


def _write_row(connection: apsw.Connection, table: str, key: int, values: list[Any]) -> None:
    columns = (KEYS[table], *COLUMNS[table], "crc")
    marks = ", ".join("?" * len(columns))
    statement = f"INSERT OR REPLACE INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - names from here
    connection.execute(statement, (key, *values, row_crc(key, *values)))


def _stored(name: str, value: Any) -> Any:
    if name in JSON_COLUMNS:
        return json.dumps(value, sort_keys=True)
    return int(value) if isinstance(value, bool) else value


def experiment_record(row: Row) -> ExperimentRecord:
    """Return a row of "experiments" as a record."""
    return msgspec.convert(decoded(row), ExperimentRecord, strict=False)


def run_record(row: Row, committed: int) -> RunRecord:
    """Return a row of "runs" as a record."""
    return msgspec.convert(decoded(row) | {"committed": committed}, RunRecord)


def decoded(row: Row) -> dict[str, Any]:
    """Return a row's values with the JSON columns read."""
    return {name: _read(value) if name in JSON_COLUMNS else value for name, value in row.values.items()}


def _read(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:  # NaN and infinities, which the slower reader takes
        return json.loads(text)


def find(database: Database, table: str, identifier: str, connection: apsw.Connection | None = None) -> Row:
    """Return the row of "experiments" or "runs" whose id is `identifier`, or the only one that begins so.

    Raises:
        InputError: None or several do.
        DamagedStoreError: The row is not what was written.
    """
    name = COLUMNS[table][0]
    exact = read_rows(database, table, f"WHERE {name} = ?", (identifier,), connection=connection)
    if exact:
        return exact[0]
    fits = f"WHERE substr({name}, 1, length(?)) = ?"
    matches = read_rows(database, table, fits, (identifier, identifier), connection=connection)
    if not identifier:
        raise InputError.of(name, identifier, "give an id or the beginning of one")
    if not matches:
        raise InputError.of(name, identifier, "no id in the store begins so")
    if len(matches) > 1:
        shown = " and ".join(repr(row.values[name]) for row in matches[:2])
        raise InputError.of(name, identifier, f"{len(matches)} ids begin so, among them {shown}")
    return matches[0]


def read_progress(
    database: Database, run_key: int | None = None, *, connection: apsw.Connection | None = None
) -> dict[int, tuple[int, int]]:
    """Return (last committed step, number of events) by run key, of every run or of one.

    Raises:
        DamagedStoreError: A row is not what was written.
    """
    fits, values = ("", ()) if run_key is None else (" WHERE run_key = ?", (run_key,))
    statement = f"SELECT run_key, committed, events, crc FROM progress{fits}"  # noqa: S608 - text from here
    found = (
        database.rows(statement, values)
        if connection is None
        else list(connection.execute(statement, values))
    )
    for key, committed, events, crc in found:
        if crc != row_crc(key, committed, events):
            raise DamagedStoreError(f"The run store {database.path} is damaged: the progress of run {key}.")
    return {key: (committed, events) for key, committed, events, _ in found}


def write_progress(connection: apsw.Connection, rows: Iterable[tuple[int, int, int]]) -> None:
    """Store (run key, last committed step, number of events) of runs inside the running transaction."""
    connection.executemany(
        "INSERT OR REPLACE INTO progress VALUES (?, ?, ?, ?)", [(*row, row_crc(*row)) for row in rows]
    )


def verify(database: Database) -> None:
    """Read the whole catalogue.

    Raises:
        DamagedStoreError: A row is not what was written, or runs and progress do not belong together.
    """
    read_rows(database, "experiments")
    known = {row.key for row in read_rows(database, "runs")}
    if known != set(read_progress(database)):
        raise DamagedStoreError(f"The run store {database.path} is damaged: runs and their progress differ.")


def number_of(key: int | None, what: str) -> int:
    """Return a key that must have been set by now."""
    if key is None:
        raise StoreError(f"{what} was not stored yet.")
    return key
