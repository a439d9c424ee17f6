"""Arithmetic over lists of tensors in one call each, which on a GPU is one launch for many small tensors.

torch keeps these functions behind an underscore, and torch.optim is built on them; this is the one place
that names them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

_functions: Any = torch


class Moving(NamedTuple):
    """What one group moves: tensors that have a gradient, with their names and gradients."""

    names: list[str]
    tensors: list[Tensor]
    gradients: list[Tensor]


def moving(group: dict[str, Any]) -> Moving:
    """Return the tensors of `group` that have a gradient; the others are left alone."""
    found = [
        (name, tensor, tensor.grad)
        for name, tensor in zip(group["names"], group["params"], strict=True)
        if tensor.grad is not None
    ]
    return Moving([f[0] for f in found], [f[1] for f in found], [f[2] for f in found])


def add_(targets: list[Tensor], others: list[Tensor], factor: float) -> None:
    """Add factor * others to targets, in place."""
    if targets:
        _functions._foreach_add_(targets, others, alpha=factor)


def add(firsts: list[Tensor], others: list[Tensor], factor: float) -> list[Tensor]:
    """Return firsts + factor * others."""
    return _functions._foreach_add(firsts, others, alpha=factor) if firsts else []


def scale_(targets: list[Tensor], factor: float) -> None:
    """Multiply targets by factor, in place."""
    if targets:
        _functions._foreach_mul_(targets, factor)


def lerp_(starts: list[Tensor], ends: list[Tensor], weight: float) -> None:
    """Move starts by weight * (ends - starts), in place."""
    if starts:
        _functions._foreach_lerp_(starts, ends, weight)


def lerp(starts: list[Tensor], ends: list[Tensor], weight: float) -> list[Tensor]:
    """Return starts + weight * (ends - starts)."""
    return _functions._foreach_lerp(starts, ends, weight) if starts else []
