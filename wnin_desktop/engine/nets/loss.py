"""Loss and accuracy, the same for classes and for next tokens."""

from __future__ import annotations

import torch
from torch.nn import functional


def loss(logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return the mean cross entropy in nat.

    Args:
        logits: `[N, C]`, or `[N, L, C]` for sequences, where each of the N x L tokens counts the same.
        y: int64 classes `[N]`, or next tokens `[N, L]`.
    """
    return functional.cross_entropy(logits.flatten(0, -2), y.flatten())


def accuracy(logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return the fraction of targets whose class has the largest logit, as a scalar float32 tensor."""
    return (logits.argmax(-1) == y).float().mean()
