"""A watcher's side of the stream: batches of events, as if the run were here."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from wnin_desktop.errors import InputError, StreamError
from wnin_desktop.schema.events import Failed, Finished, RunEvent, RunStarted, StepMetrics, decode_batch
from wnin_desktop.stream.limits import DEFAULTS, Limits
from wnin_desktop.stream.link import LinkState, Refused, Unavailable, open_link, verdict, waits
from wnin_desktop.stream.token import Token, TokenSource
from wnin_desktop.stream.uri import SUBSCRIBE_PATH, endpoint


class Subscriber:
    """Batches of events: `async for batch in subscriber` in a loop, `for batch in subscriber` elsewhere.

    The first batches tell the starts of the runs already under way. A lost connection is opened again. The
    iteration ends after `close`, which any thread may call, and raises StreamError when the server says no.
    """

    def __init__(
        self,
        uri: str,
        token: Token | TokenSource,
        *,
        reconnect: bool = True,
        limits: Limits = DEFAULTS,
    ) -> None:
        """Prepare a subscriber; the iteration connects.

        Args:
            uri: `ws://` to this machine or `wss://`, without a path.
            token: the server's token, or the source to ask for it before each connection.
            reconnect: whether an absent or lost server is waited for; if not, its end ends the iteration.
            limits: times and sizes.

        Raises:
            InputError: the address is not accepted.
        """
        self.uri = endpoint(uri, SUBSCRIBE_PATH, field="--watch")
        self.state: LinkState = "connecting"
        self.reason = ""
        self.received = 0
        """Events so far."""
        self.missed = 0
        """Steps left out by the server because this subscriber was slow, seen by their numbers."""
        self._token = token
        self._met = False
        self._reconnect = reconnect
        self._limits = limits
        self._waits = waits(limits)
        self._since = 0.0
        self._last_step: dict[str, int] = {}
        self._connection: ClientConnection | None = None
        self._lock = threading.Lock()
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    def close(self) -> None:
        """End the iteration, from any thread."""
        with self._lock:
            self._closed = True
            if self._loop is not None:
                with contextlib.suppress(RuntimeError):  # the loop has ended already
                    self._loop.call_soon_threadsafe(self._end)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[RunEvent]:
        batch = await self._next()
        if batch is None:
            raise StopAsyncIteration
        return batch

    def __iter__(self) -> Iterator[list[RunEvent]]:
        with asyncio.Runner() as runner:
            try:
                while (batch := runner.run(self._next())) is not None:
                    yield batch
            except asyncio.CancelledError:
                # Nobody cancels here but the runner's answer to Ctrl-C, which must not look like a fault.
                raise KeyboardInterrupt from None
            finally:
                runner.run(self.aclose())

    async def aclose(self) -> None:
        """Close the connection, in the loop that iterates."""
        self._closed = True
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
        if self.state != "refused":
            self.state = "closed"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def _end(self) -> None:
        if self._stop is not None:
            self._stop.set()
        if self._connection is not None:
            self._connection.transport.abort()

    async def _next(self) -> list[RunEvent] | None:
        """Return the next batch, or None at the end."""
        while not self._closed:
            if self._connection is None:
                await self._connect()
            elif (data := await self._receive(self._connection)) is not None:
                return self._take_in(data)
        await self.aclose()
        return None

    async def _connect(self) -> None:
        """Try once; after a failure wait for the next try."""
        self._bind()
        self.state = "connecting"
        try:
            self._connection = await open_link(self.uri, self._token, self._limits, met=self._met)
        except Refused as refused:
            raise self._refused(refused) from None
        except Unavailable as failure:
            self.reason = str(failure)
            if not self._reconnect:
                raise StreamError(f"No event server at {self.uri}: {failure}.") from None
            await self._pause()
            return
        self._met = True
        self.state, self.reason = "connected", ""
        self._since = time.monotonic()

    async def _receive(self, connection: ClientConnection) -> bytes | None:
        """Return the next message, or None when the connection has ended."""
        try:
            return await connection.recv(decode=False)
        except ConnectionClosed as closed:
            outcome = verdict(closed)
        self._connection = None
        if isinstance(outcome, Refused):
            raise self._refused(outcome)
        self.state, self.reason = "connecting", str(outcome)
        self._closed = self._closed or not self._reconnect
        if time.monotonic() - self._since >= self._limits.backoff_reset_s:
            self._waits = waits(self._limits)
        elif not self._closed:
            await self._pause()
        return None

    async def _pause(self) -> None:
        """Wait for the next try, or for `close`."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._bind().wait(), next(self._waits))

    def _refused(self, outcome: Refused) -> StreamError:
        self.state, self.reason = "refused", str(outcome)
        return StreamError(f"The event server at {self.uri} refused: {outcome}.")

    def _bind(self) -> asyncio.Event:
        """Return the event that `close` sets in the running loop."""
        loop = asyncio.get_running_loop()
        with self._lock:
            if self._stop is None or self._loop is not loop:
                self._loop, self._stop = loop, asyncio.Event()
            return self._stop

    def _take_in(self, data: bytes) -> list[RunEvent]:
        try:
            batch = decode_batch(data)
        except (InputError, RecursionError):
            raise StreamError(f"What answers at {self.uri} does not speak our events.") from None
        self.received += len(batch)
        self._follow(batch)
        return batch

    def _follow(self, batch: list[RunEvent]) -> None:
        last = self._last_step
        for event in batch:
            # An exact type test, because this runs for each event; nothing derives from StepMetrics.
            if type(event) is StepMetrics:
                step = event.step
                if (before := last.get(event.run_id, step - 1)) < step - 1:
                    self.missed += step - 1 - before
                last[event.run_id] = step
            elif isinstance(event, RunStarted | Finished | Failed):
                last.pop(event.run_id, None)
