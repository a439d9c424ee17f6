"""Where batches lie: each commit as it came, later merged into long batches, run by run.

Appending keeps a commit small: the steps of all runs lie together in one row of `recent`. Reading wants the
opposite, long pieces of one run side by side. So from time to time, in the transaction of a commit, what is
recent of an experiment moves to `batches`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import apsw
import numpy as np

from wnin_desktop.errors import StoreError
from wnin_desktop.runs.store import packing, recent
from wnin_desktop.runs.store.database import POSITION_BITS, position
from wnin_desktop.runs.store.packing import COLUMNS, Unpacked

MERGED_ROWS = 2000
"""Recent steps of a run after which its experiment is merged."""


def append(connection: apsw.Connection, experiment_id: str, blob: bytes) -> None:
    """Add a commit's blob inside the running transaction."""
    connection.execute("INSERT INTO recent (experiment_id, data) VALUES (?, ?)", (experiment_id, blob))


def read(connection: apsw.Connection, run_key: int, names: Sequence[str]) -> Unpacked:
    """Return the wanted columns of all steps of a run.

    Call it inside a transaction: between two statements of its own a writer could merge.

    Raises:
        StoreError: Something is damaged or missing.
    """
    rows = connection.execute(
        "SELECT position & ?, data FROM batches WHERE position >= ? AND position < ? ORDER BY position",
        ((1 << POSITION_BITS) - 1, position(run_key, 0), position(run_key + 1, 0)),
    )
    done = packing.unpack(run_key, [_typed(first, blob) for first, blob in rows], names)
    pieces = []
    for (blob,) in connection.execute("SELECT data FROM recent ORDER BY recent_key"):
        pieces += recent.unpack(blob).of(run_key)
    return _continued(done, pieces, names) if pieces else done


def _typed(first: Any, blob: Any) -> tuple[int, bytes]:
    # A damaged page may hold rows of another table.
    if type(first) is not int or type(blob) is not bytes:
        raise StoreError(f"The batch of steps from {first!r} on is damaged.")
    return first, blob


def _continued(
    done: Unpacked, pieces: list[tuple[int, np.ndarray, np.ndarray]], names: Sequence[str]
) -> Unpacked:
    columns = [COLUMNS.index(name) for name in names]
    step = done.first_step + done.rows
    for first, table, _ in pieces:
        if first != step:
            raise StoreError(f"The steps just before step {first} are missing.")
        step += table.shape[1]
    table = np.concatenate([done.table, *(table[columns] for _, table, _ in pieces)], axis=1)
    labels = np.concatenate([labels for _, _, labels in pieces])
    return Unpacked(done.first_step, table, np.concatenate([done.segments, packing.stretches(labels)]))


def merge_recent(connection: apsw.Connection, experiment_id: str) -> None:
    """Move what is recent of an experiment to long batches inside the running transaction.

    Where something is damaged everything stays as it is: reading names the damage, recording goes on.
    """
    fits = "WHERE experiment_id = ?"
    rows = connection.execute(f"SELECT data FROM recent {fits} ORDER BY recent_key", (experiment_id,))  # noqa: S608 - a constant
    try:
        merged = _merged([recent.unpack(blob) for (blob,) in rows])
    except StoreError:
        return
    connection.executemany("INSERT INTO batches VALUES (?, ?)", merged)
    connection.execute(f"DELETE FROM recent {fits}", (experiment_id,))  # noqa: S608 - a constant


def _merged(parts: list[recent.Recent]) -> list[tuple[int, bytes]]:
    """Return the same steps run by run, as (position, blob)."""
    if not parts:
        return []
    members = np.concatenate([part.members for part in parts])
    owners = np.repeat(members["run_key"], members["rows"])
    order = np.argsort(owners, kind="stable")
    table = np.concatenate([part.table for part in parts], axis=1)[:, order]
    labels = np.concatenate([part.labels for part in parts])[order]
    merged = []
    for run_key in np.unique(owners):
        own = members[members["run_key"] == run_key]
        if (np.diff(own["first"].astype(np.int64)) != own["rows"][:-1]).any():
            raise StoreError("Steps are missing among the recent ones.")
        start, end = np.searchsorted(owners[order], (run_key, run_key + np.uint64(1)))
        first, key = int(own["first"][0]), int(run_key)
        blobs = packing.pack(key, first, table[:, start:end], labels[start:end])
        merged += [(position(key, step), blob) for step, blob in blobs]
    return merged


def delete(connection: apsw.Connection, run_key: int) -> None:
    """Delete a run's long batches inside the running transaction."""
    bounds = (position(run_key, 0), position(run_key + 1, 0))
    connection.execute("DELETE FROM batches WHERE position >= ? AND position < ?", bounds)
