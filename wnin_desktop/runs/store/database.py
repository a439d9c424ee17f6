"""The SQLite file: connections, the tables and their versions, transactions, and errors in our own words."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apsw
import msgspec

from wnin_desktop.engine.durable import NO_SPACE
from wnin_desktop.errors import DiskFullError, StoreError

FILE = "store.sqlite"
APPLICATION_ID = 0x574E494E
"""The letters WNIN, written into the file's header."""
SYNCHRONOUS = "FULL"
"""With NORMAL a power cut loses acknowledged steps."""
WAL_PAGES = 1000
"""Pages of the write-ahead log after which they are carried into the main file."""
BUSY_MS = 10_000
QUICK_CHECK_LIMIT = 64 * 1024 * 1024
"""Files up to this many bytes are looked through at every opening for writing; larger ones on demand."""

TABLES = {
    "experiments": """CREATE TABLE experiments (
  experiment_key INTEGER PRIMARY KEY, experiment_id TEXT NOT NULL, name TEXT NOT NULL, created REAL NOT NULL,
  config TEXT NOT NULL, fingerprint TEXT NOT NULL, status TEXT NOT NULL, tags TEXT NOT NULL,
  note TEXT NOT NULL, star INTEGER NOT NULL, trashed REAL, crc INTEGER NOT NULL)""",
    "runs": """CREATE TABLE runs (
  run_key INTEGER PRIMARY KEY, run_id TEXT NOT NULL, experiment_id TEXT NOT NULL, arm TEXT NOT NULL,
  seed INTEGER NOT NULL, status TEXT NOT NULL, steps INTEGER NOT NULL, parameters INTEGER NOT NULL,
  device TEXT NOT NULL, config TEXT NOT NULL, fingerprint TEXT NOT NULL, started REAL NOT NULL, finished REAL,
  final TEXT NOT NULL, crc INTEGER NOT NULL)""",
    "progress": """CREATE TABLE progress (
  run_key INTEGER PRIMARY KEY, committed INTEGER NOT NULL, events INTEGER NOT NULL, crc INTEGER NOT NULL)""",
    "batches": """CREATE TABLE batches (position INTEGER PRIMARY KEY, data BLOB NOT NULL)""",
    "recent": """CREATE TABLE recent (
  recent_key INTEGER PRIMARY KEY, experiment_id TEXT NOT NULL, data BLOB NOT NULL)""",
    "labels": """CREATE TABLE labels (
  label_key INTEGER PRIMARY KEY, experiment_id TEXT NOT NULL, label TEXT NOT NULL, crc INTEGER NOT NULL)""",
    "events": """CREATE TABLE events (
  position INTEGER PRIMARY KEY, type TEXT NOT NULL, data TEXT NOT NULL, crc INTEGER NOT NULL)""",
    "checkpoints": """CREATE TABLE checkpoints (
  checkpoint_key INTEGER PRIMARY KEY, experiment_id TEXT NOT NULL, manifest TEXT NOT NULL,
  created REAL NOT NULL, crc INTEGER NOT NULL)""",
}
"""Every row carries a CRC-32 of itself: SQLite notices damaged pages, not damaged values."""

POSITION_BITS = 34
"""`position` is `run_key << POSITION_BITS | first step` (batches) or `| number of the event` (events):
rows of a run lie side by side in the file, and need no index."""


class DamagedStoreError(StoreError):
    """The store's file is damaged; `Store.open` keeps it aside and saves what can be read."""


def create_tables(connection: apsw.Connection) -> None:
    """Make the tables of version 1."""
    for statement in TABLES.values():
        connection.execute(statement)


MIGRATIONS: list[Callable[[apsw.Connection], None]] = [create_tables]
"""Step i takes a file from version i to version i + 1; all missing steps run in one transaction."""


def row_crc(*values: Any) -> int:
    """Return the CRC-32 of a row's values."""
    return zlib.crc32(msgspec.json.encode(values))


