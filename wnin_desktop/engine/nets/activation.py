"""The non-linearities a configuration can name, and the initial spread that suits each."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch.nn import functional

from wnin_desktop.schema.network import Activation

FUNCTIONS: dict[Activation, Callable[[torch.Tensor], torch.Tensor]] = {
    "relu": functional.relu,
    "tanh": torch.tanh,
    "gelu": functional.gelu,
    "silu": functional.silu,
}


def weight_std(activation: Activation, fan_in: int, fan_out: int) -> float:
    """Return the standard deviation of initial weights in front of an activation.

    relu, gelu, silu: sqrt(2 / fan_in) (He et al., arXiv 1502.01852). tanh: sqrt(2 / (fan_in + fan_out))
    (Glorot and Bengio, AISTATS 2010).
    """
    return math.sqrt(2 / (fan_in + fan_out)) if activation == "tanh" else math.sqrt(2 / fan_in)
