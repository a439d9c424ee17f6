"""Fan-out: one message to many subscribers, none of whom can hold up the others or the memory.

A message is written at once where the write buffer has room, else it waits in a queue of four. When a queue
becomes full everybody waits a moment (`lag_grace_s`); a subscriber that is still full then lags: it loses
steps (counted) until it has caught up, but not the starts and ends of runs. Bytes that nobody takes for three
seconds end the connection (the server's watchdog).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from websockets.protocol import State

from wnin_desktop.schema.events import RunEvent
from wnin_desktop.stream.batches import is_lossy, messages
from wnin_desktop.stream.guard import GuardedConnection
from wnin_desktop.stream.limits import Limits
from wnin_desktop.stream.live import LOCAL


@dataclass(frozen=True, slots=True)
class Message:
    """One encoded message, its events, and where they come from ("local" or the publisher's address)."""

    data: bytes
    events: list[RunEvent]
    peer: str = LOCAL


class Lane:
    """What waits for one subscriber. `opening` is told first: the runs that are already under way."""

    def __init__(
        self, connection: GuardedConnection, limits: Limits, opening: Iterable[RunEvent] = ()
    ) -> None:
        self.connection = connection
        self.lagging = False
        self.dropped = 0
        self.sent = 0
        self.left = False
        self._limits = limits
        self._queue: deque[Message] = deque()
        self._first: deque[Message] = deque(_encoded(opening, limits))
        self._owed: deque[RunEvent] = deque()
        self.flush()

    @property
    def idle(self) -> bool:
        """Return whether nothing waits for this subscriber here."""
        return not (self._first or self._queue or self._owed)

    @property
    def waiting_bytes(self) -> int:
        """Return the bytes held for this subscriber: queue and write buffer."""
        return sum(len(message.data) for message in self._queue) + self.connection.waiting_bytes

    def offer(self, message: Message) -> bool:
        """Write or queue `message`, or return False when the queue is full. A lagging lane loses it.

        What is written leaves with the next `push`, several messages in one call to the system.
        """
        if self.lagging:
            self._lose(message)
        elif self.idle and not self.connection.paused:
            self._write(message)
        elif len(self._queue) < self._limits.client_queue:
            self._queue.append(message)
        else:
            return False
        return True

    def lag(self, message: Message) -> None:
        """Give up on keeping up: lose `message` and what follows until everything that waits was sent."""
        self.lagging = True
        self._lose(message)

    def flush(self) -> None:
        """Write what waits while there is room; a lane with nothing left to write has caught up."""
        while not self.connection.paused:
            if waiting := self._first or self._queue:
                self._write(waiting.popleft())
                self.push()
            else:
                self.lagging = False
                if not self._owed:
                    return
                self._first.extend(_encoded(self._owed, self._limits))
                self._owed.clear()

    def push(self) -> None:
        """Hand over to the system what was written."""
        self.connection.send_data()

    def _write(self, message: Message) -> None:
        # Written without waiting: `paused` was looked at, so the buffer stays bounded.
        if self.connection.protocol.state is State.OPEN:
            self.connection.protocol.send_text(message.data)
            self.sent += len(message.events)

    def _lose(self, message: Message) -> None:
        owed = [event for event in message.events if not is_lossy(event)]
        self._owed.extend(owed)
        self.dropped += len(message.events) - len(owed)
        while len(self._owed) > self._limits.owed_events:
            self._owed.popleft()
            self.dropped += 1


def _encoded(events: Iterable[RunEvent], limits: Limits) -> list[Message]:
    return [Message(data, chunk) for data, chunk in messages(list(events), limits)]


class FanOut:
    """All subscribers. Lives in the server's event loop."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lanes: dict[GuardedConnection, Lane] = {}
        self._room = asyncio.Event()
        self.dropped_by_departed = 0

    def __len__(self) -> int:
        return len(self._lanes)

    def lanes(self) -> tuple[Lane, ...]:
        """Return the subscribers' lanes."""
        return tuple(self._lanes.values())

    def join(self, connection: GuardedConnection, opening: Iterable[RunEvent]) -> Lane:
        """Add a subscriber; it is told `opening` first and misses nothing sent after this call."""
        lane = Lane(connection, self._limits, opening)
        self._lanes[connection] = lane
        return lane

    def leave(self, connection: GuardedConnection) -> None:
        """Remove a subscriber, if it is one."""
        if lane := self._lanes.pop(connection, None):
            lane.left = True
            self.dropped_by_departed += lane.dropped
            self._room.set()

    def writable(self, connection: GuardedConnection) -> None:
        """Go on writing to a subscriber whose buffer has room again."""
        if lane := self._lanes.get(connection):
            lane.flush()
            self._room.set()

    def offer(self, message: Message) -> list[Lane]:
        """Give `message` to all and return those whose queue is full. It leaves with the next `push`."""
        return [lane for lane in self._lanes.values() if not lane.offer(message)]

    def push(self) -> None:
        """Hand over to the system what was written to all."""
        for lane in self._lanes.values():
            lane.push()

    async def wait_for_room(self, full: list[Lane], message: Message) -> None:
        """Wait a moment for those who could not take `message`; who cannot then either, lags."""
        self.push()
        try:
            async with asyncio.timeout(self._limits.lag_grace_s):
                while full:
                    self._room.clear()
                    await self._room.wait()
                    full = [lane for lane in full if not (lane.left or lane.offer(message))]
        except TimeoutError:
            for lane in full:
                lane.lag(message)

    @property
    def idle(self) -> bool:
        """Return whether nothing waits for any subscriber."""
        return all(lane.idle and not lane.connection.waiting_bytes for lane in self._lanes.values())

    @property
    def dropped(self) -> int:
        """Return the events lost by subscribers that could not keep up, including those that have left."""
        return self.dropped_by_departed + sum(lane.dropped for lane in self._lanes.values())
