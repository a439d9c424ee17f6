"""What a curvature measurement returns."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from wnin_desktop.errors import InputError


@dataclass(frozen=True)
class TraceEstimate:
    """Hessian trace and relative trace of a mean loss, on a fixed probe batch.

    `trace` is sum_i H_ii; `relative` is sum_i w_i^2 H_ii, which rescaling a ReLU layer against the next does
    not change (Dinh et al. 2017 show that the plain trace does change). The standard errors are over probes:
    0 where the method is exact. All four are scalars, or `[members]` for a cohort; they stay on the device
    of the parameters, so nothing here waits for it. `relative` is None where it was not asked for.
    `cost_gradients` is the cost in gradient evaluations on the probe batch, by counted multiplications.
    """

    trace: Tensor
    trace_se: Tensor
    relative: Tensor | None
    relative_se: Tensor | None
    method: Literal["exact", "hutchinson"]
    probes: int
    examples: int
    cost_gradients: float

    def stacked(self) -> Tensor:
        """Return `[4, ...]`: trace, its SE, relative trace, its SE (NaN where not measured).

        One tensor, so that one copy brings all of it to the host.
        """
        unknown = torch.full_like(self.trace, math.nan)
        relative = unknown if self.relative is None else self.relative
        relative_se = unknown if self.relative_se is None else self.relative_se
        return torch.stack([self.trace, self.trace_se, relative, relative_se])


def mean_and_error(samples: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and standard error over the last axis, `[..., probes]` -> two `[...]`.

    Raises:
        InputError: fewer than two probes, which leave the error unknown.
    """
    count = samples.shape[-1]
    if count < 2:
        raise InputError.of("probes", count, "a standard error needs at least 2")
    return samples.mean(-1), samples.std(-1) / math.sqrt(count)


def of_samples(
    plain: Tensor, relative: Tensor | None, *, examples: int, cost_gradients: float
) -> TraceEstimate:
    """Return the Hutchinson estimate from v'Hv per probe: `plain` with v = z, `relative` with v = |w| z."""
    trace, trace_se = mean_and_error(plain)
    pair = (None, None) if relative is None else mean_and_error(relative)
    return TraceEstimate(
        trace, trace_se, *pair, "hutchinson", plain.shape[-1], examples, round(cost_gradients, 3)
    )
