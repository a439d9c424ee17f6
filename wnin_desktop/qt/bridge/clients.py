"""Who is connected to the window's server, and who was in this launch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wnin_desktop.stream.stats import ClientStats

MOST_ENDED = 32
"""Clients that have gone and are still listed; the one that left first is forgotten first."""
LATE_S = 3.0
"""The server's picture comes a moment late: who was missing in it and is back so soon was never gone."""


@dataclass
class Client:
    """One client of this launch.

    Attributes:
        peer: Its address.
        subscriber: Whether it watches; it trains otherwise.
        since: When it was first seen, Unix time.
        ended: When it was found gone, Unix time; None while it is connected.
        name: What it trains, once it has said so.
        host: The machine it trains on, once it has said so.
        events: Events it got or gave.
        dropped: Events it lost.
        lagging: Whether it cannot keep up.
        heard: Events of it that reached the window.
    """

    peer: str
    subscriber: bool
    since: float
    ended: float | None = None
    name: str = ""
    host: str = ""
    events: int = 0
    dropped: int = 0
    lagging: bool = False
    heard: int = 0


class Clients:
    """Keeps the connected ones and the last that ended. Belongs to the GUI thread."""

    def __init__(self) -> None:
        self._connected: dict[str, Client] = {}
        self._ended: list[Client] = []

    def all(self) -> tuple[Client, ...]:
        """Return the connected ones, the longest known first, then the ended ones, the last first."""
        return (*self._connected.values(), *reversed(self._ended))

    def take(self, stats: Iterable[ClientStats], now: float) -> None:
        """Take the server's present picture: who is not in it has ended."""
        present = {each.peer: each for each in stats}
        for peer in [peer for peer in self._connected if peer not in present]:
            self._end(peer, now)
        for peer, each in present.items():
            client = self._connected.get(peer) or self._come(peer, each.subscriber, now)
            client.subscriber, client.dropped, client.lagging = each.subscriber, each.dropped, each.lagging
            client.events = max(each.events, client.heard)

    def hear(self, peer: str, name: str, host: str, events: int, now: float) -> None:
        """Note events of a trainer: one that comes and goes between two pictures is listed too."""
        client = self._connected.get(peer) or self._last(peer) or self._come(peer, False, now)
        client.name, client.host = name, host
        client.heard += events
        client.events = max(client.events, client.heard)

    def _last(self, peer: str) -> Client | None:
        return next((each for each in reversed(self._ended) if each.peer == peer), None)

    def _come(self, peer: str, subscriber: bool, now: float) -> Client:
        """Return the client that is now at an address; after a while the address is another's."""
        client = self._last(peer)
        if client is not None and client.ended is not None and now - client.ended <= LATE_S:
            self._ended.remove(client)
            client.ended = None
        else:
            client = Client(peer, subscriber, now)
        self._connected[peer] = client
        return client

    def _end(self, peer: str, now: float) -> None:
        client = self._connected.pop(peer)
        client.ended = now
        self._ended = [*self._ended, client][-MOST_ENDED:]
