"""When a viewer is started, restarted and given up: a policy without a clock, a process or a socket.

Silence and an unexpected end both count as a crash. After one the viewer comes back at once, then after ever
longer pauses; after three within five minutes it stays away, with a reason, until somebody asks for it again.
"""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass, field

CRASHES, CRASH_WINDOW_S = 3, 300.0
PAUSES_S = (0.0, 0.5, 2.0)
"""Before the first, second, ... restart."""
PING_S = 1.0
SILENCE_S = 4.0
"""Without a word for so long after a ping, a viewer hangs. A still picture takes it less than a second."""
START_S = 20.0
"""From the start of the process to `Ready`: the first use of a driver compiles for seconds."""


class Life(enum.Enum):
    """What a viewer is doing."""

    AWAY = "away"
    STARTING = "starting"
    READY = "ready"
    WAITING = "waiting"
    """A pause before it is started again."""
    GIVEN_UP = "given up"


@dataclass
class Supervision:
    """Times are seconds of one monotonic clock, told by the caller.

    Attributes:
        life: What the viewer is doing.
        reason: Why it was given up or does not live, as a sentence.
        due: When `tick` has something to do next; none while nothing is due.
    """

    life: Life = Life.AWAY
    reason: str = ""
    due: float | None = None
    _crashes: deque[float] = field(default_factory=deque)
    _heard: float = 0.0
    _pinged: float | None = None

    def started(self, now: float) -> None:
        """A process was started."""
        self.life, self.due, self._heard, self._pinged = Life.STARTING, now + START_S, now, None

    def ready(self, now: float) -> None:
        """It said `Ready`."""
        self.life, self._heard, self._pinged, self.due = Life.READY, now, None, now + PING_S

    def heard(self, now: float) -> None:
        """It said anything."""
        self._heard, self._pinged = now, None
        if self.life is Life.READY:
            self.due = now + PING_S

    def crashed(self, now: float, reason: str) -> None:
        """It ended or was ended without having been asked; decide what comes next."""
        self._crashes.append(now)
        while self._crashes and now - self._crashes[0] > CRASH_WINDOW_S:
            self._crashes.popleft()
        self.reason = reason
        if len(self._crashes) >= CRASHES:
            self.life, self.due = Life.GIVEN_UP, None
        else:
            self.life, self.due = Life.WAITING, now + PAUSES_S[len(self._crashes) - 1]

    def cannot(self, reason: str) -> None:
        """It cannot live here at all: it is missing, of another version, or without an adapter."""
        self.life, self.reason, self.due = Life.GIVEN_UP, reason, None

    def stopped(self) -> None:
        """It was asked to end."""
        self.life, self.reason, self.due = Life.AWAY, "", None

    def retry(self) -> None:
        """Somebody wants it again: what was is forgotten."""
        self._crashes.clear()
        self.stopped()

    def tick(self, now: float) -> str:
        """Return what is to be done now: "start", "ping", "kill" (and `crashed` then), or nothing."""
        if self.due is None or now < self.due:
            return ""
        if self.life is Life.WAITING:
            self.due = None
            return "start"
        if self.life is Life.STARTING:
            self.reason = f"It was not ready after {START_S:.0f} s."
            return "kill"
        return self._look(now)

    def _look(self, now: float) -> str:
        if self._pinged is None:
            self._pinged, self.due = now, now + SILENCE_S
            return "ping"
        self.reason = f"It said nothing for {now - self._heard:.0f} s."
        return "kill"
