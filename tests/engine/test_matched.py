from tests.engine.comparisons import arm, comparison, metrics
from tests.engine.test_resume import Files
from wnin_desktop.engine.control import RunControl
from wnin_desktop.engine.train import train
from wnin_desktop.schema.events import Checkpoint, StepMetrics

TARGET = 2.2
BATCH_NORM = {"kind": "cnn", "channels": [8], "hidden": 16, "normalization": "batch"}


def _config():
    budget = {"matched_train_loss": TARGET, "curvature_every": 0, "eval_every": 5}
    return comparison(arm("adamw"), steps=20, seeds=[0, 1, 2, 3], network=BATCH_NORM, budget=budget)


def _matched(events):
    found = [e for e in events if isinstance(e, Checkpoint) and e.reason == "matched_train_loss"]
    return {e.run_id: (e.step, e.fraction, e.clean_train_loss) for e in found}


def test_that_every_crossing_is_matched_although_running_statistics_move(tmp_path):
    files = Files(tmp_path)
    events = list(train(_config(), save=files))
    losses = metrics(events, "clean_train_loss")
    crossed = {run for run, values in losses.items() if any(v is not None and v <= TARGET for v in values)}
    assert len(crossed) == 4
    matched = _matched(events)
    assert {run.split("/", 1)[1] for run in matched} == crossed
    assert all(abs(loss - TARGET) <= 1e-4 for _, _, loss in matched.values())
    kept = [files.read(i) for i, (_, found) in enumerate(files.kept) if found.reason == "matched_train_loss"]
    assert all(any("running_mean" in name for name in snapshot.tensors) for snapshot in kept)


def test_that_a_crossing_after_a_resume_is_the_same(tmp_path):
    straight = _matched(train(_config(), save=Files(tmp_path)))
    control, files, before = RunControl(), Files(tmp_path), []
    control.single_step(8)
    for event in train(_config(), control, save=files):
        before.append(event)
        if isinstance(event, StepMetrics) and event.step == 8:
            control.stop()
    snapshot = files.read(len(files.kept) - 1)
    after = list(train(_config(), save=Files(tmp_path), resume=snapshot))
    assert _matched(before) == {}
    assert _matched(after) == straight
