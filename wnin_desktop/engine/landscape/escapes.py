"""Escape events of runs: many points of their paths are quenched side by side, as members of one cohort."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from wnin_desktop.analysis.escapes import DEFAULT_THRESHOLD, EscapeTrace, find_escapes, quench
from wnin_desktop.engine.cohort.block import Block
from wnin_desktop.engine.cohort.gradients import GradientEngine, choose_gradients
from wnin_desktop.engine.landscape.choose import Scene
from wnin_desktop.engine.nets.build import build_network
from wnin_desktop.engine.tasks.base import Split
from wnin_desktop.errors import InputError

RATE, STEPS, TOLERANCE = 0.1, 400, 1e-4
LONGEST = 0.02
"""Longest step of a quench as a part of the parameters' norm: longer ones would jump over barriers."""
CPU_NUMBERS, GPU_NUMBERS = 1 << 24, 1 << 28
"""Activations, or parameters, that points quenched together may hold."""


@dataclass(frozen=True)
class PathEscapes:
    """A path's events and what finding them cost, in gradients and forward passes over the examples."""

    trace: EscapeTrace
    gradients: float
    forwards: int


def path_escapes(
    scene: Scene,
    points: np.ndarray,
    examples: Split,
    *,
    threshold: float = DEFAULT_THRESHOLD,
    told: Callable[[float], None] = lambda _done: None,
) -> PathEscapes:
    """Return the escape events of a run's path.

    Cross-entropy has no finite minimum on data that can be separated, so a quench ends after `STEPS`
    evaluations; how far it came is the same for all points.

    Args:
        scene: The network, without running statistics.
        points: The path `[n, d]`; it is read up to its first point that is not finite.
        examples: Full batch of the noise-free descent and of the barriers.
        threshold: Barrier b in nat.
        told: Hears the part done, 0 to 1.

    Raises:
        InputError: The network has running statistics, which belong to no point of a straight line.
    """
    if scene.has_running_statistics:
        raise InputError.of("escapes", True, "this network has batch normalization, allowed: false")
    bad = np.flatnonzero(~np.isfinite(points).all(1))
    points = points[: bad[0]] if len(bad) else points
    many = _Many(scene, examples)
    start = torch.from_numpy(np.ascontiguousarray(points)).to(scene.device)
    quenched = []
    for part in start.split(many.together):
        longest = LONGEST * float(part.norm(dim=1).mean())
        found = quench(many.gradients, part, rate=RATE, steps=STEPS, longest=longest, tolerance=TOLERANCE)
        quenched.append(found.points)
        told(sum(map(len, quenched)) / len(start))
    if len(start) < 2:
        none, alone = np.zeros(0), np.zeros(len(start))
        trace = EscapeTrace((), alone, alone, none, none, none, forwards=0)
        return PathEscapes(trace, many.gradients_taken, 0)
    trace = find_escapes(many.losses, torch.cat(quenched), start, threshold=threshold)
    return PathEscapes(trace, many.gradients_taken, trace.forwards)


class _Many:
    """Losses and gradients of many points of one network on one batch."""

    def __init__(self, scene: Scene, examples: Split) -> None:
        self._scene = scene
        self._shapes = scene.shapes
        self._examples = examples
        self._engines: dict[int, tuple[GradientEngine, Block, Block]] = {}
        self.gradients_taken = 0.0
        numbers = CPU_NUMBERS if scene.device.type == "cpu" else GPU_NUMBERS
        width = max(shape[0] for shape in self._shapes.values())
        tokens = math.prod(examples.y.shape)
        each = max(tokens * width, sum(math.prod(shape) for shape in self._shapes.values()))
        self.together = max(1, numbers // each)

    def _engine(self, members: int) -> tuple[GradientEngine, Block, Block]:
        if members not in self._engines:
            module = build_network(self._scene.config.network, self._scene.task).to(self._scene.device)
            engine = choose_gradients(self._scene.config.network, module, members, 1)
            block = Block(self._shapes, members, self._scene.device, channels_last=engine.channels_last)
            self._engines[members] = (engine, block, block.like())
        return self._engines[members]

    def gradients(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Return losses `[n]` and gradients `[n, d]`."""
        engine, block, out = self._engine(len(points))
        _write(block, points)
        with torch.enable_grad():
            losses = engine.gradients(block, self._examples.x[None], self._examples.y[None], out)
        self.gradients_taken += len(points)
        return losses.detach(), _read(out)

    def losses(self, points: Tensor) -> Tensor:
        """Return losses `[n]`."""
        found = []
        for part in points.split(self.together):
            engine, block, _ = self._engine(len(part))
            _write(block, part)
            found.append(engine.scores(block, self._examples.x, self._examples.y).loss)
        return torch.cat(found)


def _write(block: Block, points: Tensor) -> None:
    low = 0
    for view in block.views.values():
        size = view[0].numel()
        view.copy_(points[:, low : low + size].view(view.shape))
        low += size


def _read(block: Block) -> Tensor:
    return torch.cat([view.reshape(block.members, -1) for view in block.views.values()], 1)
