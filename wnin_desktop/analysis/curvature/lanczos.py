"""Largest eigenvalues of the Hessian by Lanczos' method with full reorthogonalization."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from wnin_desktop.analysis.curvature.hutchinson import LossFunction, Params, hessian_products
from wnin_desktop.errors import InputError

Operator = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class TopEigenvalues:
    """Largest eigenvalues, descending, `[k]`; each within its residual bound, `[k]`, of an eigenvalue.

    `converged` is False where the steps ran out first; `steps` counts products Hv. `vectors` are the
    eigenvectors of length 1, `[k, d]`, where they were asked for.
    """

    values: Tensor
    bounds: Tensor
    steps: int
    converged: bool
    vectors: Tensor | None = None


def flat_hessian(loss_fn: LossFunction, params: Params) -> Operator:
    """Return v -> Hv on flat vectors `[d]`, the parameters in the order of `params`; scalar losses only."""
    _, apply = hessian_products(loss_fn, params)
    shapes = [(name, tensor.shape, tensor.numel()) for name, tensor in params.items()]

    def operator(v: Tensor) -> Tensor:
        parts = v.split([numel for _, _, numel in shapes])
        products = apply(
            {name: part.view(shape) for (name, shape, _), part in zip(shapes, parts, strict=True)}
        )
        return torch.cat([products[name].reshape(-1) for name, _, _ in shapes])

    return operator


def top_eigenvalues(
    operator: Operator,
    start: Tensor,
    k: int = 1,
    *,
    tolerance: float = 1e-3,
    most_steps: int = 200,
    vectors: bool = False,
) -> TopEigenvalues:
    """Return the k algebraically largest eigenvalues of a symmetric operator.

    Lanczos (1950) with full reorthogonalization; a Ritz value counts as found when its residual is at most
    `tolerance` times the largest |Ritz value|. The residual bounds the distance to *an* eigenvalue. Reads
    numbers back from the device at every step, and keeps one vector per step.

    Args:
        operator: v -> Hv on `[d]`.
        start: any vector with a share in all wanted eigenvectors, `[d]`; a keyed normal draw, not a
            structured one.
        k: how many; an eigenvalue that occurs several times is found once.
        tolerance: see above.
        most_steps: largest number of products.
        vectors: return the eigenvectors too.

    Raises:
        InputError: k is not in 1 .. d, or `start` is zero or not finite.
    """
    d = start.numel()
    if not 1 <= k <= d:
        raise InputError.of("k", k, f"allowed: 1 to {d}")
    norm = float(start.norm())
    if not 0 < norm < float("inf"):
        raise InputError.of("start", norm, "its norm must be positive and finite")
    basis = [start / norm]
    diagonal: list[float] = []
    off: list[float] = []
    for step in range(1, min(most_steps, d) + 1):
        w, alpha, beta = _extend(operator, basis)
        diagonal.append(alpha)
        values, bounds, weights = _ritz(diagonal, off, beta, k)
        scale = float(values.abs().max())
        # nothing is left in the direction of the rest: the space is invariant and its eigenvalues are exact
        closed = beta <= torch.finfo(start.dtype).eps * max(scale, abs(alpha)) * 10
        found = len(values) == k and bool((bounds <= tolerance * scale).all())
        if closed or found or step == min(most_steps, d):
            wanted = weights.to(start).mT @ torch.stack(basis) if vectors else None
            return TopEigenvalues(values, bounds, step, closed or found or step == d, wanted)
        off.append(beta)
        basis.append(w / beta)
    raise AssertionError("the last step returns")


def _extend(operator: Operator, basis: list[Tensor]) -> tuple[Tensor, float, float]:
    w = operator(basis[-1])
    alpha = float(w @ basis[-1])
    stack = torch.stack(basis)
    for _ in range(2):  # once leaves rounding that grows; twice is enough (Parlett 1998)
        w = w - stack.mT @ (stack @ w)
    return w, alpha, float(w.norm())


def _ritz(diagonal: list[float], off: list[float], beta: float, k: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return the k largest Ritz values, descending, their residuals |beta s|, their vectors `[steps, k]`."""
    matrix = torch.diag(torch.tensor(diagonal, dtype=torch.float64))
    if off:
        side = torch.tensor(off, dtype=torch.float64)
        matrix = matrix + torch.diag(side, 1) + torch.diag(side, -1)
    values, vectors = torch.linalg.eigh(matrix)
    top = vectors.flip(1)[:, :k]
    return values.flip(0)[:k], beta * top[-1].abs(), top
