"""Every limit of the stream, as a constant; `Limits` carries them, so that tests can shorten the times."""

from __future__ import annotations

from dataclasses import dataclass

from wnin_desktop.schema.events import EVENTS_PER_MESSAGE, MESSAGE_LIMIT

DEFAULT_PORT = 8765
TOKEN_BYTES = 32

MAX_CLIENTS = 32
"""Admitted clients, publishers and subscribers together."""
MAX_HANDSHAKES = 128
"""Connections not admitted yet. One more pushes out the oldest, so slow ones cannot shut the door."""
BACKLOG = 512
"""Connections the kernel holds until we accept them; a short line would cost an honest client a second."""
HANDSHAKE_BYTES = 16 * 1024
"""Largest request line plus headers."""
OPEN_TIMEOUT_S = 2.0
CLOSE_TIMEOUT_S = 0.5
"""How long a closing handshake may take before the connection is cut."""
STOP_TIMEOUT_S = 2.0
"""`EventServer.stop` has returned by then, whatever the clients do."""
DRAIN_S = 0.3
"""How long a stopping server goes on delivering what was published before the stop."""

MESSAGES_PER_PUSH = 4
"""Messages of one publisher that leave together, when so many wait."""
CLIENT_QUEUE = 4
"""Messages waiting for one subscriber."""
OWED_EVENTS = 256
"""Events that must not be lost (starts, ends, ...) kept for one subscriber that lags."""
LAG_GRACE_S = 0.25
"""How long everybody waits for a subscriber whose queue has just become full, before it loses messages."""
STALL_S = 3.0
"""No byte taken for so long although bytes are waiting: the connection is cut."""
WRITE_HIGH = 32 * 1024
"""Bytes in a connection's write buffer above which messages queue."""
WRITE_HARD = 8 * MESSAGE_LIMIT
"""Bytes in a connection's write buffer above which it is cut (a client that pings and never reads)."""
SOCKET_BUFFER = 256 * 1024
"""Kernel buffer of a server-side socket, each way: a stuck client must not hold megabytes either."""
RECEIVE_FRAMES = 4
"""Frames the server reads ahead of the handler, per client."""
CLIENT_FRAMES = 64
"""Frames a subscriber reads ahead; fewer make it stop and start reading all the time."""
CONTROL_FRAMES = 32
"""Pings and pongs a client may send per `CONTROL_WINDOW_S`."""
CONTROL_WINDOW_S = 1.0
KEEPALIVE_S = 20.0

INBOX_EVENTS = 16_384
"""Events published locally and not sent yet."""
LIVE_RUNS = 512
"""Runs whose start is remembered, to tell it to subscribers that come later."""
PUBLISHER_EVENTS = 4096
"""Events a trainer keeps while its server is slow or absent."""
KEPT_EVENTS = 1024
"""Starts, ends and the like that survive an overflow, in front of the newest steps."""

BACKOFF_FIRST_S = 0.25
BACKOFF_LAST_S = 10.0
BACKOFF_RESET_S = 1.0
"""A connection that lived so long counts as a success: the next wait starts from the first again."""

RUN_ID_LENGTH = 512
LARGEST_STEP = 2**53
LARGEST_INTEGER = 2**63
"""What a store can hold; JSON itself knows no bound."""
TRACEBACK_CHARACTERS = 8000
"""What is kept (the end) of a traceback when a failure is too long for one message."""
ERROR_CHARACTERS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """All limits of one server or client. Times in seconds, sizes in bytes."""

    max_clients: int = MAX_CLIENTS
    max_handshakes: int = MAX_HANDSHAKES
    handshake_bytes: int = HANDSHAKE_BYTES
    message_bytes: int = MESSAGE_LIMIT
    events_per_message: int = EVENTS_PER_MESSAGE
    open_timeout_s: float = OPEN_TIMEOUT_S
    close_timeout_s: float = CLOSE_TIMEOUT_S
    stop_timeout_s: float = STOP_TIMEOUT_S
    drain_s: float = DRAIN_S
    messages_per_push: int = MESSAGES_PER_PUSH
    client_queue: int = CLIENT_QUEUE
    owed_events: int = OWED_EVENTS
    lag_grace_s: float = LAG_GRACE_S
    stall_s: float = STALL_S
    write_high: int = WRITE_HIGH
    write_hard: int = WRITE_HARD
    socket_buffer: int = SOCKET_BUFFER
    receive_frames: int = RECEIVE_FRAMES
    client_frames: int = CLIENT_FRAMES
    control_frames: int = CONTROL_FRAMES
    control_window_s: float = CONTROL_WINDOW_S
    keepalive_s: float = KEEPALIVE_S
    inbox_events: int = INBOX_EVENTS
    live_runs: int = LIVE_RUNS
    publisher_events: int = PUBLISHER_EVENTS
    kept_events: int = KEPT_EVENTS
    backoff_first_s: float = BACKOFF_FIRST_S
    backoff_last_s: float = BACKOFF_LAST_S
    backoff_reset_s: float = BACKOFF_RESET_S

    @property
    def memory_bound(self) -> int:
        """Return the most bytes waiting for all clients together: queues and write buffers."""
        return self.max_clients * (self.client_queue * self.message_bytes + self.write_hard)


DEFAULTS = Limits()
