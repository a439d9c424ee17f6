import pytest
import torch
from torch.testing import assert_close

from tests.analysis.curvature.worlds import DOUBLE, batch, flat, full_hessian, loss_of, network
from wnin_desktop.analysis.curvature import flat_hessian, top_eigenvalues
from wnin_desktop.errors import InputError
from wnin_desktop.noise.keyed import KeyedNoise, Stream


def start(d):
    return KeyedNoise(3).normal(Stream.PROBE, 0, "start", (d,), DOUBLE)


def test_that_the_largest_eigenvalues_of_a_network_are_those_of_its_full_hessian():
    params, (x, y) = network((6, 5, 7, 4)), batch(30, 6, 4)
    loss = loss_of(x, y, "tanh")
    truth = torch.linalg.eigvalsh(full_hessian(loss, params)).flip(0)[:3]
    top = top_eigenvalues(flat_hessian(loss, params), start(len(flat(params))), 3, tolerance=1e-6)
    assert top.converged
    assert top.steps < 60
    assert_close(top.values, truth, rtol=1e-6, atol=0)
    assert ((top.values - truth).abs() <= top.bounds + 1e-12).all()


def test_that_a_looser_tolerance_takes_fewer_steps_and_keeps_its_bound():
    spectrum = torch.linspace(-3, 10, 300, dtype=DOUBLE)
    loose = top_eigenvalues(lambda v: spectrum * v, start(300), tolerance=1e-2)
    tight = top_eigenvalues(lambda v: spectrum * v, start(300), tolerance=1e-9)
    assert loose.steps < tight.steps
    assert abs(loose.values[0] - 10) <= loose.bounds[0] <= 0.1
    assert abs(tight.values[0] - 10) <= 1e-8


def test_that_the_largest_is_meant_and_not_the_largest_in_size():
    spectrum = torch.tensor([-50.0, -1.0, 0.0, 2.0, 3.0], dtype=DOUBLE)
    top = top_eigenvalues(lambda v: spectrum * v, start(5), 2)
    assert_close(top.values, torch.tensor([3.0, 2.0], dtype=DOUBLE))


def test_that_a_space_that_closes_early_ends_the_search():
    top = top_eigenvalues(lambda v: 4 * v, start(50), 2)
    assert top.converged
    assert top.steps == 1
    assert_close(top.values, torch.tensor([4.0], dtype=DOUBLE))
    assert top_eigenvalues(torch.zeros_like, start(50)).values.tolist() == [0.0]


def test_that_running_out_of_steps_is_said():
    spectrum = torch.linspace(0, 1, 1000, dtype=DOUBLE)
    top = top_eigenvalues(lambda v: spectrum * v, start(1000), tolerance=1e-12, most_steps=5)
    assert not top.converged
    assert top.steps == 5


@pytest.mark.parametrize(
    ("k", "scale", "words"), [(0, 1, "1 to 4"), (5, 1, "1 to 4"), (1, 0, "positive and finite")]
)
def test_that_impossible_questions_are_refused(k, scale, words):
    with pytest.raises(InputError, match=words):
        top_eigenvalues(lambda v: v, scale * torch.ones(4), k)
