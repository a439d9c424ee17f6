import queue
import threading

import numpy as np
import psutil
import pytest
from PIL import Image

from tests.engine.comparisons import arm, comparison, metrics
from wnin_desktop.engine.control import RunControl
from wnin_desktop.engine.train import train
from wnin_desktop.errors import DiskFullError, InputError, StoppedByUser, TrainingError
from wnin_desktop.runs import job as job_module
from wnin_desktop.runs import source as source_module
from wnin_desktop.runs.drive import Watchers, drive, resume
from wnin_desktop.runs.mailbox import Mailbox
from wnin_desktop.runs.session import Session
from wnin_desktop.runs.source import train_here
from wnin_desktop.runs.store import Store
from wnin_desktop.runs.store.writer import RunWriter
from wnin_desktop.runs.worker import train_in_process
from wnin_desktop.schema.events import Finished, StepMetrics

SOURCES = [train_here, train_in_process]


@pytest.mark.parametrize("source", SOURCES)
def test_that_the_store_holds_every_event_the_trainer_sent(tmp_path, source):
    config = comparison(arm("sgd"), arm("adamw", "gradient_gaussian"), numerics="reproducible")
    expected = metrics(train(config))
    seen = []
    with Store.open(tmp_path) as store:
        experiment = drive(store, config, watchers=Watchers(committed=[seen.append]), source=source)
        for run in store.runs(experiment_id=experiment):
            key = run.run_id.split("/", 1)[1]
            assert list(store.series(run.run_id, ["train_loss"])["train_loss"]) == expected[key]
            assert run.status == "completed"
        assert store.latest_checkpoint(experiment).step == 12
    assert sum(isinstance(event, Finished) for event in seen) == 4


@pytest.mark.parametrize("source", SOURCES)
def test_that_bad_input_is_refused_before_anything_is_recorded(tmp_path, source):
    config = comparison(arm(optimizer="sgd") | {"optimizer": {"name": "adamx"}})
    with Store.open(tmp_path) as store:
        with pytest.raises(InputError, match=r"adamx.*adamw"):
            drive(store, config, source=source)
        assert store.experiments(trashed=None) == []


def test_that_a_stop_while_data_are_read_ends_the_reading_and_leaves_nothing(tmp_path):
    for name in ("cat", "dog"):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for index in range(5):
            Image.new("RGB", (4, 4), (index, 9, 9)).save(tmp_path / "pictures" / name / f"{index}.png")
    pictures = {"dataset": "images", "path": str(tmp_path / "pictures")}
    config = comparison(arm("sgd"), task=pictures)
    control, told = RunControl(), []

    def stop(what, done):
        told.append((what, done))
        control.stop(checkpoint=False)

    with Store.open(tmp_path / "store") as store:
        with pytest.raises(StoppedByUser, match="while reading pictures, before the first step"):
            drive(store, config, control, Watchers(progress=stop), source=train_here)
        assert store.experiments(trashed=None) == []
    assert told == [("reading pictures", 0.1)]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("save", [True, pytest.param(False, marks=pytest.mark.full)])
def test_that_a_stopped_comparison_resumes_to_the_same_numbers(tmp_path, source, save):
    config = comparison(arm("sgd", "sgld"), arm("adamw", "input_jitter"), numerics="reproducible", steps=20)
    expected = metrics(train(config))
    control = RunControl()

    def stop_at_seven(event):
        if isinstance(event, StepMetrics) and event.step == 7:
            control.stop(checkpoint=save)

    with Store.open(tmp_path) as store:
        experiment = drive(store, config, control, Watchers(live=[stop_at_seven]), source=source)
        stopped = store.runs(experiment_id=experiment)
        assert {run.status for run in stopped} <= {"stopped", "completed"}
        if any(run.status == "stopped" for run in stopped):
            resume(store, experiment, source=source)
        for run in store.runs(experiment_id=experiment):
            losses = store.series(run.run_id, ["train_loss"])["train_loss"]
            np.testing.assert_array_equal(losses, expected[run.run_id.split("/", 1)[1]])
            assert run.status == "completed"
        with pytest.raises(InputError, match="finished"):
            resume(store, experiment)


def test_that_a_full_mailbox_drops_the_oldest_steps_and_says_so():
    box = Mailbox(capacity=3)
    events = list(train(comparison(seeds=[0], steps=6)))
    for event in events:
        box.put(event)
    drained = box.drain()
    steps = [event.step for event in drained if isinstance(event, StepMetrics)]
    assert steps == [4, 5, 6]
    assert box.dropped == 3
    assert [e for e in drained if not isinstance(e, StepMetrics)] == [
        e for e in events if not isinstance(e, StepMetrics)
    ]
    assert box.drain() == []


def test_that_a_session_runs_side_by_side_up_to_its_limit_and_stops_on_close(tmp_path):
    long = comparison(arm("sgd"), steps=1_000_000, seeds=[0])
    with Store.open(tmp_path) as store:
        session = Session(store, executor="inline", limit=2)
        handles = [session.start(long), session.start(long)]
        with pytest.raises(InputError, match="at most 2"):
            session.start(long)
        session.close(timeout=60)
        ids = [handle.wait(60) for handle in handles]
        assert session.live == []
        assert {run.status for e in ids for run in store.runs(experiment_id=e)} <= {"stopped"}


