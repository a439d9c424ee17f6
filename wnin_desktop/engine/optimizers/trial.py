"""One step of an optimizer on two small tensors: the least that any plugin must survive."""

from __future__ import annotations

import torch

from wnin_desktop.engine.optimizers.registry import OptimizerContext, OptimizerSpec
from wnin_desktop.engine.plugins import sentence
from wnin_desktop.errors import PluginError


def one_step(spec: OptimizerSpec) -> None:
    """Build `spec` with its defaults and step once.

    Raises:
        PluginError: It cannot be built, or raises when it steps.
    """
    tensors = {
        "hidden.weight": torch.ones(4, 3),
        "hidden.bias": torch.ones(4),
        "head.weight": torch.ones(2, 4),
    }
    for tensor in tensors.values():
        tensor.requires_grad_().grad = torch.full_like(tensor, 0.5)
    lr = spec.hyper.model_fields["lr"].default
    optimizer = spec.build(
        tensors.items(), lr, None, OptimizerContext(normal=lambda _, like: torch.ones_like(like))
    )
    try:
        optimizer.step()
    except Exception as error:  # a plugin's step may raise anything; it becomes one sentence
        raise PluginError(f"optimizer {spec.name!r} raises when it steps: {sentence(error)}") from error
