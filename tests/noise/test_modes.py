import math

import pytest
import torch

from wnin_desktop.noise.keyed import KeyedNoise, StackedNoise, Stream
from wnin_desktop.noise.modes import (
    corrupt_labels,
    gradient_noise,
    is_weight,
    jitter_inputs,
    jitter_parameters,
    other_class,
    sgld_kick,
    weight_scale,
)


def cubature(dimensions):
    """Return points [2d, d] with mean 0 and covariance 1 exactly: means of quadratics over them are exact."""
    axes = math.sqrt(dimensions) * torch.eye(dimensions, dtype=torch.float64)
    return torch.cat([axes, -axes])


def positive_definite(dimensions, seed=0):
    root = KeyedNoise(seed).normal(Stream.PROBE, 0, "root", (dimensions, dimensions), torch.float64)
    return root @ root.T


def test_that_input_jitter_adds_exactly_sigma_squared_weight_norm_squared():
    noise, sigma = KeyedNoise(1), 0.7
    x = noise.normal(Stream.PROBE, 0, "x", (6, 5), torch.float64)
    y = noise.normal(Stream.PROBE, 0, "y", (6,), torch.float64)
    w = noise.normal(Stream.PROBE, 0, "w", (5,), torch.float64)
    clean = ((x @ w - y) ** 2).mean()
    jittered = [((jitter_inputs(x, sigma, eps.expand(6, 5)) @ w - y) ** 2).mean() for eps in cubature(5)]
    torch.testing.assert_close(torch.stack(jittered).mean() - clean, sigma**2 * w @ w, rtol=1e-12, atol=0)


def test_that_drawn_input_jitter_adds_it_within_its_standard_error():
    noise, sigma, batch = KeyedNoise(2), 0.3, 200_000
    x = noise.normal(Stream.PROBE, 0, "x", (batch, 4))
    w = torch.tensor([1.0, -2.0, 0.5, 0.1])
    eps = noise.normal(Stream.INPUT_JITTER, 5, "x", (batch, 4))
    added = ((jitter_inputs(x, sigma, eps) @ w - x @ w) ** 2).double()
    error = added.std() / math.sqrt(batch)
    assert abs(added.mean() - sigma**2 * (w @ w)) < 4 * error


def test_that_parameter_jitter_adds_exactly_half_sigma_squared_trace():
    hessian, alpha = positive_definite(6), 0.4
    theta = KeyedNoise(3).normal(Stream.PROBE, 0, "theta", (6,), torch.float64)

    def loss(point):
        return 0.5 * point @ hessian @ point

    unit = torch.tensor(1.0, dtype=torch.float64)
    values = [loss(jitter_parameters(theta, alpha, eps, unit)) for eps in cubature(6)]
    added = torch.stack(values).mean() - loss(theta)
    torch.testing.assert_close(added, 0.5 * alpha**2 * hessian.trace(), rtol=1e-11, atol=0)


def stationary_variance(update, steps=400, chains=20_000):
    """Return the variance over independent chains after `steps` updates from 0, and its standard error."""
    noise = KeyedNoise(4)
    theta = torch.zeros(chains, dtype=torch.float64)
    eps = torch.empty(chains, dtype=torch.float64)
    for step in range(steps):
        theta = update(theta, noise.normal(Stream.SGLD, step, "theta", (chains,), torch.float64, out=eps))
    variance = float(theta.var())
    return variance, variance * math.sqrt(2.0 / chains)


@pytest.mark.parametrize(("curvature", "lr"), [(2.0, 0.1), (2.0, 0.5), (0.5, 0.4)])
def test_that_gradient_noise_gives_a_stationary_temperature_of_half_h_sigma_squared(curvature, lr):
    sigma = 1.3
    temperature = lr * sigma**2 / 2
    variance, error = stationary_variance(
        lambda theta, eps: theta - lr * gradient_noise(curvature * theta, sigma, eps),
        steps=math.ceil(12 / (curvature * lr)),
    )
    assert abs(variance - temperature / (curvature * (1 - curvature * lr / 2))) < 4 * error


