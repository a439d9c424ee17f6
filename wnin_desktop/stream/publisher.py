"""A trainer's side of the stream: events go out while there is a server; training goes on without one."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from wnin_desktop.schema.events import Failed, Finished, RunEvent, RunStarted
from wnin_desktop.stream.batches import messages
from wnin_desktop.stream.inbox import Inbox
from wnin_desktop.stream.limits import DEFAULTS, Limits
from wnin_desktop.stream.link import LinkState, Refused, Unavailable, open_link, verdict, waits
from wnin_desktop.stream.token import Token, TokenSource
from wnin_desktop.stream.uri import PUBLISH_PATH, endpoint

Outgoing = tuple[bytes, list[RunEvent]]


class Publisher:
    """Sends a trainer's events to an event server, from a thread of its own.

    `put` never blocks and never fails. What the bounded buffer cannot hold is dropped, oldest steps first,
    and counted. After a reconnection the starts of the runs under way are told again.
    """

    def __init__(
        self,
        uri: str,
        token: Token | TokenSource,
        *,
        on_state: Callable[[LinkState, str], None] | None = None,
        limits: Limits = DEFAULTS,
    ) -> None:
        """Prepare a publisher; `start` begins to connect, `put` may come before.

        Args:
            uri: `ws://` to this machine or `wss://`, without a path.
            token: the server's token, or the source to ask for it before each connection.
            on_state: called in the publisher's thread whenever `state` changes, with the reason.
            limits: buffer sizes and times.

        Raises:
            InputError: the address is not accepted.
        """
        self.uri = endpoint(uri, PUBLISH_PATH)
        self._token = token
        self._on_state = on_state
        self._limits = limits
        self._inbox = Inbox(limits.publisher_events, limits.kept_events)
        self._state: tuple[LinkState, str] = ("connecting", "")
        self._met = False
        self._announced: dict[str, RunStarted] = {}
        self._pending: list[Outgoing] = []
        self._sent = 0
        self._unsendable = 0
        self._deadline = 0.0
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake: asyncio.Event | None = None
        self._closing: asyncio.Event | None = None

    # Called from any thread.

    @property
    def state(self) -> LinkState:
        """Return connecting, connected, refused (for good) or closed."""
        return self._state[0]

    @property
    def reason(self) -> str:
        """Return why it is in this state, in a few words; empty when all is well."""
        return self._state[1]

    @property
    def sent(self) -> int:
        """Return the events written to a connection."""
        return self._sent

    @property
    def dropped(self) -> int:
        """Return the events that will never be sent."""
        return self._inbox.dropped + self._unsendable

    def start(self) -> Self:
        """Begin to connect, in a thread of its own."""
        if self._thread is None:
            ready = threading.Event()
            self._thread = threading.Thread(
                target=lambda: asyncio.run(self._main(ready)), name="wnin-publisher", daemon=True
            )
            self._thread.start()
            ready.wait()
        return self

    def put(self, event: RunEvent) -> None:
        """Hand over one event. Never blocks."""
        self._inbox.put((event,))

    def close(self, timeout: float = 2.0) -> int:
        """Send what waits, for at most `timeout` seconds, then end the thread; return the events not sent.

        If there was no connection yet, one last try is made within the same time.
        """
        thread, loop, closing = self._thread, self._loop, self._closing
        if thread is not None and loop is not None and closing is not None:
            self._deadline = time.monotonic() + timeout
            with contextlib.suppress(RuntimeError):  # the loop has ended already
                loop.call_soon_threadsafe(closing.set)
            thread.join(timeout + 2 * self._limits.close_timeout_s)
        return self._give_up("closed", self.reason)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # In the publisher's thread.

    async def _main(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._wake, self._closing = asyncio.Event(), asyncio.Event()
        ready.set()
        session = asyncio.create_task(self._keep_connected(self._wake, self._closing))
        closing = asyncio.create_task(self._closing.wait())
        await asyncio.wait({session, closing}, return_when=asyncio.FIRST_COMPLETED)
        if not session.done():
            await asyncio.wait({session}, timeout=max(0.0, self._deadline - time.monotonic()))
        for task in (session, closing):
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await session

    async def _keep_connected(self, wake: asyncio.Event, closing: asyncio.Event) -> None:
        """Connect, send, and connect again, until everything is sent after `close`, or refused."""
        schedule = waits(self._limits)
        while True:
            last_try, since = closing.is_set(), time.monotonic()
            outcome = await self._session(wake, closing)
            if isinstance(outcome, Refused):
                self._give_up("refused", str(outcome))
            if not isinstance(outcome, Unavailable):
                return
            self._become("connecting", str(outcome))
            if last_try:
                return
            if time.monotonic() - since >= self._limits.backoff_reset_s:
                schedule = waits(self._limits)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(closing.wait(), next(schedule))

    async def _session(self, wake: asyncio.Event, closing: asyncio.Event) -> Refused | Unavailable | None:
        """Connect once and send; return why it ended, or None when all was sent and it closes."""
        try:
            async with await open_link(self.uri, self._token, self._limits, met=self._met) as connection:
                self._met = True
                self._become("connected", "")
                await self._send_all(connection, wake, closing)
        except (Refused, Unavailable) as outcome:
            return outcome
        except ConnectionClosed as closed:
            return verdict(closed)
        return None

    async def _send_all(
        self, connection: ClientConnection, wake: asyncio.Event, closing: asyncio.Event
    ) -> None:
        """Send until closing with nothing left. The end of the connection raises ConnectionClosed."""
        # The server never talks to a publisher: this ends when the connection does.
        gone = asyncio.create_task(connection.recv())
        stop = asyncio.create_task(closing.wait())
        try:
            for message in messages(list(self._announced.values()), self._limits):
                await connection.send(message[0], text=True)
            self._inbox.bind(asyncio.get_running_loop(), wake.set)
            while True:
                wake.clear()
                await self._flush(connection)
                if closing.is_set():
                    # The answer says that the server has read everything before it.
                    await (await connection.ping())
                    return
                await _first_of(wake, gone, stop)
        finally:
            gone.cancel()
            stop.cancel()

    async def _flush(self, connection: ClientConnection) -> None:
        """Send all that waits. A message stays pending until it is written, across reconnections."""
        while self._pending or self._refill():
            data, events = self._pending[0]
            await connection.send(data, text=True)
            del self._pending[0]
            self._sent += len(events)
            for event in events:
                self._remember(event)

    def _refill(self) -> bool:
        while events := self._inbox.take(self._limits.events_per_message):
            self._pending = list(messages(events, self._limits))
            self._unsendable += len(events) - sum(len(chunk) for _, chunk in self._pending)
            if self._pending:
                return True
        return False

    def _remember(self, event: RunEvent) -> None:
        """Keep the starts of the runs under way, to tell them again after a reconnection."""
        if isinstance(event, RunStarted):
            self._announced[event.run_id] = event
            if len(self._announced) > self._limits.live_runs:
                del self._announced[next(iter(self._announced))]
        elif isinstance(event, Finished | Failed):
            self._announced.pop(event.run_id, None)

    def _become(self, state: LinkState, reason: str) -> None:
        if (state, reason) != self._state:
            self._state = (state, reason)
            if self._on_state is not None:
                self._on_state(state, reason)

    def _give_up(self, state: LinkState, reason: str) -> int:
        """Take nothing more and return how many events are left unsent."""
        self._inbox.close()
        left = self._inbox.clear() + sum(len(events) for _, events in self._pending)
        self._unsendable += sum(len(events) for _, events in self._pending)
        self._pending.clear()
        self._become(state, reason)
        return left


async def _first_of(wake: asyncio.Event, gone: asyncio.Task[str | bytes], stop: asyncio.Task[bool]) -> None:
    """Wait for something to send, the end of the connection (raised), or the wish to close."""
    woken = asyncio.create_task(wake.wait())
    await asyncio.wait({woken, gone, stop}, return_when=asyncio.FIRST_COMPLETED)
    woken.cancel()
    if gone.done():
        gone.result()
        raise Refused("what answers is not an event server")
