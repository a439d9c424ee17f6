"""Statistics over seeds: the unit of replication is the seed, and arms are compared in pairs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtr, stdtrit

from wnin_desktop.errors import InputError

Alternative = Literal["two-sided", "greater", "less"]
MINIMUM_SEEDS = 9
"""Sign-flip p-values are never below 2^(1-n): with fewer seeds none survives Holm over nine hypotheses."""
_MOST_EXACT = 36
_BLOCK = 2**20


@dataclass(frozen=True)
class Interval:
    """A mean and its confidence interval; `low` and `high` are None where one value leaves no spread."""

    mean: float
    low: float | None
    high: float | None
    n: int
    level: float
    method: Literal["t", "bootstrap", "none"]

    def excludes(self, value: float) -> bool:
        """Return whether there is an interval and `value` lies outside of it."""
        return self.low is not None and self.high is not None and not self.low <= value <= self.high


def mean_interval(values: Sequence[float], level: float = 0.95) -> Interval:
    """Return mean and Student's t interval; with one value the method is "none" and there is no interval.

    Raises:
        InputError: no values, one that is not finite, or a level outside (0, 1).
    """
    x = _finite(values)
    _check_level(level)
    mean = float(x.mean())
    if len(x) == 1:
        return Interval(mean, None, None, 1, level, "none")
    half = float(stdtrit(len(x) - 1, (1 + level) / 2)) * _standard_error(x)
    return Interval(mean, mean - half, mean + half, len(x), level, "t")


def paired_bootstrap(
    a: Sequence[float], b: Sequence[float], seed: int, *, level: float = 0.95, resamples: int = 9999
) -> Interval:
    """Return the mean of a - b and its bootstrap interval over pairs.

    Percentiles, widened for small n as t is against the normal ("expanded percentiles", Hesterberg 2015,
    doi 10.1080/00031305.2015.1089789): plain ones are too narrow by a factor sqrt((n-1)/n) and more.

    Args:
        a: one value per seed.
        b: the other arm's values, in the same order of seeds.
        seed: of the resampling; the same seed gives the same interval.
        level: coverage aimed at.
        resamples: draws of n pairs with replacement.

    Raises:
        InputError: unequal lengths, no pairs, values that are not finite, or a level outside (0, 1).
    """
    difference = _paired(a, b)
    _check_level(level)
    n, mean = len(difference), float(difference.mean())
    if n == 1:
        return Interval(mean, None, None, 1, level, "none")
    generator = np.random.Generator(np.random.Philox(key=seed))
    size = max(1, _BLOCK // n)
    blocks = [min(size, resamples - start) for start in range(0, resamples, size)]
    means = np.concatenate([difference[generator.integers(n, size=(k, n))].mean(1) for k in blocks])
    tail = ndtr(math.sqrt(n / (n - 1)) * stdtrit(n - 1, (1 - level) / 2))
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(mean, float(low), float(high), n, level, "bootstrap")


def sign_flip_p_value(
    differences: Sequence[float], *, alternative: Alternative = "two-sided", seed: int = 0
) -> float:
    """Return the p-value of the mean of paired differences when every sign is equally likely (Fisher 1935).

    Exact over all 2^n sign patterns up to 36 pairs; beyond that by 99999 random patterns, which count the
    observed one. Exact under the null that differences are symmetric about 0. Never below 2^(1-n)
    (two-sided).

    Raises:
        InputError: no differences, or one that is not finite.
    """
    d = _finite(differences)
    if alternative == "less":
        d = -d
    observed = float(d.sum())
    threshold = abs(observed) if alternative == "two-sided" else observed
    # sums that are equal in exact arithmetic must count as equal
    threshold -= 1e-12 * float(np.abs(d).sum())
    if threshold <= 0 and alternative == "two-sided":
        return 1.0
    sides = 2 if alternative == "two-sided" else 1
    if len(d) <= _MOST_EXACT:
        return min(1.0, sides * _count_at_least(d, threshold) / 2 ** len(d))
    generator = np.random.Generator(np.random.Philox(key=seed))
    signs = (generator.integers(2, size=(1000, len(d)), dtype=np.int8) for _ in range(100))
    sums = np.concatenate([(2.0 * block - 1) @ d for block in signs])[1:]
    beyond = np.abs(sums) if sides == 2 else sums
    return float((1 + (beyond >= threshold).sum()) / (len(sums) + 1))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted for their number, in the order given (Holm 1979, step down).

    Raises:
        InputError: a value outside 0 .. 1.
    """
    for p in p_values:
        if not 0 <= p <= 1:
            raise InputError.of("p value", p, "allowed: 0 to 1")
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def tost(differences: Sequence[float], margin: float) -> float:
    """Return the p-value of the claim |mean difference| < margin: two one-sided t tests (Schuirmann 1987).

    Raises:
        InputError: fewer than two differences, one that is not finite, or a margin that is not positive.
    """
    d = _finite(differences)
    if len(d) < 2:
        raise InputError.of("differences", len(d), "equivalence needs at least 2 pairs")
    if not 0 < margin < math.inf:
        raise InputError.of("margin", margin, "allowed: positive and finite")
    distance = margin - abs(float(d.mean()))
    se = _standard_error(d)
    if se == 0:
        return 0.0 if distance > 0 else 1.0
    return float(stdtr(len(d) - 1, -distance / se))


def _count_at_least(d: NDArray[np.float64], threshold: float) -> int:
    """Return how many of the 2^n signed sums reach `threshold`: one half's sums meet the other's, sorted."""
    left, right = _signed_sums(d[: len(d) // 2]), np.sort(_signed_sums(d[len(d) // 2 :]))
    return int((len(right) - np.searchsorted(right, threshold - left, side="left")).sum())


def _signed_sums(d: NDArray[np.float64]) -> NDArray[np.float64]:
    sums = np.zeros(1)
    for value in d:
        sums = np.concatenate([sums + value, sums - value])
    return sums


def _standard_error(x: NDArray[np.float64]) -> float:
    return float(x.std(ddof=1)) / math.sqrt(len(x))


def _paired(a: Sequence[float], b: Sequence[float]) -> NDArray[np.float64]:
    if len(a) != len(b):
        raise InputError.of("pairs", (len(a), len(b)), "both arms need one value per seed")
    return _finite(a) - _finite(b)


def _finite(values: Sequence[float]) -> NDArray[np.float64]:
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 1 or not len(x):
        raise InputError.of("values", list(np.shape(x)), "at least one number is needed, in one row")
    if not np.isfinite(x).all():
        worst = float(x[~np.isfinite(x)][0])
        raise InputError.of("values", worst, "only finite numbers have a mean; count diverged runs apart")
    return x


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise InputError.of("level", level, "allowed: between 0 and 1")
