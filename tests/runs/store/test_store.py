import re
import threading

import numpy as np
import pytest

from tests.runs.store.recording import (
    ARMS,
    SEEDS,
    begin,
    config,
    extend,
    members,
    recorded,
    run_id,
    started,
    step_of,
    steps,
)
from wnin_desktop.errors import CheckpointError, InputError, StoreError
from wnin_desktop.runs.store import Store, database
from wnin_desktop.runs.store import writer as writing
from wnin_desktop.runs.store.records import status_of_experiment
from wnin_desktop.schema.fingerprint import fingerprint
from wnin_desktop.schema.manifest import Manifest


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "store", now=lambda: 1_795_270_953.0) as store:
        yield store


def manifest(step: int, reason="periodic", run=None) -> Manifest:
    return Manifest(f"{reason}-{step}-{run or 'all'}", "0" * 64, 10, step, reason, {}, run)


# -- the catalogue -----------------------------------------------------------------------------------------


def test_that_an_experiment_id_is_readable_and_sorts_by_time(store):
    first = store.new_experiment(config("Four optimizers: one (cosine) schedule!"))
    assert re.fullmatch(r"2026-11-21_142233_four-optimizers-one-cosine-schedule_[0-9a-f]{4}", first)
    store._now = lambda: 1_795_270_954.0
    assert store.new_experiment(config("A")) > first
    assert re.fullmatch(r".*_comparison_[0-9a-f]{4}", store.new_experiment(config("ÄÖ")))


def test_that_an_experiment_is_kept_as_it_was_given(store):
    experiment_id = store.new_experiment(config("One"))
    record = store.experiment(experiment_id)
    assert record.config == config("One").model_dump(mode="json")
    assert record.fingerprint == fingerprint(config("One"))
    assert (record.name, record.created, record.status, record.star) == (
        "One",
        1_795_270_953.0,
        "running",
        False,
    )


def test_that_the_beginning_of_an_id_is_enough_and_an_ambiguous_one_is_refused(store):
    first, second = store.new_experiment(config("alpha")), store.new_experiment(config("beta"))
    assert store.experiment(first[:20]).experiment_id == first
    assert store.experiment(second).experiment_id == second
    with pytest.raises(InputError, match="2 ids begin so"):
        store.experiment("2026")
    with pytest.raises(InputError, match="no id in the store begins so"):
        store.experiment("nothing")
    with pytest.raises(InputError, match="give an id"):
        store.experiment("")


def test_that_a_run_is_found_by_the_beginning_of_its_id(store):
    experiment_id, _ = begin(store)
    store._writers[experiment_id].commit()
    assert store.run(f"{experiment_id}/sgd noisy/s7").seed == 7
    with pytest.raises(InputError, match="4 ids begin so"):
        store.run(experiment_id)


def test_that_an_id_that_begins_another_is_found_itself(tmp_path):
    with Store.open(tmp_path) as store:
        experiment_id = store.new_experiment(config(arms=("a",), seeds=(1, 12)))
        writer = store.writer(experiment_id)
        extend(writer, [started(experiment_id, "a", seed) for seed in (1, 12)])
        writer.commit()
        assert store.run(f"{experiment_id}/a/s1").seed == 1


def test_that_runs_can_be_filtered(store):
    experiment_id, writer = begin(store)
    writer.commit()
    other, _ = begin(store)
    store._writers[other].commit()
    assert len(store.runs()) == 8
    assert [run.seed for run in store.runs(experiment_id=experiment_id, arm=ARMS[1])] == list(SEEDS)
    assert {run.experiment_id for run in store.runs(seed=7)} == {experiment_id, other}
    assert store.runs(status="completed") == []


def test_that_tags_notes_stars_and_names_are_kept(tmp_path):
    with Store.open(tmp_path) as store:
        experiment_id = store.new_experiment(config())
        store.tag(experiment_id, ["b", "a", "b"])
        store.note(experiment_id, "Zeile\nzwei")
        store.star(experiment_id)
        store.rename(experiment_id, "Better")
        with pytest.raises(InputError, match="name"):
            store.rename(experiment_id, "  ")
    with Store.open(tmp_path, read_only=True) as store:
        record = store.experiment(experiment_id)
        assert (record.tags, record.note, record.star, record.name) == (
            ("a", "b"),
            "Zeile\nzwei",
            True,
            "Better",
        )


def test_that_the_trash_gives_back_what_was_put_there(store):
    experiment_id = store.new_experiment(config())
    store.trash(experiment_id)
    assert store.experiments() == []
    assert store.experiments(trashed=True)[0].trashed == 1_795_270_953.0
    store.restore(experiment_id)
    assert [each.experiment_id for each in store.experiments()] == [experiment_id]


