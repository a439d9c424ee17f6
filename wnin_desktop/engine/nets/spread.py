"""Collecting the initial spread of weights over the parts of a network."""

from __future__ import annotations

import math

from torch import nn

from wnin_desktop.engine.nets.activation import weight_std
from wnin_desktop.schema.network import Activation


def matrix_stds(module: nn.Module, activation: Activation | None, prefix: str = "") -> dict[str, float]:
    """Return the spread of every linear and convolution weight below `module`, by parameter name.

    Args:
        module: Where to look.
        activation: What follows the weights (He or Glorot); None is for a head or an embedding, which keeps
            the variance of its input: 1 / sqrt(fan_in).
        prefix: Put before each name, with its dot.
    """
    stds = {}
    for name, part in module.named_modules():
        if isinstance(part, (nn.Linear, nn.Conv2d)):
            field = math.prod(part.weight.shape[2:])
            fan_out, fan_in = part.weight.shape[0] * field, part.weight.shape[1] * field
            std = weight_std(activation, fan_in, fan_out) if activation else 1 / math.sqrt(fan_in)
            stds[f"{prefix}{name}.weight" if name else f"{prefix}weight"] = std
    return stds
