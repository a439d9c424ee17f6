"""A fully connected network as a list of layers, alone or as a cohort with a leading member axis."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from wnin_desktop.errors import InputError

_NAME = re.compile(r"layers\.(\d+)\.(weight|bias)")

_CPU_BLOCK = 2**17
_GPU_BLOCK = 2**26


class Layer(NamedTuple):
    """One affine map: `weight` `[..., out, in]`, `bias` `[..., out]`; a cohort leads with its members."""

    weight: Tensor
    bias: Tensor


def layers_of(tensors: Mapping[str, Tensor]) -> list[Layer]:
    """Return the layers named `layers.<i>.weight` and `layers.<i>.bias`, in the order of i.

    Raises:
        InputError: another name is present, or a layer lacks its weight or bias.
    """
    found: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        match = _NAME.fullmatch(name)
        if match is None:
            raise InputError.of(
                "parameters", name, "a plain mlp has only layers.<i>.weight and layers.<i>.bias"
            )
        found.setdefault(int(match[1]), {})[match[2]] = tensor
    broken = [index for index, pair in found.items() if len(pair) != 2]
    if broken or not found:
        raise InputError.of("parameters", sorted(tensors), "every layer needs a weight and a bias")
    return [Layer(**found[index]) for index in sorted(found)]


def product(a: Tensor, weight: Tensor) -> Tensor:
    """Return a W' for `[n, in]` or `[members, n, in]` with `[out, in]` or `[members, out, in]`.

    Inputs shared by a cohort meet all members' weights in one wide product.
    """
    if a.ndim == 2 and weight.ndim == 3:
        wide = functional.linear(a, weight.flatten(0, 1))
        return wide.unflatten(-1, weight.shape[:2]).movedim(-2, 0)
    return a @ weight.mT


def affine(a: Tensor, layer: Layer) -> Tensor:
    """Return a W' + b."""
    if a.ndim == 2 and layer.weight.ndim == 2:
        return functional.linear(a, layer.weight, layer.bias)
    return product(a, layer.weight) + layer.bias.unsqueeze(-2)


def softmax_residual(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Return the class probabilities p and p - onehot(labels), both `[..., n, classes]`.

    `labels` is `[n]`, or `[members, n]` where members differ.
    """
    p = torch.softmax(logits, -1)
    index = labels.unsqueeze(-1).expand(*p.shape[:-1], 1)
    return p, p.scatter_add(-1, index, p.new_full((1,), -1.0).expand(index.shape))


def block_numbers(tensor: Tensor) -> int:
    """Return how many numbers a block's temporaries may hold: what a CPU caches, or what fills a GPU."""
    return _CPU_BLOCK if tensor.device.type == "cpu" else _GPU_BLOCK


def multiplications(layers: Sequence[Layer]) -> list[int]:
    """Return each layer's multiplications for one example of one member."""
    return [layer.weight.shape[-1] * layer.weight.shape[-2] for layer in layers]


def gradient_work(layers: Sequence[Layer]) -> int:
    """Return the multiplications of one gradient per example: three products a layer, two in the first."""
    work = multiplications(layers)
    return 3 * sum(work) - work[0]
