"""From a comparison's network and a plane to what evaluates it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call

from wnin_desktop.analysis.landscape.eigenplane import EigenPlane, hessian_plane
from wnin_desktop.analysis.landscape.evaluation import Slice
from wnin_desktop.analysis.landscape.plane import Plane
from wnin_desktop.engine.cohort.block import Shapes
from wnin_desktop.engine.landscape.anynet import STATISTICS_ROWS, NetworkSlice
from wnin_desktop.engine.landscape.members import network_shapes, tensors
from wnin_desktop.engine.landscape.perceptron import PerceptronSlice
from wnin_desktop.engine.measure import subset
from wnin_desktop.engine.nets.build import build_network
from wnin_desktop.engine.nets.loss import loss as mean_loss
from wnin_desktop.engine.nets.normalization import mixes_examples
from wnin_desktop.engine.tasks.base import Split, Task
from wnin_desktop.noise.keyed import KeyedNoise
from wnin_desktop.schema.landscape import Metric
from wnin_desktop.schema.network import MlpConfig
from wnin_desktop.schema.run import CompareConfig

Statistics = Literal["fixed", "recomputed"]
Tensors = Mapping[str, Tensor]


@dataclass(frozen=True)
class Scene:
    """A network, its data and where it computes: what planes and slices are made of."""

    config: CompareConfig
    task: Task
    device: torch.device
    seed: int
    """Names directions, start vectors and smoothing draws."""
    buffers: dict[str, Tensor]
    """Running statistics of the centre."""

    @cached_property
    def shapes(self) -> Shapes:
        """Parameter shapes by name."""
        return network_shapes(self.config, self.task)

    @property
    def noise(self) -> KeyedNoise:
        """Draws, on the CPU wherever the network computes: so they are the same on every device."""
        return KeyedNoise(self.seed)

    def module(self) -> nn.Module:
        """Return a network of its own with these running statistics."""
        module = build_network(self.config.network, self.task)
        with torch.no_grad():
            for name, buffer in module.named_buffers():
                if name in self.buffers:
                    buffer.copy_(self.buffers[name])
        return module.to(self.device)

    @cached_property
    def has_running_statistics(self) -> bool:
        """Whether "fixed" and "recomputed" statistics differ for this network."""
        with torch.device("meta"):
            return mixes_examples(build_network(self.config.network, self.task))

    def normalization_words(self, statistics: Statistics) -> str:
        """Return one phrase on what normalization layers do."""
        if not self.has_running_statistics:
            return "none with running statistics"
        if statistics == "recomputed":
            count = min(STATISTICS_ROWS, len(self.task.train))
            return f"running statistics made again at every point from {count} training examples"
        return "running statistics fixed at those of the centre"

    def named(self, theta: np.ndarray) -> dict[str, Tensor]:
        """Return a vector of parameters as tensors on the device."""
        return tensors(theta, self.shapes, self.device)


def slice_of(
    scene: Scene, plane: Plane, examples: Split, metric: Metric, statistics: Statistics = "fixed"
) -> Slice:
    """Return what evaluates `metric` on `plane`, as fast as the network allows."""
    directions = [scene.named(vector) for vector in (plane.center, plane.first, plane.second)]
    network = scene.config.network
    if isinstance(network, MlpConfig) and network.normalization == "none":
        return PerceptronSlice(directions, network.activation, examples, metric, scene.noise)
    return network_slice(scene, directions, examples, metric, statistics)


def network_slice(
    scene: Scene, directions: Sequence[Tensors], examples: Split, metric: Metric, statistics: Statistics
) -> NetworkSlice:
    """Return what evaluates any network, on a plane and at single points."""
    again = statistics == "recomputed" and scene.has_running_statistics
    inputs = subset(scene.task.train, STATISTICS_ROWS, "statistics").x.to(scene.device) if again else None
    return NetworkSlice(scene.module, directions, examples, metric, scene.noise, statistics=inputs)


def values_at(
    scene: Scene, points: np.ndarray, examples: Split, metric: Metric, statistics: Statistics = "fixed"
) -> np.ndarray:
    """Return `metric` at any points `[n, d]` of parameter space, n at least 1, float64 `[n]`."""
    nothing = scene.named(np.zeros_like(points[0]))
    directions = [scene.named(points[0]), nothing, nothing]
    return network_slice(scene, directions, examples, metric, statistics).at_points(points)


def eigen_plane(scene: Scene, center: np.ndarray, examples: Split) -> EigenPlane:
    """Return the plane of the top two Hessian eigenvectors of the mean loss on `examples`, at `center`."""
    return hessian_plane(loss_function(scene, examples), scene.named(center), scene.noise)


def loss_function(scene: Scene, examples: Split) -> Callable[[dict[str, Tensor]], Tensor]:
    """Return the mean loss on `examples` as a differentiable function of named parameters."""
    module = scene.module().eval()
    buffers = dict(module.named_buffers())

    def loss(parameters: dict[str, Tensor]) -> Tensor:
        return mean_loss(functional_call(module, {**buffers, **parameters}, (examples.x,)), examples.y)

    return loss
