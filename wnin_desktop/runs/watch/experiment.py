"""A comparison as it is watched: live here, told by somebody else's trainer, or from the store."""

from __future__ import annotations

import math
import re
from bisect import insort
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, Self

from wnin_desktop.errors import InputError
from wnin_desktop.runs.store.records import Status, status_of_experiment
from wnin_desktop.runs.watch.band import Band
from wnin_desktop.runs.watch.bands import Bands
from wnin_desktop.runs.watch.marker import Kind, Marker, kind_and_text
from wnin_desktop.runs.watch.pace import Pace
from wnin_desktop.runs.watch.run import LEFT_OUT, WatchedRun
from wnin_desktop.runs.watch.words import ReadOut, described, sentence
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.events import (
    Checkpoint,
    Curvature,
    Diverged,
    Failed,
    Finished,
    Intervention,
    RunEvent,
    RunStarted,
    StepMetrics,
)
from wnin_desktop.schema.run import ArmConfig, CompareConfig, RunConfig, SharedConfig

if TYPE_CHECKING:
    from wnin_desktop.analysis.leader import LeaderRow
    from wnin_desktop.runs.store import Store

Origin = Literal["live", "stored", "remote"]
Dirty = tuple[str, str]
"""An arm and a metric whose curve changed."""
MOST_RUNS = 10_000
"""Runs that are watched; a stranger's trainer could begin without end: more are passed over and counted."""


