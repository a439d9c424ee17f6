"""Half the width of Student's t interval, without scipy: a window that opens cannot wait for its import."""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
MOST_ITERATIONS = 60


@functools.cache
def quantile(freedom: int) -> float:
    """Return t with P(|T| <= t) = 0.95 for whole degrees of freedom, at least 1.

    Newton's method on the finite sums of Abramowitz and Stegun 26.7.3 and 26.7.4, which are exact.
    """
    t = 2.0 if freedom > 2 else 4.0
    log_scale = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2) - 0.5 * math.log(freedom * math.pi)
    for _ in range(MOST_ITERATIONS):
        density = 2 * math.exp(log_scale - (freedom + 1) / 2 * math.log1p(t * t / freedom))
        change = (_within(t, freedom) - LEVEL) / density
        t -= change
        if abs(change) <= 4e-16 * t:
            break
    return t


def _within(t: float, freedom: int) -> float:
    """Return P(|T| <= t)."""
    root = math.sqrt(freedom)
    sine, cosine = t / math.hypot(t, root), root / math.hypot(t, root)
    odd = freedom % 2
    term = cosine if odd else 1.0
    terms = [term] if freedom > 1 else []
    for k in range(3 if odd else 2, freedom, 2):
        term *= cosine * cosine * (k - 1) / k
        terms.append(term)
    total = sine * math.fsum(terms)
    return 2 / math.pi * (math.atan2(sine, cosine) + total) if odd else total


@functools.cache
def _table(most: int) -> NDArray[np.float64]:
    factors = np.full(most + 1, np.nan)
    for n in range(2, most + 1):
        factors[n] = quantile(n - 1) / math.sqrt(n * (n - 1))
    return factors


def half_width(squares: NDArray[np.float64], n: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the half width from sums of squared deviations and the numbers of their values; NaN below 2."""
    return _table(int(n.max(initial=0)))[n] * np.sqrt(squares)
