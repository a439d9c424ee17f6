import contextlib
import signal

import pytest

from tests.runs.store.recording import (
    ARMS,
    SEEDS,
    begin,
    config,
    extend,
    finished,
    members,
    recorded,
    run_id,
    started,
    step_of,
    steps,
)
from wnin_desktop.errors import StoreError
from wnin_desktop.runs.store import BATCH_S, BATCH_STEPS, RunWriter, Store
from wnin_desktop.runs.store import writer as writing
from wnin_desktop.runs.store.database import Database
from wnin_desktop.schema.events import Curvature, Diverged, Failed, Intervention, RunStarted


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "store") as store:
        yield store


class Clock:
    """A monotonic clock that stands still until told otherwise."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_that_what_is_read_equals_what_was_appended(store):
    experiment_id, writer = begin(store)
    events = steps(experiment_id, 1, 57)
    extend(writer, events)
    writer.commit()
    for arm, seed in members():
        name = run_id(experiment_id, arm, seed)
        assert store.steps(name) == [event for event in events if event.run_id == name]


def test_that_a_batch_holds_at_most_twenty_steps_of_each_run(store):
    experiment_id, writer = begin(store, monotonic=Clock())
    seen = set()
    for event in steps(experiment_id, 1, 3 * BATCH_STEPS):
        writer.append(event)
        waiting = event.step - writer.committed.get(event.run_id, 0)
        assert waiting <= BATCH_STEPS
        seen.add(tuple(writer.committed.values()))
    # The cohort is stored up to the same step, and in whole batches.
    assert seen == {(k * BATCH_STEPS,) * 4 for k in range(4)}


def test_that_a_slow_cohort_commits_each_step_when_it_is_complete(store):
    clock = Clock()
    experiment_id, writer = begin(store, monotonic=clock)
    for step in range(1, 4):
        clock.now += BATCH_S
        extend(writer, steps(experiment_id, step, step))
        assert set(writer.committed.values()) == {step}


def test_that_no_step_waits_longer_than_a_quarter_second_for_its_cohort(store):
    clock = Clock()
    experiment_id, writer = begin(store, monotonic=clock)
    writer.commit()
    writer.append(step_of(experiment_id, ARMS[0], SEEDS[0], 1))
    clock.now += BATCH_S
    writer.append(step_of(experiment_id, ARMS[0], SEEDS[1], 1))
    assert writer.committed[run_id(experiment_id)] == 1


def test_that_uneven_runs_commit_too(store):
    experiment_id, writer = begin(store, monotonic=Clock())
    for step in range(1, 2 * BATCH_STEPS + 1):
        writer.append(step_of(experiment_id, ARMS[0], SEEDS[0], step))
    assert writer.committed[run_id(experiment_id)] >= BATCH_STEPS


def test_that_a_gap_is_refused(store):
    experiment_id, writer = begin(store)
    writer.append(step_of(experiment_id, ARMS[0], SEEDS[0], 1))
    with pytest.raises(StoreError, match="sent step 3 after step 1; steps are missing"):
        writer.append(step_of(experiment_id, ARMS[0], SEEDS[0], 3))
    with pytest.raises(StoreError, match="sent step 0"):
        writer.append(step_of(experiment_id, ARMS[0], SEEDS[0], 0))


def test_that_steps_of_a_run_that_did_not_start_are_refused(store):
    experiment_id = store.new_experiment(config())
    with store.writer(experiment_id) as writer, pytest.raises(StoreError, match="without having started"):
        writer.append(step_of(experiment_id, ARMS[0], SEEDS[0], 1))


def test_that_a_run_of_another_experiment_is_refused(store):
    experiment_id = store.new_experiment(config())
    with store.writer(experiment_id) as writer, pytest.raises(StoreError, match="of experiment 'other'"):
        writer.append(started("other", ARMS[0], SEEDS[0]))


def test_that_a_resumed_run_skips_what_is_stored_and_goes_on(tmp_path):
    with Store.open(tmp_path) as store:
        experiment_id, writer = begin(store)
        extend(writer, steps(experiment_id, 1, 45))
    with Store.open(tmp_path) as store:
        writer = store.writer(experiment_id)
        extend(writer, [started(experiment_id, arm, seed, resumed_from=30) for arm, seed in members()])
        extend(writer, steps(experiment_id, 31, 60))
        extend(writer, [finished(experiment_id, arm, seed, 60) for arm, seed in members()])
        for arm, seed in members():
            name = run_id(experiment_id, arm, seed)
            assert store.steps(name) == [step_of(experiment_id, arm, seed, k) for k in range(1, 61)]
            assert [event.resumed_from for event in store.events(name, [RunStarted])] == [None, 30]
            assert store.run(name).status == "completed"


def test_that_a_repeated_step_must_agree_with_the_stored_one(tmp_path):
    with Store.open(tmp_path) as store:
        experiment_id, writer = begin(store)
        extend(writer, steps(experiment_id, 1, 20))
    other = step_of(experiment_id, ARMS[0], SEEDS[1], 15)
    repeated = type(other)(
        run_id=run_id(experiment_id),
        timestamp=0.0,
        step=15,
        arm=ARMS[0],
        seed=SEEDS[0],
        train_loss=other.train_loss,
    )
    with Store.open(tmp_path) as store, store.writer(experiment_id) as writer:
        writer.append(started(experiment_id, ARMS[0], SEEDS[0], resumed_from=10))
        with pytest.raises(StoreError, match="does not continue the stored run"):
            writer.append(repeated)
    with Store.open(tmp_path) as store, store.writer(experiment_id, tolerance=10.0) as writer:
        writer.append(started(experiment_id, ARMS[0], SEEDS[0], resumed_from=10))
        writer.append(repeated)
        assert writer.committed[run_id(experiment_id)] == 20


def test_that_a_resumed_trainer_repeats_no_other_event(tmp_path):
    def others(experiment_id, timestamp):
        where = {"run_id": run_id(experiment_id), "timestamp": timestamp, "step": 12}
        yield Intervention(**where, knob="lr", value=0.5, previous=0.25)
        yield Curvature(
            **where, method="exact", hessian_trace_est=2.0, hessian_trace_se=0.0, relative_trace=None,
            relative_trace_se=None, probes=0, examples=8, cost_gradients=1.0,
        )  # fmt: skip

    with Store.open(tmp_path) as store:
        experiment_id, writer = begin(store)
        extend(writer, steps(experiment_id, 1, 12))
        extend(writer, list(others(experiment_id, 1.0)))
    with Store.open(tmp_path) as store, store.writer(experiment_id) as writer:
        writer.append(started(experiment_id, ARMS[0], SEEDS[0], resumed_from=10))
        extend(writer, list(others(experiment_id, 2.0)))
        writer.commit()
        found = store.events(run_id(experiment_id), [Intervention, Curvature])
    assert found == list(others(experiment_id, 1.0))


def test_that_statuses_follow_the_events(store):
    experiment_id, writer = begin(store)
    extend(writer, steps(experiment_id, 1, 3))
    first, second, third, fourth = [run_id(experiment_id, arm, seed) for arm, seed in members()]
    writer.append(Diverged(run_id=first, timestamp=1.0, step=3, reason="loss", last_finite_step=2))
    writer.append(Failed(run_id=second, timestamp=1.0, step=3, error="no", traceback=""))
    writer.append(finished(experiment_id, *members()[2], 3, "stopped"))
    writer.commit()
    assert [store.run(name).status for name in (first, second, third, fourth)] == [
        "diverged",
        "failed",
        "stopped",
        "running",
    ]
    assert store.experiment(experiment_id).status == "running"
    writer.append(finished(experiment_id, *members()[3], 3))
    assert store.experiment(experiment_id).status == "failed"
    assert store.run(fourth).final == {"val_loss": 0.25, "accuracy": None}


def test_that_an_experiment_whose_runs_all_finished_is_completed(tmp_path):
    experiment_id = recorded(tmp_path, 5)
    with Store.open(tmp_path, read_only=True) as store:
        assert store.experiment(experiment_id).status == "completed"


def test_that_closing_marks_unfinished_runs_interrupted(store):
    experiment_id, writer = begin(store)
    extend(writer, steps(experiment_id, 1, 3))
    writer.close()
    assert {run.status for run in store.runs()} == {"interrupted"}
    assert {run.committed for run in store.runs()} == {3}
    assert store.experiment(experiment_id).status == "interrupted"


def test_that_an_experiment_has_one_writer_at_a_time(store):
    experiment_id, writer = begin(store)
    with pytest.raises(StoreError, match="being written already"):
        store.writer(experiment_id)
    writer.close()
    store.writer(experiment_id).close()


def interrupted_after_the_commit(store, monkeypatch) -> str:
    """Press Ctrl-C between a commit and its bookkeeping, go on, and return the run."""
    experiment_id, writer = begin(store, monotonic=Clock())
    writer.commit()
    extend(writer, steps(experiment_id, 1, 5))
    settle = RunWriter._settle

    def pressed(self, attempt):
        signal.raise_signal(signal.SIGINT)
        settle(self, attempt)

    with monkeypatch.context() as patch:
        patch.setattr(RunWriter, "_settle", pressed)
        with pytest.raises(KeyboardInterrupt):
            writer.commit()
    extend(writer, steps(experiment_id, 6, 10))
    writer.close()
    return run_id(experiment_id)


def test_that_ctrl_c_never_stores_a_step_twice(store, monkeypatch):
    run = interrupted_after_the_commit(store, monkeypatch)
    assert [step.step for step in store.steps(run)] == list(range(1, 11))


def test_that_ctrl_c_unheld_would_store_steps_twice(store, monkeypatch):
    monkeypatch.setattr(writing, "interrupt_waits", contextlib.nullcontext)
    monkeypatch.setattr(RunWriter, "_landed", lambda *_: False)
    run = interrupted_after_the_commit(store, monkeypatch)
    with pytest.raises(StoreError):
        store.steps(run)


def test_that_a_commit_that_failed_after_it_was_stored_is_not_repeated(store, monkeypatch):
    experiment_id, writer = begin(store, monotonic=Clock())
    extend(writer, steps(experiment_id, 1, 5))
    transaction = Database.transaction

    @contextlib.contextmanager
    def fails_at_the_end(self, connection=None):
        with transaction(self, connection) as inner:
            yield inner
        raise StoreError("planned")

    with monkeypatch.context() as patch:
        patch.setattr(Database, "transaction", fails_at_the_end)
        with pytest.raises(StoreError, match="planned"):
            writer.commit()
    extend(writer, steps(experiment_id, 6, 8))
    writer.close()
    assert [step.step for step in store.steps(run_id(experiment_id))] == list(range(1, 9))
    assert len(store.events(run_id(experiment_id))) == 1
