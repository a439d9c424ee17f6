"""Gated recurrent network for next-token prediction."""

from __future__ import annotations

import math

import torch
from torch import nn

from wnin_desktop.schema.network import GruConfig


class GruLayer(nn.Module):
    """One gated recurrent layer (Cho et al., arXiv 1406.1078, reset gate after the matrix product).

    r = s(W_r x + U_r h), z = s(W_z x + U_z h), n = tanh(W_n x + r * U_n h), h <- (1 - z) n + z h; each
    product has a bias, and rows stand in the order r, z, n. The loop is written out because the fused kernels
    have no second derivative and no batching rule.
    """

    def __init__(self, width_in: int, width: int) -> None:
        super().__init__()
        self.input = nn.Linear(width_in, 3 * width)
        self.state = nn.Linear(width, 3 * width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the states `[N, L, width]` after each input of `[N, L, width_in]`, from the zero state."""
        from_input = self.input(x).unbind(1)
        h = x.new_zeros(len(x), self.state.in_features)
        states = []
        for at_step in from_input:
            reset_x, update_x, new_x = at_step.chunk(3, -1)
            reset_h, update_h, new_h = self.state(h).chunk(3, -1)
            update = torch.sigmoid(update_x + update_h)
            new = torch.tanh(new_x + torch.sigmoid(reset_x + reset_h) * new_h)
            h = new + update * (h - new)
            states.append(h)
        return torch.stack(states, dim=1)


class Gru(nn.Module):
    """Token embedding -> recurrent layers -> linear."""

    def __init__(self, classes: int, config: GruConfig) -> None:
        super().__init__()
        widths = [config.embedding] + [config.hidden] * config.layers
        self.embedding = nn.Embedding(classes, config.embedding)
        self.layers = nn.ModuleList(GruLayer(widths[i], widths[i + 1]) for i in range(config.layers))
        self.head = nn.Linear(config.hidden, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits `[N, L, classes]` of the token after each of `[N, L]`."""
        h = self.embedding(x)
        for layer in self.layers:
            h = layer(h)
        return self.head(h)

    def initial_std(self) -> dict[str, float]:
        """Return the spread of each tensor: 1 for the embedding, 1 / sqrt(fan_in) for every matrix."""
        matrices = {n: 1 / math.sqrt(p.shape[1]) for n, p in self.named_parameters() if p.ndim == 2}
        return matrices | {"embedding.weight": 1.0}
