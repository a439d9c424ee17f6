"""The noise modes as pure functions: raw draws come in, nothing is drawn or changed in place.

Tensors may carry a leading member axis. An amplitude is a number, or a tensor `[members]` with one per
member. Raw draws are independent N(0, 1) unless said otherwise, and come from `keyed`; they are drawn at
amplitude 0 too, so that arms stay aligned.
"""

from __future__ import annotations

import math
import re
from typing import Literal

import torch

Amplitude = float | torch.Tensor
_NORM_PART = re.compile(r"norm|^bn\d*$|^ln(_?\w{1,2})?$")


def jitter_inputs(x: torch.Tensor, sigma: Amplitude, eps: torch.Tensor) -> torch.Tensor:
    """Return x + sigma eps: on linear regression the mean squared error grows by exactly sigma^2 |w|^2.

    Args:
        x: Inputs `[batch, ...]`, shared by the members, or `[members, batch, ...]`.
        sigma: Standard deviation in units of x.
        eps: Raw draw, shaped like x or with a member axis before it.
    """
    return x + _spread(sigma, eps) * eps


def gradient_noise(g: torch.Tensor, sigma: Amplitude, eps: torch.Tensor) -> torch.Tensor:
    """Return g + sigma eps; with plain descent at step h it stands for the temperature h sigma^2 / 2."""
    return g + _spread(sigma, eps) * eps


def sgld_kick(theta: torch.Tensor, lr: Amplitude, temperature: Amplitude, eps: torch.Tensor) -> torch.Tensor:
    """Return theta + sqrt(2 h T) eps, to be applied after the drift (Welling & Teh 2011)."""
    variance = 2.0 * lr * temperature
    # A plain number stays one: making a tensor of it would copy to the device in every step.
    kick = variance.sqrt() if isinstance(variance, torch.Tensor) else math.sqrt(variance)
    return theta + _spread(kick, eps) * eps


def jitter_parameters(
    theta: torch.Tensor,
    alpha: Amplitude,
    eps: torch.Tensor,
    std: torch.Tensor | None = None,
    *,
    member_axis: bool = False,
) -> torch.Tensor:
    """Return a perturbed copy theta + alpha std eps; theta itself is never touched.

    Forward and backward run at the copy and the optimizer steps the original: adding a perturbation and
    subtracting it again would drift by rounding.

    Args:
        theta: One weight tensor, `[...]` or `[members, ...]`; which tensors qualify is `is_weight`.
        alpha: Amplitude in units of `std`.
        eps: Raw draw of theta's shape.
        std: Scale, one number per tensor or `[members]`; by default the tensor's own standard deviation.
        member_axis: Whether theta's first axis counts members.
    """
    scale = weight_scale(theta, member_axis=member_axis) if std is None else std
    return theta.detach() + _spread(alpha * scale, eps) * eps


def weight_scale(
    theta: torch.Tensor, kind: Literal["std", "absmax"] = "std", *, member_axis: bool = False
) -> torch.Tensor:
    """Return the size of a weight tensor: a number `[]`, or one per member `[members]`.

    `std` is the population standard deviation over the member's elements, `absmax` the largest magnitude.
    """
    flat = theta.detach().flatten(1) if member_axis else theta.detach().reshape(1, -1)
    size = flat.std(dim=1, correction=0) if kind == "std" else flat.abs().amax(dim=1)
    return size if member_axis else size[0]


def corrupt_labels(
    y: torch.Tensor, fraction: Amplitude, uniform: torch.Tensor, replacement: torch.Tensor
) -> torch.Tensor:
    """Return labels of which an expected `fraction` is replaced.

    With `replacement` from `other_class` every replaced label is wrong, so `fraction` is the rate of wrong
    labels. A larger fraction replaces the same labels and more.

    Args:
        y: Labels `[batch]` or `[members, batch]`.
        fraction: Share to replace, 0 to 1.
        uniform: Raw draw, uniform on [0, 1), `[batch]` or `[members, batch]`.
        replacement: What to put there, shaped like `uniform`.
    """
    return torch.where(uniform < _spread(fraction, uniform), replacement, y)


def other_class(y: torch.Tensor, draw: torch.Tensor, classes: int) -> torch.Tensor:
    """Return for each label another class, each equally likely: (y + 1 + draw) mod classes.

    `draw` holds integers uniform on 0 .. classes - 2.
    """
    return (y + 1 + draw) % classes


def is_weight(name: str, ndim: int) -> bool:
    """Return whether parameter jitter touches a tensor: weights, not biases and not normalization layers.

    Args:
        name: Dotted parameter name.
        ndim: Number of axes of one member's tensor; vectors are biases and gains, whatever their name.
    """
    parts = name.lower().split(".")
    return ndim >= 2 and not parts[-1].startswith("bias") and not any(map(_NORM_PART.search, parts))


def _spread(value: Amplitude, like: torch.Tensor) -> Amplitude:
    # One amplitude per member multiplies that member's whole tensor.
    if isinstance(value, torch.Tensor) and value.ndim == 1:
        return value.reshape(-1, *[1] * (like.ndim - 1))
    return value
