"""Vision transformer (Dosovitskiy et al., arXiv 2010.11929)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn

from wnin_desktop.engine.nets.spread import matrix_stds
from wnin_desktop.engine.nets.transformer import NORM_EPSILON, Block, block_stds
from wnin_desktop.errors import InputError
from wnin_desktop.schema.network import Activation, VitConfig

MOST_PATCHES = 64  # of the small preset's own choice; attention costs the square of it
TOKEN_STD = 0.02


@dataclass(frozen=True)
class Sizes:
    """Sizes of a preset; `patch` None chooses one that suits the image."""

    width: int
    depth: int
    heads: int
    patch: int | None


PRESETS = {"small": Sizes(64, 4, 4, None), "b16": Sizes(768, 12, 12, 16)}


class Vit(nn.Module):
    """Patches -> linear -> class token, learned positions -> blocks -> norm -> linear on the token."""

    def __init__(self, input_shape: tuple[int, int, int], classes: int, config: VitConfig) -> None:
        super().__init__()
        sizes = PRESETS[config.preset]
        patch = _patch_side(input_shape, config.patch or sizes.patch)
        patches = (input_shape[1] // patch) * (input_shape[2] // patch)
        self.activation: Activation = config.activation
        self.embedding = nn.Conv2d(input_shape[0], sizes.width, patch, stride=patch)
        self.class_token = nn.Parameter(torch.zeros(1, sizes.width))
        self.positions = nn.Parameter(torch.zeros(patches + 1, sizes.width))
        self.blocks = nn.ModuleList(
            Block(sizes.width, sizes.heads, config.activation, causal=False) for _ in range(sizes.depth)
        )
        self.norm = nn.LayerNorm(sizes.width, eps=NORM_EPSILON)
        self.head = nn.Linear(sizes.width, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits `[N, classes]` for images `[N, C, H, W]`."""
        patches = self.embedding(x).flatten(2).transpose(1, 2)
        token = self.class_token.expand(len(x), 1, -1)
        x = torch.cat([token, patches], dim=1) + self.positions
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x[:, 0]))

    def initial_std(self) -> dict[str, float]:
        """Return the spread of each tensor: `block_stds`, 1 / sqrt(fan_in) at both ends, 0.02 for tokens."""
        tokens = {"class_token": TOKEN_STD, "positions": TOKEN_STD}
        ends = matrix_stds(self.embedding, None, "embedding.") | matrix_stds(self.head, None, "head.")
        return tokens | ends | block_stds(self.blocks, self.activation)


def _patch_side(input_shape: tuple[int, int, int], asked: int | None) -> int:
    _, height, width = input_shape
    common = math.gcd(height, width)
    if asked is None:
        sides = [side for side in range(2, common + 1) if common % side == 0]
        few = [side for side in sides if height * width <= MOST_PATCHES * side**2]
        return few[0] if few else common
    if common % asked:
        divisors = ", ".join(str(side) for side in range(1, min(common, 64) + 1) if common % side == 0)
        allowed = f"it must divide the {height}x{width} image, allowed: {divisors}"
        raise InputError.of("network.patch", asked, allowed)
    return asked
