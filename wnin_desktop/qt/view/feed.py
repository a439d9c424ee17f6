"""Events of a server on their way into the window: a thread listens by the rules of the stream's client."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from wnin_desktop.errors import StreamError
from wnin_desktop.runs.mailbox import Mailbox
from wnin_desktop.schema.events import RunEvent
from wnin_desktop.stream.client import Subscriber
from wnin_desktop.stream.link import LinkState

END_S = 5.0
"""How long the end of the thread may take; it hears of it at once."""


@dataclass(frozen=True)
class FeedState:
    """How the connection is, and why where it is not well."""

    link: LinkState
    reason: str
    missed: int


class Feed:
    """Listens from `start` to `close`; a lost connection is opened again. Any thread may ask."""

    def __init__(self, subscriber: Subscriber) -> None:
        self.subscriber = subscriber
        self._mailbox = Mailbox()
        self._thread = threading.Thread(target=self._listen, name="wnin-view-feed", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def _listen(self) -> None:
        try:
            for batch in self.subscriber:
                for event in batch:
                    self._mailbox.put(event)
        except StreamError as error:
            # `state` says so already where the server refused; anything else it sends is told like that.
            if self.subscriber.state != "refused":
                self.subscriber.state, self.subscriber.reason = "refused", str(error)

    def drain(self) -> list[RunEvent]:
        """Return what came since this was last asked."""
        return self._mailbox.drain()

    @property
    def state(self) -> FeedState:
        """How the connection is."""
        here = self.subscriber
        return FeedState(here.state, here.reason, here.missed + self._mailbox.dropped)

    def wait_for_answer(self, seconds: float) -> FeedState:
        """Return the first thing that is known of the connection, or what is known after so long."""
        waited = threading.Event()
        for _ in range(max(1, round(seconds / 0.02))):
            state = self.state
            if state.link in ("connected", "refused") or state.reason:
                break
            waited.wait(0.02)
        return self.state

    def close(self) -> None:
        """End it."""
        self.subscriber.close()
        if self._thread.is_alive():
            self._thread.join(END_S)
