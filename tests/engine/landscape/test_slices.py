import numpy as np
import pytest
import torch

from tests.engine.landscape.worlds import WORLDS, plain, plane_of, scene_of
from wnin_desktop.analysis.landscape.directions import flattened, smoothing_draw
from wnin_desktop.analysis.landscape.evaluation import Evaluation
from wnin_desktop.analysis.landscape.grid import Axis, Grid
from wnin_desktop.engine.landscape.anynet import STATISTICS_ROWS, NetworkSlice
from wnin_desktop.engine.landscape.choose import slice_of, values_at
from wnin_desktop.engine.landscape.measure import examples_for
from wnin_desktop.engine.landscape.perceptron import PerceptronSlice
from wnin_desktop.engine.measure import subset
from wnin_desktop.schema.landscape import METRICS

AXIS = Axis.symmetric(5, 0.6)
GRID = Grid(AXIS, Axis.covering(4, -0.3, 0.7))


def examples(scene, metric="train_loss", count=150):
    return examples_for(scene.task, metric, count, 0.0, 0, scene.device).split


def surface(section):
    evaluation = Evaluation(GRID, section)
    for _ in evaluation.run():
        continue
    return evaluation.values


def plain_surface(scene, plane, split, metric):
    return np.array(
        [
            [plain(scene, plane.at(a, b), split, metric) for a in GRID.a.coordinates()]
            for b in GRID.b.coordinates()
        ]
    )


@pytest.mark.parametrize("name", WORLDS)
def test_that_a_surface_is_that_of_the_plain_loop(name):
    scene = scene_of(name)
    plane, split = plane_of(scene), examples(scene)
    found = surface(slice_of(scene, plane, split, "train_loss"))
    assert found == pytest.approx(plain_surface(scene, plane, split, "train_loss"), rel=2e-6, abs=1e-6)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("name", ["mlp", "cnn", "transformer"])
def test_that_every_metric_is_that_of_the_plain_loop(name, metric):
    scene = scene_of(name)
    plane, split = plane_of(scene), examples(scene, metric)
    found = surface(slice_of(scene, plane, split, metric))
    assert found == pytest.approx(plain_surface(scene, plane, split, metric), rel=2e-6, abs=1e-6)


def test_that_perceptrons_meet_the_data_three_times_and_others_are_modules():
    for name in WORLDS:
        scene = scene_of(name)
        section = slice_of(scene, plane_of(scene), examples(scene), "train_loss")
        wanted = NetworkSlice if not name.startswith("mlp") or name == "mlp-layer-norm" else PerceptronSlice
        assert type(section) is wanted, name


@pytest.mark.parametrize("name", ["mlp", "cnn"])
def test_that_the_centre_is_the_very_network(name):
    scene = scene_of(name)
    plane, split = plane_of(scene), examples(scene)
    middle = surface(slice_of(scene, plane, split, "train_loss"))[GRID.b.origin, GRID.a.origin]
    assert middle == values_at(scene, plane.center[None], split, "train_loss")[0] or name == "mlp"
    assert middle == pytest.approx(plain(scene, plane.center, split, "train_loss"), rel=1e-6)


@pytest.mark.parametrize("name", ["mlp", "cnn", "gru"])
def test_that_a_moved_centre_is_moved_by_the_keyed_draw(name):
    scene = scene_of(name)
    plane, split = plane_of(scene), examples(scene)
    section = slice_of(scene, plane, split, "train_loss")
    before = surface(section)
    eps = flattened(smoothing_draw(scene.named(plane.center), scene.noise, 4)).numpy()
    moved = surface(section.moved(4, -0.05))
    theta = plane.at(AXIS.at(1), GRID.b.at(2)) + np.float32(-0.05) * eps
    assert moved[2, 1] == pytest.approx(plain(scene, theta, split, "train_loss"), rel=1e-5)
    assert (surface(section) == before).all()  # the moved slice used the same module


