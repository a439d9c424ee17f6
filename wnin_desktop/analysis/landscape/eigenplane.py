"""The plane of the two directions along which the loss bends most."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from wnin_desktop.analysis.curvature import flat_hessian, top_eigenvalues
from wnin_desktop.analysis.curvature.hutchinson import LossFunction, Params
from wnin_desktop.analysis.landscape.directions import flattened
from wnin_desktop.analysis.landscape.plane import Plane
from wnin_desktop.noise.keyed import KeyedNoise, Stream

RISE_NAT = 1.0
"""How far the quadratic picture rises along the first direction at the edge of the default span."""


@dataclass(frozen=True)
class EigenPlane:
    """The plane, whether Lanczos converged, how far off its eigenvalues may be, and its cost in gradients."""

    plane: Plane
    converged: bool
    bounds: tuple[float, ...]
    cost_gradients: float


def hessian_plane(
    loss: LossFunction,
    parameters: Params,
    noise: KeyedNoise,
    *,
    tolerance: float = 1e-3,
    most_steps: int = 200,
) -> EigenPlane:
    """Return the plane of the eigenvectors of the two largest eigenvalues of the Hessian at `parameters`.

    Directions have length 1; the sign makes the largest entry positive, so that it does not depend on chance.

    Args:
        loss: A scalar function of all parameters, normalization in evaluation mode.
        parameters: The point, by name.
        noise: Names the start vector.
        tolerance: Residual over the largest eigenvalue.
        most_steps: Largest number of Hessian-vector products; each counts as two gradients.
    """
    start = flattened(
        {
            name: noise.normal(Stream.PROBE, 0, f"landscape lanczos/{name}", w.shape, w.dtype).to(w.device)
            for name, w in parameters.items()
        }
    )
    found = top_eigenvalues(
        flat_hessian(loss, parameters),
        start,
        min(2, start.numel()),
        tolerance=tolerance,
        most_steps=most_steps,
        vectors=True,
    )
    assert found.vectors is not None
    center = flattened({name: w.detach() for name, w in parameters.items()})
    rows = [_signed(row) for row in found.vectors] + [torch.zeros_like(center)]
    plane = Plane(
        center.cpu().numpy(),
        rows[0].cpu().numpy(),
        rows[1].cpu().numpy(),
        eigenvalues=tuple(found.values.tolist()),
    )
    return EigenPlane(plane, found.converged, tuple(found.bounds.tolist()), 1 + 2 * found.steps)


def _signed(row: Tensor) -> Tensor:
    return row * torch.sign(row[row.abs().argmax()])


def span_of(plane: Plane) -> float:
    """Return the half width at which a quadratic of the largest eigenvalue has risen by `RISE_NAT`."""
    top = plane.eigenvalues[0]
    return math.sqrt(2 * RISE_NAT / top) if top > 0 else 1.0
