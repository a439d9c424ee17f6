import math

import pytest
import torch

from optimizers.muon import is_hidden_matrix, orthogonalize, scale
from tests.optimizers.helpers import built, spec, step_once
from wnin_desktop.engine.optimizers.registry import OptimizerContext

# The last matrix is the head, so a second one makes the first hidden.
HEAD = {"head.weight": torch.zeros(2, 2)}
SHAPES = [(16, 64), (64, 16), (30, 100), (128, 96), (3, 50), (40, 7)]


def polar(matrix):
    return orthogonalize(matrix[None])[0]


def random_matrix(shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def hidden_step(matrix, gradient, lr=1.0, **params):
    tensors = {"hidden.weight": matrix, **HEAD}
    moved = step_once("muon", tensors, {"hidden.weight": gradient, **HEAD}, lr, params)
    return moved["hidden.weight"] - matrix


@pytest.mark.parametrize("shape", SHAPES)
def test_that_singular_values_come_to_about_one(shape):
    for seed in range(5):
        values = torch.linalg.svdvals(polar(random_matrix(shape, seed)))
        assert values.min() >= 0.67
        assert values.max() <= 1.15


@pytest.mark.parametrize("shape", SHAPES)
def test_that_the_step_points_along_the_polar_factor(shape):
    matrix = random_matrix(shape)
    u, _, vh = torch.linalg.svd(matrix, full_matrices=False)
    cosine = torch.nn.functional.cosine_similarity(polar(matrix).flatten(), (u @ vh).flatten(), dim=0)
    # A cosine is mean over root mean square of the singular values, and few may fall on both ends.
    worst = 2 * math.sqrt(0.67 * 1.15) / (0.67 + 1.15)
    assert cosine >= (0.98 if min(shape) >= 16 else worst)


def test_that_a_polar_factor_taken_from_the_wrong_side_would_be_seen():
    matrix = random_matrix((16, 64))
    u, _, vh = torch.linalg.svd(matrix, full_matrices=False)
    wrong = (u.flip(1) @ vh).flatten()
    assert torch.nn.functional.cosine_similarity(polar(matrix).flatten(), wrong, dim=0) < 0.5


@pytest.mark.parametrize("rank", [1, 2, 5])
def test_that_rank_is_preserved(rank):
    low = random_matrix((24, rank), 1) @ random_matrix((rank, 40), 2)
    values = torch.linalg.svdvals(polar(low))
    assert values[:rank].min() > 0.5
    assert values[rank:].max() < 1e-3


def test_that_half_precision_would_not_preserve_rank():
    low = (random_matrix((24, 1), 1) @ random_matrix((1, 40), 2)).bfloat16()
    values = torch.linalg.svdvals(polar(low).float())
    assert values[1:].max() > 0.05


@pytest.mark.parametrize("factor", [1e-30, 1e-6, 1e6, 1e30])
def test_that_the_step_does_not_depend_on_the_gradient_scale(factor):
    matrix, gradient = random_matrix((12, 20)), random_matrix((12, 20), 1)
    plain, scaled = hidden_step(matrix, gradient), hidden_step(matrix, gradient * factor)
    torch.testing.assert_close(scaled, plain, rtol=1e-4, atol=1e-5)


def test_that_a_zero_gradient_does_not_move():
    matrix = random_matrix((6, 9))
    assert torch.equal(hidden_step(matrix, torch.zeros(6, 9)), torch.zeros(6, 9))


@pytest.mark.parametrize("shape", [(12, 20), (20, 12), (16, 16)])
@pytest.mark.parametrize("adjust", ["original", "match_rms_adamw"])
@pytest.mark.parametrize("nesterov", [True, False])
def test_that_it_agrees_with_torch_within_the_rounding_of_half_precision(shape, adjust, nesterov):
    start = random_matrix(shape)
    mine, theirs = start.clone().requires_grad_(), start.clone().requires_grad_()
    params = {"adjust": adjust, "nesterov": nesterov, "weight_decay": 0.1}
    head = torch.zeros(2, 2, requires_grad=True)
    ours = built("muon", {"hidden.weight": mine, "head.weight": head}, 0.05, params)
    peer = torch.optim.Muon([theirs], lr=0.05, weight_decay=0.1, nesterov=nesterov, adjust_lr_fn=adjust)
    for step in range(4):
        mine.grad, theirs.grad = random_matrix(shape, 10 + step), random_matrix(shape, 10 + step)
        ours.step()
        peer.step()
    apart = (mine - theirs).norm() / (theirs - start).norm()
    assert apart < 0.03


def test_that_steps_have_the_lengths_of_their_scales():
    assert scale(20, 5, "original") == 2.0
    assert scale(5, 20, "original") == 1.0
    assert scale(5, 20, "match_rms_adamw") == pytest.approx(0.2 * math.sqrt(20))
    wide = hidden_step(torch.zeros(16, 256), random_matrix((16, 256)), adjust="match_rms_adamw")
    assert 0.67 * 0.2 <= wide.square().mean().sqrt() <= 1.15 * 0.2


def test_that_a_kernel_is_stepped_as_a_matrix():
    kernel, gradient = random_matrix((8, 3, 3, 3)), random_matrix((8, 3, 3, 3), 1)
    as_kernel = hidden_step(kernel, gradient)
    as_matrix = hidden_step(kernel.flatten(1), gradient.flatten(1))
    assert torch.equal(as_kernel.flatten(1), as_matrix)


def test_that_embeddings_vectors_and_the_head_are_not_hidden():
    transformer = [
        ("token_embedding.weight", (65, 32)),
        ("position_embedding", (1, 64, 32)),
        ("blocks.0.attention.query.weight", (96, 32)),
        ("blocks.0.attention.query.bias", (96,)),
        ("blocks.0.norm.weight", (32,)),
        ("cls", (1, 1, 32)),
        ("head.weight", (65, 32)),
        ("head.bias", (65,)),
    ]
    assert is_hidden_matrix(transformer) == [False, False, True, False, False, False, False, False]


def test_that_without_a_named_head_the_last_matrix_is_the_head():
    mlp = [
        ("layers.0.weight", (64, 64)),
        ("layers.0.bias", (64,)),
        ("layers.1.weight", (10, 64)),
        ("layers.1.bias", (10,)),
    ]
    assert is_hidden_matrix(mlp) == [True, False, False, False]


def test_that_the_rest_is_stepped_by_adamw_with_its_own_rate():
    tensors = {
        "a.weight": random_matrix((6, 6)),
        "a.bias": random_matrix((6,)),
        "b.weight": random_matrix((3, 6), 1),
    }
    gradients = {key: random_matrix(tensor.shape, 2) for key, tensor in tensors.items()}
    params = {"adamw_lr": 0.003, "adamw_beta1": 0.8, "adamw_beta2": 0.9}
    moved = step_once("muon", tensors, gradients, 0.02, params)
    for key in ("a.bias", "b.weight"):
        peer = tensors[key].clone().requires_grad_()
        peer.grad = gradients[key]
        torch.optim.AdamW([peer], lr=0.003, betas=(0.8, 0.9), weight_decay=0).step()
        torch.testing.assert_close(moved[key], peer.detach())


def test_that_matrices_of_one_shape_in_a_batch_step_as_if_alone():
    members = 4
    tensors = {
        "a.weight": random_matrix((members, 9, 9)),
        "b.weight": random_matrix((members, 9, 9), 1),
        "h.weight": torch.zeros(members, 2, 2),
    }
    gradients = {key: random_matrix(tensor.shape, 3) for key, tensor in tensors.items()}
    together = step_once("muon", tensors, gradients, 0.1, context=OptimizerContext(members=members))
    for m in range(members):
        alone = step_once(
            "muon", {k: t[m] for k, t in tensors.items()}, {k: g[m] for k, g in gradients.items()}, 0.1
        )
        for key, tensor in alone.items():
            torch.testing.assert_close(together[key][m], tensor)


def test_that_the_live_rate_reaches_both_halves():
    tensors = {
        "a.weight": random_matrix((6, 6)).requires_grad_(),
        "b.weight": random_matrix((3, 6)).requires_grad_(),
    }
    optimizer = built("muon", tensors, 0.02, {"adamw_lr": 0.001})
    assert [group["initial_lr"] for group in optimizer.param_groups] == [0.02, 0.001]
    before = {key: tensor.detach().clone() for key, tensor in tensors.items()}
    for tensor in tensors.values():
        tensor.grad = torch.ones_like(tensor)
    for group in optimizer.param_groups:
        group["lr"] = group["initial_lr"] * 0.0
    optimizer.step()
    assert all(torch.equal(tensor.detach(), before[key]) for key, tensor in tensors.items())


def test_that_the_spec_declares_stacked_batching():
    assert (spec("muon").batching, spec("muon").samples) == ("stacked", False)
