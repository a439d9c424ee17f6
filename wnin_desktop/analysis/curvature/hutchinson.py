"""Hutchinson's estimator for any network, by differentiating its gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from wnin_desktop.analysis.curvature.estimate import TraceEstimate, of_samples
from wnin_desktop.analysis.curvature.probes import Probes
from wnin_desktop.errors import InputError

Params = Mapping[str, Tensor]
LossFunction = Callable[[dict[str, Tensor]], Tensor]
Direction = Callable[[Tensor, Tensor], Tensor]
"""Signs z and parameter w -> the direction v."""


def hutchinson(
    loss_fn: LossFunction,
    params: Params,
    probes: Probes,
    *,
    examples: int,
    relative: bool = True,
) -> TraceEstimate:
    """Return Hutchinson's estimate of the trace of the Hessian of `loss_fn` at `params`.

    E[v'Hv] over random signs v is tr H; one probe's variance is 2 (||H||_F^2 - sum_i h_ii^2) (Hutchinson
    1990). The relative trace takes v = |w| z from the same signs z.

    The gradient's graph is built once and differentiated once per probe. That serves every network whose
    operations have a second derivative; fused attention is taken apart into its plain form for the duration,
    fused recurrent kernels of a GPU have none. Counted as one gradient, and two for each product Hv.

    Args:
        loss_fn: the mean loss on the fixed probe batch, normalization in evaluation mode, as a function of
            all parameters: a scalar, or `[members]` when the tensors are stacked `[members, *shape]`; then
            a member's loss may depend on its own slice only.
        params: the point.
        probes: signs for each name, `[probes, *shape]` with the shape of one member's parameter, or
            `[members, probes, *shape]`.
        examples: size of the probe batch, for the record.
        relative: measure sum_i w_i^2 H_ii too; doubles the cost of a probe.

    Raises:
        InputError: a probe is missing or has another shape, or there are fewer than two.
    """
    missing = sorted(set(params) - set(probes))
    if missing:
        raise InputError.of("probes", missing[0], "every parameter needs a probe")
    point = {name: tensor.detach() for name, tensor in params.items()}
    forms = _quadratic_forms(loss_fn, point, probes)
    plain = forms(lambda z, _w: z)
    scaled = forms(lambda z, w: z * w.abs()) if relative else None
    products = plain.shape[-1] * (2 if relative else 1)
    return of_samples(plain, scaled, examples=examples, cost_gradients=1 + 2 * products)


def hessian_products(
    loss_fn: LossFunction, params: Params
) -> tuple[Tensor, Callable[[Params], dict[str, Tensor]]]:
    """Return the loss at `params` and the map v -> Hv, taken from one retained gradient graph.

    For a cohort (`[members]` losses of stacked parameters) H is block diagonal: a member's Hv comes from
    its own slice of v. The entries of v may also lack the member axis; then all members share them.
    """
    leaves = {name: tensor.detach().requires_grad_() for name, tensor in params.items()}
    with torch.enable_grad(), sdpa_kernel(SDPBackend.MATH):  # fused attention has no second derivative
        loss = loss_fn(leaves)
        gradients = torch.autograd.grad(
            loss.sum(), list(leaves.values()), create_graph=True, allow_unused=True
        )
    curved = {
        name: gradient
        for name, gradient in zip(leaves, gradients, strict=True)
        if gradient is not None and gradient.requires_grad
    }

    def apply(v: Params) -> dict[str, Tensor]:
        if not curved:
            return {name: torch.zeros_like(leaf) for name, leaf in leaves.items()}
        products = torch.autograd.grad(
            list(curved.values()),
            list(leaves.values()),
            [v[name].expand_as(gradient) for name, gradient in curved.items()],
            retain_graph=True,
            allow_unused=True,
            materialize_grads=True,
        )
        return dict(zip(leaves, products, strict=True))

    return loss.detach(), apply


def _quadratic_forms(
    loss_fn: LossFunction, point: dict[str, Tensor], probes: Probes
) -> Callable[[Direction], Tensor]:
    loss, apply = hessian_products(loss_fn, point)
    axes = _probe_axes(point, probes, loss.ndim)
    count = min(probes[name].shape[axis] for name, axis in axes.items())

    def form(v: dict[str, Tensor]) -> Tensor:
        products = apply(v)
        return torch.stack([_inner(v[name], products[name], loss.ndim) for name in v]).sum(0)

    def forms(direction: Direction) -> Tensor:
        values = []
        for index in range(count):
            z = {name: probes[name].select(axes[name], index).to(w.dtype) for name, w in point.items()}
            values.append(form({name: direction(z[name], w) for name, w in point.items()}))
        return torch.stack(values, -1)

    return forms


def _inner(v: Tensor, product: Tensor, member_axes: int) -> Tensor:
    return (v * product).reshape(*product.shape[:member_axes], -1).sum(-1)


def _probe_axes(point: Params, probes: Probes, member_axes: int) -> dict[str, int]:
    """Return for each name which axis of its probes counts them: 0, or 1 behind a member axis."""
    axes = {name: probes[name].ndim - (w.ndim - member_axes) - 1 for name, w in point.items()}
    wrong = [name for name, axis in axes.items() if not 0 <= axis <= member_axes]
    if wrong:
        shape = tuple(probes[wrong[0]].shape)
        raise InputError.of(
            f"probes[{wrong[0]!r}]", shape, "allowed: [probes, *shape] or [members, probes, *shape]"
        )
    return axes
