"""Rademacher probes from the keyed probe stream: the same in every arm, regenerable at any time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from wnin_desktop.noise.keyed import KeyedNoise, StackedNoise, Stream

Probes = Mapping[str, Tensor]
"""Signs by parameter name: `[probes, *shape]`, or `[members, probes, *shape]` where members differ."""


def keyed_probes(
    noise: KeyedNoise | StackedNoise,
    shapes: Mapping[str, Sequence[int]],
    count: int,
    *,
    step: int = 0,
    dtype: torch.dtype = torch.float32,
    out: Mapping[str, Tensor] | None = None,
) -> dict[str, Tensor]:
    """Return `count` probes of independent fair signs for each name.

    Args:
        noise: draws of one seed (probes `[count, *shape]`), or of each member's seed (`[members, count,
            *shape]`).
        shapes: shape of each parameter of one member.
        count: probes of one estimate.
        step: part of the key; one value throughout a run measures every step with the same probes.
        dtype: floating type of the parameters.
        out: earlier probes of the same shapes, overwritten; fresh memory costs as much as the draws.
    """
    return {
        name: noise.rademacher(
            Stream.PROBE, step, name, (count, *shape), dtype, out=None if out is None else out[name]
        )
        for name, shape in shapes.items()
    }
