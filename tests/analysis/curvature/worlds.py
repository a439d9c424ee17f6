"""Small networks, their full Hessians by automatic differentiation, and probes."""

from itertools import pairwise

import torch
from torch import Tensor
from torch.func import functional_call, jacrev
from torch.nn import functional

from wnin_desktop.analysis.curvature import Layer, keyed_probes, layers_of
from wnin_desktop.noise.keyed import KeyedNoise, Stream

ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh, "gelu": functional.gelu, "silu": functional.silu}
DOUBLE = torch.float64


def network(sizes, seed=0, dtype=DOUBLE, gain=1.5) -> dict[str, Tensor]:
    noise = KeyedNoise(seed)
    params = {}
    for index, (fan_in, fan_out) in enumerate(pairwise(sizes)):
        weight = noise.normal(Stream.INIT, 0, f"w{index}", (fan_out, fan_in), DOUBLE)
        params[f"layers.{index}.weight"] = (gain / fan_in**0.5 * weight).to(dtype)
        bias = noise.normal(Stream.INIT, 0, f"b{index}", (fan_out,), DOUBLE)
        params[f"layers.{index}.bias"] = (0.3 * bias).to(dtype)
    return params


def batch(examples, features, classes, seed=1, dtype=DOUBLE) -> tuple[Tensor, Tensor]:
    noise = KeyedNoise(seed)
    x = noise.normal(Stream.EVAL, 0, "x", (examples, features), DOUBLE).to(dtype)
    return x, noise.integers(Stream.EVAL, 0, "y", classes, (examples,))


def loss_of(x, y, activation):
    def loss(params):
        a = x
        layers = layers_of(params)
        for layer in layers[:-1]:
            a = ACTIVATIONS[activation](a @ layer.weight.mT + layer.bias)
        return functional.cross_entropy(a @ layers[-1].weight.mT + layers[-1].bias, y)

    return loss


def module_loss(module, x, y):
    return lambda params: functional.cross_entropy(functional_call(module, params, (x,)), y)


def full_hessian(loss, params) -> Tensor:
    """Return H, `[d, d]`, in the order of `params`."""
    blocks = jacrev(jacrev(loss))(params)
    rows = [
        torch.cat([blocks[a][b].reshape(params[a].numel(), params[b].numel()) for b in params], 1)
        for a in params
    ]
    return torch.cat(rows)


def flat(params) -> Tensor:
    return torch.cat([tensor.reshape(-1) for tensor in params.values()])


def probes_for(params, count, seed=5, dtype=DOUBLE):
    return keyed_probes(
        KeyedNoise(seed), {name: tensor.shape for name, tensor in params.items()}, count, dtype=dtype
    )


def stacked(members) -> dict[str, Tensor]:
    return {name: torch.stack([member[name] for member in members]) for name in members[0]}


def quadratic_forms(H, params, probes) -> Tensor:
    """Return z'Hz for each probe from the full Hessian, `[probes]`."""
    z = torch.cat([probes[name].flatten(1) for name in params], 1)
    return ((z @ H) * z).sum(1)


def rescaled(params, a) -> dict[str, Tensor]:
    """Return the same ReLU function with the first layer times a and the second layer's weights over a."""
    first, second = layers_of(params)[:2]
    return {
        **params,
        "layers.0.weight": first.weight * a,
        "layers.0.bias": first.bias * a,
        "layers.1.weight": second.weight / a,
    }


def as_layers(params) -> list[Layer]:
    return layers_of(params)
