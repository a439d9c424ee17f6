"""Causal transformer for next-token prediction."""

from __future__ import annotations

import torch
from torch import nn

from wnin_desktop.engine.nets.spread import matrix_stds
from wnin_desktop.engine.nets.transformer import NORM_EPSILON, Block, block_stds
from wnin_desktop.schema.network import Activation, CharTransformerConfig

EMBEDDING_STD = 0.5**0.5  # token and position together have variance 1


class CharTransformer(nn.Module):
    """Token embedding + learned positions -> pre-norm causal blocks -> norm -> linear."""

    def __init__(self, length: int, classes: int, config: CharTransformerConfig) -> None:
        super().__init__()
        self.activation: Activation = config.activation
        self.embedding = nn.Embedding(classes, config.width)
        self.positions = nn.Parameter(torch.zeros(length, config.width))
        self.blocks = nn.ModuleList(
            Block(config.width, config.heads, config.activation, causal=True) for _ in range(config.depth)
        )
        self.norm = nn.LayerNorm(config.width, eps=NORM_EPSILON)
        self.head = nn.Linear(config.width, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits `[N, L, classes]` of the token after each of `[N, L]`, L at most as built."""
        x = self.embedding(x) + self.positions[: x.shape[1]]
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))

    def initial_std(self) -> dict[str, float]:
        """Return the spread of each tensor: `block_stds`, the embeddings', 1 / sqrt(width) for the head."""
        embeddings = {"embedding.weight": EMBEDDING_STD, "positions": EMBEDDING_STD}
        return embeddings | matrix_stds(self.head, None, "head.") | block_stds(self.blocks, self.activation)
