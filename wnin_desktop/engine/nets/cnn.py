"""Small convolutional network."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

from wnin_desktop.engine.nets.activation import FUNCTIONS
from wnin_desktop.engine.nets.normalization import norm_2d
from wnin_desktop.engine.nets.spread import matrix_stds
from wnin_desktop.errors import InputError
from wnin_desktop.schema.network import Activation, CnnConfig


class Cnn(nn.Module):
    """[3x3 convolution -> norm -> activation -> 2x2 max pool] x blocks -> linear -> activation -> linear."""

    def __init__(self, input_shape: tuple[int, int, int], classes: int, config: CnnConfig) -> None:
        super().__init__()
        depth, height, width = input_shape
        halvings = len(config.channels)
        if min(height, width) >> halvings == 0:
            most = min(height, width).bit_length() - 1
            allowed = f"each block halves the {height}x{width} image, so at most {most} fit"
            raise InputError.of("network.channels", config.channels, allowed)
        self.activation: Activation = config.activation
        channels = (depth, *config.channels)
        self.convolutions = nn.ModuleList(nn.Conv2d(i, o, 3, padding=1) for i, o in pairwise(channels))
        self.norms = nn.ModuleList(norm_2d(config.normalization, count) for count in config.channels)
        features = channels[-1] * (height >> halvings) * (width >> halvings)
        self.hidden = nn.Linear(features, config.hidden)
        self.head = nn.Linear(config.hidden, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits `[N, classes]` for images `[N, C, H, W]`."""
        activation = FUNCTIONS[self.activation]
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = functional.max_pool2d(activation(norm(convolution(x))), 2)
        return self.head(activation(self.hidden(x.flatten(1))))

    def initial_std(self) -> dict[str, float]:
        """Return the spread of each weight: by activation (He or Glorot), 1 / sqrt(fan_in) for the head."""
        return matrix_stds(self, self.activation) | matrix_stds(self.head, None, "head.")
