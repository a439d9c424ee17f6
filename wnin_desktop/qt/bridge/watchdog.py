"""Notices when the GUI thread stands still, and writes where it stood."""

from __future__ import annotations

import linecache
import logging
import sys
import threading
import time
import traceback

from PySide6.QtCore import QObject, Qt, QTimer

logger = logging.getLogger("wnin.watchdog")

BEAT_MS = 25
STALL_S = 0.1
"""A gap this long between two beats is a stall worth a line in the log."""
LOOK_S = 0.05
DEPTH = 8
"""Frames that are written down."""


class Watchdog(QObject):
    """A beat on the GUI thread and a thread that listens to it.

    Attributes:
        stalls: (seconds, where the GUI thread stood) of each stall, the newest last.
    """

    def __init__(self, parent: QObject | None = None, *, stall_s: float = STALL_S) -> None:
        super().__init__(parent)
        self.stalls: list[tuple[float, str]] = []
        self._stall_s = stall_s
        self._last = time.monotonic()
        self._where = ""
        self._thread_id = threading.get_ident()
        self._stop = threading.Event()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat)
        self._listener = threading.Thread(target=self._listen, name="wnin-watchdog", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._last = time.monotonic()
        self._timer.start()
        self._listener.start()

    def stop(self) -> None:
        """End, and wait for the thread."""
        self._timer.stop()
        self._stop.set()
        if self._listener.is_alive():
            self._listener.join()

    def _beat(self) -> None:
        now = time.monotonic()
        gap, self._last = now - self._last - BEAT_MS / 1000, now
        if gap > self._stall_s:
            where, self._where = self._where, ""
            self.stalls = [*self.stalls[-99:], (gap, where)]
            logger.warning("the window stood still for %.0f ms\n%s", 1000 * gap, where)

    def _listen(self) -> None:
        """Write down where the GUI thread stands while its beat is late."""
        while not self._stop.wait(LOOK_S):
            if time.monotonic() - self._last > self._stall_s and not self._where:
                self._where = "".join(traceback.format_list(_places(self._thread_id)))


def _places(thread_id: int) -> list[tuple[str, int, str, str]]:
    """Return where a thread stands, outermost first.

    Its frames are let go of before anything is read or formatted: a frame that is held keeps its painter
    alive, and Qt complains of painters that outlive their paint event.
    """
    frame = sys._current_frames().get(thread_id)
    found = []
    while frame is not None and len(found) < DEPTH:
        found.append((frame.f_code.co_filename, frame.f_lineno or 0, frame.f_code.co_name))
        frame = frame.f_back
    del frame
    return [(*place, linecache.getline(*place[:2]).strip()) for place in reversed(found)]
