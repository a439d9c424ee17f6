"""Raw normal draws shaped like the parameters, shared by every arm of a seed (common random numbers)."""

from __future__ import annotations

import torch
from torch import Tensor

from wnin_desktop.engine.cohort.block import Shapes, split_rows
from wnin_desktop.noise.keyed import StackedNoise, Stream

PARAMETERS = "parameters"
"""Tensor name in the key: one draw covers all parameters, cut in their order."""


class Draws:
    """Keyed draws of several seeds; the last of each stream is kept, for all arms of a step meet it."""

    def __init__(self, seeds: tuple[int, ...], shapes: Shapes, device: torch.device) -> None:
        self._noise = StackedNoise(seeds, device)
        self._shapes = shapes
        self._size = sum(torch.Size(shape).numel() for shape in shapes.values())
        self._device = device
        self._kept: dict[Stream, tuple[int, dict[str, Tensor]]] = {}
        self._memory: dict[Stream, Tensor] = {}

    def parameters(self, stream: Stream, step: int) -> dict[str, Tensor]:
        """Return standard normals `[seeds, *shape]` by parameter name; valid until the next step's draw."""
        kept = self._kept.get(stream)
        if kept is not None and kept[0] == step:
            return kept[1]
        memory = self._memory.get(stream)
        if memory is None:
            memory = self._memory[stream] = torch.empty(
                len(self._noise.seeds), self._size, device=self._device
            )
        self._noise.normal(stream, step, PARAMETERS, (self._size,), out=memory)
        named = split_rows(memory, self._shapes)
        self._kept[stream] = (step, named)
        return named

    def flat(self, stream: Stream) -> Tensor:
        """Return the last draw of a stream in one piece, `[seeds, parameters]`, as its key names it."""
        return self._memory[stream]

    def inputs(self, step: int, shape: tuple[int, ...]) -> Tensor:
        """Return the standard normals of input jitter, `[seeds, *shape]`."""
        return self._noise.normal(Stream.INPUT_JITTER, step, "x", shape)

    def labels(self, step: int, shape: tuple[int, ...], choices: int) -> tuple[Tensor, Tensor]:
        """Return (uniforms that decide which labels fall, integers below `choices`), `[seeds, *shape]`."""
        which = self._noise.uniform(Stream.LABEL_CORRUPT, step, "which", shape)
        to = self._noise.integers(Stream.LABEL_CORRUPT, step, "to", choices, shape)
        return which, to
