"""Steps an optimizer that knows nothing of members once per member, behind the interface of one optimizer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from wnin_desktop.engine.optimizers.registry import OptimizerContext

NamedTensors = list[tuple[str, Tensor]]


class MemberLoop(Optimizer):
    """One inner optimizer per member, each over views of the stacked tensors `[S, *shape]`.

    `param_groups` holds the groups of all members, member by member, and the state's keys count on in the
    same order, so that a learning rate set on every group reaches every member and one state_dict holds them
    all.
    """

    def __init__(
        self,
        named: NamedTensors,
        context: OptimizerContext,
        build: Callable[[NamedTensors, OptimizerContext], Optimizer],
    ) -> None:
        """Build one inner optimizer per member with `build(its views, its context without member axis)`."""
        assert context.members is not None
        super().__init__([tensor for _, tensor in named], {"lr": 0.0})
        self._named = named
        self._context = context
        self._draws: dict[str, Tensor] = {}
        self._views = [[_view(tensor, member) for _, tensor in named] for member in range(context.members)]
        names = [name for name, _ in named]
        self.inner = [
            build(list(zip(names, views, strict=True)), self._alone(member))
            for member, views in enumerate(self._views)
        ]
        self.param_groups = [group for optimizer in self.inner for group in optimizer.param_groups]

    def _alone(self, member: int) -> OptimizerContext:
        def normal(name: str, like: Tensor) -> Tensor:
            if name not in self._draws:
                members = self._context.members or 1
                self._draws[name] = self._context.normal(name, like.expand(members, *like.shape))
            return self._draws[name][member]

        return replace(self._context, members=None, normal=normal)

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """Step every member from its slice of the stacked gradients."""
        loss = None if closure is None else torch.enable_grad()(closure)()
        self._draws.clear()
        for member, optimizer in enumerate(self.inner):
            for view, (_, stacked) in zip(self._views[member], self._named, strict=True):
                if view.data_ptr() != stacked[member].data_ptr():
                    view.data = stacked.detach()[member]  # somebody gave the stacked tensor new memory
                view.grad = None if stacked.grad is None else stacked.grad[member]
            optimizer.step()
        return loss

    def state_dict(self) -> dict[str, Any]:
        """Return one state_dict in torch's form over all members."""
        state: dict[int, Any] = {}
        groups: list[dict[str, Any]] = []
        for member, optimizer in enumerate(self.inner):
            offset = member * len(self._named)
            part = optimizer.state_dict()
            state.update({offset + key: value for key, value in part["state"].items()})
            groups += [
                {**group, "params": [offset + key for key in group["params"]]}
                for group in part["param_groups"]
            ]
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load what `state_dict` returned."""
        groups = list(state_dict["param_groups"])
        count = len(self._named)
        for member, optimizer in enumerate(self.inner):
            offset = member * count
            mine, groups = groups[: len(optimizer.param_groups)], groups[len(optimizer.param_groups) :]
            optimizer.load_state_dict(
                {
                    "state": {
                        key - offset: value
                        for key, value in state_dict["state"].items()
                        if offset <= key < offset + count
                    },
                    "param_groups": [
                        {**group, "params": [key - offset for key in group["params"]]} for group in mine
                    ],
                }
            )
        self.param_groups = [group for optimizer in self.inner for group in optimizer.param_groups]


def _view(stacked: Tensor, member: int) -> Tensor:
    return stacked.detach()[member].requires_grad_()
