"""What runs in the server's event loop: the door, the clients, and the pump that passes events on."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.http11 import Request, Response

from wnin_desktop.schema.events import RunEvent
from wnin_desktop.stream.batches import messages
from wnin_desktop.stream.guard import GuardedConnection, quiet_logger, refusal, respond
from wnin_desktop.stream.inbox import Inbox
from wnin_desktop.stream.intake import Malformed, read_message
from wnin_desktop.stream.lanes import FanOut, Lane, Message
from wnin_desktop.stream.limits import BACKLOG, Limits
from wnin_desktop.stream.live import LOCAL, LiveRuns
from wnin_desktop.stream.rate import RateMeter
from wnin_desktop.stream.stats import ClientStats, ServerStats
from wnin_desktop.stream.token import Token
from wnin_desktop.stream.uri import PUBLISH_PATH, SUBSCRIBE_PATH

_DRAIN_POLL_S = 0.005


@dataclass(slots=True)
class _Client:
    connection: GuardedConnection
    path: str
    events: int = 0
    lane: Lane | None = None

    def stats(self) -> ClientStats:
        peer, waiting = self.connection.peer, self.connection.waiting_bytes
        if self.lane is None:
            return ClientStats(peer, self.path == SUBSCRIBE_PATH, self.events, 0, waiting, False)
        lane = self.lane
        return ClientStats(peer, True, lane.sent, lane.dropped, lane.waiting_bytes, lane.lagging)


class Service:
    """The server's inside. Every method runs in its event loop."""

    def __init__(
        self,
        port: int,
        token: Token,
        on_event: Callable[[RunEvent], None] | None,
        limits: Limits,
        inbox: Inbox,
    ) -> None:
        self.limits = limits
        self.live = LiveRuns(limits.live_runs)
        self._port = port
        self._token = token
        self._on_event = on_event
        self._inbox = inbox
        self._clients: dict[GuardedConnection, _Client] = {}
        self._handshakes: dict[GuardedConnection, None] = {}
        self._fanout = FanOut(limits)
        # One message of all remote publishers together: the others wait their turn, and so do their sockets.
        self._remote: asyncio.Queue[Message] = asyncio.Queue(maxsize=1)
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._rate = RateMeter()
        self._published = self._received = self._refused = self._cut = self._unsendable = 0

    async def run(self, listener: socket.socket, ready: Callable[[], object]) -> None:
        """Serve on `listener` until `stop`."""
        server = await self._serve(listener)
        self._inbox.bind(asyncio.get_running_loop(), self._wake.set)
        async with asyncio.TaskGroup() as group:
            helpers = [group.create_task(self._pump()), group.create_task(self._watchdog())]
            ready()
            await self._stopping.wait()
            await self._finish(server)
            for helper in helpers:
                helper.cancel()

    def stop(self) -> None:
        """Begin to end."""
        self._stopping.set()

    async def stats(self) -> ServerStats:
        """Return the counters."""
        return ServerStats(
            clients=tuple(client.stats() for client in self._clients.values()),
            handshakes=len(self._handshakes),
            refused=self._refused,
            cut=self._cut,
            queued=len(self._inbox),
            published=self._published,
            received=self._received,
            dropped=self._inbox.dropped + self._fanout.dropped + self._unsendable,
            rate=self._rate.rate(),
        )

    def _serve(self, listener: socket.socket) -> Server:
        limits = self.limits

        class Door(GuardedConnection):
            hub = self

        return serve(
            self._handle,
            sock=listener,
            backlog=BACKLOG,
            create_connection=Door,
            process_request=self._process_request,
            process_response=self._process_response,
            compression=None,
            server_header=None,
            open_timeout=limits.open_timeout_s,
            close_timeout=limits.close_timeout_s,
            ping_interval=limits.keepalive_s,
            ping_timeout=limits.keepalive_s,
            max_size=limits.message_bytes,
            max_queue=limits.receive_frames,
            write_limit=limits.write_high,
            logger=quiet_logger(),
        )

    # The door.

    def connection_opened(self, connection: GuardedConnection) -> None:
        """Count a connection that has not said anything yet; too many push out the oldest."""
        self._handshakes[connection] = None
        if len(self._handshakes) > self.limits.max_handshakes:
            oldest = next(iter(self._handshakes))
            del self._handshakes[oldest]
            oldest.transport.abort()
            self._cut += 1

    def connection_closed(self, connection: GuardedConnection) -> None:
        """Forget a connection."""
        self._handshakes.pop(connection, None)
        self._clients.pop(connection, None)
        self._fanout.leave(connection)

    def connection_writable(self, connection: GuardedConnection) -> None:
        """Go on writing."""
        self._fanout.writable(connection)

    def _process_request(self, connection: ServerConnection, request: Request) -> Response | None:
        refused = refusal(request, self._port, self._token)
        if refused is None:
            return None
        self._refused += 1
        return respond(connection, *refused)

    def _process_response(
        self, connection: ServerConnection, request: Request, response: Response
    ) -> Response | None:
        if response.status_code != HTTPStatus.SWITCHING_PROTOCOLS or not isinstance(
            connection, GuardedConnection
        ):
            return None
        if len(self._clients) >= self.limits.max_clients:
            self._refused += 1
            return respond(connection, HTTPStatus.SERVICE_UNAVAILABLE, "Too many clients.\n")
        self._handshakes.pop(connection, None)
        self._clients[connection] = _Client(connection, request.path)
        return None

    # The clients.

    async def _handle(self, connection: ServerConnection) -> None:
        client = self._clients.get(connection) if isinstance(connection, GuardedConnection) else None
        if client is None:
            return
        try:
            if client.path == PUBLISH_PATH:
                await self._receive(client)
            else:
                await self._subscribe(client)
        except Malformed as verdict:
            await connection.close(verdict.code, verdict.reason)
        except ConnectionClosed:
            return

    async def _receive(self, client: _Client) -> None:
        """Take in the events of one remote trainer, no faster than they can be passed on."""
        peer = client.connection.peer
        while True:
            data, events = read_message(await client.connection.recv(decode=False), self.limits)
            client.events += len(events)
            self._received += len(events)
            if self._on_event is not None:
                for event in events:
                    self._on_event(event)
            await self._remote.put(Message(data, events, peer))
            self._wake.set()

    async def _subscribe(self, client: _Client) -> None:
        client.lane = self._fanout.join(client.connection, [run.started for run in self.live.all()])
        await client.connection.recv(decode=False)
        raise Malformed(CloseCode.POLICY_VIOLATION, "a subscriber does not send")

    # The pump.

    async def _pump(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while await self._pass_local() | await self._pass_remote():
                # Reading, accepting and closing go on between two messages, however many wait.
                await asyncio.sleep(0)

    async def _pass_local(self) -> bool:
        events = self._inbox.take(self.limits.events_per_message * self.limits.messages_per_push)
        if not len(self._fanout):
            self._note(events, LOCAL)
            return bool(events)
        written = 0
        for data, chunk in messages(events, self.limits):
            written += len(chunk)
            await self._pass_on(Message(data, chunk))
        self._fanout.push()
        self._unsendable += len(events) - written
        return bool(events)

    async def _pass_remote(self) -> bool:
        if self._remote.empty():
            return False
        await self._pass_on(self._remote.get_nowait())
        self._fanout.push()
        return True

    async def _pass_on(self, message: Message) -> None:
        # Noted and offered without a pause between: who joins later finds the run among the live ones.
        self._note(message.events, message.peer)
        if full := self._fanout.offer(message):
            await self._fanout.wait_for_room(full, message)

    def _note(self, events: list[RunEvent], peer: str) -> None:
        if not events:
            return
        for event in events:
            self.live.note(event, peer)
        self._published += len(events)
        self._rate.add(len(events))

    # Time.

    async def _watchdog(self) -> None:
        """Cut connections whose peer takes nothing, or does not finish closing."""
        period = min(self.limits.stall_s, self.limits.close_timeout_s) / 4
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(period)
            for connection in (*self._clients, *self._handshakes):
                if connection.stalled_for(loop.time()) >= self.limits.stall_s or connection.overdue(
                    loop.time()
                ):
                    connection.transport.abort()
                    self._cut += 1

    async def _finish(self, server: Server) -> None:
        """Deliver what waits, say goodbye, then cut whoever is left. Takes at most drain + close time."""
        self._inbox.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.limits.drain_s):
                await self._drained()
        for connection in tuple(self._handshakes):
            connection.transport.abort()
        server.close()
        try:
            async with asyncio.timeout(self.limits.close_timeout_s):
                await server.wait_closed()
        except TimeoutError:
            for connection in (*self._clients, *self._handshakes):
                connection.transport.abort()
            await server.wait_closed()

    async def _drained(self) -> None:
        while len(self._inbox) or not self._remote.empty() or not self._fanout.idle:
            await asyncio.sleep(_DRAIN_POLL_S)
