"""ResNet-18 for small images: a 3x3 stem without pooling."""

from __future__ import annotations

import torch
from torch import nn

from wnin_desktop.engine.nets.activation import FUNCTIONS
from wnin_desktop.engine.nets.normalization import norm_2d
from wnin_desktop.engine.nets.spread import matrix_stds
from wnin_desktop.schema.network import Activation, Resnet18Config

STAGES = 4
BLOCKS_PER_STAGE = 2


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut, which is 1x1 where the shape changes (He et al., CVPR 2016)."""

    def __init__(self, channels_in: int, channels: int, stride: int, config: Resnet18Config) -> None:
        super().__init__()
        self.activation: Activation = config.activation
        self.first = nn.Conv2d(channels_in, channels, 3, stride=stride, padding=1, bias=False)
        self.first_norm = norm_2d(config.normalization, channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.second_norm = norm_2d(config.normalization, channels)
        self.shortcut = nn.Sequential()
        if stride != 1 or channels_in != channels:
            self.shortcut.append(nn.Conv2d(channels_in, channels, 1, stride=stride, bias=False))
            self.shortcut.append(norm_2d(config.normalization, channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return feature maps `[N, channels, H / stride, W / stride]`."""
        activation = FUNCTIONS[self.activation]
        inner = self.second_norm(self.second(activation(self.first_norm(self.first(x)))))
        return activation(inner + self.shortcut(x))


class Resnet18(nn.Module):
    """Stem -> four stages of two basic blocks -> mean over the image -> linear.

    The stages are w, 2w, 4w and 8w channels wide; all but the first halve the image.
    """

    def __init__(self, input_shape: tuple[int, int, int], classes: int, config: Resnet18Config) -> None:
        super().__init__()
        self.activation: Activation = config.activation
        self.stem = nn.Conv2d(input_shape[0], config.width, 3, padding=1, bias=False)
        self.stem_norm = norm_2d(config.normalization, config.width)
        self.blocks = nn.ModuleList()
        channels_in = config.width
        for stage in range(STAGES):
            channels = config.width * 2**stage
            for index in range(BLOCKS_PER_STAGE):
                stride = 2 if stage and not index else 1
                self.blocks.append(BasicBlock(channels_in, channels, stride, config))
                channels_in = channels
        self.head = nn.Linear(channels_in, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits `[N, classes]` for images `[N, C, H, W]`."""
        x = FUNCTIONS[self.activation](self.stem_norm(self.stem(x)))
        for block in self.blocks:
            x = block(x)
        return self.head(x.mean((2, 3)))

    def initial_std(self) -> dict[str, float]:
        """Return the spread of each weight: by activation (He or Glorot), 1 / sqrt(fan_in) for the head."""
        return matrix_stds(self, self.activation) | matrix_stds(self.head, None, "head.")
