"""What a writer holds in memory: the runs as they stand, and what a commit under way stores of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from wnin_desktop.runs.store.packing import Label
from wnin_desktop.schema.events import RunEvent, StepMetrics


class PendingRun:
    """What the writer knows of one run: what is stored, and what waits."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.key: int | None = None
        self.values: dict[str, Any] = {}
        self.version = 0
        self.changed = False
        self.active = False
        self.steps: list[StepMetrics] = []
        self.events: list[RunEvent] = []
        self.committed = 0
        self.event_count = 0
        self.recent = 0
        self.seen: set[bytes] = set()
        self.losses: np.ndarray | None = None

    @property
    def last(self) -> int:
        """Last step that was taken; derived, so that no interruption can leave it beside the truth."""
        return self.committed + len(self.steps)

    def change(self, **values: Any) -> None:
        """Set values of the run's row, to be stored with the next commit."""
        self.values |= values
        self.version += 1
        self.changed = True


class Share:
    """What one commit stores of a run, and how the run stands after it."""

    def __init__(self, run: PendingRun) -> None:
        self.run = run
        self.key = 0
        self.version = run.version
        self.committed = run.last
        self.event_count = run.event_count + len(run.events)
        self.recent = run.recent + len(run.steps)


class Attempt(NamedTuple):
    """A commit that was begun: the runs' shares, the labels it adds, and whether it merges what is recent."""

    shares: list[Share]
    labels: dict[Label, int]
    merges: bool
