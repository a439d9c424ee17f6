"""The same surfaces on a GPU."""

import numpy as np
import pytest
import torch

from tests.engine.landscape.worlds import WORLDS, plane_of, scene_of
from wnin_desktop.analysis.landscape.evaluation import Evaluation
from wnin_desktop.analysis.landscape.grid import Axis, Grid
from wnin_desktop.engine.landscape.choose import Scene, eigen_plane, slice_of, values_at
from wnin_desktop.engine.landscape.escapes import path_escapes
from wnin_desktop.engine.landscape.measure import examples_for

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
GRID = Grid(Axis.symmetric(5, 0.5), Axis.symmetric(5, 0.5))


def on_gpu(scene):
    return Scene(scene.config, scene.task, torch.device("cuda"), scene.seed, scene.buffers)


def examples(scene):
    return examples_for(scene.task, "train_loss", 150, 0.0, 0, scene.device).split


def surface(scene, plane):
    evaluation = Evaluation(
        GRID, slice_of(scene, plane, examples(scene), "train_loss"), sigmas=(0.05,), draws=2
    )
    for _ in evaluation.run():
        continue
    return evaluation


@pytest.mark.parametrize("name", WORLDS)
def test_that_a_gpu_gives_the_surface_of_the_cpu_smoothed_by_the_same_draws(name):
    scene = scene_of(name)
    plane = plane_of(scene)
    here, there = surface(scene, plane), surface(on_gpu(scene), plane)
    assert there.values == pytest.approx(here.values, rel=1e-3, abs=1e-4)
    assert there.pairs[0].mean == pytest.approx(here.pairs[0].mean, rel=1e-3, abs=1e-4)


def test_that_planes_points_and_escapes_are_those_of_the_cpu():
    scene = scene_of("mlp-tanh")
    plane = plane_of(scene)
    points = np.stack([plane.center, plane.at(0.2, 0.1)])
    here, there = scene, on_gpu(scene)
    assert values_at(there, points, examples(there), "train_loss") == pytest.approx(
        values_at(here, points, examples(here), "train_loss"), rel=1e-3
    )
    one, other = (eigen_plane(each, plane.center, examples(each)) for each in (here, there))
    assert other.plane.eigenvalues == pytest.approx(one.plane.eigenvalues, rel=1e-2)
    assert np.isfinite(path_escapes(there, points, examples(there)).trace.barriers).all()
