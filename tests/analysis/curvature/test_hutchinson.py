import math
import warnings

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.testing import assert_close

from tests.analysis.curvature.worlds import (
    DOUBLE,
    batch,
    flat,
    full_hessian,
    loss_of,
    module_loss,
    network,
    probes_for,
    quadratic_forms,
    stacked,
)
from wnin_desktop.analysis.curvature import estimate_trace, hutchinson, keyed_probes, trace_method
from wnin_desktop.errors import InputError
from wnin_desktop.noise.keyed import KeyedNoise, StackedNoise, Stream
from wnin_desktop.schema.network import CnnConfig, GruConfig, MlpConfig


def quadratic_world(d=12, seed=0):
    noise = KeyedNoise(seed)
    root = noise.normal(Stream.INIT, 0, "A", (d, d), DOUBLE)
    A = root @ root.mT / d
    params = {
        "u": noise.normal(Stream.INIT, 0, "u", (3, 2), DOUBLE),
        "v": noise.normal(Stream.INIT, 0, "v", (d - 6,), DOUBLE),
    }
    return A, params, lambda p: flat(p) @ A @ flat(p) / 2


def test_that_a_quadratic_gives_its_matrix_probe_by_probe_and_its_trace_within_the_error():
    A, params, loss = quadratic_world()
    probes = probes_for(params, 400)
    estimate = hutchinson(loss, params, probes, examples=1)
    assert_close(estimate.trace, quadratic_forms(A, params, probes).mean())
    truth = math.sqrt(2 * (A.square().sum() - A.diagonal().square().sum()) / 400)
    assert abs(estimate.trace - A.trace()) < 3.5 * truth
    assert estimate.trace_se.item() == pytest.approx(truth, rel=0.15)
    w = flat(params)
    assert abs(estimate.relative - (w * w * A.diagonal()).sum()) < 3.5 * estimate.relative_se


def test_that_a_diagonal_hessian_has_no_error():
    scale = torch.arange(1.0, 6.0, dtype=DOUBLE)
    params = {"w": torch.linspace(-1, 1, 5, dtype=DOUBLE)}
    estimate = hutchinson(
        lambda p: (scale * p["w"] ** 2).sum() / 2, params, probes_for(params, 4), examples=1
    )
    assert_close(estimate.trace, scale.sum())
    assert_close(estimate.relative, (scale * params["w"] ** 2).sum())
    assert estimate.trace_se < 1e-14


def test_that_error_bars_cover_the_truth_as_often_as_they_say():
    A, params, loss = quadratic_world()
    hits, worlds = 0, 300
    for seed in range(worlds):
        estimate = hutchinson(loss, params, probes_for(params, 40, seed), examples=1, relative=False)
        hits += int(abs(estimate.trace - A.trace()) < 2.0227 * estimate.trace_se)  # t, 39 degrees, 95 %
    assert abs(hits / worlds - 0.95) < 3.5 * math.sqrt(0.95 * 0.05 / worlds)


def test_that_a_constant_and_a_linear_loss_have_no_curvature():
    params = {"w": torch.ones(3, dtype=DOUBLE), "unused": torch.ones(2, dtype=DOUBLE)}
    probes = probes_for(params, 3)
    assert hutchinson(lambda p: p["w"].sum(), params, probes, examples=1).trace == 0
    half = hutchinson(lambda p: p["w"].square().sum() / 2, params, probes, examples=1)
    assert_close(half.trace, torch.tensor(3.0, dtype=DOUBLE))


