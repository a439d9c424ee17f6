"""Runs of any experiments as one comparison: what streams through a server, or stands in a file of events."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from wnin_desktop.runs.watch.experiment import WatchedExperiment
from wnin_desktop.schema.events import RunEvent, RunStarted
from wnin_desktop.schema.fingerprint import canonical_json

TOGETHER = "stream"


class Gathering:
    """Runs that differ in nothing but their seed are one arm, whoever trains them; all others are not.

    Attributes:
        experiment: All runs so far.
        hosts: Machines that train or have trained, in the order in which they came.
    """

    def __init__(self, name: str) -> None:
        self.experiment = WatchedExperiment(TOGETHER, name, config=None, origin="live")
        self.hosts: dict[str, None] = {}
        self._arm_of: dict[str, str] = {}
        """Names of arms by run."""
        self._made_of: dict[str, str] = {}
        """Configurations without their seed, by the name of the arm."""
        self._taken: dict[tuple[str, int], str] = {}
        """Runs by arm and seed."""

    def take(self, events: Iterable[RunEvent]) -> None:
        """Take events in the order in which they came."""
        self.experiment.apply([self._met(event) for event in events])

    def end(self) -> None:
        """Say that nothing more will come."""
        self.experiment.end()

    @property
    def live(self) -> int:
        """How many runs have not ended."""
        return sum(run.status == "running" for run in self.experiment.runs.values())

    def _met(self, event: RunEvent) -> RunEvent:
        if not isinstance(event, RunStarted):
            return event
        if event.host:
            self.hosts[event.host] = None
        return msgspec.structs.replace(event, experiment_id=TOGETHER, arm=self._arm(event))

    def _arm(self, event: RunStarted) -> str:
        """Return the name of the arm that a run belongs to."""
        if (known := self._arm_of.get(event.run_id)) is not None:
            return known
        made_of = canonical_json({key: part for key, part in event.config.items() if key != "seed"})
        name, number = event.arm, 1
        while (
            self._made_of.setdefault(name, made_of) != made_of
            or self._taken.setdefault((name, event.seed), event.run_id) != event.run_id
        ):
            number += 1
            name = f"{event.arm} ({number})"
        self._arm_of[event.run_id] = name
        return name
