"""Multi-layer perceptrons of a whole cohort at once, differentiated by hand.

Layer l of member m: z = x W_l' + b_l, h = phi(z). With a batch that all members share, the first layer is
one wide matrix product, because [W of member 1; W of member 2; ...] x' costs what one large layer costs. The
backward pass is

    dz_L = (softmax(z_L) - onehot(y)) / B,   dW_l = dz_l' h_{l-1},   db_l = sum_B dz_l,   dz_{l-1} = (dz_l
    W_l) phi'(z_{l-1}).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from wnin_desktop.engine.cohort.block import Block
from wnin_desktop.engine.cohort.gradients.base import EVALUATION_ROWS, Scores

aten = torch.ops.aten


@dataclass(frozen=True)
class Activation:
    """phi, written over its input where phi' needs only phi's value, and the gradient by the pre-activation.

    `backward(upstream, pre, post, out)` writes into `out`; with an overwritten input, pre is post.
    """

    forward: Callable[[Tensor], Tensor]
    backward: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


ACTIVATIONS = {
    "relu": Activation(
        torch.relu_, lambda g, _z, h, out: aten.threshold_backward.grad_input(g, h, 0, grad_input=out)
    ),
    "tanh": Activation(
        torch.tanh_, lambda g, _z, h, out: aten.tanh_backward.grad_input(g, h, grad_input=out)
    ),
    "gelu": Activation(
        functional.gelu, lambda g, z, _h, out: aten.gelu_backward.grad_input(g, z, grad_input=out)
    ),
    "silu": Activation(
        functional.silu, lambda g, z, _h, out: aten.silu_backward.grad_input(g, z, grad_input=out)
    ),
}

COPY_LIMIT = 1 << 18
"""Elements up to which a seed-shared batch is copied per member: one call beats one an arm on small nets."""


class MlpGradients:
    """Stacked MLP by the module's formulas; parameters are `layers.{l}.weight` and `layers.{l}.bias`."""

    channels_last = False

    def __init__(self, layers: int, activation: str, arms: int, seeds: int) -> None:
        self._layers = layers
        self._activation = ACTIVATIONS[activation]
        self._memory: dict[tuple[str, int], Tensor] = {}
        self._arms = arms
        self._seeds = seeds

    def buffers(self) -> dict[str, Tensor]:
        """Return nothing: an MLP without batch normalization has only parameters."""
        return {}

    @torch.no_grad()
    def gradients(self, parameters: Block, x: Tensor, y: Tensor, out: Block) -> Tensor:
        """Write gradients into `out` and return losses `[members]`."""
        x = x.flatten(2)
        first = _first_layer(x, self._arms, self._seeds)
        first.memory = self._first_memory(first, parameters)
        pre, post = self._run(parameters, first)
        targets = y if y.shape[0] == parameters.members else y.repeat(self._arms, 1)
        loss, delta = _softmax_cross_entropy(pre[-1], targets)
        for layer in range(self._layers - 1, 0, -1):
            weight = parameters[f"layers.{layer}.weight"]
            torch.bmm(delta.transpose(1, 2), post[layer - 1], out=out[f"layers.{layer}.weight"])
            torch.sum(delta, 1, out=out[f"layers.{layer}.bias"])
            upstream = self._reuse("upstream", layer, post[layer - 1])
            torch.bmm(delta, weight, out=upstream)
            delta = self._reuse("delta", layer, post[layer - 1], strided=True)
            self._activation.backward(upstream, pre[layer - 1], post[layer - 1], delta)
        first.weight_gradient(delta, out["layers.0.weight"])
        torch.sum(delta, 1, out=out["layers.0.bias"])
        return loss

    @torch.no_grad()
    def scores(self, parameters: Block, x: Tensor, y: Tensor) -> Scores:
        """Return clean loss and accuracy `[members]` on shared examples."""
        loss = torch.zeros(parameters.members, device=x.device)
        right = torch.zeros_like(loss)
        for rows, targets in zip(x.flatten(1).split(EVALUATION_ROWS), y.split(EVALUATION_ROWS), strict=True):
            pre, _ = self._run(parameters, _SharedByAll(rows))
            logits = pre[-1]
            chosen = logits.gather(2, targets.view(1, -1, 1).expand(logits.shape[0], -1, 1)).squeeze(2)
            loss += (logits.logsumexp(2) - chosen).sum(1)
            right += (logits.argmax(2) == targets).sum(1)
        return Scores(loss / x.shape[0], right / x.shape[0])

    def _run(self, parameters: Block, first: _FirstLayer) -> tuple[list[Tensor], list[Tensor]]:
        """Return pre-activations of all layers and activations of hidden ones, `[members, B, width]`."""
        pre = [first.forward(parameters["layers.0.weight"], parameters["layers.0.bias"])]
        post: list[Tensor] = []
        for layer in range(1, self._layers):
            post.append(self._activation.forward(pre[-1]))
            weight, bias = parameters[f"layers.{layer}.weight"], parameters[f"layers.{layer}.bias"]
            pre.append(torch.baddbmm(bias.unsqueeze(1), post[-1], weight.transpose(1, 2)))
        return pre, post

    def _reuse(self, what: str, layer: int, like: Tensor, *, strided: bool = False) -> Tensor:
        """Return memory of `like`'s shape, kept from step to step: fresh pages cost a tenth of a product.

        With `strided` also its strides: the first layer's gradient is then one wide product without a copy.
        """
        kept = self._memory.get((what, layer))
        if kept is None or kept.shape != like.shape or (strided and kept.stride() != like.stride()):
            form = torch.preserve_format if strided else torch.contiguous_format
            kept = self._memory[what, layer] = torch.empty_like(like, memory_format=form)
        return kept

    def _first_memory(self, first: _FirstLayer, parameters: Block) -> Tensor:
        weight = parameters["layers.0.weight"]
        size = weight.shape[0] * weight.shape[1] * first.rows
        kept = self._memory.get(("first", 0))
        if kept is None or kept.numel() != size:
            kept = self._memory["first", 0] = torch.empty(size, device=weight.device, dtype=weight.dtype)
        return kept


