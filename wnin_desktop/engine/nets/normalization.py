"""Normalization layers by name, and what each means for members trained side by side."""

from __future__ import annotations

from typing import Literal

from torch import nn


def norm_2d(kind: Literal["none", "group", "batch"], channels: int) -> nn.Module:
    """Return a normalization of feature maps `[N, channels, H, W]`."""
    if kind == "none":
        return nn.Identity()
    return nn.BatchNorm2d(channels) if kind == "batch" else nn.GroupNorm(group_count(channels), channels)


def group_count(channels: int) -> int:
    """Return the largest number of groups up to 32 that divides `channels` into groups of at least four."""
    return max(g for g in range(1, min(32, max(1, channels // 4)) + 1) if channels % g == 0)


def mixes_examples(module: nn.Module) -> bool:
    """Return whether an example's output depends on its batch, as batch normalization makes it do.

    Such a network has running statistics that are written in place during training, which rules out
    `torch.func.vmap`.
    """
    return any(isinstance(part, nn.modules.batchnorm._BatchNorm) for part in module.modules())
