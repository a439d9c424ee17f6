"""The exact Hessian trace of ReLU networks with softmax cross-entropy, without probes.

Between its kinks a ReLU network is multilinear in its layers, so a single weight enters each logit
affinely: the diagonal of the Hessian is the diagonal of the Gauss-Newton matrix J' (diag p - p p') J,
averaged over the examples. For weight (i, j) of layer l that is mean_n q_l[n, i] a_{l-1}[n, j]^2, with q_l
the diagonal for the layer's output.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from wnin_desktop.analysis.curvature.estimate import TraceEstimate
from wnin_desktop.analysis.curvature.layers import (
    Layer,
    affine,
    block_numbers,
    gradient_work,
    multiplications,
)


def exact_trace(layers: Sequence[Layer], x: Tensor, *, relative: bool = True) -> TraceEstimate:
    """Return the exact Hessian trace and relative trace of a ReLU network's mean cross-entropy.

    The labels do not matter: the Hessian in the logits is diag p - p p' whatever they are. Second derivatives
    are those between the kinks, as automatic differentiation sees them. Nothing waits for the device.

    Args:
        layers: affine maps with ReLU between them, `[out, in]` each, or `[members, out, in]` for a cohort.
        x: fixed probe batch, `[n, in]` shared by all members or `[members, n, in]`.
        relative: measure sum_i w_i^2 H_ii too; costs a second product per layer.

    Returns:
        Scalars, or `[members]` for a cohort; the standard errors are 0.
    """
    layers = [Layer(layer.weight.detach(), layer.bias.detach()) for layer in layers]
    shape = layers[0].weight.shape[:-2]
    plain, scaled = layers[0].weight.new_zeros(2, *shape)
    for block in x.split(_block_size(layers), dim=-2):
        sums = _block_sums(layers, block, relative=relative)
        plain, scaled = plain + sums[0], scaled + sums[1]
    examples = x.shape[-2]
    zero = torch.zeros_like(plain)
    return TraceEstimate(
        trace=plain / examples,
        trace_se=zero,
        relative=scaled / examples if relative else None,
        relative_se=zero if relative else None,
        method="exact",
        probes=0,
        examples=examples,
        cost_gradients=round(_work(layers, relative=relative) / gradient_work(layers), 3),
    )


def _block_size(layers: Sequence[Layer]) -> int:
    members = layers[0].weight.shape[:-2].numel()
    width = max(layer.weight.shape[-2] for layer in layers)
    classes = layers[-1].weight.shape[-2] if len(layers) > 2 else 1
    return max(16, block_numbers(layers[0].weight) // (members * width * classes))


def _block_sums(layers: Sequence[Layer], x: Tensor, *, relative: bool) -> tuple[Tensor, Tensor]:
    """Return trace and relative trace, each summed over the examples of one block."""
    inputs, logits = _forward(layers, x)
    plain = scaled = logits.new_zeros(())
    for layer, a, q in zip(layers, inputs, _output_diagonals(layers, inputs, logits), strict=True):
        a2 = a.square()
        plain = plain + ((a2.sum(-1) + 1) * q.sum(-1)).sum(-1)
        if relative:
            squares = Layer(layer.weight.square(), layer.bias.square())
            scaled = scaled + (affine(a2, squares) * q).sum((-2, -1))
    return plain, scaled


def _forward(layers: Sequence[Layer], x: Tensor) -> tuple[list[Tensor], Tensor]:
    """Return the input of each layer and the logits."""
    inputs = [x]
    for layer in layers[:-1]:
        inputs.append(affine(inputs[-1], layer).relu_())
    return inputs, affine(inputs[-1], layers[-1])


def _output_diagonals(layers: Sequence[Layer], inputs: Sequence[Tensor], logits: Tensor) -> list[Tensor]:
    """Return q_l, `[..., n, out]`, for every layer: the diagonal of the Hessian in that layer's output."""
    p = torch.softmax(logits, -1)
    top = p.argmax(-1, keepdim=True)
    others = p.scatter(-1, top, 0.0)
    rest = others.sum(-1, keepdim=True)
    # 1 - p of the likeliest class, summed from the others: no digits are lost when the network is sure
    q = [(others * (1 - others)).scatter(-1, top, rest * (1 - rest))]
    if len(layers) == 2:
        q.append(_class_variance(layers[1].weight, top, others, rest).mul_(inputs[1] > 0))
    elif len(layers) > 2:
        q.extend(_factor_diagonals(layers, inputs, p))
    return q[::-1]


def _class_variance(weight: Tensor, top: Tensor, others: Tensor, rest: Tensor) -> Tensor:
    """Return the variance of each column of `weight` over the classes, `[..., n, in]`.

    Taken about the likeliest class's row, so that every term is as small as the result when the network is
    sure.
    """
    if weight.ndim == 2:
        row = weight[top.squeeze(-1)]
    else:
        row = torch.take_along_dim(weight, top.expand(*top.shape[:-1], weight.shape[-1]), dim=-2)
    first = others @ weight
    second = others @ weight.square()
    mean = first - rest * row
    return (second + row * (rest * row - 2 * first) - mean.square()).clamp_(min=0)


def _factor_diagonals(layers: Sequence[Layer], inputs: Sequence[Tensor], p: Tensor) -> list[Tensor]:
    """Return q of the hidden layers, last first, `[..., n, in]` each.

    One factor per class goes back through the layers: diag p - p p' = sum_c p_c (e_c - p)(e_c - p)'.
    """
    weight = layers[-1].weight
    centred = weight.unsqueeze(-3) - (p @ weight).unsqueeze(-2)
    factors = p.sqrt().unsqueeze(-1) * centred
    q = []
    for index in range(len(layers) - 1, 0, -1):
        factors = factors * (inputs[index] > 0).unsqueeze(-2)
        q.append(factors.square().sum(-2))
        if index > 1:
            flat = factors.flatten(-3, -2) @ layers[index - 1].weight
            factors = flat.unflatten(-2, p.shape[-2:])
    return q


def _work(layers: Sequence[Layer], *, relative: bool) -> int:
    work = multiplications(layers)
    classes = layers[-1].weight.shape[-2]
    back = 2 * work[-1] if len(layers) == 2 else classes * sum(work[1:-1]) + work[-1]
    return sum(work) * (2 if relative else 1) + (back if len(layers) > 1 else 0)
