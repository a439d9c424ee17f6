"""Steps an optimizer that knows nothing of members once per member, behind the interface of one optimizer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from wnin_desktop.engine.optimizers.chain import OptimizerChain
from wnin_desktop.engine.optimizers.registry import OptimizerContext

NamedTensors = list[tuple[str, Tensor]]


class MemberLoop(OptimizerChain):
    """One inner optimizer per member, each over views of the stacked tensors `[S, *shape]`."""

    def __init__(
        self,
        named: NamedTensors,
        context: OptimizerContext,
        build: Callable[[NamedTensors, OptimizerContext], Optimizer],
    ) -> None:
        """Build one inner optimizer per member with `build(its views, its context without member axis)`."""
        self._named = named
        self._draws: dict[str, Tensor] = {}
        members = range(context.members or 1)
        self._views = [[_view(tensor, member) for _, tensor in named] for member in members]
        names = [name for name, _ in named]
        super().__init__(
            [
                build(list(zip(names, views, strict=True)), self._alone(context, member))
                for member, views in enumerate(self._views)
            ]
        )

    def _alone(self, context: OptimizerContext, member: int) -> OptimizerContext:
        def normal(name: str, like: Tensor) -> Tensor:
            if name not in self._draws:
                self._draws[name] = context.normal(name, like.expand(context.members or 1, *like.shape))
            return self._draws[name][member]

        return replace(context, members=None, normal=normal)

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """Step every member from its slice of the stacked gradients."""
        self._draws.clear()
        for member, views in enumerate(self._views):
            for view, (_, stacked) in zip(views, self._named, strict=True):
                if view.data_ptr() != stacked[member].data_ptr():
                    view.data = stacked.detach()[member]  # somebody gave the stacked tensor new memory
                view.grad = None if stacked.grad is None else stacked.grad[member]
        return super().step(closure)


def _view(stacked: Tensor, member: int) -> Tensor:
    return stacked.detach()[member].requires_grad_()
