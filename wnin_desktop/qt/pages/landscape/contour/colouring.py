"""A surface as a picture of colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from wnin_desktop.qt.pages.landscape.looking import Height

Array = NDArray[np.float64]
LEVELS = 256


def coloured(values: Array, axis: Height, table: NDArray[np.uint8]) -> QImage:
    """Return a pixel for each point, the highest `b` on top; holes are transparent.

    Args:
        values: Heights `[rows, columns]`.
        axis: What the ends of the map mean.
        table: The map, `[256, 4]` red, green, blue, alpha.
    """
    places = axis.places(np.asarray(values, np.float64)[::-1])
    known = np.isfinite(places)
    index = (np.clip(np.where(known, places, 0.0), 0.0, 1.0) * (LEVELS - 1)).round().astype(np.uint8)
    pixels = table[index]
    if not known.all():
        pixels[~known] = 0
    return as_image(pixels)


def plain(values: Array, colour: tuple[int, int, int]) -> QImage:
    """Return a pixel of one colour for each point that is known."""
    pixels = np.empty((*values.shape, 4), np.uint8)
    pixels[...] = (*colour, 255)
    pixels[~np.isfinite(values[::-1])] = 0
    return as_image(pixels)


def as_image(pixels: NDArray[np.uint8]) -> QImage:
    """Return pixels `[rows, columns, 4]` as a picture of its own memory."""
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()
