"""Events per second over the last few seconds."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

BIN_S = 0.25
BINS = 20


class RateMeter:
    """Counts in bins of a quarter second; `rate` averages over five seconds, or since the first count."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._bins: deque[list[int]] = deque(maxlen=BINS)
        self._first: float | None = None

    def add(self, count: int) -> None:
        """Count `count` events now."""
        now = self._clock()
        if self._first is None:
            self._first = now
        index = int(now / BIN_S)
        if self._bins and self._bins[-1][0] == index:
            self._bins[-1][1] += count
        else:
            self._bins.append([index, count])

    def rate(self) -> float:
        """Return events per second."""
        if self._first is None:
            return 0.0
        now = self._clock()
        oldest = int(now / BIN_S) - BINS + 1
        total = sum(count for index, count in self._bins if index >= oldest)
        return total / min(max(now - self._first, BIN_S), BINS * BIN_S)
