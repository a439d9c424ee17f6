"""Fully connected network."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn

from wnin_desktop.engine.nets.activation import FUNCTIONS
from wnin_desktop.engine.nets.spread import matrix_stds
from wnin_desktop.schema.network import Activation, MlpConfig


class Mlp(nn.Module):
    """x -> flatten -> [linear -> (layer norm) -> activation] x hidden layers -> linear.

    Parameter names: `layers.{i}.weight` `[out, in]`, `layers.{i}.bias` `[out]`, the last one the head;
    `norms.{i}.weight` and `norms.{i}.bias` `[out]` for each hidden layer, if there is normalization.
    """

    def __init__(self, features: int, classes: int, config: MlpConfig) -> None:
        super().__init__()
        sizes = (features, *config.hidden, classes)
        self.activation: Activation = config.activation
        self.layers = nn.ModuleList(nn.Linear(i, o) for i, o in pairwise(sizes))
        with_norms = config.hidden if config.normalization == "layer" else ()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for width in with_norms)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits `[N, classes]` for inputs `[N, ...]`."""
        x = x.flatten(1)
        for index in range(len(self.layers) - 1):
            x = self.layers[index](x)
            if len(self.norms):
                x = self.norms[index](x)
            x = FUNCTIONS[self.activation](x)
        return self.layers[-1](x)

    def initial_std(self) -> dict[str, float]:
        """Return the spread of each weight: by activation (He or Glorot), 1 / sqrt(fan_in) for the head."""
        head = len(self.layers) - 1
        return matrix_stds(self, self.activation) | matrix_stds(self.layers[head], None, f"layers.{head}.")
