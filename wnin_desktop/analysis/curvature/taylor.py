"""Hutchinson's estimator for fully connected networks: v'Hv from the second-order Taylor expansion along v.

Along theta + t v a layer's output is z(t), and the loss's second derivative collects one source per place
that bends: the affine maps, 2 V a', the activations, phi''(z) z'^2, and the cross-entropy, Var_p z'.
Weighted with the gradient of the loss at that place, which one backward pass gives for all probes, they add
up to v'Hv; only first derivatives are carried forward. A probe costs one product in the first layer and
three in every other, and all probes go through together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from wnin_desktop.analysis.curvature.activations import derivatives
from wnin_desktop.analysis.curvature.estimate import TraceEstimate, of_samples
from wnin_desktop.analysis.curvature.layers import (
    Layer,
    affine,
    block_numbers,
    gradient_work,
    multiplications,
    product,
    softmax_residual,
)


def taylor_trace(
    layers: Sequence[Layer],
    x: Tensor,
    labels: Tensor,
    probes: Sequence[Layer],
    activation: str,
    *,
    relative: bool = True,
) -> TraceEstimate:
    """Return Hutchinson's estimate of the trace of a network's mean cross-entropy.

    E[v'Hv] over random signs v is tr H; one probe's variance is 2 (||H||_F^2 - sum_i h_ii^2) (Hutchinson
    1990). The relative trace takes v = |w| z from the same signs z. Nothing waits for the device.

    Args:
        layers: affine maps with `activation` between them, `[out, in]`, or `[members, out, in]` for a cohort.
        x: fixed probe batch, `[n, in]` shared by all members or `[members, n, in]`.
        labels: classes, `[n]` or `[members, n]`.
        probes: signs z with the shapes of the layers, `[probes, out, in]` or `[members, probes, out, in]`.
        activation: relu, tanh, gelu or silu.
        relative: measure sum_i w_i^2 H_ii too; doubles the cost of a probe.

    Raises:
        InputError: an unknown activation, or fewer than two probes.
    """
    base = _base(layers, x, labels, activation)
    plain = _in_blocks(base, probes)
    scaled = _in_blocks(base, _scaled(layers, probes)) if relative else None
    count = plain.shape[-1]
    work = multiplications(layers)
    cost = sum(work) + sum(work[1:]) + count * (2 if relative else 1) * (3 * sum(work) - 2 * work[0])
    return of_samples(plain, scaled, examples=x.shape[-2], cost_gradients=cost / gradient_work(layers))


def directional_curvature(
    layers: Sequence[Layer], x: Tensor, labels: Tensor, directions: Sequence[Layer], activation: str
) -> Tensor:
    """Return v'Hv for each direction v, `[probes]` or `[members, probes]`; arguments as in `taylor_trace`."""
    return _in_blocks(_base(layers, x, labels, activation), directions)


@dataclass(frozen=True)
class _Base:
    """What all directions share at the point itself.

    `inputs[l]`: input of layer l, `[..., n, in]`. `slopes[l]`: phi' at the output of layer l. `bends[l]`:
    the gradient in that layer's activation times phi'', None where phi'' is 0. `residuals[l]`: gradient in
    the output of layer l. `p`: class probabilities. Gradients are those of the mean loss.
    """

    layers: list[Layer]
    inputs: list[Tensor]
    slopes: list[Tensor]
    bends: list[Tensor | None]
    residuals: list[Tensor]
    p: Tensor


def _base(layers: Sequence[Layer], x: Tensor, labels: Tensor, activation: str) -> _Base:
    layers = [Layer(layer.weight.detach(), layer.bias.detach()) for layer in layers]
    expand = derivatives(activation)
    inputs, slopes, seconds = [x], [], []
    for layer in layers[:-1]:
        value, slope, second = expand(affine(inputs[-1], layer))
        inputs.append(value)
        slopes.append(slope)
        seconds.append(second)
    p, residual = softmax_residual(affine(inputs[-1], layers[-1]), labels)
    residuals, bends = [residual / x.shape[-2]], []
    for layer, slope, second in zip(layers[:0:-1], slopes[::-1], seconds[::-1], strict=True):
        outer = residuals[-1] @ layer.weight
        bends.append(None if second is None else outer * second)
        residuals.append(outer * slope)
    return _Base(layers, inputs, slopes, bends[::-1], residuals[::-1], p)


def _scaled(layers: Sequence[Layer], probes: Sequence[Layer]) -> list[Layer]:
    """Return |w| z for each layer; weights get the probe axis."""
    return [
        Layer(
            layer.weight.detach().abs().unsqueeze(-3) * z.weight,
            layer.bias.detach().abs().unsqueeze(-2) * z.bias,
        )
        for layer, z in zip(layers, probes, strict=True)
    ]


def _in_blocks(base: _Base, directions: Sequence[Layer]) -> Tensor:
    width = max(layer.weight.shape[-2] for layer in base.layers)
    size = max(1, block_numbers(base.p) // (base.p.shape[:-1].numel() * width))
    count = directions[0].bias.shape[-2]
    blocks = [
        [Layer(v.weight.narrow(-3, start, span), v.bias.narrow(-2, start, span)) for v in directions]
        for start in range(0, count, size)
        for span in [min(size, count - start)]
    ]
    return torch.cat([_curvature(base, block) for block in blocks], -1)


def _curvature(base: _Base, directions: Sequence[Layer]) -> Tensor:
    """Return v'Hv for a block of directions, `[..., probes]`."""
    z1 = _by_direction(base.inputs[0], directions[0])
    total = base.p.new_zeros(())
    for index, v in enumerate(directions[1:]):
        bend = base.bends[index]
        if bend is not None:
            total = total + (z1.square() * bend.unsqueeze(-2)).sum((-3, -1))
        a1 = z1 * base.slopes[index].unsqueeze(-2)
        total = total + 2 * _mixed(base.residuals[index + 1], a1, v.weight)
        z1 = _through(a1, base.layers[index + 1].weight) + _by_direction(base.inputs[index + 1], v)
    p = base.p.unsqueeze(-2)
    centred = z1 - (p * z1).sum(-1, keepdim=True)
    return total + (p * centred.square()).sum((-3, -1)) / base.p.shape[-2]


def _by_direction(a: Tensor, v: Layer) -> Tensor:
    """Return a V' + v for all directions, `[..., n, probes, out]`."""
    wide = affine(a, Layer(v.weight.flatten(-3, -2), v.bias.flatten(-2, -1)))
    return wide.unflatten(-1, v.bias.shape[-2:])


def _through(a1: Tensor, weight: Tensor) -> Tensor:
    """Return a1 W' for `[..., n, probes, in]`."""
    return product(a1.flatten(-3, -2), weight).unflatten(-2, a1.shape[-3:-1])


def _mixed(residual: Tensor, a1: Tensor, v: Tensor) -> Tensor:
    """Return sum_n residual . (a1 V') for all directions, `[..., probes]`."""
    outer = (residual.mT @ a1.flatten(-2, -1)).unflatten(-1, a1.shape[-2:])
    return (outer.transpose(-3, -2) * v).sum((-2, -1))
