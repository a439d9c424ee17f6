"""Arithmetic along a leading member axis: norms and factors of each member, apart from its company."""

from __future__ import annotations

from functools import reduce

import torch
from torch import Tensor

from wnin_desktop.engine.optimizers.registry import OptimizerContext


def as_rows(tensor: Tensor, context: OptimizerContext) -> Tensor:
    """Return `tensor` as `[S, numbers per member]`, S = 1 where there is no member axis."""
    return tensor.reshape(context.members or 1, -1)


def spread(per_member: Tensor, like: Tensor, context: OptimizerContext) -> Tensor:
    """Return `per_member` `[S]` shaped so that it multiplies `like` member by member."""
    return per_member.reshape(-1, *[1] * (like.dim() - 1)) if context.members else per_member.reshape(())


def member_norms(tensors: list[Tensor], context: OptimizerContext) -> Tensor:
    """Return the Euclidean norm of each member over all `tensors` together, `[S]`.

    The largest number is divided out first: squares of gradients near 1e-25 would vanish in single precision.
    """
    rows = [as_rows(tensor, context) for tensor in tensors]
    largest = torch.stack([row.abs().amax(1) for row in rows]).amax(0)
    safe = torch.where(largest > 0, largest, 1.0)
    # Added one by one: how torch sums along an axis depends on the length of the other one.
    squares = reduce(torch.add, [_squares(row / safe[:, None], context) for row in rows])
    return squares.sqrt() * largest


def _squares(rows: Tensor, context: OptimizerContext) -> Tensor:
    """Return the sum of squares of each row.

    How a sum over many numbers is cut into pieces depends on the shape of the whole: in the reproducible
    mode each member is summed by itself.
    """
    if context.reproducible:
        return torch.stack([row.square().sum() for row in rows.unbind()])
    return rows.square().sum(1)
