"""Random directions in the units of the weights (Li et al., arXiv 1712.09913).

Filter normalization: d_f <- d_f ||w_f|| / ||d_f|| for each filter f, a slice of the first axis of a tensor of
two or more dimensions: what leads into one unit or one channel. Tensors of one dimension (biases,
normalization layers) stay where they are. Rescaling a ReLU network (a W1, W2 / a) rescales the directions
with it, so the slice does not change.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor

from wnin_desktop.noise.keyed import KeyedNoise, Stream

Normalization = Literal["filter", "layer"]


def random_direction(
    parameters: Mapping[str, Tensor], noise: KeyedNoise, number: int, normalization: Normalization
) -> dict[str, Tensor]:
    """Return keyed normal direction `number`, normalized by the weights, named and shaped as `parameters`.

    Args:
        parameters: The point, float32 or float64.
        noise: Draws of one seed.
        number: 0, 1, ...: which direction.
        normalization: By filter, or by layer: d <- d ||w|| / ||d|| for each tensor.
    """
    return {
        name: _normalized(w.detach(), _draw(noise, number, name, w), normalization)
        for name, w in parameters.items()
    }


def _draw(noise: KeyedNoise, number: int, name: str, like: Tensor) -> Tensor:
    draw = noise.normal(Stream.PROBE, number, f"landscape direction/{name}", like.shape, like.dtype)
    return draw.to(like.device)


def _normalized(w: Tensor, d: Tensor, normalization: Normalization) -> Tensor:
    if w.ndim < 2:
        return torch.zeros_like(w)
    if normalization == "layer":
        return d * (w.norm() / d.norm())
    return d * (_filter_norms(w) / _filter_norms(d))


def _filter_norms(tensor: Tensor) -> Tensor:
    norms = torch.linalg.vector_norm(tensor.flatten(1), dim=1)
    return norms.view(-1, *[1] * (tensor.ndim - 1))


def smoothing_draw(parameters: Mapping[str, Tensor], noise: KeyedNoise, draw: int) -> dict[str, Tensor]:
    """Return the keyed normal numbers eps of smoothing draw `draw`, for every parameter and on its device."""
    return {
        name: noise.normal(Stream.PROBE, draw, f"landscape smoothing/{name}", w.shape, w.dtype).to(w.device)
        for name, w in parameters.items()
    }


def flattened(tensors: Mapping[str, Tensor]) -> Tensor:
    """Return named tensors as one vector `[d]`, in their order."""
    return torch.cat([tensor.reshape(-1) for tensor in tensors.values()])
