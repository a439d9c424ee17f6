"""The block that the vision and the character transformer share: pre-norm attention and feed-forward."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional

from wnin_desktop.engine.nets.activation import FUNCTIONS
from wnin_desktop.engine.nets.spread import matrix_stds
from wnin_desktop.schema.network import Activation

FEED_FORWARD_RATIO = 4
NORM_EPSILON = 1e-6


class Attention(nn.Module):
    """Multi-head self-attention, softmax(Q K^T / sqrt(d)) V (Vaswani et al., arXiv 1706.03762).

    Written out by default: the fused kernels have neither a second derivative, which curvature needs, nor a
    batching rule, which stacked cohorts need, and memory grows with the square of the length. `fused` takes
    them where a first derivative of one member is all that is asked.
    """

    def __init__(self, width: int, heads: int, *, causal: bool) -> None:
        super().__init__()
        self.heads = heads
        self.causal = causal
        self.fused = False
        self.query_key_value = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return `[N, L, width]` for `[N, L, width]`; with `causal`, position t sees positions up to t."""
        count, length, width = x.shape
        stacked = self.query_key_value(x).reshape(count, length, 3, self.heads, width // self.heads)
        query, key, value = stacked.permute(2, 0, 3, 1, 4).unbind(0)
        if self.fused:
            mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=self.causal)
            return self._joined(mixed)
        scores = query @ key.transpose(-2, -1) / math.sqrt(width // self.heads)
        if self.causal:
            later = torch.ones(length, length, dtype=torch.bool, device=x.device).triu(1)
            scores = scores.masked_fill(later, -math.inf)
        return self._joined(scores.softmax(-1) @ value)

    def _joined(self, mixed: torch.Tensor) -> torch.Tensor:
        """Return the output map of the heads side by side; mixed `[N, heads, L, width / heads]`."""
        return self.output(mixed.transpose(1, 2).flatten(2))


class Block(nn.Module):
    """x + attention(norm(x)), then x + feed-forward(norm(x))."""

    def __init__(self, width: int, heads: int, activation: Activation, *, causal: bool) -> None:
        super().__init__()
        self.activation: Activation = activation
        self.attention_norm = nn.LayerNorm(width, eps=NORM_EPSILON)
        self.attention = Attention(width, heads, causal=causal)
        self.feed_norm = nn.LayerNorm(width, eps=NORM_EPSILON)
        self.widen = nn.Linear(width, FEED_FORWARD_RATIO * width)
        self.narrow = nn.Linear(FEED_FORWARD_RATIO * width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return `[N, L, width]` for `[N, L, width]`."""
        x = x + self.attention(self.attention_norm(x))
        return x + self.narrow(FUNCTIONS[self.activation](self.widen(self.feed_norm(x))))


def block_stds(blocks: nn.ModuleList, activation: Activation, prefix: str = "blocks.") -> dict[str, float]:
    """Return the spread of the blocks' weights.

    1 / sqrt(fan_in), by activation (He or Glorot) in front of one; the 2 x depth matrices that write to the
    residual stream are divided by sqrt(2 x depth), so that its variance does not grow with depth (Radford et
    al. 2019).
    """
    stds = matrix_stds(blocks, None, prefix)
    for index, block in enumerate(blocks):
        assert isinstance(block, Block)
        stds |= matrix_stds(block.widen, activation, f"{prefix}{index}.widen.")
        for writer in ("attention.output", "narrow"):
            stds[f"{prefix}{index}.{writer}.weight"] /= math.sqrt(2 * len(blocks))
    return stds
