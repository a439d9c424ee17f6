"""Raw sockets that speak as much or as little WebSocket as a test wants, and an honest client beside them."""

import base64
import os
import socket
import struct
import threading
import time
from collections.abc import Iterable
from contextlib import suppress

from wnin_desktop.schema.events import Finished, RunEvent, RunStarted, StepMetrics
from wnin_desktop.stream.client import Subscriber
from wnin_desktop.stream.server import EventServer
from wnin_desktop.stream.token import Token

PATIENCE_S = 10.0
ANSWER_S = 2.0
TEXT, BINARY, CLOSE, PING, PONG, CONT = 1, 2, 8, 9, 10, 0
RUN = "exp/adamw/s0"


def started(run_id=RUN, **changes) -> RunStarted:
    values = {
        "run_id": run_id, "timestamp": 1.0, "experiment_id": "exp", "arm": "adamw", "seed": 0,
        "config": {"a": [1]}, "fingerprint": "f", "steps": 10, "parameters": 7, "device": "cpu",
        "versions": {"torch": "2"}, "host": "box",
    }  # fmt: skip
    return RunStarted(**(values | changes))


def step(k, run_id=RUN, **values) -> StepMetrics:
    return StepMetrics(
        run_id=run_id, timestamp=1.0, step=k, arm="adamw", seed=0, train_loss=1.0 / (1 + abs(k)), **values
    )


def finished(k, run_id=RUN) -> Finished:
    return Finished(
        run_id=run_id, timestamp=2.0, step=k, status="completed", wall_s=1.0, gradient_evaluations=k
    )


def request(
    port, token=None, path="/publish", *, method="GET", version="HTTP/1.1", host=None, drop=(), add=()
):
    """Return an upgrade request; `drop` names headers to leave out, `add` holds (name, value) pairs."""
    headers = [
        ("Host", f"127.0.0.1:{port}" if host is None else host),
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Key", base64.b64encode(os.urandom(16)).decode()),
        ("Sec-WebSocket-Version", "13"),
    ]
    if token is not None:
        headers += token.headers().items() if isinstance(token, Token) else [("Authorization", token)]
    lines = [f"{method} {path} {version}"]
    lines += [f"{name}: {value}" for name, value in [*headers, *add] if name not in drop]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def frame(opcode, payload=b"", *, fin=True, mask=True, rsv=0, length=None) -> bytes:
    """Return a client's frame. The mask key is zero, so the payload stays readable; `length` may lie."""
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    size, bit = len(payload) if length is None else length, 0x80 if mask else 0
    if size < 126:
        head += bytes([bit | size])
    elif size < 65536:
        head += struct.pack("!BH", bit | 126, size)
    else:
        head += struct.pack("!BQ", bit | 127, size)
    return head + (b"\0\0\0\0" if mask else b"") + payload


class Raw:
    """A TCP connection to the server."""

    def __init__(self, port, *, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(ANSWER_S)
        self.rest = b""
        try:
            self.socket.connect(("127.0.0.1", port))
        except OSError:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data: bytes) -> bool:
        """Send; a server that has hung up meanwhile is no error here."""
        try:
            self.socket.sendall(data)
        except OSError:
            return False
        return True

    def _more(self) -> bool:
        try:
            data = self.socket.recv(65536)
        except (ConnectionResetError, BrokenPipeError):
            data = b""
        self.rest += data
        return bool(data)

    def status(self) -> int | None:
        """Return the status of the HTTP response, None if the connection ended without one."""
        while b"\r\n\r\n" not in self.rest:
            if not self._more():
                return None
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        return int(head.split(b" ", 2)[1])

    def upgrade(self, token, path="/publish") -> int | None:
        self.send(request(self.socket.getpeername()[1], token, path))
        return self.status()

    def frame(self) -> tuple[int, bytes] | None:
        """Return the next frame of the server, None at the end of the connection."""
        while (parsed := self._parse()) is None:
            if not self._more():
                return None
        return parsed

    def _parse(self):
        if len(self.rest) < 2:
            return None
        size, start = self.rest[1] & 0x7F, 2
        if size >= 126:
            start = 4 if size == 126 else 10
            if len(self.rest) < start:
                return None
            size = int.from_bytes(self.rest[2:start], "big")
        if len(self.rest) < start + size:
            return None
        opcode, payload = self.rest[0] & 0x0F, self.rest[start : start + size]
        self.rest = self.rest[start + size :]
        return opcode, payload

    def close_code(self) -> int | None:
        """Read to the end and return the close code; None if there was none, 0 if it stays open."""
        try:
            while (received := self.frame()) is not None:
                if received[0] == CLOSE:
                    return int.from_bytes(received[1][:2], "big")
        except TimeoutError:
            return 0
        return None

    def ended_within(self, seconds: float) -> bool:
        """Return whether the server ends the connection in that time."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                if not self.socket.recv(65536):
                    return True
            except TimeoutError:
                return False
            except OSError:
                return True
        return False


def wait_until(true, seconds=PATIENCE_S) -> bool:
    """Ask again and again until the answer is yes or the time is over."""
    deadline = time.monotonic() + seconds
    while not (found := true()) and time.monotonic() < deadline:
        threading.Event().wait(0.002)
    return bool(found)


class Witness:
    """An honest subscriber: `tick` publishes a step, `gaps` waits for the last and says what is missing."""

    def __init__(self, server: EventServer, token: Token):
        self._server = server
        self._subscriber = Subscriber(server.uri, token, reconnect=False)
        self._news = threading.Condition()
        self._others: list[RunEvent] = []
        self._steps: list[int] = []
        self._told = 0
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._watch, name="witness")
        self._thread.start()
        assert wait_until(lambda: server.stats().subscribers > 0)

    def _watch(self):
        try:
            for batch in self._subscriber:
                self._take(batch)
        except Exception as error:  # whatever disturbs an honest client is a finding
            self.error = error

    def _take(self, batch: Iterable[RunEvent]):
        with self._news:
            for event in batch:
                if event.run_id == "witness":
                    self._steps.append(event.step)
                else:
                    self._others.append(event)
            self._news.notify_all()

    def tick(self, count=1):
        self._server.publish([step(self._told + k, "witness") for k in range(1, count + 1)])
        self._told += count

    @property
    def others(self) -> list[RunEvent]:
        """Everything seen that this witness did not publish."""
        with self._news:
            return list(self._others)

    def gaps(self) -> list[str]:
        """Return what went wrong for this client: nothing, if it got every step once and in order."""
        self.tick()
        with self._news:
            self._news.wait_for(
                lambda: self._steps[-1:] == [self._told] or self.error is not None, PATIENCE_S
            )
            expected = list(range(1, self._told + 1))
            found = [] if self._steps == expected else [f"saw {len(self._steps)} of {self._told} steps"]
        return found + ([f"the honest client failed: {self.error}"] if self.error else [])

    def close(self):
        self._subscriber.close()
        self._thread.join(PATIENCE_S)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def stop_seconds(server: EventServer) -> float:
    start = time.monotonic()
    server.stop()
    return time.monotonic() - start


def hang_up(sockets: Iterable[Raw]):
    for one in sockets:
        with suppress(OSError):
            one.socket.close()
