"""SGLD and pSGLD on L = k x^2 / 2, many independent chains at once, against closed forms."""

import math

import pytest
import torch
from scipy.integrate import quad

from tests.optimizers.helpers import built, drawing

CHAINS = 40_000
SPREAD = 4.0
"""How many standard errors a measured value may be away; seeds are fixed, so no run differs from another."""


def chains(name, k, lr, params, steps, *, seed, start=0.0):
    """Return (last states, the states before them) of `CHAINS` chains on L = k x^2 / 2."""
    x = torch.full((CHAINS,), start, dtype=torch.float64, requires_grad=True)
    optimizer = built(name, {"x": x}, lr, params, drawing(seed))
    before = x.detach().clone()
    for _ in range(steps):
        before = x.detach().clone()
        x.grad = k * before
        optimizer.step()
    return x.detach(), before


def variance_error(variance, n=CHAINS):
    return variance * math.sqrt(2 / n)


@pytest.mark.parametrize(("k", "lr", "t"), [(1.0, 0.1, 0.5), (4.0, 0.2, 2.0), (0.5, 1.0, 0.01)])
def test_that_sgld_has_the_variance_of_its_discretization(k, lr, t):
    steps = math.ceil(8 / (k * lr))
    x, _ = chains("sgld", k, lr, {"temperature": t}, steps, seed=1)
    expected = t / (k * (1 - k * lr / 2))
    assert x.var().item() == pytest.approx(expected, abs=SPREAD * variance_error(expected))


def test_that_neighbouring_sgld_steps_correlate_by_one_minus_k_h():
    k, lr = 2.0, 0.15
    x, before = chains("sgld", k, lr, {"temperature": 1.0}, 60, seed=2)
    measured = torch.corrcoef(torch.stack([before, x]))[0, 1].item()
    expected = 1 - k * lr
    assert measured == pytest.approx(expected, abs=SPREAD * (1 - expected**2) / math.sqrt(CHAINS))


def test_that_the_loss_has_the_mean_and_variance_of_equipartition():
    d, k, lr, t = 20, 1.5, 0.01, 0.3
    x, _ = chains("sgld", k, lr, {"temperature": t}, 600, seed=3)
    loss = (k * x.square() / 2).view(-1, d).sum(1)
    stretch = 1 / (1 - k * lr / 2)  # what a finite step adds, exactly
    n = len(loss)
    mean, variance = d * t / 2 * stretch, d * t**2 / 2 * stretch**2
    assert loss.mean().item() == pytest.approx(mean, abs=SPREAD * math.sqrt(variance / n))
    # A sum of d squares of normals has excess kurtosis 12 / d.
    assert loss.var().item() == pytest.approx(variance, abs=SPREAD * variance * math.sqrt((2 + 12 / d) / n))
    assert stretch == pytest.approx(1, abs=0.01)


def test_that_zero_temperature_is_gradient_descent():
    x, before = chains("sgld", 2.0, 0.1, {"temperature": 0.0}, 5, seed=4, start=1.0)
    torch.testing.assert_close(x, before * 0.8)


def test_that_weight_decay_is_a_gaussian_prior():
    k, prior, lr, t = 1.0, 1.5, 0.1, 0.7
    x, _ = chains("sgld", k, lr, {"temperature": t, "weight_decay": prior}, 60, seed=5)
    expected = t / ((k + prior) * (1 - (k + prior) * lr / 2))
    assert x.var().item() == pytest.approx(expected, abs=SPREAD * variance_error(expected))


def test_that_the_temperature_turns_while_it_runs():
    x = torch.zeros(CHAINS, dtype=torch.float64, requires_grad=True)
    optimizer = built("sgld", {"x": x}, 0.2, {"temperature": 1.0}, drawing(6))
    for group in optimizer.param_groups:
        group["temperature"] = 0.04
    for _ in range(50):
        x.grad = x.detach().clone()
        optimizer.step()
    expected = 0.04 / 0.9
    assert x.var().item() == pytest.approx(expected, abs=SPREAD * variance_error(expected))


