"""A bounded, thread-safe line of events from any thread into one event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable

from wnin_desktop.schema.events import RunEvent
from wnin_desktop.stream.batches import EventBuffer


class Inbox:
    """`put` never blocks: it appends under a lock held for microseconds, and wakes the loop once."""

    def __init__(self, capacity: int, kept: int) -> None:
        self._lock = threading.Lock()
        self._buffer = EventBuffer(capacity, kept)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake: Callable[[], object] | None = None
        self._signalled = False
        self._closed = False

    def bind(self, loop: asyncio.AbstractEventLoop, wake: Callable[[], object]) -> None:
        """Let `wake` be called in `loop` whenever events wait; at once, if some wait already."""
        with self._lock:
            self._loop, self._wake, self._signalled = loop, wake, False
            self._signal()

    def close(self) -> None:
        """Take no more events: from now on they count as dropped. The loop is not touched again."""
        with self._lock:
            self._closed, self._loop = True, None

    def put(self, events: Iterable[RunEvent]) -> None:
        """Append events, from any thread."""
        with self._lock:
            if self._closed:
                self._buffer.dropped += sum(1 for _ in events)
                return
            for event in events:
                self._buffer.append(event)
            self._signal()

    def _signal(self) -> None:
        if self._loop is not None and self._wake is not None and not self._signalled and len(self._buffer):
            self._signalled = True
            self._loop.call_soon_threadsafe(self._wake)

    def take(self, count: int) -> list[RunEvent]:
        """Remove and return up to `count` of the oldest events."""
        with self._lock:
            taken = self._buffer.take(count)
            self._signalled = bool(taken)
            return taken

    def clear(self) -> int:
        """Drop what waits and return how many events that were."""
        with self._lock:
            return self._buffer.clear()

    def __len__(self) -> int:
        with self._lock:
            return len(self._buffer)

    @property
    def dropped(self) -> int:
        """Return the events lost because the line was full or closed."""
        with self._lock:
            return self._buffer.dropped
