"""One member at a time through autograd: any network, batch normalization and user's networks included."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from wnin_desktop.engine.cohort.block import Block
from wnin_desktop.engine.cohort.gradients.base import EVALUATION_ROWS, Scores
from wnin_desktop.engine.nets.loss import accuracy
from wnin_desktop.engine.nets.loss import loss as cross_entropy
from wnin_desktop.engine.nets.transformer import Attention


class AutogradGradients:
    """Drives one module whose parameters live in a block of one member.

    The module's parameters and their `.grad` are made views of the blocks, so a backward pass writes
    straight into the gradient block and no copy is ever taken.
    """

    def __init__(self, module: nn.Module, *, channels_last: bool = False) -> None:
        self._module = module
        for part in module.modules():
            if isinstance(part, Attention):
                part.fused = True  # first derivatives only, one member at a time: the fused kernel serves
        self.channels_last = channels_last
        self._bound: tuple[int, int] | None = None

    def buffers(self) -> dict[str, Tensor]:
        """Return the module's buffers, such as running statistics."""
        return dict(self._module.named_buffers())

    def gradients(self, parameters: Block, x: Tensor, y: Tensor, out: Block) -> Tensor:
        """Write gradients into `out` and return the loss as `[1]`."""
        self._bind(parameters, out)
        out.flat.zero_()
        self._module.train()
        loss = cross_entropy(self._module(self._laid_out(x[0])), y[0])
        loss.backward()
        return loss.detach().unsqueeze(0)

    @torch.no_grad()
    def scores(self, parameters: Block, x: Tensor, y: Tensor) -> Scores:
        """Return clean loss and accuracy, each `[1]`, with normalization layers in evaluation mode."""
        self._bind(parameters, None)
        self._module.eval()
        loss = torch.zeros(1, device=x.device)
        right = torch.zeros_like(loss)
        for rows, targets in zip(x.split(EVALUATION_ROWS), y.split(EVALUATION_ROWS), strict=True):
            logits = self._module(self._laid_out(rows))
            loss += cross_entropy(logits, targets) * rows.shape[0]
            right += accuracy(logits, targets) * rows.shape[0]
        return Scores(loss / x.shape[0], right / x.shape[0])

    def _laid_out(self, x: Tensor) -> Tensor:
        return x.contiguous(memory_format=torch.channels_last) if self.channels_last and x.dim() == 4 else x

    def _bind(self, parameters: Block, gradients: Block | None) -> None:
        key = (id(parameters), id(gradients) if gradients is not None else (self._bound or (0, 0))[1])
        if key == self._bound:
            return
        for name, parameter in self._module.named_parameters():
            parameter.data = parameters[name][0]
            if gradients is not None:
                parameter.grad = gradients[name][0]
        self._bound = key
