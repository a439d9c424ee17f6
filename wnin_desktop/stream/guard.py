"""The door: who is admitted, and a connection that cannot be used to hold memory or time."""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import Any, Protocol, cast

from websockets.asyncio.server import Server, ServerConnection
from websockets.datastructures import Headers
from websockets.exceptions import InvalidMessage
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import Event, State
from websockets.server import ServerProtocol

from wnin_desktop.stream.limits import Limits
from wnin_desktop.stream.token import Token
from wnin_desktop.stream.uri import PUBLISH_PATH, SUBSCRIBE_PATH

_BEARER = "Bearer "


def local_hosts(port: int) -> frozenset[str]:
    """Return the `Host` headers a client on this machine sends; any other name may be a rebound one."""
    return frozenset(f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]"))


def refusal(request: Request, port: int, token: Token) -> tuple[HTTPStatus, str] | None:
    """Return why this request is not upgraded, or None.

    The order matters: a web page (foreign `Host`, an `Origin`) is turned away before the token is looked at.
    """
    headers = request.headers
    hosts = headers.get_all("Host")
    if len(hosts) != 1 or hosts[0] not in local_hosts(port):
        return HTTPStatus.MISDIRECTED_REQUEST, "This server answers to its local name only.\n"
    if "Origin" in headers:
        return HTTPStatus.FORBIDDEN, "Web pages are not served.\n"
    if not _presents(headers, token):
        return HTTPStatus.UNAUTHORIZED, "The token of this launch is needed.\n"
    if request.path not in (PUBLISH_PATH, SUBSCRIBE_PATH):
        return HTTPStatus.NOT_FOUND, f"There are {PUBLISH_PATH} and {SUBSCRIBE_PATH}.\n"
    return None


def _presents(headers: Headers, token: Token) -> bool:
    values = headers.get_all("Authorization")
    return len(values) == 1 and values[0].startswith(_BEARER) and token.matches(values[0][len(_BEARER) :])


class _Quiet(logging.LoggerAdapter[logging.Logger]):
    """A logger that is never in debug mode: there websockets writes the request headers, token and all."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 - the name logging gave it
        return level >= logging.ERROR and super().isEnabledFor(level)

    def setLevel(self, level: int | str) -> None:  # noqa: N802
        """Keep the level: it protects the token."""


def quiet_logger() -> logging.LoggerAdapter[logging.Logger]:
    """Return the logger to hand to websockets."""
    return _Quiet(logging.getLogger("wnin_desktop.stream"), {})


class Hub(Protocol):
    """What a connection tells its server."""

    limits: Limits

    def connection_opened(self, connection: GuardedConnection) -> None:
        """A TCP connection was made."""
        ...

    def connection_closed(self, connection: GuardedConnection) -> None:
        """A TCP connection is gone."""
        ...

    def connection_writable(self, connection: GuardedConnection) -> None:
        """A connection's write buffer has room again."""
        ...


class GuardedConnection(ServerConnection):
    """A server connection that bounds handshake bytes, control frames and unread answers.

    websockets bounds the size and number of messages; these three it leaves open.
    """

    hub: Hub
    """The server it belongs to; a subclass per server sets it."""

    def __init__(self, protocol: ServerProtocol, server: Server, **options: Any) -> None:
        super().__init__(protocol, server, **options)
        self._handshake_bytes = 0
        self._answered = False
        self._control_frames = 0
        self._window_start = self.loop.time()
        self._written = 0
        self._taken = 0
        self._taken_at = self.loop.time()

    @property
    def peer(self) -> str:
        """Return the client's address."""
        address = self.remote_address
        return f"{address[0]}:{address[1]}" if address else "unknown"

    @property
    def waiting_bytes(self) -> int:
        """Return the bytes written to this connection that the kernel has not taken."""
        return self.transport.get_write_buffer_size()

    def stalled_for(self, now: float) -> float:
        """Return for how long, in seconds, bytes have been waiting without one of them being taken."""
        taken = self._written - self.waiting_bytes
        if taken != self._taken or not self.waiting_bytes:
            self._taken, self._taken_at = taken, now
        return now - self._taken_at

    def overdue(self, now: float) -> bool:
        """Return whether closing has run past its time. websockets watches this in its own calls only."""
        return self.close_deadline is not None and now > self.close_deadline

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection up and tell the server."""
        super().connection_made(transport)
        self.hub.connection_opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the server that this connection is gone."""
        super().connection_lost(exc)
        self.hub.connection_closed(self)

    def resume_writing(self) -> None:
        """Tell the server that there is room in the write buffer."""
        super().resume_writing()
        self.hub.connection_writable(self)

    def data_received(self, data: bytes) -> None:
        """Take bytes in, within the limits of a handshake and of unread answers."""
        if self.request is None:
            self._handshake_bytes += len(data)
            if self._handshake_bytes > self.hub.limits.handshake_bytes:
                self._cut(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The request is too long.\n")
                return
        super().data_received(data)
        if self.waiting_bytes > self.hub.limits.write_hard:
            self.transport.abort()

    def process_event(self, event: Event) -> None:
        """Count control frames; everything else goes on as usual."""
        super().process_event(event)
        if isinstance(event, Frame) and event.opcode in (Opcode.PING, Opcode.PONG):
            self._count_control_frame()

    def send_data(self) -> None:
        """Write what the protocol has to say; a request that is no HTTP gets an answer, not only an end."""
        if isinstance(self.protocol.handshake_exc, InvalidMessage) and not self._answered:
            self._answer(HTTPStatus.BAD_REQUEST, "This is not a WebSocket request.\n")
        self._join_writes()
        super().send_data()

    def _join_writes(self) -> None:
        """Make one write of many: calls to the system are what a fan-out pays for."""
        writes = self.protocol.writes
        joined = b"".join(writes)
        self._written += len(joined)
        if len(writes) > 1:
            # An empty write means the end of the stream; it comes last.
            writes[:] = [joined, b""] if not writes[-1] else [joined]

    def _count_control_frame(self) -> None:
        now = self.loop.time()
        if now - self._window_start > self.hub.limits.control_window_s:
            self._window_start, self._control_frames = now, 0
        self._control_frames += 1
        if self._control_frames > self.hub.limits.control_frames and self.protocol.state is State.OPEN:
            self.fail(CloseCode.POLICY_VIOLATION, "too many control frames")

    def fail(self, code: CloseCode, reason: str) -> None:
        """Close at once with `code`: nothing the client still says is read."""
        self.protocol.fail(code, reason)
        self.close_deadline = self.loop.time() + (self.close_timeout or 0.0)
        self.send_data()

    def _answer(self, status: HTTPStatus, text: str) -> None:
        self._answered = True
        response = cast("ServerProtocol", self.protocol).reject(status, text)
        self.transport.write(response.serialize())

    def _cut(self, status: HTTPStatus, text: str) -> None:
        """Answer once, then end without reading on."""
        if not self._answered:
            self._answer(status, text)
            self.transport.close()


def respond(connection: ServerConnection, status: HTTPStatus, text: str) -> Response:
    """Return the refusal as an HTTP response."""
    response = connection.respond(status, text)
    if status is HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
