"""One authenticated connection to an event server, and when to try again."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Literal

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.frames import CloseCode

from wnin_desktop.errors import InputError
from wnin_desktop.stream.guard import quiet_logger
from wnin_desktop.stream.limits import Limits
from wnin_desktop.stream.token import Token, TokenSource

LinkState = Literal["connecting", "connected", "refused", "closed"]

_FOR_GOOD = {
    HTTPStatus.UNAUTHORIZED: "the token is not that of this server",
    HTTPStatus.FORBIDDEN: "the server forbids this client",
    HTTPStatus.NOT_FOUND: "there is no event server at this address",
    HTTPStatus.MISDIRECTED_REQUEST: "the server answers to its local name only",
}
_BROKEN_RULES = (CloseCode.INVALID_DATA, CloseCode.POLICY_VIOLATION, CloseCode.MESSAGE_TOO_BIG)


class Refused(Exception):  # noqa: N818 - an answer
    """The server does not want this client; asking again would get the same answer."""


class Unavailable(Exception):  # noqa: N818 - a state
    """There is no server now, or no room in it; asking again later is right."""


class _Connect(connect):
    """Opens a connection where it was asked to, and nowhere else."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        """Follow no redirect: the token belongs to one server."""
        return exc


async def open_link(
    uri: str, token: Token | TokenSource, limits: Limits, *, met: bool = False
) -> ClientConnection:
    """Return an open connection to `uri` (a checked one, see `wnin_desktop.stream.uri`).

    Args:
        uri: where to.
        token: the server's, or the source to ask for that of its present launch.
        limits: times and sizes.
        met: whether this client was connected before. Then a wrong token from a source is the last launch's,
            read before the new launch left its own: a reason to try again.

    Raises:
        Refused: the server says no for good, with the reason.
        Unavailable: nobody answers, or not now.
    """
    connection = _Connect(
        uri,
        additional_headers=_present(token).headers(),
        user_agent_header=None,
        compression=None,
        proxy=None,  # the environment's proxy has no business with this machine's own traffic
        open_timeout=limits.open_timeout_s,
        close_timeout=limits.close_timeout_s,
        ping_interval=limits.keepalive_s,
        ping_timeout=limits.keepalive_s,
        max_size=limits.message_bytes,
        max_queue=limits.client_frames,
        write_limit=limits.write_high,
        logger=quiet_logger(),
    )
    try:
        return await connection
    except InvalidStatus as error:
        status = error.response.status_code
        if status == HTTPStatus.UNAUTHORIZED and met and not isinstance(token, Token):
            raise Unavailable(_FOR_GOOD[HTTPStatus.UNAUTHORIZED]) from None
        if status in _FOR_GOOD:
            raise Refused(_FOR_GOOD[HTTPStatus(status)]) from None
        raise Unavailable(f"the server answered with status {status}") from None
    except InvalidURI:
        raise Refused("the address is not valid") from None
    except (OSError, InvalidHandshake, EOFError) as error:
        raise Unavailable(_cause(error)) from None


def _present(token: Token | TokenSource) -> Token:
    if isinstance(token, Token):
        return token
    try:
        return token()
    except InputError:
        raise Unavailable("no server has left its token") from None


def verdict(closed: ConnectionClosed) -> Refused | Unavailable:
    """Return what the end of a connection means for the next try."""
    code = closed.rcvd.code if closed.rcvd is not None else None
    if closed.rcvd is not None and code in _BROKEN_RULES:
        return Refused(f"the server does not accept these events: {closed.rcvd.reason or code}")
    return Unavailable("the server closed the connection")


def waits(limits: Limits) -> Iterator[float]:
    """Yield the waits between tries, in seconds: doubling from the first to the last, then constant."""
    wait = limits.backoff_first_s
    while True:
        yield wait
        wait = min(2 * wait, limits.backoff_last_s)


def _cause(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "the server does not answer"
    if isinstance(error, OSError):
        return error.strerror or "nothing listens at this address"
    return "what answers is not an event server"
