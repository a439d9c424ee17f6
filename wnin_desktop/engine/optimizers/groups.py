"""Which torch kernel steps which tensor."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from wnin_desktop.engine.optimizers.registry import OptimizerContext

LANES = 64
"""A multiple of every vector width: so many numbers, or twice as many, ..., leave no ragged tail."""


def by_kernel(groups: list[dict[str, Any]], context: OptimizerContext) -> list[dict[str, Any]]:
    """Return `groups` with `fused` and `foreach` set: fused wherever the result allows it.

    torch's fused CPU kernels step the last few numbers of a tensor with scalar code that rounds differently,
    so a member's last numbers would depend on whether other members follow it in memory. In the reproducible
    mode tensors with such a tail go through the foreach kernels, which treat every number alike. So do
    tensors and gradients with gaps between their numbers (rows of a larger block, say): the fused CPU
    kernels walk straight through memory and would step the numbers in the gaps instead, without a word.
    """
    out: list[dict[str, Any]] = []
    for group in groups:
        split: dict[bool, list[tuple[str, Tensor]]] = {True: [], False: []}
        for name, tensor in zip(group["names"], group["params"], strict=True):
            split[_may_fuse(tensor, context)].append((name, tensor))
        for fused, named in split.items():
            if named:
                names, tensors = [name for name, _ in named], [tensor for _, tensor in named]
                out.append({**group, "params": tensors, "names": names, "fused": fused, "foreach": not fused})
    return out


def _may_fuse(tensor: Tensor, context: OptimizerContext) -> bool:
    if tensor.device.type not in ("cpu", "cuda") or not _is_dense(tensor):
        return False
    ragged = (tensor.numel() // (context.members or 1)) % LANES != 0
    return not (context.reproducible and tensor.device.type == "cpu" and ragged)


def _is_dense(tensor: Tensor) -> bool:
    """Whether tensor and gradient fill the same memory in the same order, without gaps."""
    if tensor.grad is not None and tensor.grad.stride() != tensor.stride():
        return False
    return tensor.is_contiguous() or (
        tensor.dim() == 4 and tensor.is_contiguous(memory_format=torch.channels_last)
    )
