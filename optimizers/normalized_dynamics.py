"""NormalizedDynamics: steps of one length, whatever the length of the gradient.

    g <- g + d w
    w <- w - h (g / max(||g||, eps) + sigma xi)

The norm runs over one tensor (scope per_tensor) or over all of them (global), for each member of a cohort by
itself. Without noise ||dw|| = h at any gradient scale, and a zero gradient does not move. The price is a
limit cycle: near a minimum the step does not shrink, so on |x| the weight ends up jumping to and fro within
h.

Scale preservation (optional): after the step each matrix is given back the norm it had, so that only its
direction moves; vectors (biases, gains) move freely.

Source: normalized gradient descent, Nesterov 1984; Hazan, Levy & Shalev-Shwartz, arXiv 1507.02030; layer by
layer in You, Gitman & Ginsburg, arXiv 1708.03888.
"""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor

from wnin_desktop.engine.optimizers import many
from wnin_desktop.engine.optimizers.member_axis import member_norms, spread
from wnin_desktop.engine.optimizers.registry import Hyper, OptimizerContext, OptimizerRegistry
from wnin_desktop.schema.base import quantity


class NormalizedDynamicsHyper(Hyper):
    """Hyper-parameters of NormalizedDynamics."""

    lr: float = quantity(0.01, title="Learning rate", help="Length of a step, h.", gt=0, le=1e3)
    scope: Literal["per_tensor", "global"] = quantity(
        "per_tensor", title="Scope", help="Whether each tensor or the whole network moves by h."
    )
    eps: float = quantity(
        1e-30,
        title="Epsilon",
        unit="gradient units",
        help="Gradients below this length shrink the step.",
        gt=0,
        le=1,
    )
    weight_decay: float = quantity(
        0.0,
        title="Weight decay",
        help="Times the weights, added to the gradient before it is normalized.",
        ge=0,
        le=1e3,
    )
    sigma: float = quantity(
        0.0,
        title="Noise",
        help="Standard deviation of the noise added to each number of the direction.",
        ge=0,
        le=1e3,
    )
    preserve_scale: bool = quantity(
        False, title="Preserve scale", help="Give each matrix its norm back after the step."
    )


def directions(gradients: list[Tensor], scope: str, eps: float, context: OptimizerContext) -> list[Tensor]:
    """Return g / max(||g||, eps) for each tensor, the norm over it or over all, member by member."""
    if scope == "global":
        norms = [member_norms(gradients, context)] * len(gradients)
    else:
        norms = [member_norms([gradient], context) for gradient in gradients]
    return [
        gradient / spread(norm.clamp(min=eps), gradient, context)
        for gradient, norm in zip(gradients, norms, strict=True)
    ]


class NormalizedDynamics(torch.optim.Optimizer):
    """The update above over groups of named tensors."""

    def __init__(
        self, groups: list[dict[str, Any]], hyper: NormalizedDynamicsHyper, context: OptimizerContext
    ) -> None:
        """Keep the hyper-parameters in the groups, where they can be turned."""
        super().__init__(groups, dict(hyper))
        self._context = context

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """Move every tensor that has a gradient."""
        loss = None if closure is None else torch.enable_grad()(closure)()
        for group in self.param_groups:
            self._step_group(group)
        return loss

    def _step_group(self, group: dict[str, Any]) -> None:
        names, tensors, gradients = many.moving(group)
        if not tensors:
            return
        if group["weight_decay"]:
            gradients = many.add(gradients, tensors, group["weight_decay"])
        moves = directions(gradients, group["scope"], group["eps"], self._context)
        if group["sigma"]:
            draws = [self._context.normal(name, tensor) for name, tensor in zip(names, tensors, strict=True)]
            moves = many.add(moves, draws, group["sigma"])
        for tensor, move in zip(tensors, moves, strict=True):
            self._move(tensor, move, group)

    def _move(self, parameter: Tensor, move: Tensor, group: dict[str, Any]) -> None:
        is_matrix = parameter.dim() - (self._context.members is not None) >= 2
        if not (group["preserve_scale"] and is_matrix):
            parameter.add_(move, alpha=-group["lr"])
            return
        before = member_norms([parameter], self._context)
        parameter.add_(move, alpha=-group["lr"])
        after = member_norms([parameter], self._context)
        # A matrix of zeros has no direction to keep: it moves freely.
        factor = torch.where((before > 0) & (after > 0), before / after.clamp(min=1e-38), 1.0)
        parameter.mul_(spread(factor, parameter, self._context))


OptimizerRegistry.register(
    "normalized_dynamics",
    NormalizedDynamics,
    hyper=NormalizedDynamicsHyper,
    batching="stacked",
    gradient_scale="invariant",
    update_noise=lambda hyper, gradient: hyper.lr * hyper.sigma,  # noqa: ARG005 - the same at any gradient
    noise_params={"sigma": 0.3},
    summary="Steps of one length, whatever the length of the gradient.",
    reference="Hazan, Levy & Shalev-Shwartz, arXiv 1507.02030",
)
