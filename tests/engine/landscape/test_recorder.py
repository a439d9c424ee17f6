import errno
import os

import numpy as np
import pytest

from tests.engine.comparisons import Files, arm, comparison, metrics
from wnin_desktop.engine.control import RunControl
from wnin_desktop.engine.landscape import recorder
from wnin_desktop.engine.landscape.members import member_state, named_state
from wnin_desktop.engine.landscape.trajectory_file import NAME, TrajectoryFile
from wnin_desktop.engine.tasks.loader import load_task
from wnin_desktop.engine.train import train
from wnin_desktop.schema.events import Finished, RunStarted, StepMetrics

CNN = {"kind": "cnn", "channels": [3, 4], "hidden": 6, "normalization": "batch"}


def recorded(folder, config, **options):
    """Train with a path kept in `folder`; return (file, events)."""
    events = list(train(config, experiment_id="x", trajectory=folder / NAME, **options))
    return TrajectoryFile(folder / NAME), events


@pytest.mark.parametrize(
    "changes",
    [{}, {"numerics": "reproducible"}, {"network": CNN}, {"threads": 2}],
    ids=["stacked", "alone", "cnn", "lanes"],
)
def test_that_a_point_is_bit_for_bit_where_the_run_was(tmp_path, changes):
    config = comparison(arm("sgd"), arm("adamw"), steps=12, budget={"checkpoint_every": 5}, **changes)
    files = Files(tmp_path)
    file, _ = recorded(tmp_path, config, save=files)
    task = load_task(config.task)
    assert file.steps == list(range(13))
    assert file.header.run_ids == tuple(f"x/{run.arm.name}/s{run.seed}" for run in config.runs())
    for number in range(len(files.kept)):
        snapshot = files.read(number)
        for member, run_id in enumerate(file.header.run_ids):
            state = member_state(config, task, snapshot, member)
            assert (file.path_of(file.row(run_id))[snapshot.step] == state.theta).all()
            assert bool(state.buffers) == ("network" in changes)


def test_that_runs_of_one_seed_begin_at_one_point_and_part(tmp_path):
    file, _ = recorded(tmp_path, comparison(arm("sgd"), arm("adamw")))
    first, second = (file.path_of(file.row(f"x/{name}/s1")) for name in ("sgd-none", "adamw-none"))
    assert (first[0] == second[0]).all()
    assert (first[1] != second[1]).any()
    assert (first[0] != file.path_of(file.row("x/sgd-none/s0"))[0]).any()


@pytest.mark.parametrize("numerics", ["fast", "reproducible"])
def test_that_keeping_the_path_changes_no_number(tmp_path, numerics):
    config = comparison(arm("sgd", "sgld"), arm("adamw", "input_jitter"), steps=40, numerics=numerics)
    _, with_path = recorded(tmp_path, config)
    without = list(train(config, experiment_id="x"))
    for key in ("train_loss", "val_loss", "hessian_trace_est"):
        assert metrics(with_path, key) == metrics(without, key)


def test_that_a_path_is_the_same_bits_every_time(tmp_path):
    config = comparison(arm("sgd", "gradient_gaussian"), steps=30)
    contents = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        recorded(tmp_path / name, config)
        contents.append((tmp_path / name / NAME).read_bytes())
    assert contents[0] == contents[1]


def test_that_a_resumed_run_goes_on_with_its_path(tmp_path):
    config = comparison(arm("sgd", "sgld"), steps=20, numerics="reproducible", budget={"checkpoint_every": 8})
    files = Files(tmp_path)
    recorded(tmp_path, config, save=files)
    whole = (tmp_path / NAME).read_bytes()
    recorded(tmp_path, config, resume=files.read(0))  # from step 8, over a file that goes further
    assert (tmp_path / NAME).read_bytes() == whole


def test_that_a_path_of_something_else_is_replaced_and_what_is_left_is_kept(tmp_path):
    config = comparison(arm("sgd"), steps=12, numerics="reproducible", budget={"checkpoint_every": 8})
    files = Files(tmp_path)
    list(train(config, experiment_id="x", save=files))
    (tmp_path / NAME).write_bytes(b"something else")
    file, _ = recorded(tmp_path, config, resume=files.read(0))
    assert file.steps == [8, 9, 10, 11, 12]


