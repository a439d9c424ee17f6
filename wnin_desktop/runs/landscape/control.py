"""The downward arrow of an evaluation: it can be cancelled, and goes on another time."""

from __future__ import annotations

import threading


class LandscapeControl:
    """Cancels one evaluation, from any thread."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Ask the evaluation to end after its present piece; what was done is kept."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked it to end."""
        return self._cancelled.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until somebody asks it to end; return whether somebody did."""
        return self._cancelled.wait(timeout)
