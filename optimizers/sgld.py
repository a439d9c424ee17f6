"""SGLD: stochastic gradient Langevin dynamics, which samples exp(-L/T).

    w <- w - h (g + d w) + sqrt(2 h T) xi

With L the mean loss over n examples the Bayes posterior is T = 1/n. On L = k w^2 / 2 the stationary variance
is T / (k (1 - k h / 2)) and neighbouring steps correlate by 1 - k h. Weight decay d is the Gaussian prior's
share of L.

Source: Welling & Teh, "Bayesian learning via stochastic gradient Langevin dynamics", ICML 2011.
"""

from __future__ import annotations

import math
from typing import Any

import torch

from wnin_desktop.engine.optimizers import many
from wnin_desktop.engine.optimizers.registry import Hyper, OptimizerContext, OptimizerRegistry
from wnin_desktop.schema.base import quantity


class SgldHyper(Hyper):
    """Hyper-parameters of SGLD."""

    lr: float = quantity(0.01, title="Learning rate", help="Step size h.", gt=0, le=1e3)
    temperature: float = quantity(
        1e-4, title="Temperature", unit="loss units", help="T of the stationary law exp(-L/T).", ge=0, le=1e6
    )
    weight_decay: float = quantity(
        0.0,
        title="Weight decay",
        help="Times the weights, added to the gradient: a Gaussian prior.",
        ge=0,
        le=1e3,
    )


def noise_std(lr: float, temperature: float) -> float:
    """Return the standard deviation sqrt(2 h T) of the noise of one step."""
    return math.sqrt(2 * lr * temperature)


class Sgld(torch.optim.Optimizer):
    """The update above over groups of named tensors; `temperature` of a group can be turned while it runs."""

    def __init__(self, groups: list[dict[str, Any]], hyper: SgldHyper, context: OptimizerContext) -> None:
        """Keep the hyper-parameters in the groups, where they can be turned."""
        super().__init__(groups, dict(hyper))
        self._normal = context.normal

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """Move every tensor that has a gradient; the noise comes last, untouched by clipping or decay."""
        loss = None if closure is None else torch.enable_grad()(closure)()
        for group in self.param_groups:
            self._step_group(group)
        return loss

    def _step_group(self, group: dict[str, Any]) -> None:
        names, tensors, gradients = many.moving(group)
        if group["weight_decay"]:
            gradients = many.add(gradients, tensors, group["weight_decay"])
        many.add_(tensors, gradients, -group["lr"])
        if group["temperature"]:
            draws = [self._normal(name, tensor) for name, tensor in zip(names, tensors, strict=True)]
            many.add_(tensors, draws, noise_std(group["lr"], group["temperature"]))


OptimizerRegistry.register(
    "sgld",
    Sgld,
    hyper=SgldHyper,
    batching="elementwise",
    samples=True,
    gradient_scale="proportional",
    update_noise=lambda hyper, gradient: noise_std(hyper.lr, hyper.temperature),  # noqa: ARG005 - the same everywhere
    summary="Langevin dynamics: samples exp(-L/T).",
    reference="Welling & Teh, ICML 2011",
)
