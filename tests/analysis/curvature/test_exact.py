import pytest
import torch
from torch.testing import assert_close

from tests.analysis.curvature.worlds import (
    DOUBLE,
    batch,
    flat,
    full_hessian,
    loss_of,
    network,
    rescaled,
    stacked,
)
from wnin_desktop.analysis.curvature import exact_trace, layers_of
from wnin_desktop.analysis.curvature import layers as curvature_layers
from wnin_desktop.errors import InputError

DEPTHS = [(6, 4), (6, 5, 4), (6, 5, 7, 4), (6, 5, 4, 6, 3)]


def generalized_gauss_newton(params, x):
    """Return the GGN from per-example Jacobians of the logits: an independent route to the diagonal."""

    def logits(p, one):
        a = one
        layers = layers_of(p)
        for layer in layers[:-1]:
            a = torch.relu(layer.weight @ a + layer.bias)
        return layers[-1].weight @ a + layers[-1].bias

    total = 0
    for one in x:
        p = torch.softmax(logits(params, one), -1)
        parts = torch.func.jacrev(logits)(params, one)
        J = torch.cat([part.reshape(len(p), -1) for part in parts.values()], 1)
        total = total + J.mT @ (torch.diag(p) - torch.outer(p, p)) @ J
    return total / len(x)


@pytest.mark.parametrize("sizes", DEPTHS)
def test_that_trace_and_relative_trace_are_those_of_the_full_hessian(sizes):
    params = network(sizes)
    x, y = batch(9, sizes[0], sizes[-1])
    diagonal = full_hessian(loss_of(x, y, "relu"), params).diagonal()
    estimate = exact_trace(layers_of(params), x)
    assert_close(estimate.trace, diagonal.sum(), rtol=1e-11, atol=0)
    assert_close(estimate.relative, (flat(params) ** 2 * diagonal).sum(), rtol=1e-11, atol=0)
    assert estimate.method == "exact"
    assert estimate.examples == 9
    assert estimate.trace_se == estimate.relative_se == 0


def test_that_a_relu_nets_hessian_has_the_trace_of_its_gauss_newton_matrix_but_is_another_matrix():
    params = network((6, 5, 7, 4))
    x, y = batch(9, 6, 4)
    H, G = full_hessian(loss_of(x, y, "relu"), params), generalized_gauss_newton(params, x)
    assert_close(H.diagonal(), G.diagonal(), rtol=1e-9, atol=1e-12)
    assert_close(exact_trace(layers_of(params), x).trace, G.trace())
    assert (H - G).abs().max() > 1e-2


def test_that_a_tanh_net_is_not_covered_by_the_relu_formula():
    params = network((6, 5, 4))
    x, y = batch(9, 6, 4)
    tanh = full_hessian(loss_of(x, y, "tanh"), params).trace()
    assert abs(exact_trace(layers_of(params), x).trace / tanh - 1) > 0.05


@pytest.mark.parametrize("sizes", DEPTHS)
@pytest.mark.parametrize("own_batch", [False, True])
def test_that_a_cohort_gives_what_its_members_give_alone(sizes, own_batch):
    members = [network(sizes, seed) for seed in range(3)]
    batches = [batch(9, sizes[0], sizes[-1], seed if own_batch else 1)[0] for seed in range(3)]
    together = exact_trace(layers_of(stacked(members)), torch.stack(batches) if own_batch else batches[0])
    alone = [exact_trace(layers_of(member), x) for member, x in zip(members, batches, strict=True)]
    assert_close(together.trace, torch.stack([one.trace for one in alone]))
    assert_close(together.relative, torch.stack([one.relative for one in alone]))
    assert together.trace_se.tolist() == [0, 0, 0]


def test_that_rescaling_moves_the_plain_trace_and_not_the_relative_one():
    params = network((20, 64, 5), dtype=torch.float32, gain=1.0)
    x, y = batch(64, 20, 5, dtype=torch.float32)
    before, after = (exact_trace(layers_of(p), x) for p in (params, rescaled(params, 4.0)))
    loss = loss_of(x, y, "relu")
    assert_close(loss(rescaled(params, 4.0)), loss(params), rtol=1e-5, atol=0)
    assert_close(after.relative, before.relative, rtol=1e-4, atol=0)
    ratio = after.trace / before.trace
    assert max(ratio, 1 / ratio) > 7


@pytest.mark.parametrize("sizes", [(8, 6, 4), (8, 6, 6, 4)])
def test_that_single_precision_holds_when_the_network_is_sure(sizes):
    params = network(sizes, gain=6.0)
    x, _ = batch(200, 8, 4)
    wide = exact_trace(layers_of(params), x)
    narrow = exact_trace(layers_of({n: t.float() for n, t in params.items()}), x.float())
    assert_close(narrow.trace.to(DOUBLE), wide.trace, rtol=2e-5, atol=0)
    assert_close(narrow.relative.to(DOUBLE), wide.relative, rtol=2e-5, atol=0)


def test_that_blocks_of_examples_add_up_to_the_whole(monkeypatch):
    layers = layers_of(network((6, 5, 7, 4)))
    x, _ = batch(100, 6, 4)
    whole = exact_trace(layers, x)
    monkeypatch.setattr(curvature_layers, "_CPU_BLOCK", 1)
    pieces = exact_trace(layers, x)
    assert_close(pieces.trace, whole.trace)
    assert_close(pieces.relative, whole.relative)


def test_that_the_plain_trace_of_one_hidden_layer_costs_less_than_a_gradient():
    params = network((784, 128, 10), dtype=torch.float32)
    x, _ = batch(8, 784, 10, dtype=torch.float32)
    assert exact_trace(layers_of(params), x, relative=False).cost_gradients < 0.6
    assert exact_trace(layers_of(params), x, relative=False).relative is None
    assert 0.6 < exact_trace(layers_of(params), x).cost_gradients < 1.1


def test_that_one_tensor_brings_everything_to_the_host():
    layers = layers_of(stacked([network((6, 5, 4), seed) for seed in range(3)]))
    x, _ = batch(9, 6, 4)
    estimate = exact_trace(layers, x, relative=False)
    rows = estimate.stacked()
    assert rows.shape == (4, 3)
    assert_close(rows[0], estimate.trace)
    assert rows[2].isnan().all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda p: p.update({"norms.0.weight": torch.ones(5)}), "norms.0.weight"),
        (lambda p: p.pop("layers.1.bias"), "every layer needs a weight and a bias"),
        (lambda p: p.clear(), "every layer needs a weight and a bias"),
    ],
)
def test_that_parameters_of_another_network_are_refused(change, words):
    params = network((6, 5, 4))
    change(params)
    with pytest.raises(InputError, match=words):
        layers_of(params)
