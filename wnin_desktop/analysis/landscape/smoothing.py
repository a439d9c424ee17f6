"""The smoothed surface S(theta) = E[L(theta + sigma eps)], eps ~ N(0, I), by Monte Carlo.

On a quadratic S = L + sigma^2 tr(H) / 2. The same draws serve every point of a grid, so that their error
moves the surface as a whole and does not roughen it; each draw is used with both signs, which removes what is
odd in eps (the gradient's part, the largest) and leaves a pair's mean as one sample.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FEWEST_DRAWS = 2
"""Pairs below which a standard error is unknown."""


@dataclass
class Pairs:
    """Running mean and spread of pair means at every point, after Welford; arrays `[rows, columns]`."""

    mean: np.ndarray
    spread: np.ndarray
    count: int = 0

    @classmethod
    def empty(cls, shape: tuple[int, int]) -> Pairs:
        """Return no pairs."""
        return cls(np.zeros(shape), np.zeros(shape))

    def add(self, plus: np.ndarray, minus: np.ndarray) -> None:
        """Take in the losses at theta + sigma eps and theta - sigma eps."""
        pair = (plus + minus) / 2
        self.count += 1
        before = pair - self.mean
        self.mean = self.mean + before / self.count
        self.spread = self.spread + before * (pair - self.mean)

    def standard_error(self) -> np.ndarray:
        """Return the standard error of the mean; NaN with fewer than two pairs."""
        if self.count < FEWEST_DRAWS:
            return np.full(self.mean.shape, np.nan)
        return np.sqrt(self.spread / (self.count - 1) / self.count)