class WatchedExperiment:
    """Arms, seeds and runs with their growing series. It belongs to one thread at a time.

    Attributes:
        experiment_id: Its id in the store that records it.
        name: Its title.
        config: What is compared; None where another program's configuration is not known here.
        origin: "live", "stored" or "remote".
        peer: Who sends it, where it is remote.
        host: The machine that trains.
        arms: Names of the arms in their order.
        seeds: The seeds in their order.
        runs: The runs by id; those that have not begun are among them.
        markers: What happened, in the order of steps.
        revision: Grows with every change.
        passed_over: Events of runs that are not watched.
    """

    def __init__(
        self, experiment_id: str, name: str, *, config: CompareConfig | None, origin: Origin, peer: str = ""
    ) -> None:
        self.experiment_id = experiment_id
        self.name = name
        self.config = config
        self.origin = origin
        self.peer = peer
        self.host = ""
        self.arms: tuple[str, ...] = ()
        self.seeds: tuple[int, ...] = ()
        self.runs: dict[str, WatchedRun] = {}
        self.markers: list[Marker] = []
        self.colours: dict[str, int] = {}
        """Colours a person chose for arms, as places in the palette; the others have their own place."""
        self.revision = 0
        self.passed_over = 0
        self.alive = origin != "stored"
        self._by_arm: dict[str, list[WatchedRun]] = {}
        self._known_markers: set[Marker] = set()
        self._arm_configs: dict[str, ArmConfig] = {}
        self._dirty: set[Dirty] = set()
        self._pace = Pace()
        self._bands = Bands(self.runs_of)

    # -- where it comes from -------------------------------------------------------------------------------

    @classmethod
    def of_config(cls, config: CompareConfig, experiment_id: str, *, origin: Origin = "live") -> Self:
        """Return a comparison none of whose runs has begun."""
        made = cls(experiment_id, config.name, config=config, origin=origin)
        for run in config.runs():
            made._add(
                WatchedRun(
                    f"{experiment_id}/{run.arm.name}/s{run.seed}",
                    run.arm.name,
                    run.seed,
                    steps=run.budget.steps,
                )
            )
        return made

    @classmethod
    def of_started(cls, event: RunStarted, peer: str) -> Self:
        """Return a comparison that somebody else trains, as its first run begins; arms come as they begin."""
        made = cls(
            event.experiment_id, _name_in(event.experiment_id), config=None, origin="remote", peer=peer
        )
        made.apply([event])
        return made

    @classmethod
    def load(cls, store: Store, experiment_id: str) -> WatchedExperiment:
        """Return a comparison from the store, as far as it is committed.

        Raises:
            InputError: There is no such experiment.
            StoreError: What it stored is damaged.
        """
        from wnin_desktop.runs.watch import loading  # noqa: PLC0415 - it imports this module

        return loading.load(store, experiment_id)

    # -- taking events -------------------------------------------------------------------------------------

    def apply(self, events: Iterable[RunEvent]) -> None:
        """Take events in the order in which they came. Steps that come again replace the former ones."""
        runs = self.runs
        touched: set[WatchedRun] = set()
        steps, timestamp = 0, 0.0
        for event in events:
            run = runs.get(event.run_id)
            if type(event) is StepMetrics:
                run = run or self._run_for(event)
                if run is not None:
                    fresh = run.take_step(event)
                    if fresh:
                        self.mark_not_finite(run, event.step, fresh)
                    steps, timestamp = steps + 1, event.timestamp
            else:
                run = self._take(event, run)
            if run is None:
                self.passed_over += 1
            else:
                touched.add(run)
        if steps:
            self._pace.count(steps, timestamp)
        if touched:
            self._note(touched)

    def end(self) -> None:
        """Say that nothing more will come: what still runs was interrupted."""
        self.alive = False
        for run in self.runs.values():
            if run.status == "running":
                run.status = "interrupted"
        self.revision += 1

    def take_dirty(self) -> frozenset[Dirty]:
        """Return the (arm, metric) pairs that changed since this was last asked."""
        dirty = frozenset(self._dirty)
        self._dirty.clear()
        return dirty

    # -- what can be asked ---------------------------------------------------------------------------------

    @property
    def status(self) -> Status:
        """What the runs say about the whole; "running" from the start on."""
        statuses: list[Status] = [run.status for run in self.runs.values() if run.status != "not started"]
        return status_of_experiment(len(self.runs), statuses, alive=self.alive)

    @property
    def baseline(self) -> str:
        """The arm that differences are taken against; empty where there is none yet."""
        chosen = self.config.baseline if self.config is not None else None
        return chosen or next(iter(self.arms), "")

    @property
    def progress(self) -> tuple[int, int]:
        """Steps done and steps planned, over all runs; a run that ended early plans no more."""
        done = sum(run.step for run in self.runs.values())
        planned = sum(
            run.step if run.status in ("diverged", "failed") else max(run.step, run.steps)
            for run in self.runs.values()
        )
        return done, planned

    @property
    def last_step(self) -> int:
        """The step that the run that is furthest has finished."""
        return max((run.step for run in self.runs.values()), default=0)

    @property
    def rate(self) -> float | None:
        """Steps per second, over all runs together, by the trainer's clock; None while unknown."""
        return self._pace.rate

    @property
    def remaining_s(self) -> float | None:
        """Seconds until the planned steps are done at the present rate; None while unknown."""
        done, planned = self.progress
        return (planned - done) / self.rate if self.rate else None

    @property
    def keys(self) -> frozenset[str]:
        """Metrics that any run has measured."""
        return frozenset(key for run in self.runs.values() for key in run.series)

    def runs_of(self, arm: str) -> list[WatchedRun]:
        """Return an arm's runs in the order of the seeds."""
        return self._by_arm.get(arm, [])

    def colour_of(self, arm: str) -> int:
        """Return the place of an arm's colour in the palette; -1 where there is no such arm."""
        place = self.arms.index(arm) if arm in self.arms else -1
        return self.colours.get(arm, place)

    def diverged(self, arm: str) -> int:
        """Return how many of an arm's runs diverged."""
        return sum(run.status == "diverged" for run in self.runs_of(arm))

    def band(self, arm: str, key: str) -> Band | None:
        """Return mean and 95 % interval over an arm's seeds at every step that any of them has measured.

        Arrays are views, good until the next look. None where nothing is measured.
        """
        return self._bands.of(arm, key).band()

    def band_view(self, arm: str, key: str, low: float, high: float, pixels: int) -> Band | None:
        """Return the band from step `low` to `high` for a picture, at most four points a pixel."""
        return self._bands.of(arm, key).view(low, high, pixels)

    def difference(self, arm: str, baseline: str, key: str) -> Band | None:
        """Return the band of `arm` minus `baseline`, paired by seed, at the steps that both measured."""
        return self._bands.difference(arm, baseline, key).band()

    def difference_view(
        self, arm: str, baseline: str, key: str, low: float, high: float, pixels: int
    ) -> Band | None:
        """Return `difference` for a picture, as `band_view` does."""
        return self._bands.difference(arm, baseline, key).view(low, high, pixels)

    def against_train_loss(self, arm: str, key: str) -> Band | None:
        """Return a metric where an arm's runs first reached each clean training loss; `steps` are losses.

        All arms are read at the same losses; `n` counts the seeds that have been there.
        """
        return self._bands.against_train_loss(arm, self.arms, key)

    def read_out(self, key: str, step: float) -> list[ReadOut]:
        """Return every arm that has measured `key` at or before `step`, as it was there."""
        found = [self._read(arm, key, step) for arm in self.arms]
        return [each for each in found if each is not None]

    def latest(self, arm: str, key: str) -> ReadOut | None:
        """Return an arm at the last step that all of its seeds which are not behind for good have reached."""
        having = [run for run in self.runs_of(arm) if key in run.series]
        counting = [run for run in having if run.status not in LEFT_OUT] or having
        last = [step for run in counting if (step := run.reached(key)) is not None]
        return self._read(arm, key, min(last)) if last else None

    def leaders(self, key: str) -> list[LeaderRow]:
        """Return the leader table, of final values or of the last evaluation that all runs have reached."""
        from wnin_desktop.runs.watch import outcomes  # noqa: PLC0415 - scipy, which takes its time

        if not self.arms:
            return []
        return outcomes.leader_rows(list(self.runs.values()), self.arms, self.baseline, key)

    def describe(self, key: str) -> str:
        """Return what a plot of `key` shows, one sentence per arm, for screen readers."""
        return described(key, (sentence(arm, self.latest(arm, key), self.diverged(arm)) for arm in self.arms))

    def prepare(self, keys: Iterable[str]) -> None:
        """Make the bands of some metrics now, so that the first look at them is quick."""
        for key in keys:
            for arm in self.arms:
                self._bands.of(arm, key).view(-math.inf, math.inf, 1)

    # -- inside --------------------------------------------------------------------------------------------

    def _read(self, arm: str, key: str, step: float) -> ReadOut | None:
        band = self.band(arm, key)
        index = band.at(step) if band is not None else None
        if band is None or index is None:
            return None
        n = int(band.n[index])
        interval = (float(band.low[index]), float(band.high[index])) if n > 1 else (None, None)
        return ReadOut(arm, int(band.steps[index]), float(band.mean[index]), *interval, n)

    def _take(self, event: RunEvent, run: WatchedRun | None) -> WatchedRun | None:
        """Take an event that is not a step; return the run it changed."""
        if isinstance(event, RunStarted):
            return self._begin(event, run)
        if run is None:
            return None
        match event:
            case Curvature():
                run.take_curvature(event)
            case Checkpoint() | Intervention() | Diverged() | Failed():
                kind, text = kind_and_text(event)
                self.mark(kind, event.step, run, text)
                if isinstance(event, Diverged):
                    run.status = "diverged"
                elif isinstance(event, Failed):
                    run.take_failed(event)
            case Finished():
                run.take_finished(event)
        return run

    def _begin(self, event: RunStarted, run: WatchedRun | None) -> WatchedRun | None:
        if event.experiment_id != self.experiment_id:
            return None
        run = run or self._run_for(event)
        if run is None:
            return None
        run.take_started(event)
        self.alive = True
        self.host = self.host or event.host
        if self.origin == "remote":
            self._learn(event)
        return run

    def _run_for(self, event: RunStarted | StepMetrics) -> WatchedRun | None:
        """Return the planned run under the id that a trainer gave it, or a new one."""
        for planned in self.runs_of(event.arm):
            if planned.seed == event.seed and planned.status == "not started":
                del self.runs[planned.run_id]
                planned.run_id, planned.status = event.run_id, "running"
                self.runs[event.run_id] = planned
                return planned
        if len(self.runs) >= MOST_RUNS:
            return None
        return self._add(WatchedRun(event.run_id, event.arm, event.seed, status="running"))

    def _add(self, run: WatchedRun) -> WatchedRun:
        self.runs[run.run_id] = run
        if run.arm not in self._by_arm:
            self.arms += (run.arm,)
        self._by_arm.setdefault(run.arm, []).append(run)
        if run.seed not in self.seeds:
            self.seeds += (run.seed,)
        return run

    def _learn(self, event: RunStarted) -> None:
        """Put the configuration together from those of the runs that have begun."""
        try:
            run = validate(RunConfig, event.config, source="run")
            self._arm_configs[run.arm.name] = run.arm
            shared = {key: getattr(run, key) for key in SharedConfig.model_fields}
            parts = {"name": self.name, "arms": tuple(self._arm_configs.values()), "seeds": self.seeds}
            self.config = CompareConfig(**parts, **shared)
        except (InputError, ValueError):
            # Of another version, or of somebody else's program: what it measures is shown all the same.
            return

    def mark(self, kind: Kind, step: int, run: WatchedRun, text: str) -> None:
        """Add a marker, once."""
        marker = Marker(kind, step, run.run_id, run.arm, run.seed, text)
        if marker not in self._known_markers:
            self._known_markers.add(marker)
            insort(self.markers, marker, key=_place)

    def mark_not_finite(self, run: WatchedRun, step: int, keys: Iterable[str]) -> None:
        """Mark where metrics were not finite for the first time."""
        for key in keys:
            self.mark("nonfinite", step, run, f"{key} is not finite")

    def _note(self, runs: Iterable[WatchedRun]) -> None:
        self.revision += 1
        for run in runs:
            if run.status == "not started":
                run.status = "running"  # its beginning was missed
            self._dirty.update((run.arm, key) for key in run.changed_keys())


def _place(marker: Marker) -> tuple[int, str, int, str]:
    return marker.step, marker.arm, marker.seed, marker.kind


def _name_in(experiment_id: str) -> str:
    """Return the readable part of an id that a store made, or else the id."""
    found = re.fullmatch(r"\d{4}-\d\d-\d\d_\d{6}_(.+)_[0-9a-f]{4}", experiment_id)
    return found[1].replace("-", " ") if found else experiment_id