def test_that_a_session_hands_errors_to_whoever_waits(tmp_path):
    bad = comparison(arm("sgd") | {"optimizer": {"name": "adamx"}})
    with Store.open(tmp_path) as store:
        handle = Session(store, executor="inline").start(bad)
        with pytest.raises(InputError, match="adamx"):
            handle.wait(60)


class _Scarce:
    """Room that is missing for the first `refusals` attempts."""

    def __init__(self, refusals):
        self.refusals = refusals

    def __call__(self, store):
        if self.refusals:
            self.refusals -= 1
            raise DiskFullError("No space is left.")
        return store()


@pytest.mark.parametrize("where", ["commit", "checkpoint"])
def test_that_a_full_disk_pauses_the_run_and_loses_nothing(tmp_path, monkeypatch, where):
    monkeypatch.setattr(job_module, "RETRY_S", 0.01)
    scarce, notices = _Scarce(3), []
    if where == "commit":
        real = RunWriter._commit
        monkeypatch.setattr(RunWriter, "_commit", lambda self: scarce(lambda: real(self)))
    else:
        write = source_module.write_snapshot
        monkeypatch.setattr(source_module, "write_snapshot", lambda *a, **k: scarce(lambda: write(*a, **k)))
    config = comparison(arm("sgd"), numerics="reproducible", budget={"checkpoint_every": 5})
    with Store.open(tmp_path) as store:
        experiment = drive(store, config, watchers=Watchers(notice=notices.append))
        for run in store.runs(experiment_id=experiment):
            assert run.status == "completed"
            assert list(store.series(run.run_id)["step"]) == list(range(1, 13))
    assert scarce.refusals == 0
    assert [n.count("space") > 0 for n in notices] == [True, True]


@pytest.mark.parametrize("where", ["commit", "checkpoint"])
def test_that_a_run_that_waits_for_space_can_be_stopped_and_resumed(tmp_path, monkeypatch, where):
    def full(*_, **__):
        raise DiskFullError("No space is left.")

    control = RunControl()
    config = comparison(arm("sgd"), numerics="reproducible", budget={"checkpoint_every": 5})
    with Store.open(tmp_path) as store, monkeypatch.context() as patch:
        if where == "commit":
            patch.setattr(RunWriter, "_commit", full)
        else:
            patch.setattr(source_module, "write_snapshot", full)
        with pytest.raises(DiskFullError, match="No space"):
            drive(store, config, control, Watchers(notice=lambda _text: control.stop()))
    with Store.open(tmp_path) as store:
        (experiment,) = store.experiments()
        assert {run.status for run in store.runs()} <= {"interrupted", "failed"}
        resume(store, experiment.experiment_id)
        assert {run.status for run in store.runs()} == {"completed"}


def test_that_an_interrupt_does_not_wait_for_space(tmp_path, monkeypatch):
    def full(_writer):
        raise DiskFullError("No space is left.")

    def interrupt(_text):
        raise KeyboardInterrupt

    with Store.open(tmp_path) as store, monkeypatch.context() as patch:
        patch.setattr(RunWriter, "_commit", full)
        with pytest.raises(KeyboardInterrupt):
            drive(store, comparison(arm("sgd")), watchers=Watchers(notice=interrupt))


def test_that_a_worker_that_dies_leaves_what_it_sent_and_says_so(tmp_path):
    config = comparison(arm("sgd"), steps=100_000, numerics="reproducible")

    def kill(event):
        if isinstance(event, StepMetrics) and event.step == 30 and event.seed == 0:
            for child in psutil.Process().children():
                # Python's own helper serves the tests that come after.
                if not any("resource_tracker" in word for word in child.cmdline()):
                    child.kill()

    with Store.open(tmp_path) as store:
        with pytest.raises(TrainingError, match="ended unexpectedly"):
            drive(store, config, watchers=Watchers(live=[kill]), source=train_in_process)
        runs = store.runs()
        assert {run.status for run in runs} == {"interrupted"}
        assert all(run.committed >= 29 for run in runs), "the seeds' steps may lie in two messages"


@pytest.mark.parametrize("source", SOURCES)
def test_that_a_paused_run_has_shown_and_stored_its_last_step(tmp_path, source):
    control, seen, committed = RunControl(), [], queue.Queue()
    control.single_step(3)
    config = comparison(arm("sgd"), steps=50, seeds=[0])
    with Store.open(tmp_path) as store:
        watchers = Watchers(live=[seen.append], committed=[committed.put])
        running = threading.Thread(
            target=drive, args=(store, config, control, watchers), kwargs={"source": source}
        )
        running.start()
        steps = []
        while steps != [1, 2, 3]:
            event = committed.get(timeout=60)
            steps += [event.step] if isinstance(event, StepMetrics) else []
        assert [e.step for e in seen if isinstance(e, StepMetrics)] == [1, 2, 3]
        (run,) = store.runs()
        assert run.committed == 3
        control.single_step(1)
        while not isinstance(event := committed.get(timeout=60), StepMetrics):
            pass
        assert event.step == 4
        control.stop()
        running.join(60)
        assert not running.is_alive()
