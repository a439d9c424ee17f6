"""AdamW: Adam with decoupled weight decay.

    m <- b1 m + (1 - b1) g            v <- b2 v + (1 - b2) g^2
    w <- (1 - h d) w - h (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)

Source: Loshchilov & Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, arXiv 1711.05101. The update
is torch's.
"""

from __future__ import annotations

from typing import Any

import torch

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


def adamw(
    groups: list[dict[str, Any]], hyper: AdamWHyper, context: OptimizerContext
) -> torch.optim.Optimizer:
    """Return torch's AdamW on its fused kernels."""
    return torch.optim.AdamW(
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
