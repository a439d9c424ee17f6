"""The event server: plain asyncio on its own thread, so that it and a window cannot stall each other."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

from wnin_desktop.errors import InputError, StreamError
from wnin_desktop.schema.events import RunEvent
from wnin_desktop.stream.inbox import Inbox
from wnin_desktop.stream.limits import BACKLOG, DEFAULT_PORT, DEFAULTS, Limits
from wnin_desktop.stream.live import LiveRun
from wnin_desktop.stream.service import Service
from wnin_desktop.stream.stats import ServerStats
from wnin_desktop.stream.token import Token
from wnin_desktop.stream.uri import LOOPBACK

__all__ = ["EventServer", "ServerStats"]

_STATS_WAIT_S = 0.2


class EventServer:
    """Passes run events on to subscribers, from this process (`publish`) and from remote trainers.

    Off until `start`. It listens on this machine only and admits a client only with the token of this launch.
    A context manager: `with EventServer(port=0, token=Token.new()) as server: ...`.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = DEFAULT_PORT,
        *,
        token: Token,
        on_event: Callable[[RunEvent], None] | None = None,
        limits: Limits = DEFAULTS,
    ) -> None:
        """Prepare a server; nothing listens yet.

        Args:
            host: an address of this machine's loopback.
            port: 0 to 65535; 0 lets the system choose, `port` then tells which after `start`.
            token: what clients must present.
            on_event: called in the server's thread with each event of a remote trainer; must return quickly.
            limits: every bound, see `wnin_desktop.stream.limits`.

        Raises:
            InputError: `host` is not of this machine, or `port` is out of range.
        """
        if host not in LOOPBACK:
            raise InputError.of("host", host, "allowed is this machine only: " + ", ".join(LOOPBACK))
        if not 0 <= port <= 65535:
            raise InputError.of("port", port, "allowed is 0 to 65535")
        self.host = "127.0.0.1" if host == "localhost" else host
        self.port = port
        self._token = token
        self._on_event = on_event
        self._limits = limits
        self._inbox = Inbox(limits.inbox_events, limits.kept_events)
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._service: Service | None = None
        self._last_stats = ServerStats()

    @property
    def uri(self) -> str:
        """Return the address clients connect to, without a path."""
        return f"ws://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    def start(self) -> Self:
        """Listen, and serve on a thread of its own.

        Raises:
            StreamError: the port is in use, or the server was started before.
        """
        if self._thread is not None:
            raise StreamError("This event server was started before; make a new one.")
        listener = _listen(self.host, self.port, self._limits.socket_buffer)
        self.port = listener.getsockname()[1]
        ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._main(listener, ready)), name="wnin-events", daemon=True
        )
        self._thread.start()
        ready.wait()
        return self

    async def _main(self, listener: socket.socket, ready: threading.Event) -> None:
        try:
            self._loop = asyncio.get_running_loop()
            self._service = Service(self.port, self._token, self._on_event, self._limits, self._inbox)
            await self._service.run(listener, ready.set)
            self._last_stats = await self._service.stats()
        finally:
            ready.set()  # whatever happens, `start` does not wait for ever

    def stop(self) -> None:
        """Say goodbye to the clients, cut those that do not answer, end the thread, all within two seconds.

        Raises:
            StreamError: the thread did not end, because the event callback does not return.
        """
        thread, loop, service = self._thread, self._loop, self._service
        if thread is None or loop is None or service is None:
            return
        with contextlib.suppress(RuntimeError):  # the loop has ended already
            loop.call_soon_threadsafe(service.stop)
        thread.join(self._limits.stop_timeout_s)
        if thread.is_alive():
            raise StreamError("The event server did not stop in time: its event callback does not return.")

    def publish(self, events: Iterable[RunEvent]) -> None:
        """Hand events to the subscribers. Never blocks: what does not fit is dropped, steps first."""
        self._inbox.put(events)

    def live_runs(self) -> tuple[LiveRun, ...]:
        """Return the runs under way, each with its start, its host and the address it comes from."""
        return self._service.live.all() if self._service is not None else ()

    def stats(self) -> ServerStats:
        """Return clients, counts and rate. Waits at most 0.2 s for a fresh picture, else gives the last."""
        if self._thread is None or self._loop is None or self._service is None or not self._thread.is_alive():
            return self._last_stats
        picture = self._service.stats()
        try:
            future = asyncio.run_coroutine_threadsafe(picture, self._loop)
        except RuntimeError:  # the loop ended between the two lines
            picture.close()
            return self._last_stats
        with contextlib.suppress(concurrent.futures.TimeoutError, concurrent.futures.CancelledError):
            self._last_stats = future.result(_STATS_WAIT_S)
        return self._last_stats

    def __enter__(self) -> Self:
        return self if self._thread is not None else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _listen(host: str, port: int, buffer_bytes: int) -> socket.socket:
    """Return a listening socket whose connections inherit small kernel buffers."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        else:  # Windows: without it another program may take over the port while we listen
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer_bytes)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        reason = error.strerror or str(error)
        raise StreamError(
            f"Port {port} on {host} cannot be opened ({reason}); choose another with --port."
        ) from None
    listener.setblocking(False)
    return listener
