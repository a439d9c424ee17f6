"""Which runs are alive and where they come from, for subscribers who come later."""

from __future__ import annotations

from dataclasses import dataclass

from wnin_desktop.schema.events import Failed, Finished, RunEvent, RunStarted

LOCAL = "local"


@dataclass(slots=True)
class LiveRun:
    """A run that has started and not ended. `peer` is the publisher's address, or "local"."""

    started: RunStarted
    peer: str
    last_step: int = 0

    @property
    def run_id(self) -> str:
        """Return the run's name."""
        return self.started.run_id

    @property
    def host(self) -> str:
        """Return the machine the trainer says it runs on."""
        return self.started.host


class LiveRuns:
    """The live runs, at most `capacity` (the oldest is forgotten first)."""

    def __init__(self, capacity: int) -> None:
        self._runs: dict[str, LiveRun] = {}
        self._capacity = capacity

    def note(self, event: RunEvent, peer: str) -> None:
        """Take in one event that came from `peer`."""
        if isinstance(event, RunStarted):
            known = self._runs.pop(event.run_id, None)
            self._runs[event.run_id] = LiveRun(event, peer, known.last_step if known else 0)
            if len(self._runs) > self._capacity:
                del self._runs[next(iter(self._runs))]
        elif isinstance(event, Finished | Failed):
            self._runs.pop(event.run_id, None)
        elif run := self._runs.get(event.run_id):
            run.last_step = max(run.last_step, event.step)

    def all(self) -> tuple[LiveRun, ...]:
        """Return the live runs, the longest known first."""
        return tuple(self._runs.values())
