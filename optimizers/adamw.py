"""AdamW: Adam with decoupled weight decay.

    m <- b1 m + (1 - b1) g            v <- b2 v + (1 - b2) g^2
    w <- (1 - h d) w - h (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)

Source: Loshchilov & Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, arXiv 1711.05101. The update
is torch's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from wnin_desktop.engine.optimizers.groups import by_kernel
from wnin_desktop.engine.optimizers.registry import Hyper, OptimizerContext, OptimizerRegistry
from wnin_desktop.schema.base import quantity


class AdamWHyper(Hyper):
    """Hyper-parameters of AdamW."""

    beta1: float = quantity(0.9, title="Beta 1", help="Memory of the gradient's mean.", ge=0, lt=1)
    beta2: float = quantity(0.999, title="Beta 2", help="Memory of the gradient's square.", ge=0, lt=1)
    eps: float = quantity(1e-8, title="Epsilon", unit="gradient units", help="Added to the root.", gt=0, le=1)
    weight_decay: float = quantity(
        0.01,
        title="Weight decay",
        help="Share of the weights removed per unit of h, apart from the gradient.",
        ge=0,
        le=1e3,
    )


class FusedAdamW(torch.optim.AdamW):
    """torch's AdamW; while the same gradients lie in the same memory, its fused kernel is called directly.

    In a cohort the gradients of an arm never move, and what torch does around its kernel - collecting states,
    checking devices - takes longer than the kernel on small networks. Anything unusual goes torch's own way.
    """

    def __init__(self, groups: list[dict[str, Any]], **settings: Any) -> None:
        super().__init__(groups, **settings)
        self._calls: list[tuple[list[Tensor], ...]] | None = None

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Take one step."""
        if closure is not None or self._calls is None or not self._is_unmoved(self._calls):
            loss = super().step(closure)
            self._calls = self._collect()
            return loss
        for group, (tensors, gradients, means, squares, steps) in zip(
            self.param_groups, self._calls, strict=True
        ):
            beta1, beta2 = group["betas"]
            torch._foreach_add_(steps, 1)  # pyright: ignore[reportPrivateImportUsage] - as torch.optim itself
            torch._fused_adamw_(  # pyright: ignore[reportPrivateImportUsage] - likewise
                tensors,
                gradients,
                means,
                squares,
                [],
                steps,
                lr=group["lr"],
                beta1=beta1,
                beta2=beta2,
                weight_decay=group["weight_decay"],
                eps=group["eps"],
                amsgrad=False,
                maximize=False,
            )
        return None

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a saved state; its tensors are new, so the next step collects them."""
        super().load_state_dict(state_dict)
        self._calls = None

    def _is_unmoved(self, calls: list[tuple[list[Tensor], ...]]) -> bool:
        return all(
            tensor.grad is gradient
            for tensors, gradients, *_ in calls
            for tensor, gradient in zip(tensors, gradients, strict=True)
        )

    def _collect(self) -> list[tuple[list[Tensor], ...]] | None:
        """Return per group the lists that the kernel takes, or None where torch must decide itself."""
        calls = []
        for group in self.param_groups:
            tensors = group["params"]
            states = [self.state.get(tensor, {}) for tensor in tensors]
            if not group["fused"] or group["amsgrad"] or group["maximize"]:
                return None
            if any("exp_avg" not in state for state in states) or tensors[0].device.type != "cpu":
                return None
            gradients = [tensor.grad for tensor in tensors]
            if any(gradient is None for gradient in gradients):
                return None
            columns = ([state[key] for state in states] for key in ("exp_avg", "exp_avg_sq", "step"))
            calls.append((tensors, gradients, *columns))
        return calls


def adamw(
    groups: list[dict[str, Any]], hyper: AdamWHyper, context: OptimizerContext
) -> torch.optim.Optimizer:
    """Return torch's AdamW on its fused kernels."""
    return FusedAdamW(
        by_kernel(groups, context),
        lr=hyper.lr,
        betas=(hyper.beta1, hyper.beta2),
        eps=hyper.eps,
        weight_decay=hyper.weight_decay,
    )


OptimizerRegistry.register(
    "adamw",
    adamw,
    hyper=AdamWHyper,
    batching="elementwise",
    gradient_scale="invariant",
    summary="Adam with decoupled weight decay.",
    reference="Loshchilov & Hutter, ICLR 2019, arXiv 1711.05101",
)
