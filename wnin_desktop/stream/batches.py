"""Events into messages, and a bounded buffer that drops steps before it drops what a run needs told."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

import msgspec

from wnin_desktop.schema.events import Curvature, Failed, RunEvent, StepMetrics, encode_batch
from wnin_desktop.stream.limits import DEFAULTS, ERROR_CHARACTERS, TRACEBACK_CHARACTERS, Limits


def is_lossy(event: RunEvent) -> bool:
    """Return whether a viewer can do without this event: the next one like it replaces it on the screen."""
    return isinstance(event, StepMetrics | Curvature)


def messages(events: Sequence[RunEvent], limits: Limits = DEFAULTS) -> Iterator[tuple[bytes, list[RunEvent]]]:
    """Yield `(JSON array, its events)`, each within the message limit, in order.

    An event that alone exceeds the limit, or that JSON cannot hold, is left out; of a failure with a long
    traceback the end is kept.
    """
    for start in range(0, len(events), limits.events_per_message):
        yield from _halved(list(events[start : start + limits.events_per_message]), limits)


def _halved(chunk: list[RunEvent], limits: Limits) -> Iterator[tuple[bytes, list[RunEvent]]]:
    data = _encoded(chunk)
    if data is not None and len(data) <= limits.message_bytes:
        yield data, chunk
    elif len(chunk) > 1:
        middle = len(chunk) // 2
        yield from _halved(chunk[:middle], limits)
        yield from _halved(chunk[middle:], limits)
    else:
        yield from _shortened(chunk[0], limits)


def _shortened(event: RunEvent, limits: Limits) -> Iterator[tuple[bytes, list[RunEvent]]]:
    if not isinstance(event, Failed):
        return
    # A character takes at most six bytes in JSON, so this fits for any text.
    tail, error = event.traceback[-TRACEBACK_CHARACTERS:], event.error[:ERROR_CHARACTERS]
    short = msgspec.structs.replace(event, traceback=tail, error=error)
    data = _encoded([short])
    if data is not None and len(data) <= limits.message_bytes:
        yield data, [short]


def _encoded(chunk: list[RunEvent]) -> bytes | None:
    try:
        return encode_batch(chunk)
    # No Unicode (a lone surrogate from an undecodable file name), an integer over 64 bits, a foreign type.
    except (UnicodeEncodeError, OverflowError, TypeError, RecursionError):
        return None


class EventBuffer:
    """A bounded first-in-first-out buffer of events. Not thread-safe: its owner holds a lock.

    When it is full the oldest event goes. A step is then dropped; anything else moves to a second bounded
    line, which is older than everything in the first one, so the order stays.
    """

    def __init__(self, capacity: int, kept: int) -> None:
        self._events: deque[RunEvent] = deque()
        self._kept: deque[RunEvent] = deque()
        self._capacity = capacity
        self._kept_capacity = kept
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._events) + len(self._kept)

    def append(self, event: RunEvent) -> None:
        """Add the newest event."""
        self._events.append(event)
        if len(self._events) > self._capacity:
            self._spill(self._events.popleft())

    def _spill(self, event: RunEvent) -> None:
        if is_lossy(event):
            self.dropped += 1
            return
        self._kept.append(event)
        if len(self._kept) > self._kept_capacity:
            self._kept.popleft()
            self.dropped += 1

    def take(self, count: int) -> list[RunEvent]:
        """Remove and return up to `count` of the oldest events."""
        taken: list[RunEvent] = []
        for line in (self._kept, self._events):
            while line and len(taken) < count:
                taken.append(line.popleft())
        return taken

    def clear(self) -> int:
        """Drop everything and return how many events that were."""
        count = len(self)
        self._events.clear()
        self._kept.clear()
        self.dropped += count
        return count
