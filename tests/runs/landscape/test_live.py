import subprocess
import sys

import numpy as np
import pytest

from tests.engine.comparisons import arm, comparison
from tests.runs.landscape.making import request, surface_of
from wnin_desktop.analysis.landscape.plane import Projector
from wnin_desktop.engine.landscape.trajectory_file import NAME, TrajectoryFile
from wnin_desktop.engine.train import train
from wnin_desktop.runs.landscape.live import LivePaths, plane_of
from wnin_desktop.schema.events import StepMetrics


@pytest.fixture(scope="module")
def plane(recorded):
    return surface_of(recorded.folder, request(recorded.run(), recorded.run("adamw-none"), plane="pca")).plane


def config(steps=60):
    return comparison(arm("sgd", "sgld"), arm("adamw"), steps=steps, name="small")


def test_that_paths_grow_while_runs_train(plane, tmp_path):
    live = LivePaths(tmp_path, plane)
    assert not live.look()
    grown = []
    for event in train(config(), experiment_id="x", trajectory=tmp_path / NAME):
        if isinstance(event, StepMetrics) and event.step % 20 == 0:
            live.look()
            grown.append(len(live.paths[0].steps))
    live.look()
    assert grown == sorted(grown)
    assert len(set(grown)) == 3
    file = TrajectoryFile(tmp_path / NAME)
    assert [path.run_id for path in live.paths] == list(file.header.run_ids)
    for path in live.paths:
        exact = Projector(plane_of(plane))(file.path_of(file.row(path.run_id)))
        assert path.steps.tolist() == file.steps
        assert path.coordinates == pytest.approx(exact.coordinates, abs=1e-9)
        assert path.distance == pytest.approx(exact.distance)
    assert not live.look()


def test_that_only_the_runs_asked_for_are_followed(plane, tmp_path):
    list(train(config(5), experiment_id="x", trajectory=tmp_path / NAME))
    live = LivePaths(tmp_path, plane, ("x/adamw-none/s1", "x/nobody/s0"))
    assert live.look()
    assert [path.run_id for path in live.paths] == ["x/adamw-none/s1"]


def test_that_a_file_that_was_cut_back_is_followed_anew(plane, tmp_path):
    list(train(config(), experiment_id="x", trajectory=tmp_path / NAME))
    live = LivePaths(tmp_path, plane)
    while live.look():
        continue
    list(train(config(6), experiment_id="x", trajectory=tmp_path / NAME))
    assert live.look()
    assert live.paths[0].steps.tolist() == list(range(7))


def test_that_a_file_of_another_network_or_a_damaged_one_has_no_paths(plane, tmp_path):
    other = comparison(network={"kind": "mlp", "hidden": [5]}, steps=3)
    list(train(other, experiment_id="x", trajectory=tmp_path / NAME))
    assert not LivePaths(tmp_path, plane).look()
    (tmp_path / NAME).write_bytes(b"WNINPATHxxxx")
    assert not LivePaths(tmp_path, plane).look()


def test_that_a_late_look_is_short(plane, tmp_path, monkeypatch):
    monkeypatch.setattr("wnin_desktop.runs.landscape.live.MOST_AT_ONCE", 10)
    list(train(config(25), experiment_id="x", trajectory=tmp_path / NAME))
    live = LivePaths(tmp_path, plane)
    lengths = []
    while live.look():
        lengths.append(len(live.paths[0].steps))
    assert lengths == [10, 20, 26]
    assert np.diff(live.paths[0].steps).tolist() == [1] * 25


def test_that_following_reading_and_asking_need_no_torch():
    code = (
        "import sys\n"
        "import wnin_desktop.runs.landscape.live, wnin_desktop.runs.landscape.kept\n"
        "import wnin_desktop.runs.landscape.surface_file, wnin_desktop.runs.landscape.vtk\n"
        "import wnin_desktop.runs.landscape.worker, wnin_desktop.runs.landscape.export\n"
        "import wnin_desktop.runs.landscape.sample, wnin_desktop.runs.report.landscape\n"
        "assert 'torch' not in sys.modules, 'torch was imported'\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
