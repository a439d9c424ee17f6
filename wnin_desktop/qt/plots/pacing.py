"""Who draws when: a little of every plot that waits, in the time that a frame leaves for it."""

from __future__ import annotations

import time
from typing import Protocol

from PySide6.QtCore import QObject, QTimer

FRAME_BUDGET_S = 0.0008
"""Time of one part of drawing: whatever else is due, such as a key or a beat, waits no longer for it."""
FIRST_BUDGET_S = 0.012
"""Time after a person's deed, whose effect is to be seen in the same frame."""
PAUSE_MS = 1
"""Between two parts of a picture, for whatever else the window has to do."""


class Paced(Protocol):
    """Something that is drawn in parts."""

    def advance(self, until: float) -> bool:
        """Draw until the clock says `until`; return whether nothing is left to draw."""
        ...


class Pacer(QObject):
    """Shares the time of a frame among plots, in turn.

    Attributes:
        longest_s: The longest that one part has taken so far.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pacer")
        self._waiting: list[Paced] = []
        self.longest_s = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._go_on)

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits to be drawn."""
        return not self._waiting

    def want(self, plot: Paced) -> None:
        """Take a plot into the queue; it is drawn with the next `draw`, or soon."""
        if plot not in self._waiting:
            self._waiting.append(plot)
        if not self._timer.isActive():
            self._timer.start()

    def drop(self, plot: Paced) -> None:
        """Forget a plot that goes away."""
        if plot in self._waiting:
            self._waiting.remove(plot)

    def draw(self, budget_s: float = FRAME_BUDGET_S) -> None:
        """Draw what waits, for so long."""
        begun = time.perf_counter()
        until = begun + budget_s
        while self._waiting:
            plot = self._waiting.pop(0)
            if not plot.advance(until):
                self._waiting.append(plot)
            if time.perf_counter() >= until:
                break
        self.longest_s = max(self.longest_s, time.perf_counter() - begun)
        if self._waiting:
            self._timer.start()

    def finish(self) -> None:
        """Draw all that waits, however long it takes: for pictures that are kept."""
        while self._waiting:
            self.draw(3600.0)

    def _go_on(self) -> None:
        self.draw()