def position(run_key: int, number: int) -> int:
    """Return the row number of a run's batch or event."""
    return (run_key << POSITION_BITS) | number


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise SQLite's errors as members of the program's own tree, naming the file."""
    try:
        yield
    except apsw.FullError as error:
        raise DiskFullError(
            f"No space is left on the device of {path}; what was committed before is kept."
        ) from error
    except (apsw.CorruptError, apsw.NotADBError, apsw.FormatError, UnicodeDecodeError) as error:
        raise DamagedStoreError(f"The run store {path} is damaged: {error}.") from error
    except apsw.ReadOnlyError as error:
        raise StoreError(f"The run store {path} cannot be written: {error}.") from error
    except apsw.Error as error:
        if getattr(error, "extendedresult", 0) == apsw.SQLITE_IOERR_SHORT_READ:
            raise DamagedStoreError(f"The run store {path} is damaged: it was cut off.") from error
        raise StoreError(f"The run store {path} could not be used: {error}.") from error
    except OSError as error:
        if error.errno in NO_SPACE:
            raise DiskFullError(f"No space is left on the device of {path}.") from error
        raise StoreError(f"The run store {path} could not be used: {error.strerror or error}.") from error


class Database:
    """One SQLite file with a connection for each thread that asks, all closed together."""

    def __init__(self, path: Path, *, read_only: bool, vfs: str = "") -> None:
        self.path = path
        self.read_only = read_only
        self._vfs = vfs
        self._own = threading.local()
        self._all: list[apsw.Connection] = []
        self._guard = threading.Lock()

    @property
    def connection(self) -> apsw.Connection:
        """The calling thread's connection."""
        existing = getattr(self._own, "connection", None)
        if existing is None:
            existing = self._own.connection = self.connect()
        return existing

    def connect(self) -> apsw.Connection:
        """Return a new connection that is closed with the rest."""
        with translated(self.path):
            connection = connect(self.path, read_only=self.read_only, vfs=self._vfs)
        with self._guard:
            self._all.append(connection)
        return connection

    def disconnect(self, connection: apsw.Connection) -> None:
        """Close one connection made by `connect`."""
        with self._guard:
            self._all.remove(connection)
        with translated(self.path):
            connection.close()

    def rows(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        with translated(self.path):
            return list(self.connection.execute(statement, values))

    @contextlib.contextmanager
    def transaction(self, connection: apsw.Connection | None = None) -> Iterator[apsw.Connection]:
        """Commit durably at the end of the block, or leave everything as it was.

        Raises:
            DiskFullError: No space is left.
            StoreError: The file could not be written.
        """
        if self.read_only:
            raise StoreError(f"The run store {self.path} is open for reading only.")
        connection = connection or self.connection
        with translated(self.path):
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                roll_back(connection)
                raise

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[apsw.Connection]:
        """Yield a connection whose statements all see the store at one moment."""
        connection = self.connection
        with translated(self.path):
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                roll_back(connection)

    def close(self, *, untouched: bool = False) -> None:
        """Close every connection; the last one carries the log into the main file, unless `untouched`."""
        with self._guard:
            connections, self._all = self._all, []
        self._own = threading.local()
        with translated(self.path):
            for connection in connections:
                connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, int(untouched))
                connection.close()


def roll_back(connection: apsw.Connection) -> None:
    """Undo an open transaction; SQLite has already done so after some errors."""
    if connection.in_transaction:
        # The first error is the one to report, and an open transaction is rolled back at closing too.
        with contextlib.suppress(apsw.Error):
            connection.execute("ROLLBACK")


def connect(path: Path, *, read_only: bool, vfs: str = "") -> apsw.Connection:
    """Open the file at `path` with the settings every connection has."""
    writing = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
    flags = apsw.SQLITE_OPEN_READONLY if read_only else writing
    connection = apsw.Connection(os.fspath(path), flags=flags, vfs=vfs or None)
    try:
        configure(connection, read_only=read_only)
    except BaseException:
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        connection.close()
        raise
    return connection


def configure(connection: apsw.Connection, *, read_only: bool) -> None:
    """Set what a connection needs for honest commits and for files that may be damaged or hostile."""
    connection.set_busy_timeout(BUSY_MS)
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    connection.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
    connection.execute("PRAGMA cell_size_check = ON")
    _refuse_foreign(connection)
    if not read_only:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {SYNCHRONOUS}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
        if sys.platform == "darwin":
            # There fsync leaves data in the drive's cache.
            connection.execute("PRAGMA fullfsync = ON")
            connection.execute("PRAGMA checkpoint_fullfsync = ON")


def prepare(database: Database) -> None:
    """Check that the file is a store, bring it to this version, and look it through where it is small.

    Raises:
        DamagedStoreError: The file is damaged.
        StoreError: It is another program's database, or of a newer version.
    """
    with translated(database.path):
        connection = database.connection
        version = _known_version(database.path, connection)
        if version < len(MIGRATIONS):
            if database.read_only:
                raise StoreError(
                    f"The run store {database.path} is of version {version}; open it once for writing."
                )
            _migrate(database, version)
        if not database.read_only:
            _look_through(database.path, connection)


def _known_version(path: Path, connection: apsw.Connection) -> int:
    version = connection.pragma("user_version")
    tables = dict(connection.execute("SELECT name, sql FROM sqlite_master"))
    if not tables:
        return 0
    header = (connection.pragma("application_id"), version)
    if tables == TABLES and header != (APPLICATION_ID, len(MIGRATIONS)):
        raise DamagedStoreError(f"The run store {path} is damaged: its header has changed.")
    if version > len(MIGRATIONS):
        raise StoreError(
            f"The run store {path} is of version {version}, this program knows {len(MIGRATIONS)}; update it."
        )
    return int(version)


def _refuse_foreign(connection: apsw.Connection) -> None:
    """Raise before anything is changed in a database that was never a run store."""
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if names and connection.pragma("application_id") != APPLICATION_ID and not names & TABLES.keys():
        raise StoreError(
            f"{connection.filename} is a database of another program; choose another folder for the store."
        )


def _migrate(database: Database, version: int) -> None:
    with database.transaction() as connection:
        for step in MIGRATIONS[version:]:
            step(connection)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def _look_through(path: Path, connection: apsw.Connection) -> None:
    if dict(connection.execute("SELECT name, sql FROM sqlite_master")) != TABLES:
        raise DamagedStoreError(f"The run store {path} is damaged: its tables are not as they were made.")
    if path.stat().st_size <= QUICK_CHECK_LIMIT:
        answer = connection.execute("PRAGMA quick_check(1)").get
        if answer != "ok":
            raise DamagedStoreError(f"The run store {path} is damaged: {answer}.")
