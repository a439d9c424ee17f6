"""Several torch optimizers over separate tensors, behind the interface of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.optim import Optimizer


class OptimizerChain(Optimizer):
    """Inner optimizers stepped one after another.

    `param_groups` holds the groups of all of them, and the keys of the state count on from one to the next,
    so a learning rate set on every group reaches all and one state_dict in torch's own form holds them all.
    """

    def __init__(self, inner: Sequence[Optimizer]) -> None:
        """Chain `inner`; each steps tensors of its own."""
        tensors = [
            tensor for optimizer in inner for group in optimizer.param_groups for tensor in group["params"]
        ]
        super().__init__(tensors, {})
        self.inner = list(inner)
        self._gather()

    def _gather(self) -> None:
        self.param_groups = [group for optimizer in self.inner for group in optimizer.param_groups]

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """Step each inner optimizer in turn."""
        loss = None if closure is None else torch.enable_grad()(closure)()
        for optimizer in self.inner:
            optimizer.step()
        return loss

    def state_dict(self) -> dict[str, Any]:
        """Return one state_dict over all inner optimizers."""
        state: dict[int, Any] = {}
        groups: list[dict[str, Any]] = []
        for optimizer, offset in zip(self.inner, self._offsets(), strict=True):
            part = optimizer.state_dict()
            state.update({offset + key: value for key, value in part["state"].items()})
            groups += [_shifted(group, offset) for group in part["param_groups"]]
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load what `state_dict` returned."""
        rest = list(state_dict["param_groups"])
        for optimizer, offset in zip(self.inner, self._offsets(), strict=True):
            count = len(optimizer.param_groups)
            mine, rest = [_shifted(group, -offset) for group in rest[:count]], rest[count:]
            own = range(offset, offset + _size(optimizer))
            state = {key - offset: value for key, value in state_dict["state"].items() if key in own}
            optimizer.load_state_dict({"state": state, "param_groups": mine})
        self._gather()  # loading gives every inner optimizer new group dictionaries

    def _offsets(self) -> list[int]:
        sizes = [_size(optimizer) for optimizer in self.inner]
        return [sum(sizes[:index]) for index in range(len(sizes))]


def _size(optimizer: Optimizer) -> int:
    return sum(len(group["params"]) for group in optimizer.param_groups)


def _shifted(group: dict[str, Any], offset: int) -> dict[str, Any]:
    return {**group, "params": [key + offset for key in group["params"]]}
