"""Draws on the CPU: one Philox 4x64 counter stream per key (Salmon et al. 2011), made into numbers by numpy.

Large float32 normals use the Box-Muller transform (Box & Muller 1958) on 32-bit integers, in blocks that
stay in the cache; small ones and float64 use numpy's ziggurat. Which of the two depends on the number of
elements alone, so a draw's bits depend on its key and its shape and on nothing else.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[Any]
"""A flat, contiguous array of float32 or float64."""
# Below this many elements a dozen numpy calls cost more than the ziggurat takes for everything.
ZIGGURAT_BELOW = 1024
BLOCK = 32768
_HALF = np.float32(0.5)
_TO_UNIT = np.float32(2.0**-31)
_TO_ANGLE = np.float32(np.pi * 2.0**-31)
_MINUS_TWO = np.float32(-2.0)
_SIGN_OFF = np.int32(0x7FFFFFFF)


class PhiloxDrawer:
    """A generator that is put at the start of a key's stream before each draw; one per thread."""

    def __init__(self) -> None:
        self._philox = np.random.Philox(0)
        self._generator = np.random.Generator(self._philox)
        # Counter 0, empty buffer and no left-over half word; only the key differs between draws.
        self._state = self._philox.state
        self._radius = np.empty(BLOCK // 2, np.float32)
        self._angle = np.empty(BLOCK // 2, np.float32)

    def seek(self, key: bytes) -> None:
        """Stand at the first number of the stream named by `key` (16 bytes)."""
        self._state["state"]["key"] = np.frombuffer(key, "<u8")
        self._philox.state = self._state

    def normal(self, out: Floats) -> None:
        """Fill the flat, contiguous `out` with independent N(0, 1)."""
        if out.dtype == np.float64:
            self._generator.standard_normal(out=out)
        elif out.size < ZIGGURAT_BELOW:
            self._generator.standard_normal(dtype=np.float32, out=out)
        else:
            for start in range(0, out.size, BLOCK):
                self._box_muller(out[start : start + BLOCK])

    def uniform(self, out: Floats) -> None:
        """Fill the flat, contiguous `out` with independent numbers of [0, 1)."""
        self._generator.random(dtype=out.dtype.type, out=out)

    def rademacher(self, out: Floats) -> None:
        """Fill the flat, contiguous `out` with independent fair signs -1 and +1, one random bit each."""
        words = self._philox.random_raw((out.size + 63) // 64).astype("<u8", copy=False)
        out[...] = np.unpackbits(words.view(np.uint8), count=out.size)
        out *= 2
        out -= 1

    def integers(self, out: NDArray[np.int64], high: int) -> None:
        """Fill the flat `out` with independent integers, uniform on 0 .. high - 1, without modulo bias."""
        out[...] = self._generator.integers(high, size=out.size)

    def permutation(self, out: NDArray[np.int64]) -> None:
        """Fill the flat `out` with a uniformly random order of 0 .. n - 1 (Fisher-Yates)."""
        out[...] = self._generator.permutation(out.size)

    def _box_muller(self, out: Floats) -> None:
        # radius = sqrt(-2 ln u), angle = 2 pi v; out = (radius cos angle, radius sin angle).
        # u has 31 bits and starts at 2^-32, so |out| reaches 6.66; v is signed, the angle lies in [-pi, pi].
        pairs = (out.size + 1) // 2
        seconds = out.size - pairs
        words = self._philox.random_raw(pairs).view(np.int32)
        radius, angle = self._radius[:pairs], self._angle[:pairs]
        np.bitwise_and(words[:pairs], _SIGN_OFF, out=words[:pairs])
        radius[...] = words[:pairs]
        angle[...] = words[pairs:]
        np.add(radius, _HALF, out=radius)
        np.multiply(radius, _TO_UNIT, out=radius)
        np.log(radius, out=radius)
        np.multiply(radius, _MINUS_TWO, out=radius)
        np.sqrt(radius, out=radius)
        np.multiply(angle, _TO_ANGLE, out=angle)
        np.cos(angle, out=out[:pairs])
        np.sin(angle[:seconds], out=out[pairs:])
        np.multiply(out[:pairs], radius, out=out[:pairs])
        np.multiply(out[pairs:], radius[:seconds], out=out[pairs:])


_of_thread = threading.local()


def drawer_of_thread() -> PhiloxDrawer:
    """Return this thread's drawer; `seek` it before each draw."""
    drawer: PhiloxDrawer | None = getattr(_of_thread, "drawer", None)
    if drawer is None:
        drawer = _of_thread.drawer = PhiloxDrawer()
    return drawer
