"""Manifest rows of checkpoint files, and which files are kept."""

from __future__ import annotations

import json
from pathlib import Path

import apsw
import msgspec

from wnin_desktop.errors import CheckpointError
from wnin_desktop.runs.store.database import DamagedStoreError, Database, row_crc
from wnin_desktop.schema.manifest import RESUMABLE, Manifest

KEPT = 2
"""How many of the newest resumable checkpoints are kept."""


def check_manifest(manifest: Manifest) -> None:
    """Refuse a manifest whose file is not a plain name inside the experiment's folder.

    Raises:
        CheckpointError: The name points elsewhere.
    """
    name = manifest.file
    if not name or name in (".", "..") or any(mark in name for mark in "/\\:\0"):
        raise CheckpointError(f"Checkpoint file {name!r} is not a plain file name.")


def insert_manifest(
    connection: apsw.Connection, experiment_id: str, manifest: Manifest, created: float
) -> None:
    """Add a manifest row inside the running transaction; a row for the same file is replaced."""
    check_manifest(manifest)
    for key, found in _rows(connection, experiment_id):
        if found.file == manifest.file:
            connection.execute("DELETE FROM checkpoints WHERE checkpoint_key = ?", (key,))
    key = connection.execute("SELECT coalesce(max(checkpoint_key), 0) + 1 FROM checkpoints").get
    values = (key, experiment_id, msgspec.json.encode(manifest).decode(), created)
    connection.execute("INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?)", (*values, row_crc(*values)))


def read_manifests(database: Database, experiment_id: str) -> list[Manifest]:
    """Return an experiment's checkpoints in the order they were added.

    Raises:
        DamagedStoreError: A row is not what was written.
    """
    return [manifest for _, manifest in _rows(database.connection, experiment_id)]


def retire(connection: apsw.Connection, experiment_id: str) -> list[str]:
    """Delete the rows of checkpoints that are no longer kept, and return their files.

    Kept are the newest `KEPT` that training can go on from, the newest best of each run, and every snapshot
    at a matched training loss, which is a result.
    """
    rows = _rows(connection, experiment_id)
    resumable = sorted(
        (row for row in rows if row[1].reason in RESUMABLE), key=lambda row: (row[1].step, row[0])
    )
    kept = {key for key, _ in resumable[-KEPT:]}
    kept |= set({manifest.run_id: key for key, manifest in rows if manifest.reason == "best"}.values())
    kept |= {key for key, manifest in rows if manifest.reason == "matched_train_loss"}
    retired = [(key, manifest) for key, manifest in rows if key not in kept]
    connection.executemany("DELETE FROM checkpoints WHERE checkpoint_key = ?", [(key,) for key, _ in retired])
    return [manifest.file for _, manifest in retired]


def newest_resumable(manifests: list[Manifest], committed: int) -> Manifest | None:
    """Return the newest checkpoint training can go on from whose steps are all stored, or None."""
    usable = [found for found in manifests if found.reason in RESUMABLE and found.step <= committed]
    return max(enumerate(usable), key=lambda pair: (pair[1].step, pair[0]))[1] if usable else None


def remove_files(folder: Path, names: list[str]) -> None:
    """Delete retired files; one that another program holds stays behind and harms nothing."""
    for name in names:
        try:
            (folder / name).unlink(missing_ok=True)
        except PermissionError:
            continue


def _rows(connection: apsw.Connection, experiment_id: str) -> list[tuple[int, Manifest]]:
    found = []
    statement = "SELECT checkpoint_key, experiment_id, manifest, created, crc FROM checkpoints ORDER BY 1"
    for key, owner, text, created, crc in connection.execute(statement):
        if crc != row_crc(key, owner, text, created):
            raise DamagedStoreError(f"The run store is damaged: row {key} of checkpoints has changed.")
        if owner == experiment_id:
            found.append((key, msgspec.convert(json.loads(text), Manifest)))
    return found
