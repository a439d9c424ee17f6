"""Where batches lie: new ones in the order of their commits, later merged into long ones, run by run.

Appending keeps a commit small: the batches of all runs share the file's last pages. Reading wants the
opposite, long pieces of one run side by side. So each commit appends to `recent`, and from time to time, in
the transaction of a commit, the recent batches of a run move to `batches` as one.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Collection, Iterable
from typing import Any

import apsw

from wnin_desktop.errors import StoreError
from wnin_desktop.runs.store.database import POSITION_BITS, position
from wnin_desktop.runs.store.packing import merge

MERGED_ROWS = 2000
"""Recent steps of a run after which they are merged."""


def append(connection: apsw.Connection, rows: Iterable[tuple[int, int, bytes]]) -> None:
    """Add (run key, first step, blob) rows inside the running transaction."""
    connection.executemany("INSERT INTO recent (run_key, first_step, data) VALUES (?, ?, ?)", rows)


def read(connection: apsw.Connection, run_key: int) -> list[tuple[int, bytes]]:
    """Return a run's blobs as (first step, blob) in step order.

    Call it inside a transaction: between two statements of its own a writer could merge.
    """
    merged = connection.execute(
        "SELECT position & ?, data FROM batches WHERE position >= ? AND position < ? ORDER BY position",
        ((1 << POSITION_BITS) - 1, position(run_key, 0), position(run_key + 1, 0)),
    )
    recent = connection.execute(
        "SELECT first_step, data FROM recent WHERE run_key = ? ORDER BY recent_key", (run_key,)
    )
    return [_typed(first, blob) for first, blob in itertools.chain(merged, recent)]


def _typed(first: Any, blob: Any) -> tuple[int, bytes]:
    # A damaged page may hold rows of another table.
    if type(first) is not int or type(blob) is not bytes:
        raise StoreError(f"The batch of steps from {first!r} on is damaged.")
    return first, blob


def merge_recent(connection: apsw.Connection, run_keys: Collection[int]) -> None:
    """Move the recent batches of runs to long ones inside the running transaction.

    Where one is damaged the run's batches stay as they are: reading names the damage, recording goes on.
    """
    rows = connection.execute("SELECT run_key, recent_key, first_step, data FROM recent ORDER BY 1, 2")
    for run_key, group in itertools.groupby(rows.fetchall(), key=operator.itemgetter(0)):
        if run_key in run_keys:
            _move(connection, run_key, list(group))


def _move(connection: apsw.Connection, run_key: int, rows: list[Any]) -> None:
    """Merge (run key, recent key, first step, blob) rows of one run."""
    try:
        merged = merge(run_key, [_typed(first, blob) for _, _, first, blob in rows])
    except StoreError:
        return
    connection.executemany(
        "INSERT INTO batches VALUES (?, ?)", [(position(run_key, first), blob) for first, blob in merged]
    )
    connection.executemany("DELETE FROM recent WHERE recent_key = ?", [(key,) for _, key, _, _ in rows])


def delete(connection: apsw.Connection, run_key: int) -> None:
    """Delete a run's batches inside the running transaction."""
    bounds = (position(run_key, 0), position(run_key + 1, 0))
    connection.execute("DELETE FROM batches WHERE position >= ? AND position < ?", bounds)
    connection.execute("DELETE FROM recent WHERE run_key = ?", (run_key,))
