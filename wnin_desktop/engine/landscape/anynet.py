"""Any network on a plane: its parameters are views of one block, which a point overwrites in one pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from wnin_desktop.analysis.landscape.directions import smoothing_draw
from wnin_desktop.engine.cohort.block import Block
from wnin_desktop.engine.landscape.measure import summed
from wnin_desktop.engine.nets.transformer import Attention
from wnin_desktop.engine.tasks.base import Split
from wnin_desktop.noise.keyed import KeyedNoise
from wnin_desktop.schema.landscape import Metric

CPU_ROWS, CPU_TOKENS = 64, 2048
"""Examples, or tokens of sequences, of a chunk on a CPU: feature maps of more would leave the cache."""
HEAVY_PARAMETERS, HEAVY_ROWS = 2_000_000, 256
"""Above so many parameters a chunk has more rows: writing a point costs as much as its forward pass."""
GPU_ROWS, GPU_TOKENS = 4096, 65_536
MOST_WORK, CONVOLVED = 2_000_000_000, 64
"""Multiplications of one call, about a tenth of a second, and how often an image meets a kernel."""
STATISTICS_ROWS = 512
"""Training examples that running statistics are made again from."""


class NetworkSlice:
    """Loss, accuracy or error of a network at points of a plane.

    Its module belongs to it, and to those that `moved` returns, alone: the weights are overwritten.
    """

    def __init__(
        self,
        build: Callable[[], nn.Module],
        directions: Sequence[Mapping[str, Tensor]],
        examples: Split,
        metric: Metric,
        noise: KeyedNoise,
        *,
        statistics: Tensor | None = None,
        module: nn.Module | None = None,
    ) -> None:
        """Prepare.

        Args:
            build: Makes a network with the buffers of the centre, on the device of the examples.
            directions: Centre, first and second direction, by parameter name.
            examples: Inputs `[n, ...]` and targets `[n, ...]`.
            metric: What to sum.
            noise: Draws of smoothing.
            statistics: Inputs from which running statistics are made again at every point; None leaves them
                as they are.
            module: What `build` made for a slice of the same thread, to be used in turn with it.
        """
        self._build = build
        self._module = (build() if module is None else module).eval().requires_grad_(False)
        self._metric: Metric = metric
        self._sum = summed(metric)
        self._noise = noise
        self._examples = examples
        self._named = [dict(each) for each in directions]
        images = examples.x.dim() == 4
        self._theta = self._block(channels_last=images)
        self._center, self._first, self._second = (self._filled(each) for each in self._named)
        for part in self._module.modules():
            if isinstance(part, Attention):
                part.fused = True  # one forward pass of one network: the fused kernel serves
        form = torch.channels_last if images else torch.contiguous_format
        self._statistics = None if statistics is None else statistics.contiguous(memory_format=form)
        rows = self._chunk_rows()
        self._x = [x.contiguous(memory_format=form) for x in examples.x.split(rows)]
        self._y = examples.y.split(rows)

    def _block(self, *, channels_last: bool) -> Block:
        center = self._named[0]
        shapes = {name: tuple(value.shape) for name, value in center.items()}
        some = next(iter(center.values()))
        return Block(shapes, 1, some.device, some.dtype, channels_last=channels_last)

    def _filled(self, tensors: Mapping[str, Tensor]) -> Tensor:
        block = self._theta.like()
        for name, value in tensors.items():
            block[name][0].copy_(value)
        return block.flat

    def _chunk_rows(self) -> int:
        x = self._examples.x
        on_cpu = x.device.type == "cpu"
        if not x.is_floating_point():
            return max(1, (CPU_TOKENS if on_cpu else GPU_TOKENS) // x.shape[1])
        if not on_cpu:
            return GPU_ROWS
        return HEAVY_ROWS if self._theta.flat.numel() > HEAVY_PARAMETERS else CPU_ROWS

    @property
    def chunks(self) -> tuple[int, ...]:
        """Examples of each chunk."""
        return tuple(len(y) for y in self._y)

    @property
    def most_points(self) -> int:
        """As many as keep a call short, so that an evaluation can be cancelled soon."""
        x = self._x[0]
        again = CONVOLVED if x.dim() == 4 else 1 if x.is_floating_point() else x.shape[1]
        return max(1, MOST_WORK // (self._theta.flat.numel() * len(x) * again))

    @torch.inference_mode()
    def sums(self, chunk: int, a: np.ndarray, b: float, /) -> np.ndarray:
        """Return the sum over the chunk's examples at each point, float64 `[len(a)]`."""
        self._bind()
        x, y = self._x[chunk], self._y[chunk]
        row = torch.add(self._center, self._second, alpha=b)
        out = torch.empty(len(a), dtype=torch.float64, device=row.device)
        for place, value in enumerate(a.tolist()):
            torch.add(row, self._first, alpha=value, out=self._theta.flat)
            out[place] = self._at_present(x, y)
        return out.cpu().numpy()

    @torch.inference_mode()
    def at_points(self, points: np.ndarray) -> np.ndarray:
        """Return the mean over the examples at any points `[n, d]` of parameter space, float64 `[n]`."""
        self._bind()
        total = torch.zeros(len(points), dtype=torch.float64, device=self._theta.flat.device)
        for place, point in enumerate(points):
            low = 0
            for view in self._theta.views.values():
                part = point[low : low + view.numel()]
                view[0].copy_(torch.from_numpy(part).view(view.shape[1:]))
                low += view.numel()
            for x, y in zip(self._x, self._y, strict=True):
                total[place] += self._at_present(x, y)
        return (total / len(self._examples)).cpu().numpy()

    def _bind(self) -> None:
        """Make the module's parameters views of this slice's block: a moved slice may have taken it over."""
        for name, parameter in self._module.named_parameters():
            if parameter.data_ptr() != self._theta[name].data_ptr():
                parameter.data = self._theta[name][0]

    def _at_present(self, x: Tensor, y: Tensor) -> Tensor:
        if self._statistics is not None:
            self._make_statistics(self._statistics)
        logits = self._module(x)
        if logits.dim() == 2:
            return self._sum(logits.t(), y)
        # Every token counts the same, and an example is the mean over its tokens.
        return self._sum(logits.flatten(0, 1).t(), y.flatten()) / y.shape[1]

    def _make_statistics(self, x: Tensor) -> None:
        norms = [part for part in self._module.modules() if isinstance(part, nn.modules.batchnorm._BatchNorm)]
        for norm in norms:
            norm.train()
            norm.momentum = 1.0  # the new statistics are those of this batch alone
        self._module(x)
        for norm in norms:
            norm.eval()

    def moved(self, draw: int, amount: float, /) -> NetworkSlice:
        """Return the same with the centre moved by `amount` times normal draw `draw`."""
        center, first, second = self._named
        eps = smoothing_draw(center, self._noise, draw)
        moved = {name: value + amount * eps[name] for name, value in center.items()}
        return self._with([moved, first, second], self._module)

    def fork(self) -> NetworkSlice:
        """Return the same with a module of its own."""
        return self._with(self._named, None)

    def _with(self, directions: Sequence[Mapping[str, Tensor]], module: nn.Module | None) -> NetworkSlice:
        return NetworkSlice(
            self._build,
            directions,
            self._examples,
            self._metric,
            self._noise,
            statistics=self._statistics,
            module=module,
        )
