"""Where data lie on the pixels of a plot."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF

Array = NDArray[np.float64]
LEAST_LOG = -300.0
"""Where a logarithmic axis puts what has no logarithm: far below every picture."""


@dataclass(frozen=True)
class Frame:
    """A range of both axes, linear or logarithmic, on `width` by `height` pixels; y grows downwards.

    `x0` and `x1` are what the left and the right edge show, `y0` and `y1` the bottom and the top: logarithms
    to base ten where an axis is logarithmic. `x0` is above `x1` where x falls to the right.
    """

    x0: float
    x1: float
    y0: float
    y1: float
    width: float
    height: float
    log_x: bool = False
    log_y: bool = False

    def px(self, x: Array) -> Array:
        """Return horizontal pixels of data."""
        return (_scaled(x, self.log_x) - self.x0) * (self.width / (self.x1 - self.x0))

    def py(self, y: Array) -> Array:
        """Return vertical pixels of data."""
        return (self.y1 - _scaled(y, self.log_y)) * (self.height / (self.y1 - self.y0))

    def edges(self, low: Array, high: Array) -> tuple[Array, Array]:
        """Return vertical pixels of the lower and the upper edge of a band.

        A logarithmic axis has no place for what is not positive: there the lower edge is the bottom of the
        picture, and NaN where the upper edge is not positive either, for nothing of the band is in sight.
        """
        bottom, top = self.py(low), self.py(high)
        if not self.log_y:
            return bottom, top
        return np.where(low > 0, bottom, np.where(high > 0, self.height, np.nan)), top

    def x_pixel(self, x: float) -> float:
        """Return the horizontal pixel of one datum."""
        return (scaled(x, self.log_x) - self.x0) * (self.width / (self.x1 - self.x0))

    def y_pixel(self, y: float) -> float:
        """Return the vertical pixel of one datum."""
        return (self.y1 - scaled(y, self.log_y)) * (self.height / (self.y1 - self.y0))

    def x_at(self, pixel: float) -> float:
        """Return the datum at a horizontal pixel."""
        value = self.x0 + pixel / max(self.width, 1.0) * (self.x1 - self.x0)
        return _unscaled(value, self.log_x)

    def y_at(self, pixel: float) -> float:
        """Return the datum at a vertical pixel."""
        value = self.y1 - pixel / max(self.height, 1.0) * (self.y1 - self.y0)
        return _unscaled(value, self.log_y)

    @property
    def x_range(self) -> tuple[float, float]:
        """Least and greatest x in sight."""
        ends = _unscaled(self.x0, self.log_x), _unscaled(self.x1, self.log_x)
        return min(ends), max(ends)

    @property
    def y_range(self) -> tuple[float, float]:
        """Least and greatest y in sight."""
        return _unscaled(self.y0, self.log_y), _unscaled(self.y1, self.log_y)

    def is_like(self, other: Frame) -> bool:
        """Return whether a picture of the other can be stretched to this one."""
        return (self.log_x, self.log_y) == (other.log_x, other.log_y)

    def place_of(self, other: Frame) -> QRectF:
        """Return where on these pixels the other's range lies."""
        across, up = self.width / (self.x1 - self.x0), self.height / (self.y1 - self.y0)
        left, top = (other.x0 - self.x0) * across, (self.y1 - other.y1) * up
        return QRectF(left, top, (other.x1 - other.x0) * across, (other.y1 - other.y0) * up)


def scaled(value: float, log: bool) -> float:
    """Return where a number lies on an axis."""
    if not log:
        return value
    return math.log10(value) if value > 0 else LEAST_LOG


def _scaled(values: Array, log: bool) -> Array:
    values = np.asarray(values, dtype=np.float64)
    if not log:
        return values
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(values > 0, np.log10(values), np.where(np.isnan(values), np.nan, LEAST_LOG))


def _unscaled(value: float, log: bool) -> float:
    if not log:
        return value
    return float(10.0 ** min(max(value, LEAST_LOG), 300.0))