@pytest.mark.parametrize(("lr", "exact"), [(0.5, 0.5), (0.8, 1.25)])
def test_that_sgld_has_the_exact_variance_of_its_discretization(lr, exact):
    curvature, temperature = 2.0, 0.5
    assert temperature / (curvature * (1 - curvature * lr / 2)) == pytest.approx(exact)
    variance, error = stationary_variance(
        lambda theta, eps: sgld_kick(theta - lr * curvature * theta, lr, temperature, eps), steps=60
    )
    assert abs(variance - exact) < 4 * error


def test_that_gradient_noise_at_its_temperature_is_the_sgld_kick():
    noise, lr, sigma = KeyedNoise(5), 0.05, 0.8
    theta, g, eps = (noise.normal(Stream.SGLD, 0, name, (40,), torch.float64) for name in "abc")
    descent = theta - lr * gradient_noise(g, sigma, -eps)
    kicked = sgld_kick(theta - lr * g, lr, lr * sigma**2 / 2, eps)
    torch.testing.assert_close(descent, kicked, rtol=1e-13, atol=1e-15)


def test_that_each_member_gets_its_own_amplitude():
    eps = StackedNoise((1, 2, 3)).normal(Stream.GRADIENT, 0, "w", (4, 5))
    base = torch.ones(3, 4, 5)
    amplitudes = torch.tensor([0.0, 0.5, 2.0])
    temperatures = torch.tensor([0.0, 0.1, 3.0])
    x = torch.ones(4, 5)
    cases = [
        (
            gradient_noise(base, amplitudes, eps),
            lambda m: gradient_noise(base[m], float(amplitudes[m]), eps[m]),
        ),
        (jitter_inputs(x, amplitudes, eps), lambda m: jitter_inputs(x, float(amplitudes[m]), eps[m])),
        (sgld_kick(base, 0.1, temperatures, eps), lambda m: sgld_kick(base[m], 0.1, temperatures[m], eps[m])),
        (
            jitter_parameters(eps, amplitudes, eps, member_axis=True),
            lambda m: jitter_parameters(eps[m], amplitudes[m], eps[m]),
        ),
    ]
    for stacked, alone in cases:
        for member in range(3):
            assert torch.equal(stacked[member], alone(member))


def test_that_inputs_with_a_member_axis_stay_apart():
    eps = StackedNoise((1, 2)).normal(Stream.INPUT_JITTER, 0, "x", (3, 2))
    x = torch.arange(12.0).reshape(2, 3, 2)
    assert torch.equal(jitter_inputs(x, 0.5, eps)[1], jitter_inputs(x[1], 0.5, eps[1]))


def test_that_zero_amplitude_changes_no_bit():
    noise = KeyedNoise(6)
    x, eps = noise.normal(Stream.PROBE, 0, "x", (50, 3)), noise.normal(Stream.PROBE, 0, "e", (50, 3))
    for result in (jitter_inputs(x, 0.0, eps), gradient_noise(x, 0.0, eps), sgld_kick(x, 0.1, 0.0, eps)):
        assert torch.equal(result, x)
    assert torch.equal(jitter_parameters(x, 0.0, eps), x)


def test_that_jittering_parameters_never_touches_the_original():
    weight = torch.nn.Parameter(KeyedNoise(7).normal(Stream.INIT, 0, "w", (30, 20)))
    before = weight.detach().clone()
    eps = KeyedNoise(7).normal(Stream.PARAMETER_JITTER, 0, "w", (30, 20))
    copy = jitter_parameters(weight, 0.3, eps)
    copy.add_(1.0)
    assert torch.equal(weight.detach(), before)
    assert not copy.requires_grad


