"""Keeps the draft while it is edited, so that a crash loses seconds and not the experiment."""

from __future__ import annotations

from typing import Any, Protocol

from PySide6.QtCore import QObject, QTimer

from wnin_desktop.qt.experiment.draft import Draft

KEY = "draft"
PAUSE_MS = 1500
"""How long after the last edit it is written."""


class State(Protocol):
    """The state of the window."""

    def set(self, key: str, value: object) -> None:
        """Keep a value."""
        ...

    def save(self) -> bool:
        """Write everything that was kept; from any thread."""
        ...


class DraftKeeper(QObject):
    """Writes the draft into the window's state a moment after each edit, in a thread."""

    def __init__(self, draft: Draft, state: State, tasks: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._draft, self._state, self._tasks = draft, state, tasks
        self._soon = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._soon.timeout.connect(self.keep)
        draft.changed.connect(self._wait)
        draft.arms_changed.connect(self._wait)
        draft.path_changed.connect(self._wait)
        draft.stack.cleanChanged.connect(self._wait)

    def _wait(self, *_: object) -> None:
        self._soon.start()

    def keep(self) -> None:
        """Write it now."""
        self._soon.stop()
        self._state.set(KEY, self._draft.to_state())
        self._tasks.start(lambda _task: self._state.save(), failed=_pass_over)


def _pass_over(_error: Exception) -> None:
    """Let it be: the window tells when it cannot save its state at its end."""
