"""When numbers are written anew that would otherwise change with every frame."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer

PAUSE_MS = 250
"""Numbers change at most four times a second."""
APART_MS, PHASES = 4, 4
"""Frames come every 16 ms: what waits for one of four times after a frame meets none of the others."""
_phases = itertools.cycle(range(PHASES))


class CalmTimer(QTimer):
    """Calls `act` a quarter of a second after `ask`, once, however often it was asked.

    Timers that are asked in the same frame act at different moments: together they would hold the window up.
    """

    def __init__(self, act: Callable[[], object], parent: QObject) -> None:
        super().__init__(parent)
        self.setTimerType(Qt.TimerType.PreciseTimer)
        self.setSingleShot(True)
        self.setInterval(PAUSE_MS + APART_MS * next(_phases))
        self.timeout.connect(act)

    def ask(self) -> None:
        """Have `act` called, unless it will be anyway."""
        if not self.isActive():
            self.start()
