"""Parameters of many members in one block of memory.

The block is one flat tensor; inside it each named tensor is stacked `[members, *shape]`, members of one arm
side by side. So an element-wise optimizer may treat an arm's slice of a tensor as one tensor, and copies,
zeroing and norms of the whole cohort are single operations.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

Shapes = dict[str, tuple[int, ...]]


class Block:
    """Named stacked tensors `[members, *shape]` over one flat allocation."""

    def __init__(
        self,
        shapes: Shapes,
        members: int,
        device: torch.device,
        dtype: torch.dtype = torch.float32,
        *,
        channels_last: bool = False,
    ) -> None:
        """Allocate zeros; `channels_last` lays convolution kernels out as CPU convolutions want."""
        self.shapes = shapes
        self.members = members
        self.channels_last = channels_last
        self.member_size = sum(math.prod(shape) for shape in shapes.values())
        self.flat = torch.zeros(self.member_size * members, device=device, dtype=dtype)
        self.views: dict[str, Tensor] = {}
        offset = 0
        for name, shape in shapes.items():
            size = math.prod(shape) * members
            self.views[name] = self._view(self.flat[offset : offset + size], shape)
            offset += size

    def _view(self, flat: Tensor, shape: tuple[int, ...]) -> Tensor:
        if self.channels_last and len(shape) == 4:
            out, into, height, width = shape
            return flat.view(self.members, out, height, width, into).permute(0, 1, 4, 2, 3)
        return flat.view(self.members, *shape)

    def like(self) -> Block:
        """Return zeros of the same shapes and layout."""
        return Block(
            self.shapes, self.members, self.flat.device, self.flat.dtype, channels_last=self.channels_last
        )

    def __getitem__(self, name: str) -> Tensor:
        return self.views[name]

    def rows(self, low: int, high: int) -> list[Tensor]:
        """Return each tensor's slice for members `low` to `high`, stacked."""
        return [view[low:high] for view in self.views.values()]

    def member(self, index: int) -> dict[str, Tensor]:
        """Return one member's tensors, without the member axis."""
        return {name: view[index] for name, view in self.views.items()}

    def squared_norms(self) -> Tensor:
        """Return each member's squared Euclidean norm, `[members]`."""
        return squared_norms(list(self.views.values()))


def squared_norms(tensors: list[Tensor]) -> Tensor:
    """Return the squared norm over all tensors, per entry of their leading axis."""
    total = torch.linalg.vector_norm(tensors[0].flatten(1), dim=1).square_()
    for tensor in tensors[1:]:
        total.add_(torch.linalg.vector_norm(tensor.flatten(1), dim=1).square_())
    return total


def split_rows(flat: Tensor, shapes: Shapes) -> dict[str, Tensor]:
    """Cut rows `[rows, member_size]` into named tensors `[rows, *shape]` in the order of `shapes`."""
    out, offset = {}, 0
    for name, shape in shapes.items():
        size = math.prod(shape)
        out[name] = flat[:, offset : offset + size].unflatten(1, shape)
        offset += size
    return out