def _softmax_cross_entropy(logits: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean loss `[members]` and its gradient by the logits, `[members, B, classes]`."""
    log_p = logits.log_softmax(2)
    index = y.unsqueeze(2)
    loss = log_p.gather(2, index).mean((1, 2)).neg_()
    delta = log_p.exp_()
    delta.scatter_add_(2, index, torch.full_like(index, -1, dtype=delta.dtype))
    return loss, delta.mul_(1.0 / y.shape[1])


class _FirstLayer(ABC):
    """The layer that meets the data, where sharing a batch saves work.

    `memory` is flat room for the output, kept from step to step; without it every call makes its own.
    """

    def __init__(self, x: Tensor) -> None:
        self._x = x
        self.memory: Tensor | None = None

    @property
    def rows(self) -> int:
        """Examples that each member sees."""
        return self._x.shape[-2]

    @abstractmethod
    def forward(self, weight: Tensor, bias: Tensor) -> Tensor:
        """Return pre-activations `[members, B, width]` for weight `[members, width, inputs]`."""

    @abstractmethod
    def weight_gradient(self, delta: Tensor, out: Tensor) -> None:
        """Write delta' x for delta `[members, B, width]`."""

    def _room(self, *shape: int) -> Tensor:
        return self._x.new_empty(shape) if self.memory is None else self.memory.view(shape)


class _PerMember(_FirstLayer):
    """Every member has its own batch: x `[members, B, inputs]`."""

    def forward(self, weight: Tensor, bias: Tensor) -> Tensor:
        out = self._room(weight.shape[0], self.rows, weight.shape[1])
        return torch.baddbmm(bias.unsqueeze(1), self._x, weight.transpose(1, 2), out=out)

    def weight_gradient(self, delta: Tensor, out: Tensor) -> None:
        torch.bmm(delta.transpose(1, 2), self._x, out=out)


class _SharedByAll(_FirstLayer):
    """One batch for all members: x `[B, inputs]`; one wide product."""

    def forward(self, weight: Tensor, bias: Tensor) -> Tensor:
        members, width, inputs = weight.shape
        out = self._room(self.rows, members * width)
        torch.addmm(bias.view(-1), self._x, weight.view(members * width, inputs).t(), out=out)
        return out.view(-1, members, width).transpose(0, 1)

    def weight_gradient(self, delta: Tensor, out: Tensor) -> None:
        members, rows, width = delta.shape
        wide = delta.transpose(0, 1).reshape(rows, members * width)
        torch.mm(wide.t(), self._x, out=out.view(members * width, -1))


class _SharedBySeed(_FirstLayer):
    """One batch a seed: x `[seeds, B, inputs]`; one batched product an arm, no copies of the data."""

    def forward(self, weight: Tensor, bias: Tensor) -> Tensor:
        out = self._room(weight.shape[0], self.rows, weight.shape[1])
        for low, high in self._arms(weight):
            torch.baddbmm(
                bias[low:high].unsqueeze(1), self._x, weight[low:high].transpose(1, 2), out=out[low:high]
            )
        return out

    def weight_gradient(self, delta: Tensor, out: Tensor) -> None:
        for low, high in self._arms(out):
            torch.bmm(delta[low:high].transpose(1, 2), self._x, out=out[low:high])

    def _arms(self, stacked: Tensor) -> list[tuple[int, int]]:
        seeds = self._x.shape[0]
        return [(low, low + seeds) for low in range(0, stacked.shape[0], seeds)]


def _first_layer(x: Tensor, arms: int, seeds: int) -> _FirstLayer:
    """Choose the cheapest exact way to feed x `[G, B, inputs]` to arms x seeds members."""
    if x.shape[0] == 1:
        return _SharedByAll(x[0])
    if x.shape[0] == arms * seeds:
        return _PerMember(x)
    if x.numel() * arms <= COPY_LIMIT:
        return _PerMember(x.repeat(arms, 1, 1))
    return _SharedBySeed(x)
