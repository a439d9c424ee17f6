"""One run as it is watched: its state and its series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Literal

from wnin_desktop.runs.store.records import Status
from wnin_desktop.runs.watch.series import WAITING_LIMIT, Series
from wnin_desktop.schema.events import Curvature, Failed, Finished, RunStarted, StepMetrics
from wnin_desktop.schema.metrics import METRICS

State = Status | Literal["not started"]
ENDED: tuple[State, ...] = ("completed", "stopped", "diverged", "failed", "interrupted")
LEFT_OUT: tuple[State, ...] = ("diverged", "failed", "not started")
"""States whose runs do not hold up a common evaluation and have no outcome."""
RELATIVE_ERROR = "relative_trace_se"
"""Series of the relative trace's standard error; it comes with `Curvature`, not with the steps."""
KEYS = tuple(metric.key for metric in METRICS)

_measured = attrgetter("step", *KEYS)
_Appends = tuple[Callable[[int], None], Callable[[float], None]]


@dataclass(eq=False)
class WatchedRun:
    """One arm with one seed. `step` counts finished steps of `steps`; `series` holds what was measured."""

    run_id: str
    arm: str
    seed: int
    status: State = "not started"
    step: int = 0
    steps: int = 0
    device: str = ""
    host: str = ""
    parameters: int = 0
    started: float | None = None
    resumed_from: int | None = None
    wall_s: float | None = None
    gradient_evaluations: int | None = None
    final: dict[str, float | None] = field(default_factory=dict)
    error: str = ""
    traceback: str = ""
    series: dict[str, Series] = field(default_factory=dict)
    not_finite_since: dict[str, int] = field(default_factory=dict)
    """First step at which a metric was not finite."""
    _appends: list[_Appends | None] = field(default_factory=lambda: [None] * len(KEYS), repr=False)
    _waiting: int = field(default=0, repr=False)
    _told: dict[str, int] = field(default_factory=dict, repr=False)

    @property
    def has_ended(self) -> bool:
        """Return whether nothing more is to come."""
        return self.status in ENDED

    def reached(self, key: str) -> int | None:
        """Return the last step at which it has measured a metric, no further than it has come.

        A run that takes its steps again has measured more than that. None before the first value.
        """
        last = self.series[key].last if key in self.series else None
        return None if last is None else min(last[0], self.step)

    def open_series(self, key: str) -> Series:
        """Return the series of a metric, made where it is missing."""
        return self.series.setdefault(key, Series())

    def take_step(self, event: StepMetrics) -> tuple[str, ...]:
        """Record a step; return the metrics that were not finite for the first time."""
        step, *values = _measured(event)
        self.step = max(self.step, step)
        appends = self._appends
        for index, value in enumerate(values):
            if value is not None:
                pair = appends[index]
                if pair is None:
                    pair = appends[index] = self._open(KEYS[index])
                pair[0](step)
                pair[1](value)
        self._waiting += 1
        if self._waiting >= WAITING_LIMIT:
            self._pack()
        return self._not_finite(step, event.nonfinite) if event.nonfinite else ()

    def take_curvature(self, event: Curvature) -> None:
        """Record the one number of an estimate that the step does not carry."""
        if event.relative_trace_se is not None:
            self.open_series(RELATIVE_ERROR).put(event.step, event.relative_trace_se)

    def take_started(self, event: RunStarted) -> None:
        """Begin, go on, or begin anew: what was measured beyond its first step stays until it comes again."""
        self.status = "running"
        self.step = event.resumed_from or 0
        self.steps, self.parameters = event.steps, event.parameters
        self.device, self.host, self.resumed_from = event.device, event.host, event.resumed_from
        self.started = event.timestamp if self.started is None else self.started
        self.final, self.error, self.traceback, self.wall_s = {}, "", "", None

    def take_finished(self, event: Finished) -> None:
        """End with final scores."""
        self.status, self.wall_s = event.status, event.wall_s
        self.step = max(self.step, event.step)
        self.gradient_evaluations = event.gradient_evaluations
        self.final = dict(event.final)

    def take_failed(self, event: Failed) -> None:
        """End with an error."""
        self.status, self.error, self.traceback = "failed", event.error, event.traceback

    def changed_keys(self) -> list[str]:
        """Return the metrics that changed since this was last asked."""
        told = self._told
        changed = []
        for key, series in self.series.items():
            revision = series.revision
            if told.get(key) != revision:
                told[key] = revision
                changed.append(key)
        return changed

    def _open(self, key: str) -> _Appends:
        series = self.open_series(key)
        return series.waiting_steps.append, series.waiting_values.append

    def _pack(self) -> None:
        self._waiting = 0
        for series in self.series.values():
            series.pack()

    def _not_finite(self, step: int, keys: tuple[str, ...]) -> tuple[str, ...]:
        known = [key for key in keys if key in KEYS]
        fresh = tuple(key for key in known if key not in self.not_finite_since)
        for key in known:
            self.open_series(key).put(step, float("nan"))
            self.not_finite_since.setdefault(key, step)
        return fresh


def common_step(runs: Sequence[WatchedRun], key: str) -> int | None:
    """Return the last step at which every run that goes on, or ended well, has measured a metric."""
    all_reached = [run.reached(key) for run in runs if run.status not in LEFT_OUT]
    reached = [step for step in all_reached if step is not None]
    return min(reached) if reached and len(reached) == len(all_reached) else None
