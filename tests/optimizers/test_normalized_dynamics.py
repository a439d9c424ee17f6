import pytest
import torch

from tests.optimizers.helpers import built, drawing, step_once
from wnin_desktop.engine.optimizers.registry import OptimizerContext

NAME = "normalized_dynamics"


def random_tensors(seed=0, lead=()):
    generator = torch.Generator().manual_seed(seed)
    return {
        "a": torch.randn(*lead, 5, 7, generator=generator, dtype=torch.float64),
        "b": torch.randn(*lead, 11, generator=generator, dtype=torch.float64),
    }


def moves(tensors, gradients, lr, params=None, *, context=None):
    moved = step_once(NAME, tensors, gradients, lr, params, context=context)
    return {key: moved[key] - tensor for key, tensor in tensors.items()}


@pytest.mark.parametrize("factor", [1e-28, 1e-3, 1.0, 1e20])
def test_that_each_tensor_moves_by_the_learning_rate_at_any_gradient_scale(factor):
    gradients = {key: g * factor for key, g in random_tensors(1).items()}
    for move in moves(random_tensors(), gradients, 0.25).values():
        assert move.norm().item() == pytest.approx(0.25, rel=1e-12)


@pytest.mark.parametrize("factor", [1e-35, 1e30])
def test_that_single_precision_neither_overflows_nor_vanishes(factor):
    start = {"a": torch.zeros(100)}
    move = moves(start, {"a": torch.full((100,), factor)}, 0.25, {"eps": 1e-38})["a"]
    assert move.norm().item() == pytest.approx(0.25, rel=1e-5)


def test_that_the_whole_network_moves_by_the_learning_rate_in_global_scope():
    found = moves(random_tensors(), random_tensors(1), 0.25, {"scope": "global"})
    total = sum(move.square().sum() for move in found.values()) ** 0.5
    assert total.item() == pytest.approx(0.25, rel=1e-12)
    ratio = found["a"].norm() / found["b"].norm()
    gradients = random_tensors(1)
    assert ratio.item() == pytest.approx((gradients["a"].norm() / gradients["b"].norm()).item(), rel=1e-12)


@pytest.mark.parametrize("scope", ["per_tensor", "global"])
def test_that_each_member_has_a_norm_of_its_own(scope):
    tensors, gradients = random_tensors(lead=(3,)), random_tensors(1, lead=(3,))
    gradients["a"][1] *= 1e6  # must not touch the others
    together = step_once(
        NAME, tensors, gradients, 0.25, {"scope": scope}, context=OptimizerContext(members=3)
    )
    for m in range(3):
        one, slope = {k: t[m] for k, t in tensors.items()}, {k: g[m] for k, g in gradients.items()}
        alone = step_once(NAME, one, slope, 0.25, {"scope": scope})
        for key in alone:
            torch.testing.assert_close(together[key][m], alone[key], rtol=1e-13, atol=1e-13)


def test_that_a_zero_gradient_does_not_move():
    zeros = {key: torch.zeros_like(tensor) for key, tensor in random_tensors().items()}
    assert all(not move.any() for move in moves(random_tensors(), zeros, 0.25).values())


def test_that_weight_decay_is_part_of_the_gradient():
    tensors = random_tensors()
    zeros = {key: torch.zeros_like(tensor) for key, tensor in tensors.items()}
    for key, move in moves(tensors, zeros, 0.25, {"weight_decay": 0.1}).items():
        expected = -0.25 * tensors[key] / tensors[key].norm()
        torch.testing.assert_close(move, expected, rtol=1e-12, atol=1e-12)


def test_that_on_the_absolute_value_it_ends_in_a_cycle_within_the_learning_rate():
    x = torch.tensor([1.03], dtype=torch.float64, requires_grad=True)
    optimizer = built(NAME, {"x": x}, 0.1)
    path = []
    for _ in range(60):
        x.grad = x.detach().sign()
        optimizer.step()
        path.append(x.item())
    late = path[20:]
    assert max(abs(value) for value in late) <= 0.1 + 1e-12
    assert late[0] == pytest.approx(late[2])  # two points, forever: it does not converge
    assert abs(late[1] - late[0]) == pytest.approx(0.1)


def test_that_the_noise_has_the_stated_spread():
    start = {"a": torch.zeros(100_000, dtype=torch.float64)}
    found = moves(start, {"a": torch.zeros_like(start["a"])}, 0.25, {"sigma": 0.4}, context=drawing(3))["a"]
    # The standard error of a spread over n draws is spread / sqrt(2 n).
    assert found.std().item() == pytest.approx(0.25 * 0.4, rel=4 / (2 * 100_000) ** 0.5)


def test_that_matrices_keep_their_norm_when_asked_and_vectors_are_free():
    tensors = random_tensors()
    moved = step_once(NAME, tensors, random_tensors(1), 0.25, {"preserve_scale": True})
    assert moved["a"].norm().item() == pytest.approx(tensors["a"].norm().item(), rel=1e-12)
    assert moved["a"].sub(tensors["a"]).norm() > 0.1
    assert (moved["b"] - tensors["b"]).norm().item() == pytest.approx(0.25, rel=1e-12)


def test_that_a_matrix_of_zeros_can_leave_zero_although_scales_are_preserved():
    moved = step_once(NAME, {"a": torch.zeros(3, 3)}, {"a": torch.ones(3, 3)}, 0.25, {"preserve_scale": True})
    assert moved["a"].norm().item() == pytest.approx(0.25)
