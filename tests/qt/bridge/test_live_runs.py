"""Real comparisons, driven from threads of the window."""

import os
import signal

import numpy as np
import pytest
from PySide6.QtCore import QThread

from wnin_desktop.errors import InputError, TrainingError
from wnin_desktop.qt.bridge import live_run
from wnin_desktop.qt.bridge.live_runs import LiveRuns
from wnin_desktop.runs import worker
from wnin_desktop.runs.store import Store
from wnin_desktop.runs.watch.experiment import WatchedExperiment
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.events import Intervention
from wnin_desktop.schema.run import CompareConfig

PATIENCE_MS = 30_000


def comparison(steps=60, **more):
    arms = [
        {"name": "sgd", "optimizer": {"name": "sgd", "lr": 0.1}},
        {
            "name": "hot",
            "optimizer": {"name": "sgd", "lr": 0.1},
            "noise": {"mode": "sgld", "temperature": 1e-6},
        },
    ]
    data = {
        "arms": arms,
        "seeds": [0, 1],
        "task": {"dataset": "spirals"},
        "network": {"kind": "mlp", "hidden": [8]},
        "budget": {"steps": steps, "batch_size": 16, "eval_every": 20, "curvature_every": 0},
    }
    return validate(CompareConfig, data | more)


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "store") as opened:
        yield opened


@pytest.fixture
def runs(store, qapp):
    made = LiveRuns(store)
    made.preference = "thread"
    yield made
    assert made.close(20)


def ended(qtbot, runs, run):
    qtbot.waitUntil(lambda: run.state == "ended", timeout=PATIENCE_MS)


def test_that_what_is_watched_is_what_the_store_has(runs, store, qtbot):
    run = runs.start(comparison())
    with qtbot.waitSignal(runs.framed, timeout=PATIENCE_MS):
        pass
    ended(qtbot, runs, run)
    kept = WatchedExperiment.load(store, run.experiment.experiment_id)
    assert set(kept.runs) == set(run.experiment.runs)
    for run_id, watched in run.experiment.runs.items():
        for key, series in watched.series.items():
            np.testing.assert_array_equal(series.values, kept.runs[run_id].series[key].values, key)
    assert run.experiment.status == "completed"
    assert runs.live == []


def test_that_a_worker_process_gives_the_same_numbers(runs, store, qtbot):
    found = []
    for preference in ("thread", "process"):
        runs.preference = preference
        run = runs.start(comparison(numerics="reproducible", device="cpu", threads=1))
        ended(qtbot, runs, run)
        assert run.error is None
        found.append([series.series["train_loss"].values for series in run.experiment.runs.values()])
    for here, there in zip(*found, strict=True):
        np.testing.assert_array_equal(here, there)


def test_that_a_paused_run_takes_no_steps_until_it_goes_on(runs, qtbot):
    run = runs.start(comparison(steps=100_000))
    qtbot.waitUntil(lambda: run.state == "running", timeout=PATIENCE_MS)
    run.pause()
    counts = []

    def still():
        counts.append(run.experiment.progress[0])
        return len(counts) > 20 and len(set(counts[-20:])) == 1

    qtbot.waitUntil(still, timeout=PATIENCE_MS)
    held = run.experiment.progress[0]
    run.single_step(3)
    qtbot.waitUntil(lambda: run.experiment.progress[0] == held + 3 * 4, timeout=PATIENCE_MS)
    run.go_on()
    qtbot.waitUntil(lambda: run.experiment.progress[0] > held + 3 * 4, timeout=PATIENCE_MS)
    run.stop(checkpoint=False)
    ended(qtbot, runs, run)


def test_that_a_turned_knob_is_recorded_for_its_arm(runs, store, qtbot):
    run = runs.start(comparison(steps=100_000))
    qtbot.waitUntil(lambda: run.state == "running", timeout=PATIENCE_MS)
    run.turn("temperature", 1e-3, "hot")
    qtbot.waitUntil(
        lambda: any(mark.kind == "intervention" for mark in run.experiment.markers), timeout=PATIENCE_MS
    )
    run.stop()
    ended(qtbot, runs, run)
    turned = {
        record.arm: store.events(record.run_id, [Intervention])
        for record in store.runs(experiment_id=run.experiment.experiment_id)
    }
    assert [event.value for event in turned["hot"]] == [1e-3]
    assert turned["sgd"] == []


def test_that_a_stopped_run_goes_on_where_it_stopped(runs, store, qtbot):
    run = runs.start(comparison(steps=400))
    qtbot.waitUntil(lambda: run.experiment.progress[0] > 20, timeout=PATIENCE_MS)
    run.stop(checkpoint=True)
    ended(qtbot, runs, run)
    assert run.experiment.status == "stopped"
    again = runs.resume(WatchedExperiment.load(store, run.experiment.experiment_id))
    ended(qtbot, runs, again)
    assert again.error is None
    steps = store.series(next(iter(again.experiment.runs)), ["train_loss"])["step"]
    np.testing.assert_array_equal(steps, np.arange(1, 401))


def test_that_a_refused_configuration_is_an_error_and_leaves_nothing(runs, store, qtbot):
    arms = [{"name": "a", "optimizer": {"name": "no-such-optimizer"}}]
    run = runs.start(comparison(arms=arms))
    ended(qtbot, runs, run)
    assert isinstance(run.error, InputError)
    assert store.experiments() == []


def test_that_more_than_the_limit_is_refused_in_a_sentence(runs, qtbot):
    runs.limit = 1
    run = runs.start(comparison(steps=100_000))
    with pytest.raises(InputError, match="stop one first"):
        runs.start(comparison())
    run.stop(checkpoint=False)
    ended(qtbot, runs, run)


def test_that_frames_come_on_the_window_thread_only(runs, qtbot, qapp):
    threads = []
    runs.framed.connect(lambda _changed: threads.append(QThread.currentThread() is qapp.thread()))
    run = runs.start(comparison())
    ended(qtbot, runs, run)
    assert threads
    assert all(threads)


def test_that_a_run_that_hangs_is_told_and_its_process_ended(runs, store, qtbot, monkeypatch):
    monkeypatch.setattr(live_run, "STUCK_MS", 50)
    runs.preference = "process"
    # A worker that is stopped from outside hangs, as far as the window can tell.
    run = runs.start(comparison(steps=1_000_000))
    qtbot.waitUntil(lambda: run.state == "running", timeout=PATIENCE_MS)
    process = worker._working[run.control]
    os.kill(process.pid, signal.SIGSTOP)
    with qtbot.waitSignal(run.stuck, timeout=PATIENCE_MS):
        run.stop()
    assert run.kill()
    ended(qtbot, runs, run)
    assert isinstance(run.error, TrainingError)
    assert store.experiment(run.experiment.experiment_id).status == "interrupted"


def test_that_closing_kills_what_hangs(runs, store, qtbot):
    runs.preference = "process"
    run = runs.start(comparison(steps=1_000_000))
    qtbot.waitUntil(lambda: run.state == "running", timeout=PATIENCE_MS)
    os.kill(worker._working[run.control].pid, signal.SIGSTOP)
    assert runs.close(0.2)
    assert run.isFinished()
