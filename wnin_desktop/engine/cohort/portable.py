"""Optimizer state as named tensors plus JSON: what a checkpoint can hold without pickling."""

from __future__ import annotations

from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from wnin_desktop.schema.fingerprint import canonical_json


def optimizer_state(optimizer: torch.optim.Optimizer) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return (tensors by "parameter number/key", JSON-able rest) of an optimizer's state."""
    state = optimizer.state_dict()
    tensors: dict[str, Tensor] = {}
    scalars: dict[str, dict[str, Any]] = {}
    for number, entries in state["state"].items():
        for key, value in entries.items():
            if isinstance(value, Tensor):
                tensors[f"{number}/{key}"] = value
            else:
                scalars.setdefault(str(number), {})[key] = value
    groups = [
        {key: value for key, value in group.items() if key != "params"} for group in state["param_groups"]
    ]
    return tensors, {"scalars": scalars, "groups": groups}


def check_portable(tensors: dict[str, Tensor], rest: dict[str, Any]) -> None:
    """Refuse state that a checkpoint cannot hold, before it stands among the state of others.

    Raises:
        TypeError: Something is neither a tensor nor what JSON can say.
        ValueError: Likewise, or a tensor is of a kind that safetensors does not know.
    """
    for name, tensor in tensors.items():
        if tensor.layout is not torch.strided or tensor.is_meta:
            raise ValueError(f"the tensor {name} has no numbers that lie in memory")
    canonical_json(rest).encode()
    kinds = {tensor.dtype for tensor in tensors.values()}
    try:
        safetensors.torch.save({str(kind): torch.empty(0, dtype=kind) for kind in kinds})
    except (safetensors.SafetensorError, KeyError) as error:
        raise ValueError(f"a checkpoint holds no tensors of type {error}") from error


def apply_optimizer_state(
    optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor], rest: dict[str, Any]
) -> None:
    """Put state made by `optimizer_state` into an optimizer over the same parameters."""
    current = optimizer.state_dict()
    state: dict[int, dict[str, Any]] = {}
    parameters = [tensor for group in optimizer.param_groups for tensor in group["params"]]
    for key, value in tensors.items():
        number, name = key.split("/", 1)
        state.setdefault(int(number), {})[name] = _laid_out(value, parameters[int(number)])
    for number, entries in rest["scalars"].items():
        state.setdefault(int(number), {}).update(entries)
    groups = [
        {**now, **{key: _like(value, now.get(key)) for key, value in saved.items()}}
        for now, saved in zip(current["param_groups"], rest["groups"], strict=True)
    ]
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def _laid_out(value: Tensor, parameter: Tensor) -> Tensor:
    """Return a copy with the parameter's own layout in memory, which the fused kernels take for granted."""
    if value.shape != parameter.shape:
        return value.clone()
    return torch.empty_like(parameter, dtype=value.dtype, device=value.device).copy_(value)


def _like(value: Any, current: Any) -> Any:
    """JSON has no tuples; give back what the optimizer itself uses."""
    return tuple(value) if isinstance(current, tuple) and isinstance(value, list) else value
