"""What a resume must keep: endings, the best checkpoint, the record of what was turned."""

import numpy as np
import pytest

from tests.engine.comparisons import arm, comparison, metrics
from tests.engine.test_faults import EXPLODING
from wnin_desktop.engine.control import RunControl
from wnin_desktop.engine.train import train
from wnin_desktop.errors import InputError
from wnin_desktop.runs.drive import Watchers, drive, resume
from wnin_desktop.runs.store import Store
from wnin_desktop.schema import commands
from wnin_desktop.schema.events import Intervention, StepMetrics


def _stopped_at(step, control):
    def live(event):
        if isinstance(event, StepMetrics) and event.step == step:
            control.stop()

    return live


def test_that_a_run_that_diverged_stays_so_after_a_resume(tmp_path):
    config = comparison(EXPLODING, arm("sgd"), steps=60, numerics="reproducible")
    control = RunControl()
    with Store.open(tmp_path) as store:
        experiment = drive(store, config, control, Watchers(live=[_stopped_at(40, control)]))
        before = {run.run_id: run for run in store.runs(experiment_id=experiment)}
        assert {run.status for run in before.values()} == {"diverged", "stopped"}
        resume(store, experiment)
        for run in store.runs(experiment_id=experiment):
            exploded = "exploding" in run.run_id
            assert run.status == ("diverged" if exploded else "completed")
            assert run.committed == (before[run.run_id].committed if exploded else 60)
        with pytest.raises(InputError, match="finished"):
            resume(store, experiment)


def test_that_the_best_checkpoint_outlives_a_resume(tmp_path):
    config = comparison(arm("sgd"), steps=60, budget={"checkpoint_every": 10, "eval_every": 10})
    control = RunControl()

    def spoil_then_stop(event):
        if isinstance(event, StepMetrics) and event.step == 30:
            control.send(commands.TurnKnob("lr", 20.0))
        _stopped_at(45, control)(event)

    with Store.open(tmp_path) as store:
        experiment = drive(store, config, control, Watchers(live=[spoil_then_stop]))
        resume(store, experiment)
        best = [found.step for found in store.checkpoints(experiment) if found.reason == "best"]
        run = store.runs(experiment_id=experiment)[0].run_id
        losses = store.series(run, ["val_loss"])["val_loss"]
        assert losses[59] > losses[29]
    assert best == [30]


def test_that_turns_around_a_checkpoint_of_their_step_are_recorded_once_and_replay(tmp_path):
    config = comparison(arm("sgd", "sgld"), steps=30, numerics="reproducible")
    control = RunControl()
    control.single_step(10)

    def live(event):
        if isinstance(event, StepMetrics) and event.run_id.endswith("s1"):
            if event.step == 10:
                control.send(commands.TurnKnob("lr", 0.05))
                control.send(commands.SaveCheckpoint())
                control.send(commands.TurnKnob("lr", 0.07))
                control.single_step(5)
            elif event.step == 15:
                control.stop(checkpoint=False)

    with Store.open(tmp_path) as store:
        experiment = drive(store, config, control, Watchers(live=[live]))
        assert store.latest_checkpoint(experiment).step == 10
        resume(store, experiment)
        runs = [run.run_id for run in store.runs(experiment_id=experiment)]
        turned = [event for run in runs for event in store.events(run, [Intervention])]
        assert [(e.step, e.value, e.previous) for e in turned] == 2 * [(10, 0.05, 0.1), (10, 0.07, 0.05)]
        whole = metrics(train(config, replay=turned))
        for run in runs:
            stored = store.series(run, ["train_loss"])["train_loss"]
            np.testing.assert_array_equal(stored, whole[run.split("/", 1)[1]])
