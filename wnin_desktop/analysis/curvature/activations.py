"""The non-linearities of the networks here with their first two derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from wnin_desktop.errors import InputError

Derivatives = tuple[Tensor, Tensor, Tensor | None]
"""Value, first and second derivative, elementwise; None is zero everywhere."""


def _relu(z: Tensor) -> Derivatives:
    return torch.relu(z), (z > 0).to(z.dtype), None


def _tanh(z: Tensor) -> Derivatives:
    value = torch.tanh(z)
    slope = 1 - value.square()
    return value, slope, -2 * value * slope


def _gelu(z: Tensor) -> Derivatives:
    share = 0.5 * torch.erfc(z * -math.sqrt(0.5))
    density = torch.exp(-0.5 * z.square()) / math.sqrt(2 * math.pi)
    return z * share, share + z * density, density * (2 - z.square())


def _silu(z: Tensor) -> Derivatives:
    share = torch.sigmoid(z)
    slope = share * (1 - share)
    return z * share, share + z * slope, slope * (2 + z * (1 - 2 * share))


_BY_NAME: dict[str, Callable[[Tensor], Derivatives]] = {
    "relu": _relu,
    "tanh": _tanh,
    "gelu": _gelu,
    "silu": _silu,
}
ACTIVATIONS = tuple(_BY_NAME)


def derivatives(activation: str) -> Callable[[Tensor], Derivatives]:
    """Return the function that gives value, first and second derivative of `activation`.

    Raises:
        InputError: an activation that is not in `ACTIVATIONS`.
    """
    try:
        return _BY_NAME[activation]
    except KeyError:
        raise InputError.of("activation", activation, f"allowed: {', '.join(ACTIVATIONS)}") from None
