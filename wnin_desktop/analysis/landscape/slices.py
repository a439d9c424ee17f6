"""Any loss of named tensors on a plane, and modules whose weights are lent and come back bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from wnin_desktop.analysis.landscape.directions import flattened, smoothing_draw
from wnin_desktop.analysis.landscape.plane import Plane
from wnin_desktop.noise.keyed import KeyedNoise

ROW = 1 << 20
"""More points than a row has."""
Loss = Callable[[dict[str, Tensor]], Tensor]
Shapes = Mapping[str, Sequence[int]]


class FunctionSlice:
    """A scalar loss of named tensors as one chunk of one example; in the precision of the plane."""

    def __init__(
        self,
        loss: Loss,
        plane: Plane,
        shapes: Shapes,
        noise: KeyedNoise | None = None,
        *,
        moved: Tensor | None = None,
    ) -> None:
        """Prepare.

        Args:
            loss: Of tensors with these `shapes`; a scalar.
            plane: Vectors in the order of `shapes`, float32 or float64.
            shapes: By name.
            noise: Draws of smoothing.
            moved: What is added to the plane's centre, `[d]`.
        """
        self._loss = loss
        self._plane = plane
        self._shapes = {name: tuple(shape) for name, shape in shapes.items()}
        self._noise = noise or KeyedNoise(0)
        self._first = torch.from_numpy(plane.first)
        self._second = torch.from_numpy(plane.second)
        center = torch.from_numpy(plane.center)
        self._center = center if moved is None else center + moved

    @property
    def chunks(self) -> tuple[int, ...]:
        """One chunk of one."""
        return (1,)

    @property
    def most_points(self) -> int:
        """A row at a time."""
        return ROW

    @torch.no_grad()
    def sums(self, _chunk: int, a: np.ndarray, b: float) -> np.ndarray:
        """Return the loss at each point, float64 `[len(a)]`."""
        row = torch.add(self._center, self._second, alpha=b)
        return np.array(
            [float(self._loss(self._named(torch.add(row, self._first, alpha=x)))) for x in a.tolist()]
        )

    def moved(self, draw: int, amount: float) -> FunctionSlice:
        """Return the same loss with the plane's centre moved by `amount` times draw `draw`."""
        eps = flattened(smoothing_draw(self._named(self._center), self._noise, draw))
        return FunctionSlice(self._loss, self._plane, self._shapes, self._noise, moved=amount * eps)

    def fork(self) -> FunctionSlice:
        """Return the same: nothing of it is written to."""
        return self

    def _named(self, theta: Tensor) -> dict[str, Tensor]:
        sizes = [int(np.prod(shape, dtype=np.int64)) for shape in self._shapes.values()]
        parts = theta.split(sizes)
        return {
            name: part.view(shape) for (name, shape), part in zip(self._shapes.items(), parts, strict=True)
        }


@contextmanager
def lent_weights(module: nn.Module) -> Iterator[nn.Module]:
    """Yield `module` to write into; parameters and buffers come back from a copy, bit for bit.

    Subtracting what was added would leave rounding behind. The mode (training or evaluation) comes back too.
    """
    kept = {name: value.detach().clone() for name, value in module.state_dict(keep_vars=True).items()}
    modes = [(part, part.training) for part in module.modules()]
    try:
        yield module
    finally:
        with torch.no_grad():
            for name, value in module.state_dict(keep_vars=True).items():
                value.copy_(kept[name])
        for part, training in modes:
            part.training = training


def module_loss(module: nn.Module, of_logits: Callable[[Tensor], Tensor], x: Tensor) -> Loss:
    """Return the loss of a module as a function of its parameters, written into the module.

    To be called inside `lent_weights`.
    """
    own = dict(module.named_parameters())

    def loss(parameters: dict[str, Tensor]) -> Tensor:
        with torch.no_grad():
            for name, value in parameters.items():
                own[name].copy_(value)
            return of_logits(module(x))

    return loss
