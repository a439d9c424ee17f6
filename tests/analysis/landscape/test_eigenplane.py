import pytest
import torch
from torch.testing import assert_close

from tests.analysis.landscape.worlds import DOUBLE, Quadratic, draw
from wnin_desktop.analysis.curvature import top_eigenvalues
from wnin_desktop.analysis.landscape.eigenplane import RISE_NAT, hessian_plane, span_of
from wnin_desktop.noise.keyed import KeyedNoise


def plane():
    world = Quadratic()
    center = {"w": world.center[:35].view(7, 5), "b": world.center[35:42], "v": world.center[42:].view(3, 7)}
    return world, hessian_plane(world, center, KeyedNoise(0), tolerance=1e-10)


def test_that_the_plane_is_that_of_the_top_two_eigenvectors():
    world, found = plane()
    values, vectors = torch.linalg.eigh(world.H)
    assert found.converged
    assert found.plane.eigenvalues == pytest.approx(values.flip(0)[:2].tolist())
    assert abs(found.plane.first @ vectors[:, -1].numpy()) == pytest.approx(1)
    assert abs(found.plane.second @ vectors[:, -2].numpy()) == pytest.approx(1)
    assert found.plane.lengths == pytest.approx((1, 1))
    assert found.cost_gradients >= 1 + 2 * 2


def test_that_the_default_span_is_where_the_quadratic_has_risen_by_one_nat():
    _, found = plane()
    assert 0.5 * found.plane.eigenvalues[0] * span_of(found.plane) ** 2 == pytest.approx(RISE_NAT)


def test_that_the_sign_does_not_depend_on_the_start():
    world, found = plane()
    center = {"all": world.center}
    other = hessian_plane(world, center, KeyedNoise(7), tolerance=1e-10)
    assert other.plane.first == pytest.approx(found.plane.first, abs=1e-6)
    assert found.plane.first[abs(found.plane.first).argmax()] > 0


def test_that_lanczos_gives_vectors_where_they_are_asked_for():
    spectrum = torch.tensor([5.0, -1.0, 3.0, 0.5], dtype=DOUBLE)
    start = draw("start", 4)
    top = top_eigenvalues(lambda v: spectrum * v, start, 2, vectors=True)
    assert top.vectors is not None
    assert_close(top.vectors.abs(), torch.eye(4, dtype=DOUBLE)[[0, 2]], atol=1e-9, rtol=0)
    assert top_eigenvalues(lambda v: spectrum * v, start, 2).vectors is None