@pytest.mark.parametrize("k", [0.5, 2.0])
def test_that_psgld_with_a_frozen_preconditioner_has_its_closed_form(k):
    lr, t, eps = 0.1, 0.6, 0.5
    x, _ = chains(
        "psgld", k, lr, {"temperature": t, "alpha": 1.0, "eps": eps}, math.ceil(6 * eps / (k * lr)), seed=7
    )
    expected = t / (k * (1 - lr / eps * k / 2))  # G = 1 / eps
    assert x.var().item() == pytest.approx(expected, abs=SPREAD * variance_error(expected))


def stationary_variance(density):
    mass = quad(density, 0, 12, epsabs=1e-12)[0]
    return quad(lambda x: x**2 * density(x), 0, 12, epsabs=1e-12)[0] / mass


MOVING = {"temperature": 1.0, "alpha": 0.8, "eps": 1.0}
MOVING_LR = 0.02


def test_that_gamma_keeps_the_gibbs_law_where_the_preconditioner_moves():
    x, _ = chains("psgld", 1.0, MOVING_LR, MOVING, 700, seed=8)
    expected = stationary_variance(lambda x: math.exp(-(x**2) / 2))
    assert expected == pytest.approx(1.0)
    # Beside the standard error, 2 h is allowed for the finite step.
    assert x.var().item() == pytest.approx(expected, abs=SPREAD * variance_error(expected) + 2 * MOVING_LR)


def test_that_without_gamma_the_law_is_biased_as_predicted():
    x, _ = chains("psgld", 1.0, MOVING_LR, MOVING | {"drop_gamma": True}, 700, seed=8)
    expected = stationary_variance(lambda x: (abs(x) + 1) * math.exp(-(x**2) / 2))  # exp(-L/T) / G
    assert expected > 1.4
    assert x.var().item() == pytest.approx(expected, abs=SPREAD * variance_error(expected) + 2 * MOVING_LR)


def test_that_reading_gamma_off_the_noise_hardly_heats():
    """Under gradients that are all minibatch noise the reading is worst; it adds (1 - a) / (1 + a) / 4."""
    lr, t = 1e-3, 1e-4
    generator = torch.Generator().manual_seed(9)
    spreads = {}
    for drop in (False, True):
        x = torch.zeros(CHAINS, dtype=torch.float64, requires_grad=True)
        optimizer = built("psgld", {"x": x}, lr, {"temperature": t, "drop_gamma": drop}, drawing(10))
        generator.manual_seed(9)
        last = x.detach().clone()
        for _ in range(300):
            last = x.detach().clone()
            x.grad = torch.randn(CHAINS, generator=generator, dtype=torch.float64)
            optimizer.step()
        g = 1 / (optimizer.state[x]["v"].sqrt() + 1e-5)
        thermal = (2 * lr * t * g).sqrt()
        spreads[drop] = ((x.detach() - last + lr * g * x.grad) / thermal).var().item()
    assert spreads[True] == pytest.approx(1, abs=SPREAD * math.sqrt(2 / CHAINS))
    heated = spreads[False] / spreads[True] - 1
    assert heated == pytest.approx((1 - 0.99) / (1 + 0.99) / 4, abs=5e-4)


def test_that_one_over_n_samples_the_bayes_posterior():
    """n observations y ~ N(x, 1) with prior N(0, 1/p): the posterior is N(sum y / (n + p), 1 / (n + p))."""
    n, prior, lr = 25, 5.0, 0.05
    y = torch.randn(n, generator=torch.Generator().manual_seed(11), dtype=torch.float64) + 1.0
    x = torch.zeros(CHAINS, dtype=torch.float64, requires_grad=True)
    # L is the mean over the examples of -log p(y | x), and the prior's share of it is p x^2 / (2 n).
    optimizer = built("sgld", {"x": x}, lr, {"temperature": 1 / n, "weight_decay": prior / n}, drawing(12))
    for _ in range(200):
        x.grad = x.detach() - y.mean()
        optimizer.step()
    k = 1 + prior / n
    variance = 1 / (n + prior)
    stretched = variance / (1 - k * lr / 2)  # what a finite step adds, exactly
    mean = float(y.sum()) / (n + prior)
    assert x.var().item() == pytest.approx(stretched, abs=SPREAD * variance_error(stretched))
    assert x.mean().item() == pytest.approx(mean, abs=SPREAD * math.sqrt(stretched / CHAINS))
