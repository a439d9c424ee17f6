"""Fully connected networks on a plane: the first layer is affine in (a, b), so the data meet it three times.

    X W(a, b)' + c(a, b) = (X W0' + c0) + a (X D1' + c1) + b (X D2' + c2)

The three products are kept, and a point costs one multiply-add an activation instead of a product with the
data. Everything lies features first, `[units, examples]`; the points of a row go through the other layers
together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from wnin_desktop.analysis.curvature.layers import Layer, layers_of
from wnin_desktop.analysis.landscape.directions import smoothing_draw
from wnin_desktop.analysis.landscape.slices import ROW
from wnin_desktop.engine.cohort.gradients.mlp import ACTIVATIONS
from wnin_desktop.engine.landscape.measure import summed
from wnin_desktop.engine.tasks.base import Split
from wnin_desktop.noise.keyed import KeyedNoise
from wnin_desktop.schema.landscape import Metric

CPU_ROWS, CPU_NUMBERS = 250, 1 << 20
"""Examples of a chunk, and activations of a block of points: what stays in a core's cache."""
GPU_ROWS, GPU_NUMBERS = 8192, 1 << 26
KEPT_BYTES = 512 * 1024 * 1024
"""Memory that the kept products may take; larger ones are made again for each pass."""


class PerceptronSlice:
    """Loss, accuracy or error of a perceptron without normalization layers, at points of a plane."""

    def __init__(
        self,
        directions: Sequence[Mapping[str, Tensor]],
        activation: str,
        examples: Split,
        metric: Metric,
        noise: KeyedNoise,
        *,
        products: dict[tuple[int, int], Tensor] | None = None,
    ) -> None:
        """Prepare.

        Args:
            directions: Centre, first and second direction, each `layers.<i>.weight` and `layers.<i>.bias`.
            activation: Between the layers.
            examples: Inputs `[n, ...]` and classes `[n]`, on the device of the centre.
            metric: What to sum.
            noise: Draws of smoothing.
            products: Those of the first layers with the examples that are known, to be added to.
        """
        self._named = [dict(each) for each in directions]
        self._layers = [layers_of(each) for each in directions]
        self._activation = ACTIVATIONS[activation]
        self._activation_name = activation
        self._examples = examples
        self._metric: Metric = metric
        self._sum = summed(metric)
        self._noise = noise
        self._on_gpu = examples.y.device.type != "cpu"
        rows = GPU_ROWS if self._on_gpu else CPU_ROWS
        self._x = examples.x.flatten(1).split(rows)
        self._y = examples.y.split(rows)
        self._products: dict[tuple[int, int], Tensor] = {} if products is None else products
        """By (chunk, which of the three), `[units, examples]`."""
        self._room: dict[str, Tensor] = {}

    @property
    def chunks(self) -> tuple[int, ...]:
        """Examples of each chunk."""
        return tuple(len(y) for y in self._y)

    @property
    def most_points(self) -> int:
        """A row at a time: its points share the products of the second direction."""
        return ROW

    @torch.no_grad()
    def sums(self, chunk: int, a: np.ndarray, b: float, /) -> np.ndarray:
        """Return the sum over the chunk's examples at each point, float64 `[len(a)]`."""
        base, first, second = (self._product(chunk, which) for which in range(3))
        row = torch.add(base, second, alpha=b)
        later = [
            [Layer(w.weight + b * v.weight, w.bias + b * v.bias), u]
            for w, u, v in zip(*(layers[1:] for layers in self._layers), strict=True)
        ]
        out = torch.empty(len(a), dtype=torch.float64, device=row.device)
        at = torch.as_tensor(a, dtype=row.dtype, device=row.device)
        each = max(1, (GPU_NUMBERS if self._on_gpu else CPU_NUMBERS) // self._widest // row.shape[1])
        for low in range(0, len(a), each):
            some = at[low : low + each].view(-1, 1, 1)
            out[low : low + each] = self._sum(self._logits(row, first, some, later), self._y[chunk])
        return out.cpu().numpy()

    @property
    def _widest(self) -> int:
        return max(layer.weight.shape[0] for layer in self._layers[0])

    def _logits(self, row: Tensor, first: Tensor, a: Tensor, later: list[list[Layer]]) -> Tensor:
        """Return logits `[points, classes, examples]`."""
        z = torch.addcmul(row, a, first, out=self._memory("z", len(a), *row.shape))
        for layer, u in later:
            h = self._activation.forward(z)
            weight = torch.addcmul(layer.weight, a, u.weight)
            bias = torch.addcmul(layer.bias.unsqueeze(1), a, u.bias.unsqueeze(1))
            z = torch.bmm(weight, h).add_(bias)  # baddbmm would write the bias first, at twice the time
        return z

    def _memory(self, what: str, *shape: int) -> Tensor:
        kept = self._room.get(what)
        size = int(np.prod(shape))
        if kept is None or kept.numel() < size:
            kept = self._room[what] = torch.empty(size, device=self._x[0].device, dtype=self._x[0].dtype)
        return kept[:size].view(shape)

    def _product(self, chunk: int, which: int) -> Tensor:
        found = self._products.get((chunk, which))
        if found is None:
            layer = self._layers[which][0]
            found = torch.addmm(layer.bias.unsqueeze(1), layer.weight, self._x[chunk].t())
            if self._keeps:
                self._products[chunk, which] = found
        return found

    @cached_property
    def _keeps(self) -> bool:
        units = self._layers[0][0].weight.shape[0]
        return 3 * units * len(self._examples) * self._x[0].element_size() <= KEPT_BYTES

    def moved(self, draw: int, amount: float, /) -> PerceptronSlice:
        """Return the same with the centre moved by `amount` times normal draw `draw`."""
        center, first, second = self._named
        eps = smoothing_draw(center, self._noise, draw)
        moved = {name: value + amount * eps[name] for name, value in center.items()}
        known = {key: value for key, value in self._products.items() if key[1]}
        return self._with([moved, first, second], known)

    def fork(self) -> PerceptronSlice:
        """Return the same with room of its own; the products are shared."""
        return self._with(self._named, self._products)

    def _with(
        self, directions: Sequence[Mapping[str, Tensor]], products: dict[tuple[int, int], Tensor]
    ) -> PerceptronSlice:
        return PerceptronSlice(
            directions, self._activation_name, self._examples, self._metric, self._noise, products=products
        )
