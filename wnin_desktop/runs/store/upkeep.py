"""Putting in order what dead processes left, and removing what is not wanted any more."""

from __future__ import annotations

from collections.abc import Collection

import apsw

from wnin_desktop.runs.store import batches, catalogue
from wnin_desktop.runs.store.catalogue import Row
from wnin_desktop.runs.store.database import Database, position
from wnin_desktop.runs.store.records import Status, status_of_experiment


def recover(database: Database, *, writing: Collection[str]) -> list[str]:
    """Mark runs and experiments left running as interrupted, merge their batches, and return the runs' ids.

    Args:
        database: Open for writing, under the writer's lock.
        writing: Ids of experiments that are being written now, which are left alone.
    """
    runs = catalogue.read_rows(database, "runs")
    idle = [row for row in runs if row.values["experiment_id"] not in writing]
    left = [row for row in idle if row.values["status"] == "running"]
    stale = [
        row
        for row in catalogue.read_rows(database, "experiments", "WHERE status = ?", ("running",))
        if row.values["experiment_id"] not in writing
    ]
    recent = {owner for (owner,) in database.rows("SELECT DISTINCT experiment_id FROM recent")}
    unmerged = recent - set(writing)
    if left or stale or unmerged:
        with database.transaction() as connection:
            for owner in unmerged:
                batches.merge_recent(connection, owner)
            for row in left:
                catalogue.update_row(connection, "runs", row, status="interrupted")
            for row in stale:
                catalogue.update_row(connection, "experiments", row, status=_resting_status(row, runs))
    return [row.values["run_id"] for row in left]


def _resting_status(experiment: Row, runs: list[Row]) -> Status:
    values = catalogue.decoded(experiment)
    owner = values["experiment_id"]
    statuses: list[Status] = [run.values["status"] for run in runs if run.values["experiment_id"] == owner]
    planned = len(values["config"]["arms"]) * len(values["config"]["seeds"])
    return status_of_experiment(planned, statuses, alive=False)


def delete_experiment(database: Database, connection: apsw.Connection, experiment: Row) -> None:
    """Delete an experiment and all that belongs to it inside the running transaction."""
    owner = (experiment.values["experiment_id"],)
    fits = "WHERE experiment_id = ?"
    for run in catalogue.read_rows(database, "runs", fits, owner, connection=connection):
        bounds = (position(run.key, 0), position(run.key + 1, 0))
        batches.delete(connection, run.key)
        connection.execute("DELETE FROM events WHERE position >= ? AND position < ?", bounds)
        connection.execute("DELETE FROM progress WHERE run_key = ?", (run.key,))
        connection.execute("DELETE FROM runs WHERE run_key = ?", (run.key,))
    connection.execute("DELETE FROM recent WHERE experiment_id = ?", owner)
    connection.execute("DELETE FROM labels WHERE experiment_id = ?", owner)
    connection.execute("DELETE FROM checkpoints WHERE experiment_id = ?", owner)
    connection.execute("DELETE FROM experiments WHERE experiment_key = ?", (experiment.key,))
