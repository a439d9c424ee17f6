"""Stochastic gradient descent with momentum.

    g <- g + d w            b <- mu b + g            w <- w - h b        (Nesterov: w <- w - h (g + mu b))

Source: Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013, in
torch's form.
"""

from __future__ import annotations

from typing import Any

import torch
from pydantic import model_validator

from wnin_desktop.engine.optimizers.groups import by_kernel
from wnin_desktop.engine.optimizers.registry import Hyper, OptimizerContext, OptimizerRegistry
from wnin_desktop.schema.base import quantity
from wnin_desktop.schema.problems import contradiction


class SgdHyper(Hyper):
    """Hyper-parameters of SGD."""

    lr: float = quantity(0.05, title="Learning rate", help="Step size h.", gt=0, le=1e3)
    momentum: float = quantity(0.0, title="Momentum", help="Memory of past gradients, mu.", ge=0, lt=1)
    nesterov: bool = quantity(False, title="Nesterov", help="Look ahead along the momentum.")
    weight_decay: float = quantity(
        0.0, title="Weight decay", help="Times the weights, added to the gradient.", ge=0, le=1e3
    )

    @model_validator(mode="after")
    def _lookahead(self) -> SgdHyper:
        if self.nesterov and self.momentum == 0:
            raise contradiction("nesterov", True, "it needs a momentum above 0")
        return self


def sgd(groups: list[dict[str, Any]], hyper: SgdHyper, context: OptimizerContext) -> torch.optim.Optimizer:
    """Return torch's SGD on its fused kernels."""
    return torch.optim.SGD(
        by_kernel(groups, context),
        lr=hyper.lr,
        momentum=hyper.momentum,
        nesterov=hyper.nesterov,
        weight_decay=hyper.weight_decay,
    )


OptimizerRegistry.register(
    "sgd",
    sgd,
    hyper=SgdHyper,
    batching="elementwise",
    gradient_scale="proportional",
    summary="Gradient descent with optional momentum.",
    reference="Sutskever et al., ICML 2013",
)