def test_that_deleting_leaves_nothing_behind(tmp_path):
    first, second = recorded(tmp_path, 30), recorded(tmp_path, 30)
    with Store.open(tmp_path) as store:
        folder = store.checkpoint_dir(first)
        (folder / "x").touch()
        store.add_checkpoint(first, manifest(3))
        store.delete(first)
        assert not folder.exists()
        assert [each.experiment_id for each in store.experiments()] == [second]
        assert len(store.steps(run_id(second))) == 30
        counts = {
            name: store._database.rows(f"SELECT count(*) FROM {name}")[0][0] for name in database.TABLES
        }
    assert counts["runs"] == counts["progress"] == counts["batches"] == 4
    assert (counts["recent"], counts["checkpoints"], counts["experiments"]) == (0, 0, 1)


def test_that_what_is_being_written_can_be_neither_trashed_nor_deleted(store):
    experiment_id, writer = begin(store)
    for action in (store.trash, store.delete):
        with pytest.raises(StoreError, match="is being written"):
            action(experiment_id)
    writer.close()
    store.trash(experiment_id)


@pytest.mark.parametrize(
    ("planned", "statuses", "alive", "expected"),
    [
        (2, [], True, "running"),
        (2, ["completed"], True, "running"),
        (2, ["completed"], False, "interrupted"),
        (2, ["completed", "running"], False, "interrupted"),
        (2, ["completed", "diverged"], True, "completed"),
        (2, ["diverged", "diverged"], True, "diverged"),
        (2, ["completed", "stopped"], True, "stopped"),
        (3, ["completed", "interrupted", "failed"], False, "failed"),
    ],
)
def test_that_an_experiment_stands_as_its_runs_do(planned, statuses, alive, expected):
    assert status_of_experiment(planned, statuses, alive=alive) == expected


# -- opening -----------------------------------------------------------------------------------------------