def test_that_zero_points_and_large_networks_leave_no_file(tmp_path):
    for changes in (
        {"budget": {"trajectory_points": 0}},
        {"network": {"kind": "mlp", "hidden": [700, 300]}},
    ):
        list(train(comparison(steps=2, **changes), experiment_id="x", trajectory=tmp_path / NAME))
        assert not (tmp_path / NAME).exists()


def test_that_a_number_of_points_is_kept_of_all_seeds(tmp_path):
    config = comparison(arm("sgd"), steps=40, seeds=[0, 1, 2, 3, 4], budget={"trajectory_points": 6})
    file, _ = recorded(tmp_path, config)
    assert len(file.header.run_ids) == 5
    assert file.steps[0] == 0
    assert file.steps[-1] == 40
    assert len(file.steps) <= 6
    auto, _ = recorded(tmp_path, comparison(arm("sgd"), seeds=[0, 1, 2, 3, 4]))
    assert [name[-2:] for name in auto.header.run_ids] == ["s0", "s1", "s2"]


def test_that_another_process_may_read_while_it_is_written(tmp_path):
    config = comparison(steps=30)
    seen = [
        (event.step, TrajectoryFile(tmp_path / NAME).steps[-1])
        for event in train(config, experiment_id="x", trajectory=tmp_path / NAME)
        if isinstance(event, StepMetrics) and event.step % 10 == 0
    ]
    assert {step for step, _ in seen} == {10, 20, 30}
    assert all(last >= step - 1 for step, last in seen)


def test_that_a_full_disk_leaves_gaps_and_stops_no_run(tmp_path, monkeypatch):
    write, said = os.write, []

    def refuse(file, content):
        if 4 <= len(said) + refuse.calls < 8 and len(content) > 1000:
            refuse.calls += 1
            write(file, bytes(content)[:100])  # some of it is written before there is no space
            raise OSError(errno.ENOSPC, "No space left on device")
        if len(content) > 1000:
            refuse.calls += 1
        return write(file, content)

    refuse.calls = 0
    monkeypatch.setattr(recorder.os, "write", refuse)
    events = list(
        train(comparison(steps=12), experiment_id="x", trajectory=tmp_path / NAME, notice=said.append)
    )
    monkeypatch.undo()
    file = TrajectoryFile(tmp_path / NAME)
    assert len(said) == 1
    assert "could not be written (No space left on device)" in said[0]
    assert 0 < len(file.steps) < 13
    assert file.steps[-1] == 12
    assert all(np.isfinite(file.path_of(0)).ravel())
    assert [event.status for event in events if isinstance(event, Finished)] == ["completed"] * 2


def test_that_a_folder_that_cannot_be_written_is_told_once(tmp_path):
    said = []
    path = tmp_path / "nowhere" / NAME
    events = list(train(comparison(steps=3), experiment_id="x", trajectory=path, notice=said.append))
    assert len(said) == 1
    assert isinstance(events[-1], Finished)


def test_that_a_run_that_is_stopped_keeps_its_path_so_far(tmp_path):
    control, seen = RunControl(), []
    for event in train(comparison(steps=500), control, experiment_id="x", trajectory=tmp_path / NAME):
        seen.append(event)
        if isinstance(event, StepMetrics) and event.step == 7:
            control.stop(checkpoint=False)
    end = next(event.step for event in seen if isinstance(event, Finished))
    steps = TrajectoryFile(tmp_path / NAME).steps
    assert 7 <= steps[-1] <= end < 500


def test_that_nothing_is_open_when_nobody_iterates(tmp_path):
    train(comparison(), experiment_id="x", trajectory=tmp_path / NAME)
    assert not (tmp_path / NAME).exists()
    events = train(comparison(), experiment_id="x", trajectory=tmp_path / NAME)
    assert isinstance(next(events), RunStarted)
    events.close()
    assert TrajectoryFile(tmp_path / NAME).steps == [0]


def test_that_a_matched_snapshot_is_read_by_name(tmp_path):
    config = comparison(arm("adamw"), steps=40, budget={"matched_train_loss": 2.2}, network=CNN)
    files = Files(tmp_path)
    list(train(config, experiment_id="x", save=files))
    matched = next(number for number, (_, m) in enumerate(files.kept) if m.reason == "matched_train_loss")
    state = named_state(config, load_task(config.task), files.read(matched))
    assert state.theta.dtype == np.float32
    assert len(state.theta) == sum(
        v.numel() for k, v in files.read(matched).tensors.items() if k not in state.buffers
    )
    assert state.buffers
