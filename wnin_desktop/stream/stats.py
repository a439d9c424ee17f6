"""What a server tells of itself; it needs none of what a server does."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClientStats:
    """One client: its address, whether it watches or publishes, and the events it got (or gave) and lost."""

    peer: str
    subscriber: bool
    events: int
    dropped: int
    waiting_bytes: int
    lagging: bool


@dataclass(frozen=True, slots=True)
class ServerStats:
    """A picture of the server. Counts are events where nothing else is said; `rate` is events per second."""

    clients: tuple[ClientStats, ...] = ()
    handshakes: int = 0
    """Connections not admitted (yet)."""
    refused: int = 0
    """Requests turned away before the upgrade."""
    cut: int = 0
    """Connections ended because they made no progress."""
    queued: int = 0
    """Events published here and not passed on yet."""
    published: int = 0
    """Events passed on, local and remote."""
    received: int = 0
    """Events from remote trainers."""
    dropped: int = 0
    """Events lost on the way in, or by subscribers that could not keep up (each loss by each one)."""
    rate: float = 0.0

    @property
    def subscribers(self) -> int:
        """Return the number of clients that watch."""
        return sum(client.subscriber for client in self.clients)

    @property
    def waiting_bytes(self) -> int:
        """Return the bytes held for all clients."""
        return sum(client.waiting_bytes for client in self.clients)
