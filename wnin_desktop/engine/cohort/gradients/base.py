"""The interface between a cohort and the code that differentiates it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from wnin_desktop.engine.cohort.block import Block


@dataclass(frozen=True)
class Scores:
    """Clean losses (nat) and accuracies of all members, each `[members]`."""

    loss: Tensor
    accuracy: Tensor


class GradientEngine(Protocol):
    """Losses and gradients of all members of one parameter block.

    A batch comes as `x [G, B, ...]`, `y [G, B, ...]` with G = seeds (every arm of a seed sees the same
    examples) or G = members (each member sees its own).
    """

    channels_last: bool
    """Whether it wants convolution kernels laid out channels last."""

    def gradients(self, parameters: Block, x: Tensor, y: Tensor, out: Block) -> Tensor:
        """Write the gradients of the mean batch loss into `out`; return the losses `[members]`."""
        ...

    def scores(self, parameters: Block, x: Tensor, y: Tensor) -> Scores:
        """Return mean loss and accuracy on examples `x [N, ...]`, `y [N, ...]` that all members share."""
        ...

    def buffers(self) -> dict[str, Tensor]:
        """Return state that is not a parameter (running statistics), to be saved and restored in place."""
        ...


EVALUATION_ROWS = 2048
"""Examples per chunk of an evaluation; bounds the memory that activations take."""
