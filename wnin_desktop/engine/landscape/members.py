"""One run's parameters: out of a snapshot of the whole cohort, as a vector, and back as named tensors."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from wnin_desktop.engine.checkpoint import Snapshot
from wnin_desktop.engine.cohort.block import Block, Shapes
from wnin_desktop.engine.cohort.gradients import choose_gradients
from wnin_desktop.engine.nets.build import build_network
from wnin_desktop.engine.tasks.base import Task
from wnin_desktop.errors import CheckpointError
from wnin_desktop.schema.run import CompareConfig


@dataclass(frozen=True)
class MemberState:
    """A run's parameters, float32 `[d]` in the order of the network's own, and its running statistics."""

    theta: np.ndarray
    buffers: dict[str, Tensor] = field(default_factory=dict)


def network_shapes(config: CompareConfig, task: Task) -> Shapes:
    """Return the network's parameter shapes by name, in its own order.

    Raises:
        InputError: The network cannot read this task's inputs.
        PluginError: A user's network file is missing, not trusted or broken.
    """
    with torch.device("meta"):
        module = build_network(config.network, task)
    return {name: tuple(parameter.shape) for name, parameter in module.named_parameters()}


def member_state(config: CompareConfig, task: Task, snapshot: Snapshot, member: int) -> MemberState:
    """Return the state of run number `member` in a snapshot of the whole cohort.

    Raises:
        CheckpointError: The snapshot does not hold that run, or not this network.
    """
    shapes = network_shapes(config, task)
    for number, unit in enumerate(snapshot.meta["cohort"]["units"]):
        if member in unit["members"]:
            return _of_unit(config, task, snapshot, number, unit["members"], member, shapes)
    raise CheckpointError(f"the checkpoint of step {snapshot.step} does not hold run number {member}")


def _of_unit(
    config: CompareConfig,
    task: Task,
    snapshot: Snapshot,
    number: int,
    members: list[int],
    member: int,
    shapes: Shapes,
) -> MemberState:
    module = build_network(config.network, task)
    # How a unit laid its block out is decided by the engine that drove it.
    layout = choose_gradients(config.network, module, 1, len(members)).channels_last
    block = Block(shapes, len(members), torch.device("cpu"), channels_last=layout)
    saved = snapshot.tensors[f"unit{number}/theta"]
    if saved.shape != block.flat.shape:
        raise CheckpointError(f"the checkpoint of step {snapshot.step} holds another network")
    block.flat.copy_(saved)
    lead = f"unit{number}/buffer/"
    buffers = {name[len(lead) :]: value for name, value in snapshot.tensors.items() if name.startswith(lead)}
    return MemberState(vector(block.member(members.index(member))), buffers)


def named_state(config: CompareConfig, task: Task, snapshot: Snapshot) -> MemberState:
    """Return the state in a snapshot of one run, whose tensors have the network's own names.

    Raises:
        CheckpointError: It is of another network.
    """
    shapes = network_shapes(config, task)
    if any(name not in snapshot.tensors or snapshot.tensors[name].shape != s for name, s in shapes.items()):
        raise CheckpointError(f"the snapshot of step {snapshot.step} holds another network")
    buffers = {name: value for name, value in snapshot.tensors.items() if name not in shapes}
    return MemberState(vector({name: snapshot.tensors[name] for name in shapes}), buffers)


def vector(tensors: dict[str, Tensor]) -> np.ndarray:
    """Return named tensors as one vector, float32 `[d]`."""
    return torch.cat([tensor.reshape(-1) for tensor in tensors.values()]).float().cpu().numpy()


def tensors(theta: np.ndarray, shapes: Shapes, device: torch.device) -> dict[str, Tensor]:
    """Return a vector as named tensors on `device`; they share the vector's memory on the CPU."""
    whole = torch.from_numpy(np.ascontiguousarray(theta)).to(device)
    parts = whole.split([math.prod(shape) for shape in shapes.values()])
    return {name: part.view(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}
