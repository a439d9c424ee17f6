"""pSGLD: Langevin dynamics with RMSprop's preconditioner.

    V <- a V + (1 - a) g^2          G = 1 / (sqrt(V) + eps)
    w <- w - h (G g - T Gamma) + sqrt(2 h T G) xi          Gamma_i = dG_i / dw_i

Gamma is what keeps exp(-L/T) stationary when G moves with w: without it the law is exp(-L/T) / G
(`drop_gamma`, biased; on L = k w^2/2 with a small eps the variance doubles). It needs dV_i/dw_i, which the
sampler reads off its own noise: with s = sqrt(2 h T G) the push s xi of the last step changed g^2 by
d(g^2)/dw * s xi + (other terms without mean), so

    D <- a D + (1 - a) (g^2 - g_before^2) xi_before / s_before          Gamma = -D G^2 / (2 sqrt(V))

has the right mean for any loss and needs no second derivative. It adds at most (1 - a) / (1 + a) / 4 to the
thermal variance, 0.13 % at the default memory, where the gradient is all minibatch noise. D forgets like V,
so Gamma is dG/dw where V follows w and vanishes where V is frozen (a = 1).

Frozen G on L = k w^2/2: variance T / (k (1 - h G k / 2)).

Source: Li, Chen, Carlson & Carin, "Preconditioned stochastic gradient Langevin dynamics", AAAI 2016, arXiv
1512.07666.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from wnin_desktop.engine.optimizers import many
from wnin_desktop.engine.optimizers.registry import Hyper, OptimizerContext, OptimizerRegistry
from wnin_desktop.schema.base import quantity


class PsgldHyper(Hyper):
    """Hyper-parameters of pSGLD."""

    temperature: float = quantity(
        1e-4, title="Temperature", unit="loss units", help="T of the stationary law exp(-L/T).", ge=0, le=1e6
    )
    alpha: float = quantity(
        0.99, title="Alpha", help="Memory of the gradient's square; 1 freezes the preconditioner.", ge=0, le=1
    )
    eps: float = quantity(
        1e-5,
        title="Epsilon",
        unit="gradient units",
        help="Added to the root; bounds G by 1/eps.",
        gt=0,
        le=1e3,
    )
    drop_gamma: bool = quantity(
        False, title="Drop Gamma (biased)", help="Leave out the correction term: the law becomes exp(-L/T)/G."
    )


def preconditioner(v: Tensor, eps: float) -> Tensor:
    """Return G = 1 / (sqrt(V) + eps)."""
    return (v.sqrt() + eps).reciprocal_()


def gamma(v: Tensor, slope: Tensor, g: Tensor) -> Tensor:
    """Return dG/dw = -dV/dw G^2 / (2 sqrt(V)), and 0 where V is 0.

    Args:
        v: V.
        slope: dV/dw, element by element.
        g: The preconditioner G.
    """
    return g.square().mul_(slope).div_(v.sqrt().mul_(-2)).masked_fill_(v == 0, 0.0)


class Psgld(torch.optim.Optimizer):
    """The update above over groups of named tensors; `temperature` of a group can be turned while it runs."""

    def __init__(self, groups: list[dict[str, Any]], hyper: PsgldHyper, context: OptimizerContext) -> None:
        """Keep the hyper-parameters in the groups, where they can be turned."""
        super().__init__(groups, dict(hyper))
        self._normal = context.normal

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """Move every tensor that has a gradient."""
        loss = None if closure is None else torch.enable_grad()(closure)()
        for group in self.param_groups:
            for name, parameter, gradient in zip(*many.moving(group), strict=True):
                self._step_tensor(name, parameter, gradient, group)
        return loss

    def _step_tensor(self, name: str, parameter: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        state, h, t = self.state[parameter], group["lr"], group["temperature"]
        square = gradient.square()
        v = state.setdefault("v", torch.zeros_like(parameter)).lerp_(square, 1 - group["alpha"])
        g = preconditioner(v, group["eps"])
        drift = g * gradient
        if t and not group["drop_gamma"]:
            drift.sub_(gamma(v, self._slope(state, square, group["alpha"]), g), alpha=t)
        parameter.sub_(drift, alpha=h)
        state.pop("push", None)
        if t:
            self._shake(name, parameter, g.mul_(2 * h * t).sqrt_(), state, group)

    @staticmethod
    def _slope(state: dict[str, Any], square: Tensor, alpha: float) -> Tensor:
        """Return D, the running estimate of dV/dw, after taking in what the last push did to g^2."""
        slope = state.setdefault("slope", torch.zeros_like(square))
        if "push" in state:
            slope.lerp_(square.sub(state["square"]).mul_(state["push"]), 1 - alpha)
        state["square"] = square
        return slope

    def _shake(
        self, name: str, parameter: Tensor, std: Tensor, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        xi = self._normal(name, parameter)
        parameter.addcmul_(std, xi)
        if not group["drop_gamma"]:
            state["push"] = xi / std


def _update_noise(hyper: PsgldHyper, gradient: Tensor) -> Tensor:
    g = preconditioner((1 - hyper.alpha) * gradient.square(), hyper.eps)
    return (2 * hyper.lr * hyper.temperature * g).sqrt()


OptimizerRegistry.register(
    "psgld",
    Psgld,
    hyper=PsgldHyper,
    batching="elementwise",
    samples=True,
    gradient_scale="invariant",
    update_noise=_update_noise,
    equilibrium_params={"alpha": 1.0, "eps": 0.5},
    summary="Langevin dynamics preconditioned like RMSprop.",
    reference="Li et al., AAAI 2016, arXiv 1512.07666",
)
