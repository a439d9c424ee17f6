import pytest
import torch
from torch.testing import assert_close

from tests.analysis.curvature.worlds import (
    batch,
    flat,
    full_hessian,
    loss_of,
    network,
    probes_for,
    quadratic_forms,
    stacked,
)
from wnin_desktop.analysis.curvature import directional_curvature, layers_of, taylor_trace
from wnin_desktop.analysis.curvature import layers as curvature_layers
from wnin_desktop.errors import InputError

ALL = ["relu", "tanh", "gelu", "silu"]


@pytest.mark.parametrize("activation", ALL)
@pytest.mark.parametrize("sizes", [(6, 4), (6, 5, 4), (6, 5, 7, 4)])
def test_that_each_probe_gives_the_full_hessians_quadratic_form(activation, sizes):
    params, (x, y) = network(sizes), batch(9, sizes[0], sizes[-1])
    probes = probes_for(params, 6)
    H = full_hessian(loss_of(x, y, activation), params)
    got = directional_curvature(layers_of(params), x, y, layers_of(probes), activation)
    assert_close(got, quadratic_forms(H, params, probes), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("own", [False, True])
def test_that_a_cohort_gives_what_its_members_give_alone(own):
    members = [network((6, 5, 7, 4), seed) for seed in range(3)]
    batches = [batch(9, 6, 4, seed if own else 1) for seed in range(3)]
    probes = [probes_for(members[0], 4, seed if own else 5) for seed in range(3)]
    x, y = (torch.stack(parts) if own else parts[0] for parts in zip(*batches, strict=True))
    together = taylor_trace(
        layers_of(stacked(members)), x, y, layers_of(stacked(probes) if own else probes[0]), "gelu"
    )
    alone = [
        taylor_trace(layers_of(member), *data, layers_of(z), "gelu")
        for member, data, z in zip(members, batches, probes, strict=True)
    ]
    for field in ("trace", "trace_se", "relative", "relative_se"):
        assert_close(getattr(together, field), torch.stack([getattr(one, field) for one in alone]))


def test_that_the_error_bar_is_the_rademacher_one_and_the_mean_lies_within_it():
    params, (x, y) = network((6, 8, 4)), batch(40, 6, 4)
    H = full_hessian(loss_of(x, y, "tanh"), params)
    w = flat(params)
    count = 4000
    estimate = taylor_trace(layers_of(params), x, y, layers_of(probes_for(params, count)), "tanh")
    for matrix, mean, se in (
        (H, estimate.trace, estimate.trace_se),
        (w[:, None] * H * w, estimate.relative, estimate.relative_se),
    ):
        truth = (2 * (matrix.square().sum() - matrix.diagonal().square().sum()) / count).sqrt()
        assert_close(se, truth, rtol=0.08, atol=0)  # the spread of 4000 draws is itself known to some 2 %
        assert abs(mean - matrix.trace()) < 3.5 * truth


def test_that_a_network_with_a_diagonal_hessian_needs_one_probe():
    # one weight, one bias, two classes, x = 0: only the bias column curves, and its sign cancels in z'Hz
    params = {"layers.0.weight": torch.ones(2, 1).double(), "layers.0.bias": torch.zeros(2).double()}
    x, y = torch.zeros(3, 1).double(), torch.zeros(3, dtype=torch.long)
    H = full_hessian(loss_of(x, y, "tanh"), params)
    assert_close(H.trace(), torch.tensor(0.5).double())  # p (1 - p) for each class at p = 1/2
    forms = directional_curvature(layers_of(params), x, y, layers_of(probes_for(params, 50)), "tanh")
    assert_close(forms.unique(), torch.tensor([0.0, 1.0]).double())


def test_that_blocks_of_probes_are_the_probes_in_order(monkeypatch):
    params, (x, y) = network((6, 5, 4)), batch(9, 6, 4)
    probes = layers_of(probes_for(params, 7))
    whole = directional_curvature(layers_of(params), x, y, probes, "silu")
    monkeypatch.setattr(curvature_layers, "_CPU_BLOCK", 9 * 5 * 3)
    assert_close(directional_curvature(layers_of(params), x, y, probes, "silu"), whole)


def test_that_the_relative_trace_may_be_left_out_at_half_the_cost():
    params, (x, y) = network((6, 5, 4)), batch(9, 6, 4)
    probes = layers_of(probes_for(params, 64))
    both = taylor_trace(layers_of(params), x, y, probes, "tanh")
    plain = taylor_trace(layers_of(params), x, y, probes, "tanh", relative=False)
    assert plain.relative is None
    assert plain.relative_se is None
    assert_close(plain.trace, both.trace)
    assert both.cost_gradients / plain.cost_gradients == pytest.approx(2, rel=0.02)
    assert (both.probes, both.examples, both.method) == (64, 9, "hutchinson")


def test_that_one_probe_and_unknown_activations_are_refused():
    params, (x, y) = network((6, 5, 4)), batch(9, 6, 4)
    with pytest.raises(InputError, match=r"probes: 1 .* at least 2"):
        taylor_trace(layers_of(params), x, y, layers_of(probes_for(params, 1)), "tanh")
    with pytest.raises(InputError, match=r"activation: 'elu' .* relu, tanh, gelu, silu"):
        taylor_trace(layers_of(params), x, y, layers_of(probes_for(params, 2)), "elu")