def test_that_adding_and_subtracting_would_drift():
    # What the copy protects from: undoing a perturbation by subtracting it does not give the weights back.
    weight = KeyedNoise(7).normal(Stream.INIT, 0, "w", (300, 20))
    eps = KeyedNoise(7).normal(Stream.PARAMETER_JITTER, 0, "w", (300, 20))
    there_and_back = jitter_parameters(
        jitter_parameters(weight, 0.3, eps, torch.tensor(1.0)), -0.3, eps, torch.tensor(1.0)
    )
    assert not torch.equal(there_and_back, weight)


def test_that_weight_scale_is_per_tensor_and_member():
    weights = StackedNoise((1, 2)).normal(Stream.INIT, 0, "w", (8, 9))
    scale = weight_scale(weights, member_axis=True)
    torch.testing.assert_close(scale, weights.flatten(1).std(dim=1, correction=0))
    assert torch.equal(scale[1], weight_scale(weights[1]))
    assert float(weight_scale(weights[0], "absmax")) == float(weights[0].abs().max())
    assert float(weight_scale(torch.ones(1, 1))) == 0.0


@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.4, 1.0])
def test_that_the_configured_fraction_of_labels_is_wrong(fraction):
    n, classes, noise = 100_000, 7, KeyedNoise(8)
    y = noise.integers(Stream.PROBE, 0, "y", classes, (n,))
    uniform = noise.uniform(Stream.LABEL_CORRUPT, 0, "y", (n,))
    draw = noise.integers(Stream.LABEL_CORRUPT, 0, "y", classes - 1, (n,))
    corrupted = corrupt_labels(y, fraction, uniform, other_class(y, draw, classes))
    wrong = float((corrupted != y).float().mean())
    assert abs(wrong - fraction) <= 4 * math.sqrt(fraction * (1 - fraction) / n)
    shifts = torch.bincount((corrupted - y)[corrupted != y] % classes, minlength=classes)
    assert shifts[0] == 0
    expected = n * fraction / (classes - 1)
    assert torch.all((shifts[1:] - expected).abs() <= 4.5 * math.sqrt(expected) + 1e-9)
    assert corrupted.min() >= 0
    assert corrupted.max() < classes


def test_that_a_larger_fraction_replaces_the_same_labels_and_more():
    noise = KeyedNoise(9)
    y = torch.zeros(1000, dtype=torch.int64)
    uniform = noise.uniform(Stream.LABEL_CORRUPT, 0, "y", (1000,))
    few, many = (corrupt_labels(y, fraction, uniform, y + 1) for fraction in (0.2, 0.5))
    assert torch.all(many >= few)
    assert many.sum() > few.sum()


def test_that_members_have_their_own_fraction():
    uniform = StackedNoise((1, 2)).uniform(Stream.LABEL_CORRUPT, 0, "y", (50,))
    y = torch.zeros(50, dtype=torch.int64)
    corrupted = corrupt_labels(y, torch.tensor([0.0, 1.0]), uniform, torch.ones(2, 50, dtype=torch.int64))
    assert corrupted.sum(dim=1).tolist() == [0, 50]


@pytest.mark.parametrize(
    ("name", "ndim", "touched"),
    [
        ("layers.0.weight", 2, True),
        ("conv1.weight", 4, True),
        ("gru.weight_ih_l0", 2, True),
        ("head.weight", 2, True),
        ("layers.0.bias", 1, False),
        ("layers.0.bias", 2, False),
        ("gru.bias_ih_l0", 1, False),
        ("layers.0.weight", 1, False),
        ("norm1.weight", 1, False),
        ("layer_norm.weight", 2, False),
        ("blocks.3.ln_1.weight", 2, False),
        ("bn2.weight", 2, False),
        ("GroupNorm_0.weight", 2, False),
        ("blocks.0.linear.weight", 2, True),
    ],
)
def test_that_jitter_touches_weights_and_neither_biases_nor_norm_layers(name, ndim, touched):
    assert is_weight(name, ndim) is touched
