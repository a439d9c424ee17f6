"""All members at once through `torch.func`: the way for accelerators, where many small launches cost most."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value, vmap

from wnin_desktop.engine.cohort.block import Block
from wnin_desktop.engine.cohort.gradients.base import EVALUATION_ROWS, Scores
from wnin_desktop.engine.nets.loss import accuracy
from wnin_desktop.engine.nets.loss import loss as cross_entropy


class VmappedGradients:
    """vmap(grad(loss)) over the member axis. For modules without buffers (no batch normalization)."""

    channels_last = False

    def __init__(self, module: nn.Module, arms: int) -> None:
        self._module = module
        self._arms = arms
        self._differentiate = vmap(grad_and_value(self._loss), randomness="error")
        self._score = vmap(self._scores_of_one, in_dims=(0, None, None))

    def buffers(self) -> dict[str, Tensor]:
        """Return nothing: modules with buffers are not vmapped."""
        return {}

    def gradients(self, parameters: Block, x: Tensor, y: Tensor, out: Block) -> Tensor:
        """Write gradients into `out` and return losses `[members]`."""
        x, y = (t if t.shape[0] == parameters.members else _repeat(t, self._arms) for t in (x, y))
        gradients, losses = self._differentiate(parameters.views, x, y)
        for name, view in out.views.items():
            view.copy_(gradients[name])
        return losses.detach()

    @torch.no_grad()
    def scores(self, parameters: Block, x: Tensor, y: Tensor) -> Scores:
        """Return clean loss and accuracy `[members]` on shared examples."""
        loss = torch.zeros(parameters.members, device=x.device)
        right = torch.zeros_like(loss)
        rows_each = max(1, EVALUATION_ROWS // parameters.members)
        for rows, targets in zip(x.split(rows_each), y.split(rows_each), strict=True):
            part_loss, part_right = self._score(parameters.views, rows, targets)
            loss += part_loss * rows.shape[0]
            right += part_right * rows.shape[0]
        return Scores(loss / x.shape[0], right / x.shape[0])

    def _loss(self, parameters: dict[str, Tensor], x: Tensor, y: Tensor) -> Tensor:
        return cross_entropy(functional_call(self._module, parameters, (x,)), y)

    def _scores_of_one(self, parameters: dict[str, Tensor], x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        logits = functional_call(self._module, parameters, (x,))
        return cross_entropy(logits, y), accuracy(logits, y)


def _repeat(tensor: Tensor, arms: int) -> Tensor:
    """Return `[seeds, ...]` repeated for every arm, `[arms * seeds, ...]`."""
    return tensor.expand(arms, *tensor.shape).flatten(0, 1)
