"""RMSprop: the gradient over a running root mean square of itself.

    g <- g + d w
    v <- a v + (1 - a) g^2          (centered: also m <- a m + (1 - a) g, and v - m^2 instead of v below)
    w <- w - h g / (sqrt(v) + eps)  (momentum: b <- mu b + g / (sqrt(v) + eps), w <- w - h b)

Source: Tieleman & Hinton, lecture 6.5, Coursera 2012; centered: Graves, arXiv 1308.0850. The update is
torch's.
"""

from __future__ import annotations

from typing import Any

import torch

from wnin_desktop.engine.optimizers.registry import Hyper, OptimizerContext, OptimizerRegistry
from wnin_desktop.schema.base import quantity


class RmspropHyper(Hyper):
    """Hyper-parameters of RMSprop."""

    alpha: float = quantity(0.99, title="Alpha", help="Memory of the gradient's square.", ge=0, lt=1)
    eps: float = quantity(1e-8, title="Epsilon", unit="gradient units", help="Added to the root.", gt=0, le=1)
    momentum: float = quantity(0.0, title="Momentum", help="Memory of past steps, mu.", ge=0, lt=1)
    centered: bool = quantity(False, title="Centered", help="Divide by the standard deviation instead.")
    weight_decay: float = quantity(
        0.0, title="Weight decay", help="Times the weights, added to the gradient.", ge=0, le=1e3
    )


def rmsprop(
    groups: list[dict[str, Any]],
    hyper: RmspropHyper,
    context: OptimizerContext,  # noqa: ARG001 - every number is treated alike whatever the context
) -> torch.optim.Optimizer:
    """Return torch's RMSprop on its foreach kernels, the fastest it has."""
    return torch.optim.RMSprop(groups, foreach=True, **dict(hyper))


OptimizerRegistry.register(
    "rmsprop",
    rmsprop,
    hyper=RmspropHyper,
    batching="elementwise",
    gradient_scale="invariant",
    summary="The gradient divided by a running root mean square of itself.",
    reference="Tieleman & Hinton, Coursera lecture 6.5, 2012",
)