@pytest.mark.parametrize("own", [False, True])
def test_that_a_cohort_gives_what_its_members_give_alone(own):
    members = [network((6, 5, 4), seed) for seed in range(3)]
    x, y = batch(9, 6, 4)
    probes = [probes_for(members[0], 4, seed if own else 5) for seed in range(3)]
    loss = loss_of(x, y, "tanh")

    def losses(params):
        return torch.stack([loss({n: t[m] for n, t in params.items()}) for m in range(3)])

    together = hutchinson(losses, stacked(members), stacked(probes) if own else probes[0], examples=9)
    alone = [hutchinson(loss, member, z, examples=9) for member, z in zip(members, probes, strict=True)]
    for field in ("trace", "trace_se", "relative", "relative_se"):
        assert_close(getattr(together, field), torch.stack([getattr(one, field) for one in alone]))


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(4, 12, dtype=DOUBLE)
        self.norm = nn.LayerNorm(4, dtype=DOUBLE)
        self.head = nn.Linear(4, 3, dtype=DOUBLE)

    def forward(self, x):
        q, k, v = self.qkv(self.norm(x)).chunk(3, -1)
        mixed = functional.scaled_dot_product_attention(q[:, None], k[:, None], v[:, None], is_causal=True)
        return self.head(mixed[:, 0, -1])


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(4, 3, batch_first=True, dtype=DOUBLE)
        self.head = nn.Linear(3, 3, dtype=DOUBLE)

    def forward(self, x):
        return self.head(self.gru(x)[0][:, -1])


class Convolution(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(5, 2, 2, dtype=DOUBLE)
        self.norm = nn.BatchNorm1d(2, dtype=DOUBLE)
        self.head = nn.Linear(6, 3, dtype=DOUBLE)

    def forward(self, x):
        return self.head(functional.gelu(self.norm(self.conv(x))).flatten(1))


@pytest.mark.parametrize("kind", [Attention, Recurrent, Convolution])
def test_that_attention_recurrence_and_convolution_give_the_finite_difference_of_their_gradient(kind):
    torch.manual_seed(0)
    module = kind().eval()
    x, y = batch(6, 20, 3)
    loss = module_loss(module, x.unflatten(1, (5, 4)), y)
    params = {name: tensor.detach() for name, tensor in module.named_parameters()}
    probes = probes_for(params, 3)

    def gradient(at):
        leaves = {name: tensor.clone().requires_grad_() for name, tensor in at.items()}
        return dict(zip(leaves, torch.autograd.grad(loss(leaves), list(leaves.values())), strict=True))

    h, forms = 1e-4, []
    for index in range(3):
        z = {name: probes[name][index] for name in params}
        plus, minus = (gradient({n: w + s * h * z[n] for n, w in params.items()}) for s in (1, -1))
        forms.append(sum((z[n] * (plus[n] - minus[n])).sum() for n in params) / (2 * h))
    estimate = hutchinson(loss, params, probes, examples=6)
    assert_close(estimate.trace, torch.stack(forms).mean(), rtol=1e-6, atol=1e-8)


def products_of_curvlinops(module, x, y, vectors):
    """Return v'Hv for each row of `vectors`."""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # it and its dependency still use torch.jit.script
        import curvlinops  # noqa: PLC0415 - see above

        H = curvlinops.HessianLinearOperator(
            module, nn.CrossEntropyLoss(), list(module.parameters()), [(x, y)], check_deterministic=False
        )
        return torch.stack([row @ (H @ row) for row in vectors])


def test_that_curvlinops_finds_the_same_trace():
    params, (x, y) = network((6, 5, 4)), batch(9, 6, 4)
    module = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 4)).double()
    names = dict(zip(params, module.state_dict(), strict=True))
    module.load_state_dict({names[name]: tensor for name, tensor in params.items()})
    probes = probes_for(params, 5)
    z = torch.cat([probes[name].flatten(1) for name in params], 1)
    estimate = hutchinson(loss_of(x, y, "tanh"), params, probes, examples=9)
    assert_close(estimate.trace, products_of_curvlinops(module, x, y, z).mean().detach())


def test_that_probes_are_signs_shared_by_arms_and_different_between_seeds():
    shapes = {"a": (3, 2), "b": (4,)}
    one, two = (keyed_probes(KeyedNoise(seed), shapes, 5) for seed in (1, 2))
    cohort = keyed_probes(StackedNoise((1, 2, 1)), shapes, 5)
    assert one["a"].shape == (5, 3, 2)
    assert set(one["a"].unique().tolist()) == {-1.0, 1.0}
    assert torch.equal(cohort["b"][0], one["b"])
    assert torch.equal(cohort["b"][1], two["b"])
    assert torch.equal(cohort["b"][2], one["b"])
    assert not torch.equal(one["a"], two["a"])
    again = keyed_probes(KeyedNoise(1), shapes, 5, out=two)
    assert again["a"] is two["a"]
    assert torch.equal(two["b"], one["b"])


