"""S4 and S5: an I/O error at any operation, and a full disk, cost a typed error and nothing else."""

import contextlib
import random

import pytest

from tests.runs.store.checking import kept_aside, wrong
from tests.runs.store.faults import FailsOnce, Layer, Quota, installed
from tests.runs.store.recording import config, extend, finished, members, run_id, started, steps
from wnin_desktop.errors import DiskFullError, StoreError
from wnin_desktop.runs.store import RunWriter, Store, batches, database
from wnin_desktop.runs.store.database import Database

# SQLite gets over some errors by itself; apsw then hands the planned exception to `sys.unraisablehook`.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

STEPS = 45
TRIES = 3


def until_done(action):
    """Do something that may meet the one planned error, again where it does."""
    for _ in range(TRIES - 1):
        try:
            return action()
        except StoreError:
            continue
    return action()


def record(folder, layer: Layer) -> str:
    """Record an experiment through `layer`, trying again after errors as a driving loop does."""
    store = until_done(lambda: Store.open(folder, vfs=layer.name))
    experiment_id = until_done(lambda: store.new_experiment(config()))
    writer = until_done(lambda: store.writer(experiment_id, monotonic=lambda: 0.0))
    events = [started(experiment_id, arm, seed) for arm, seed in members()]
    events += steps(experiment_id, 1, STEPS)
    events += [finished(experiment_id, arm, seed, STEPS) for arm, seed in members()]
    for event in events:
        take(writer, event)
    until_done(writer.close)
    until_done(store.close)
    return experiment_id


def take(writer: RunWriter, event) -> None:
    try:
        writer.append(event)
    except StoreError:
        until_done(writer.commit)


def operations_of_a_recording(folder) -> int:
    with installed(FailsOnce(10**9)) as layer:
        record(folder, layer)
        return 10**9 - layer.left


def wrong_after_failure(folder, number: int) -> list[str]:
    with installed(FailsOnce(number)) as layer:
        experiment_id = record(folder, layer)
    with Store.open(folder) as store:
        promised = {run_id(experiment_id, arm, seed): STEPS for arm, seed in members()}
        statuses = {run.status for run in store.runs()} - {"completed"}
        return kept_aside(folder) + sorted(statuses) + wrong(store, experiment_id, promised)


def failures(tmp_path, count: int, seed: int) -> list[str]:
    total = operations_of_a_recording(tmp_path / "whole")
    source = random.Random(seed)
    found = []
    for number in sorted(source.sample(range(1, total + 1), min(count, total))):
        left = wrong_after_failure(tmp_path / str(number), number)
        found += [f"failure of operation {number}: {each}" for each in left]
    return found


def test_that_an_io_error_anywhere_loses_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(batches, "MERGED_ROWS", 25)
    assert failures(tmp_path, 25, seed=0) == []


@pytest.mark.full
def test_that_four_hundred_io_errors_lose_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(batches, "MERGED_ROWS", 25)
    monkeypatch.setattr(database, "WAL_PAGES", 4)
    assert failures(tmp_path, 400, seed=1) == []


@contextlib.contextmanager
def statement_by_statement(self, connection=None):
    """A transaction that is none: every statement is kept at once."""
    with database.translated(self.path):
        yield connection or self.connection


def test_that_without_transactions_an_io_error_is_seen_to_leave_half_a_commit(tmp_path, monkeypatch):
    monkeypatch.setattr(Database, "transaction", statement_by_statement)
    with pytest.raises((StoreError, AssertionError)):
        assert failures(tmp_path, 60, seed=0) == []


def full_disk(folder, room: int) -> list[str]:
    """Fill the disk in the middle of a recording, look at what is stored, make room and go on."""
    with installed(Quota()) as layer, Store.open(folder, vfs=layer.name) as store:
        experiment_id = store.new_experiment(config())
        writer = store.writer(experiment_id, monotonic=lambda: 0.0)
        extend(writer, [started(experiment_id, arm, seed) for arm, seed in members()])
        writer.commit()
        layer.limit = room
        events = steps(experiment_id, 1, 400)
        refused = 0
        found: list[str] = []
        for event in events:
            try:
                writer.append(event)
            except DiskFullError:
                refused += 1
                with contextlib.suppress(DiskFullError):
                    writer.commit()
                    found.append("a commit succeeded on a full disk")
                with Store.open(folder, read_only=True) as reader:
                    found += wrong(reader, experiment_id, writer.committed)
                layer.limit = None
                writer.commit()
        writer.close()
        assert refused == 1
        promised = {run_id(experiment_id, arm, seed): 400 for arm, seed in members()}
        return found + wrong(store, experiment_id, promised)


def test_that_a_full_disk_keeps_nothing_partial_and_loses_nothing(tmp_path):
    for room in (60_000, 90_000):
        assert full_disk(tmp_path / str(room), room) == []


@pytest.mark.full
def test_that_ten_full_disks_lose_nothing(tmp_path):
    for room in range(50_000, 150_000, 10_000):
        assert full_disk(tmp_path / str(room), room) == []


def test_that_a_writer_that_forgets_its_batch_is_seen_to_lose_steps(tmp_path, monkeypatch):
    commit = RunWriter._commit

    def forgetful(self):
        try:
            commit(self)
        except DiskFullError:
            for run in self._runs.values():
                run.steps.clear()
            raise

    monkeypatch.setattr(RunWriter, "_commit", forgetful)
    with pytest.raises(StoreError, match=r"steps were stored and|are missing"):
        full_disk(tmp_path, 60_000)