def test_that_a_store_that_is_not_there_cannot_be_read(tmp_path):
    with pytest.raises(StoreError, match="no run store"):
        Store.open(tmp_path, read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_that_a_reader_changes_nothing(tmp_path):
    experiment_id = recorded(tmp_path, 5)
    with Store.open(tmp_path, read_only=True) as store:
        for action in (
            lambda: store.new_experiment(config()),
            lambda: store.writer(experiment_id),
            lambda: store.star(experiment_id),
            lambda: store.delete(experiment_id),
            store.repair,
        ):
            with pytest.raises(StoreError, match=r"reading only|repaired only"):
                action()


def test_that_unclean_runs_are_recognized_at_opening(tmp_path):
    store = Store.open(tmp_path)
    experiment_id, writer = begin(store)
    extend(writer, steps(experiment_id, 1, 20))
    # What a killed process leaves: the lock gone, nothing closed.
    store._lock.release()
    with Store.open(tmp_path) as after:
        assert any("4 run(s) were interrupted" in notice for notice in after.notices)
        assert {run.status for run in after.runs()} == {"interrupted"}
        assert after.experiment(experiment_id).status == "interrupted"
    store._database.close()


def test_that_an_older_store_is_brought_up_to_date_in_one_transaction(tmp_path, monkeypatch):
    experiment_id = recorded(tmp_path, 5)
    added = [*database.MIGRATIONS, lambda connection: connection.execute("CREATE TABLE later (value)")]
    tables = database.TABLES | {"later": "CREATE TABLE later (value)"}

    def broken(connection):
        connection.execute("CREATE TABLE half (value)")
        raise StoreError("planned")

    with monkeypatch.context() as patch:
        patch.setattr(database, "MIGRATIONS", [*added, broken])
        patch.setattr(database, "TABLES", tables)
        with pytest.raises(StoreError, match="open it once for writing"):
            Store.open(tmp_path, read_only=True)
        with pytest.raises(StoreError, match="planned"):
            Store.open(tmp_path)
        patch.setattr(database, "MIGRATIONS", added)
        with Store.open(tmp_path) as store:
            assert len(store.steps(run_id(experiment_id))) == 5
            assert store.notices == []
    with pytest.raises(StoreError, match="of version 2, this program knows 1"):
        Store.open(tmp_path)


# -- reading -----------------------------------------------------------------------------------------------


def test_that_a_series_holds_nan_where_nothing_was_measured(tmp_path):
    experiment_id = recorded(tmp_path, 25)
    with Store.open(tmp_path, read_only=True) as store:
        found = store.series(run_id(experiment_id), ["val_loss", "step", "lr"])
        assert list(found) == ["step", "val_loss", "lr"]
        assert found["step"].tolist() == list(range(1, 26))
        assert np.flatnonzero(~np.isnan(found["val_loss"])).tolist() == [9, 19]
        with pytest.raises(InputError, match="series: 'speed' is not accepted; allowed: step, timestamp"):
            store.series(run_id(experiment_id), ["speed"])


def test_that_a_run_without_steps_has_empty_series(store):
    experiment_id, writer = begin(store)
    writer.commit()
    assert store.steps(run_id(experiment_id)) == []
    assert store.series(run_id(experiment_id))["train_loss"].shape == (0,)


def test_that_other_threads_read_while_one_writes(store):
    experiment_id, writer = begin(store)
    wrong, done = [], threading.Event()

    def read():
        while not done.is_set():
            found = store.steps(run_id(experiment_id))
            if found != [step_of(experiment_id, ARMS[0], SEEDS[0], k + 1) for k in range(len(found))]:
                wrong.append(len(found))

    writer.commit()
    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    extend(writer, steps(experiment_id, 1, 300))
    done.set()
    for reader in readers:
        reader.join()
    assert wrong == []


def test_that_small_batches_are_merged_and_read_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(writing.batches, "MERGED_ROWS", 30)
    with Store.open(tmp_path) as store:
        experiment_id, writer = begin(store)
        for last in range(20, 220, 20):
            extend(writer, steps(experiment_id, last - 19, last))
            for arm, seed in members():
                expected = [step_of(experiment_id, arm, seed, k) for k in range(1, last + 1)]
                assert store.steps(run_id(experiment_id, arm, seed)) == expected
        merged = store._database.rows("SELECT count(*) FROM batches")[0][0]
        assert merged == 4 * (200 // 40)


# -- checkpoints -------------------------------------------------------------------------------------------


def test_that_the_last_two_and_the_best_are_kept(store):
    experiment_id, writer = begin(store)
    extend(writer, steps(experiment_id, 1, 60))
    folder = store.checkpoint_dir(experiment_id)
    added = [manifest(10), manifest(15, "best", "r1"), manifest(15, "matched_train_loss", "r1"), manifest(20)]
    added += [manifest(25, "best", "r1"), manifest(25, "best", "r2"), manifest(30, "asked"), manifest(40)]
    for each in added:
        (folder / each.file).write_bytes(b"x" * 10)
        store.add_checkpoint(experiment_id, each)
    kept = [(each.reason, each.step, each.run_id) for each in store.checkpoints(experiment_id)]
    assert kept == [
        ("matched_train_loss", 15, "r1"),
        ("best", 25, "r1"),
        ("best", 25, "r2"),
        ("asked", 30, None),
        ("periodic", 40, None),
    ]
    assert {path.name for path in folder.iterdir()} == {
        "matched_train_loss-15-r1",
        "best-25-r1",
        "best-25-r2",
        "asked-30-all",
        "periodic-40-all",
    }


def test_that_steps_are_committed_before_the_checkpoint_that_needs_them(store):
    experiment_id, writer = begin(store, monotonic=lambda: 0.0)
    extend(writer, steps(experiment_id, 1, 7))
    assert writer.committed[run_id(experiment_id)] == 0
    store.add_checkpoint(experiment_id, manifest(7))
    assert writer.committed[run_id(experiment_id)] == 7
    assert store.latest_checkpoint(experiment_id) == manifest(7)


def test_that_a_checkpoint_beyond_the_stored_steps_is_passed_over(store):
    experiment_id, writer = begin(store)
    extend(writer, steps(experiment_id, 1, 10))
    assert store.latest_checkpoint(experiment_id) is None
    store.add_checkpoint(experiment_id, manifest(10))
    store.add_checkpoint(experiment_id, manifest(20))
    assert store.latest_checkpoint(experiment_id) == manifest(10)
    extend(writer, steps(experiment_id, 11, 20))
    writer.commit()
    assert store.latest_checkpoint(experiment_id) == manifest(20)


@pytest.mark.parametrize("name", ["../up", "a/b", "..", "", "c:evil", "a\\b", "nul\0"])
def test_that_a_manifest_cannot_point_out_of_its_folder(store, name):
    experiment_id = store.new_experiment(config())
    with pytest.raises(CheckpointError, match="not a plain file name"):
        store.add_checkpoint(experiment_id, Manifest(name, "0" * 64, 1, 1, "asked", {}))


def test_that_half_written_files_are_removed_at_opening(tmp_path):
    experiment_id = recorded(tmp_path, 5)
    with Store.open(tmp_path) as store:
        folder = store.checkpoint_dir(experiment_id)
        (folder / "kept").touch()
        (folder / "kept.1-2.tmp").touch()
    Store.open(tmp_path).close()
    assert [path.name for path in folder.iterdir()] == ["kept"]