def test_that_probes_of_other_shapes_are_refused():
    _, params, loss = quadratic_world()
    probes = probes_for(params, 4)
    with pytest.raises(InputError, match="every parameter needs a probe"):
        hutchinson(loss, params, {"u": probes["u"]}, examples=1)
    with pytest.raises(InputError, match=r"probes\['v'\].*\[probes, \*shape\]"):
        hutchinson(loss, params, {**probes, "v": probes["v"][0]}, examples=1)


def test_that_each_network_is_measured_in_its_own_way():
    assert trace_method(MlpConfig(activation="relu")) == "exact"
    assert trace_method(MlpConfig(activation="gelu")) == "taylor"
    assert trace_method(MlpConfig(activation="relu", normalization="layer")) == "reverse"
    assert trace_method(CnnConfig()) == "reverse"
    assert trace_method(GruConfig()) == "reverse"


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_that_the_three_ways_agree_on_one_network(activation):
    params, (x, y) = network((6, 5, 4)), batch(9, 6, 4)
    probes = probes_for(params, 16)
    loss = loss_of(x, y, activation)
    chosen = estimate_trace(
        MlpConfig(activation=activation),
        params,
        x.unflatten(1, (2, 3)),
        y,
        loss_fn=loss,
        probes=lambda: probes,
    )
    generic = estimate_trace(CnnConfig(), params, x, y, loss_fn=loss, probes=lambda: probes)
    if chosen.method == "exact":
        assert_close(chosen.trace, full_hessian(loss, params).trace())
        assert abs(chosen.trace - generic.trace) < 4 * generic.trace_se
    else:
        assert_close(chosen.trace, generic.trace)
        assert_close(chosen.relative_se, generic.relative_se)
    assert (chosen.examples, generic.examples) == (9, 9)


def test_that_a_cohort_with_its_own_batches_goes_through_the_same_door():
    members = [network((6, 5, 4), seed) for seed in range(3)]
    batches = [batch(9, 6, 4, seed) for seed in range(3)]
    x, y = (torch.stack(parts) for parts in zip(*batches, strict=True))

    def losses(params):
        return torch.stack(
            [loss_of(x[m], y[m], "silu")({n: t[m] for n, t in params.items()}) for m in range(3)]
        )

    probes = probes_for(members[0], 4)
    ways = [
        estimate_trace(
            network, stacked(members), x, y, loss_fn=losses, probes=lambda: probes, data_per_member=True
        )
        for network in (MlpConfig(activation="silu"), GruConfig())
    ]
    assert_close(ways[0].trace, ways[1].trace)
    assert ways[0].examples == ways[1].examples == 9


@pytest.mark.parametrize("config", [MlpConfig(activation="relu"), MlpConfig(activation="gelu"), GruConfig()])
def test_that_nothing_waits_for_the_device(config):
    """Tensors on "meta" hold no numbers: whatever reads one back to the host fails."""
    members = stacked([network((6, 5, 7, 4), seed) for seed in range(3)])
    on_meta = {name: tensor.to("meta") for name, tensor in members.items()}
    x, y = (tensor.to("meta") for tensor in batch(9, 6, 4))
    probes = {n: t.to("meta") for n, t in probes_for(network((6, 5, 7, 4)), 4).items()}

    def losses(params):
        logits = x @ params["layers.0.weight"].mT + params["layers.0.bias"].unsqueeze(-2)
        return logits.logsumexp(-1).mean(-1)

    estimate = estimate_trace(config, on_meta, x, y, loss_fn=losses, probes=lambda: probes)
    assert estimate.stacked().shape == (4, 3)
    with pytest.raises(RuntimeError, match="meta"):
        estimate.trace.sum().item()
