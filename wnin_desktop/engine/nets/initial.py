"""Initial weights as a pure function of (seed, tensor name), whatever torch's own generator does."""

from __future__ import annotations

import math
from typing import Protocol, runtime_checkable

import torch
from torch import nn

from wnin_desktop.noise.keyed import KeyedNoise, Stream

NORMS = (nn.LayerNorm, nn.GroupNorm, nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.RMSNorm)


@runtime_checkable
class HasInitialStd(Protocol):
    """A network that says how widely its weights are spread at the start."""

    def initial_std(self) -> dict[str, float]:
        """Return the standard deviation of the normal draws of each tensor, by parameter name."""
        ...


def initial_parameters(module: nn.Module, noise: KeyedNoise) -> dict[str, torch.Tensor]:
    """Return the start values of every parameter of `module`, which is left alone; it may be on "meta".

    In this order: a tensor named in the module's own `initial_std()` is normal with that spread; the weight
    of a normalization layer is 1; a bias is 0; any other tensor of two or more dimensions is normal with
    spread 1 / sqrt(fan_in) (LeCun et al. 1998); what remains (a user's scalars and vectors) keeps its value.

    Args:
        module: The network.
        noise: Draws of the run's seed; tensor `name` takes `normal(Stream.INIT, 0, name, shape)`. Draws on
            the CPU give the same start on every device.
    """
    stds = module.initial_std() if isinstance(module, HasInitialStd) else {}
    ones = _norm_weights(module)
    return {
        name: _start(name, parameter.detach(), stds.get(name), name in ones, noise)
        for name, parameter in module.named_parameters()
    }


@torch.no_grad()
def initialize(module: nn.Module, noise: KeyedNoise) -> nn.Module:
    """Write `initial_parameters` into `module`, reset its running statistics, and return it."""
    start = initial_parameters(module, noise)
    for name, parameter in module.named_parameters():
        parameter.copy_(start[name])
    for part in module.modules():
        if isinstance(part, nn.modules.batchnorm._BatchNorm):
            part.reset_running_stats()
    return module


def _norm_weights(module: nn.Module) -> set[str]:
    parts = [(name, part) for name, part in module.named_modules() if isinstance(part, NORMS)]
    return {f"{name}.weight" if name else "weight" for name, _ in parts}


def _start(
    name: str, parameter: torch.Tensor, std: float | None, is_norm_weight: bool, noise: KeyedNoise
) -> torch.Tensor:
    if std is None:
        if is_norm_weight:
            return torch.ones(parameter.shape)
        if name.rsplit(".", 1)[-1].startswith("bias"):
            return torch.zeros(parameter.shape)
        if parameter.ndim < 2:
            return parameter.clone()
        std = 1 / math.sqrt(math.prod(parameter.shape[1:]))
    return std * noise.normal(Stream.INIT, 0, name, parameter.shape)
