"""A few steps of an optimizer on given tensors from given gradients: what laws are tested on."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from wnin_desktop.engine.optimizers.registry import OptimizerContext, OptimizerSpec
from wnin_desktop.noise.keyed import KeyedNoise, StackedNoise, Stream

Tensors = dict[str, Tensor]
Draw = Callable[[int, str, Tensor], Tensor]
"""(step, tensor name, tensor like it) -> standard normal draw."""

SHAPES: dict[str, tuple[int, ...]] = {
    "layers.0.weight": (7, 5),
    "layers.0.bias": (7,),
    "conv.weight": (4, 3, 3, 3),
    "layers.1.weight": (8, 8),
    "norm.weight": (8,),
    "token_embedding.weight": (6, 4),
    "head.weight": (3, 7),
    "head.bias": (3,),
}
"""One tensor of each kind that optimizers treat in their own way; odd sizes leave ragged ends in kernels."""


def keyed(seed: int = 0) -> Draw:
    """Return the draws of one seed."""
    noise = KeyedNoise(seed)
    return lambda step, name, like: noise.normal(Stream.OPTIMIZER, step, name, like.shape, like.dtype)


def stacked(seeds: tuple[int, ...]) -> Draw:
    """Return the draws of several seeds, stacked; slice s is what `keyed(seeds[s])` draws."""
    noise = StackedNoise(seeds)
    return lambda step, name, like: noise.normal(Stream.OPTIMIZER, step, name, like.shape[1:], like.dtype)


def silent(step: int, name: str, like: Tensor) -> Tensor:  # noqa: ARG001 - no noise at any step, for any tensor
    """Return zeros: what the optimizer does without its noise."""
    return torch.zeros_like(like)


def random_tensors(seed: int, *, dtype: torch.dtype = torch.float64, scale: float = 1.0) -> Tensors:
    """Return normal tensors of `SHAPES`."""
    generator = torch.Generator().manual_seed(seed)
    return {
        name: torch.randn(shape, generator=generator, dtype=torch.float64).mul_(scale).to(dtype)
        for name, shape in SHAPES.items()
    }


class Walk:
    """An optimizer over copies of `start`; `tensors` is where it is."""

    def __init__(
        self,
        spec: OptimizerSpec,
        start: Tensors,
        params: Mapping[str, Any],
        *,
        lr: float | None = None,
        members: int | None = None,
        reproducible: bool = False,
        draw: Draw | None = None,
    ) -> None:
        """Build `spec` over copies of `start`, with its default learning rate unless `lr` is given."""
        self.tensors = {name: tensor.clone().requires_grad_() for name, tensor in start.items()}
        self.steps = 0
        drawn = draw or keyed()
        context = OptimizerContext(
            members=members,
            normal=lambda name, like: drawn(self.steps, name, like),
            reproducible=reproducible,
        )
        self.optimizer = spec.build(self.tensors.items(), lr or default_lr(spec), params, context)

    def step(self, gradients: Mapping[str, Tensor | None]) -> None:
        """Take one step from `gradients`, which are copied."""
        for name, tensor in self.tensors.items():
            gradient = gradients[name]
            tensor.grad = None if gradient is None else gradient.clone()
        self.optimizer.step()
        self.steps += 1

    def set_groups(self, key: str, value: float) -> None:
        """Turn one knob of all groups."""
        for group in self.optimizer.param_groups:
            group[key] = value

    def where(self) -> Tensors:
        """Return copies of the tensors."""
        return {name: tensor.detach().clone() for name, tensor in self.tensors.items()}


def default_lr(spec: OptimizerSpec) -> float:
    """Return the learning rate that `spec` starts with when nobody says another."""
    default = spec.hyper.model_fields["lr"].default
    return default if isinstance(default, float) else 1e-3


def moved(start: Tensors, end: Tensors) -> Tensors:
    """Return end - start."""
    return {name: end[name] - tensor for name, tensor in start.items()}


def apart(first: Tensors, second: Tensors) -> float:
    """Return the largest distance between two sets of tensors, relative to the second's norm, by tensor."""
    distances = [
        float((first[name] - tensor).double().norm() / tensor.double().norm().clamp(min=1e-300))
        for name, tensor in second.items()
    ]
    return max(distances) if all(map(math.isfinite, distances)) else math.inf


def same_bits(first: Tensors, second: Tensors) -> bool:
    """Return whether two sets of tensors are equal, bit for bit."""
    return all(torch.equal(first[name], tensor) for name, tensor in second.items())
