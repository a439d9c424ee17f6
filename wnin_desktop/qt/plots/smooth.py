"""Smoothing of curves, and thinning of smoothed ones to the pixels of a picture; numpy alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
BLOCK = 64


@dataclass(frozen=True)
class Smoothing:
    """How a curve is smoothed: not at all, by an exponential mean, or by a centred mean over a window.

    `amount` is the weight that the past keeps (ema, 0 to 1) or the number of points (mean).
    """

    kind: Literal["none", "ema", "mean"] = "none"
    amount: float = 0.0

    @property
    def key(self) -> str:
        """This smoothing as a word: none, ema-0.9, mean-25."""
        return "none" if self.kind == "none" else f"{self.kind}-{self.amount:g}"

    @classmethod
    def of_key(cls, key: object) -> Smoothing:
        """Return the smoothing called `key`; none where there is no such."""
        return next((each for each in CHOICES if each.key == key), NO_SMOOTHING)

    def __call__(self, values: Array) -> Array:
        """Return `values` smoothed; those that are not finite stay and count for nothing."""
        if self.kind == "ema":
            return ema(values, self.amount)
        return window_mean(values, int(self.amount)) if self.kind == "mean" else values


NO_SMOOTHING = Smoothing()
CHOICES = (
    NO_SMOOTHING,
    Smoothing("ema", 0.6),
    Smoothing("ema", 0.9),
    Smoothing("ema", 0.97),
    Smoothing("ema", 0.99),
    Smoothing("mean", 5),
    Smoothing("mean", 25),
    Smoothing("mean", 101),
)


def ema(values: Array, weight: float) -> Array:
    """Return the exponential mean m_k = sum_j w^(k-j) x_j / sum_j w^(k-j) over the points so far.

    The division removes the pull towards zero at the beginning (Kingma and Ba 2015, section 3).
    """
    known = np.isfinite(values)
    total = _decayed(np.where(known, values, 0.0), weight)
    count = _decayed(known.astype(np.float64), weight)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(known, total / count, np.nan)


def _decayed(x: Array, weight: float) -> Array:
    """Return y_k = w y_(k-1) + x_k: within blocks as one product, from block to block one after another."""
    blocks = -(-len(x) // BLOCK)
    padded = np.zeros(blocks * BLOCK)
    padded[: len(x)] = x
    lag = np.arange(BLOCK)[:, None] - np.arange(BLOCK)[None, :]
    local = padded.reshape(blocks, BLOCK) @ np.where(lag >= 0, weight ** np.maximum(lag, 0), 0.0).T
    carry, carries = 0.0, np.empty(blocks)
    decay = weight**BLOCK
    for block, last in enumerate(local[:, -1].tolist()):
        carries[block] = carry
        carry = decay * carry + last
    local += carries[:, None] * weight ** np.arange(1, BLOCK + 1)
    return local.ravel()[: len(x)]


def window_mean(values: Array, points: int) -> Array:
    """Return the mean over the `points` points around each, fewer at the ends; NaN counts for nothing."""
    if points <= 1 or not len(values):
        return values
    known = np.isfinite(values)
    half = points // 2
    low = np.maximum(np.arange(len(values)) - half, 0)
    high = np.minimum(np.arange(len(values)) + half + 1, len(values))
    total = np.concatenate([[0.0], np.cumsum(np.where(known, values, 0.0))])
    count = np.concatenate([[0], np.cumsum(known)])
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (total[high] - total[low]) / (count[high] - count[low])
    return np.where(known, mean, np.nan)


def thinned(x: Array, y: Array, pixels: int) -> tuple[Array, Array]:
    """Return at most about two points a pixel of a curve: the least and the greatest of each stretch."""
    size = len(x) // max(pixels, 1)
    if size < 4:
        return x, y
    whole = len(x) // size * size
    parts = y[:whole].reshape(-1, size)
    base = np.arange(len(parts)) * size
    known = np.where(np.isnan(parts), np.inf, parts)
    least = base + known.argmin(axis=1)
    greatest = base + np.where(np.isnan(parts), -np.inf, parts).argmax(axis=1)
    chosen = np.unique(np.concatenate([[0], least, greatest, np.arange(whole, len(x)), [len(x) - 1]]))
    return x[chosen], y[chosen]
