import numpy as np
import pytest

from tests.engine.landscape.worlds import parameters_of, scene_of
from wnin_desktop.analysis.escapes import LINE_POINTS
from wnin_desktop.analysis.landscape.directions import flattened
from wnin_desktop.engine.landscape import escapes
from wnin_desktop.engine.landscape.choose import values_at
from wnin_desktop.engine.landscape.escapes import path_escapes
from wnin_desktop.errors import InputError


def path_between(scene, there=6):
    """Rest at one start, then at another: networks far apart, with a wall between."""
    one, other = (flattened(parameters_of(scene, seed)).numpy() for seed in (1, 2))
    noise = 0.01 * np.random.default_rng(0).normal(size=(2 * there, len(one)))
    return (np.repeat(np.stack([one, other]), there, axis=0) + noise).astype(np.float32)


def test_that_leaving_one_minimum_for_another_is_one_event():
    scene = scene_of("mlp-tanh")
    split = scene.task.train
    told = []
    found = path_escapes(scene, path_between(scene), split, told=told.append)
    assert [event.checkpoint for event in found.trace.events] == [6]
    assert found.trace.events[0].barrier > 0.3
    assert found.trace.barriers[:6].max() < 0.05
    assert found.gradients >= 12 * 10
    assert found.forwards == found.trace.forwards > 0
    assert told[-1] == 1


@pytest.mark.parametrize("name", ["cnn", "gru", "mlp-layer-norm"])
def test_that_every_network_is_quenched_and_its_raw_barriers_are_those_of_straight_lines(name, monkeypatch):
    monkeypatch.setattr(escapes, "STEPS", 4)
    scene = scene_of(name)
    path, split = path_between(scene, 2), scene.task.train
    found = path_escapes(scene, path, split)
    line = np.stack([path[1] + t * (path[2] - path[1]) for t in np.linspace(0, 1, LINE_POINTS)])
    losses = values_at(scene, line.astype(np.float32), split, "train_loss")
    assert found.trace.raw_barriers[1] == pytest.approx(losses.max() - losses[0], rel=1e-4, abs=1e-5)
    assert found.trace.raw_displacements[1] == pytest.approx(np.linalg.norm(path[2] - path[1]), rel=1e-5)
    assert np.isfinite(found.trace.barriers).all()
    assert found.gradients == 4 * 4


def test_that_staying_is_no_event():
    scene = scene_of("mlp-tanh")
    found = path_escapes(scene, path_between(scene)[:6], scene.task.train)
    assert found.trace.events == ()
    assert found.trace.barriers.max() < 0.05


def test_that_a_path_is_read_up_to_where_it_stops_being_finite():
    scene = scene_of("mlp-tanh")
    path = path_between(scene)
    path[8:] = np.nan
    assert len(path_escapes(scene, path, scene.task.train).trace.barriers) == 8
    path[1:] = np.nan
    assert path_escapes(scene, path, scene.task.train).trace.events == ()


def test_that_quenched_points_have_a_lower_loss():
    scene = scene_of("mlp-tanh")
    path = path_between(scene)
    before = values_at(scene, path, scene.task.train, "train_loss")
    assert path_escapes(scene, path, scene.task.train).trace.raw_barriers.max() > 0
    assert (values_at(scene, path, scene.task.train, "train_loss") == before).all()  # nothing was moved


def test_that_running_statistics_are_refused():
    scene = scene_of("cnn-batch-norm")
    with pytest.raises(
        InputError, match="escapes: True is not accepted; this network has batch normalization"
    ):
        path_escapes(scene, path_between(scene), scene.task.train)
