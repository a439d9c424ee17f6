"""How fast steps come, from the times that the events carry."""

from __future__ import annotations

from collections import deque

WINDOW_S = 5.0


class Pace:
    """Steps per second over the last seconds, by the trainer's clock."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()
        self._count = 0

    def count(self, steps: int, timestamp: float) -> None:
        """Note that `steps` more were taken by `timestamp`."""
        self._count += steps
        if self._marks and timestamp < self._marks[-1][0]:
            self._marks.clear()  # another clock, or one that was set back
        self._marks.append((timestamp, self._count))
        while len(self._marks) > 2 and timestamp - self._marks[1][0] >= WINDOW_S:
            self._marks.popleft()

    @property
    def rate(self) -> float | None:
        """Steps per second; None before two moments are known."""
        if len(self._marks) < 2:
            return None
        (since, before), (until, after) = self._marks[0], self._marks[-1]
        return (after - before) / (until - since) if until > since else None
