"""A bounded box between a run and who watches it: putting never blocks, showing may lose steps, counted."""

from __future__ import annotations

import threading
from collections import deque

from wnin_desktop.schema.events import RunEvent, StepMetrics

CAPACITY = 65_536


class Mailbox:
    """Events from one writer to one reader. When full, the oldest step events go; all other events stay."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._lock = threading.Lock()
        self._steps: deque[tuple[int, RunEvent]] = deque(maxlen=capacity)
        self._others: list[tuple[int, RunEvent]] = []
        self._count = 0
        self.dropped = 0
        """Step events that nobody will see here; the store has them."""

    def put(self, event: RunEvent) -> None:
        """Add an event; never blocks on the reader."""
        with self._lock:
            self._count += 1
            if not isinstance(event, StepMetrics):
                self._others.append((self._count, event))
                return
            if len(self._steps) == self._steps.maxlen:
                self.dropped += 1
            self._steps.append((self._count, event))

    def drain(self) -> list[RunEvent]:
        """Return all events in the order they were put, and empty the box."""
        with self._lock:
            steps, others = list(self._steps), self._others
            self._steps.clear()
            self._others = []
        if not others:
            return [event for _, event in steps]
        return [event for _, event in sorted(steps + others, key=lambda pair: pair[0])]