@pytest.mark.parametrize("name", ["mlp", "cnn-batch-norm"])
def test_that_forks_give_the_same_bits(name):
    scene = scene_of(name)
    section = slice_of(scene, plane_of(scene), examples(scene), "train_loss")
    first = section.sums(0, AXIS.coordinates(), 0.25)
    fork = section.fork()
    assert (fork.sums(0, AXIS.coordinates(), 0.25) == first).all()
    assert (section.sums(0, AXIS.coordinates(), 0.25) == first).all()


def test_that_an_outlier_beyond_the_range_of_exp_has_its_own_loss():
    scene = scene_of("mlp")
    plane, split = plane_of(scene), examples(scene)
    far = slice_of(scene, plane, split, "train_loss").sums(0, np.array([60.0]), 0.0) / len(split)
    exact = plain(scene, plane.at(60.0, 0.0), split, "train_loss")
    assert exact > 100
    assert far[0] == pytest.approx(exact, rel=1e-5)


def test_that_a_network_that_is_not_finite_is_a_hole_and_not_a_number():
    scene = scene_of("mlp")
    plane, split = plane_of(scene), examples(scene)
    plane.center[3] = np.nan
    assert np.isnan(surface(slice_of(scene, plane, split, "train_loss"))).any()


def test_that_values_at_points_are_those_of_the_network():
    for name in ("mlp", "cnn", "gru", "cnn-batch-norm"):
        scene = scene_of(name)
        plane, split = plane_of(scene), examples(scene)
        points = np.stack([plane.center, plane.at(0.3, -0.2)])
        found = values_at(scene, points, split, "train_loss")
        assert found == pytest.approx([plain(scene, each, split, "train_loss") for each in points], rel=2e-6)


def test_that_running_statistics_are_fixed_or_made_again_as_is_said():
    scene = scene_of("cnn-batch-norm")
    plane, split = plane_of(scene), examples(scene)
    fixed = surface(slice_of(scene, plane, split, "train_loss", "fixed"))
    again = surface(slice_of(scene, plane, split, "train_loss", "recomputed"))
    assert not np.allclose(fixed, again, rtol=1e-3)
    module = scene.module()
    theta = plane.at(AXIS.at(3), GRID.b.at(1))
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            parameter.copy_(scene.named(theta)[name])
        for part in module.modules():
            if isinstance(part, torch.nn.BatchNorm2d):
                part.momentum = 1.0
        module.train()(subset(scene.task.train, STATISTICS_ROWS, "statistics").x)
        exact = torch.nn.functional.cross_entropy(module.eval()(split.x), split.y)
    assert again[1, 3] == pytest.approx(float(exact), rel=1e-5)
    assert "fixed at those of the centre" in scene.normalization_words("fixed")
    assert "made again at every point from 300 training examples" in scene.normalization_words("recomputed")
    assert scene_of("cnn").normalization_words("fixed") == "none with running statistics"


def test_that_the_examples_are_named_with_their_number():
    scene = scene_of("mlp")
    train = examples_for(scene.task, "train_loss", 50, 0.0, 0, scene.device)
    assert train.words == "50 of 300 training examples of digits"
    assert len(train.split) == 50
    whole = examples_for(scene.task, "accuracy", None, 0.0, 0, scene.device)
    assert whole.words == "90 of 90 validation examples of digits"


def test_that_the_training_loss_is_that_of_the_labels_trained_on():
    scene = scene_of("mlp")
    noisy = examples_for(scene.task, "train_loss", None, 0.4, 7, scene.device)
    clean = examples_for(scene.task, "train_loss", None, 0.0, 7, scene.device)
    changed = (noisy.split.y != clean.split.y).float().mean()
    assert 0.3 < float(changed) < 0.5
    assert "noise of seed 7" in noisy.words
    other = examples_for(scene.task, "val_loss", None, 0.4, 7, scene.device)
    assert torch.equal(other.split.y, scene.task.val.y)
