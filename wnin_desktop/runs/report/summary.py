"""What a comparison came to, as plain typed values: for the page, the figures, the tables and the window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wnin_desktop.runs.store import Status
from wnin_desktop.schema.events import Checkpoint, Intervention
from wnin_desktop.schema.metrics import Metric
from wnin_desktop.schema.run import ArmConfig, CompareConfig

Floats = NDArray[np.float64]
State = Status | Literal["not started"]
LEFT_OUT: tuple[State, ...] = ("diverged", "failed", "not started")
"""States whose runs are drawn and counted but stay out of means over steps."""


@dataclass(frozen=True)
class Reading:
    """A value and the step it was measured at."""

    step: int
    value: float


@dataclass(frozen=True)
class Divergence:
    """Where and why a run diverged; it is kept up to `last_finite_step`."""

    step: int
    reason: str
    last_finite_step: int


@dataclass(frozen=True)
class CurvatureCost:
    """How curvature was measured in a run; `gradients` is its cost in gradient evaluations, in total."""

    methods: tuple[str, ...]
    estimates: int
    probes: int
    examples: int
    gradients: float


@dataclass(frozen=True)
class RunSummary:
    """One run. `final` holds the scores on the whole splits, measured once at the end of a completed run.

    `last` holds the last value of each metric that was measured while it ran; `reasons` says, by metric, why
    it was never measured. `steps_per_s` counts everything between two steps, measuring included; the runs of
    a comparison step together, so it is the pace of all of them. Times are Unix seconds.
    """

    run_id: str
    arm: str
    seed: int
    state: State
    steps: int
    committed: int
    fingerprint: str
    parameters: int | None = None
    device: str | None = None
    host: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    perplexity_floor: float | None = None
    started: float | None = None
    finished: float | None = None
    wall_s: float | None = None
    steps_per_s: float | None = None
    gradient_evaluations: int | None = None
    curvature: CurvatureCost | None = None
    final: Mapping[str, float] = field(default_factory=dict)
    last: Mapping[str, Reading] = field(default_factory=dict)
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    divergence: Divergence | None = None
    failure: str | None = None
    resumed_from: tuple[int, ...] = ()
    checkpoints: tuple[Checkpoint, ...] = ()
    interventions: tuple[Intervention, ...] = ()


@dataclass(frozen=True)
class MetricSeries:
    """One metric of one arm over the steps.

    Attributes:
        metric: What was measured.
        arm: Whose.
        steps: Steps at which a seed was measured, `[points]`.
        seeds: The seed of each row of `values`.
        values: `[seeds, points]`; NaN where that seed was not measured.
        kept: `[seeds]`; whether the seed's run counts in the mean. Diverged and failed runs do not.
        mean: `[points]`, over the kept seeds measured there; NaN where there is none.
        low: Lower end of the 95 % interval of the mean, `[points]`; NaN where n is below 2.
        high: Upper end, likewise.
        n: Kept seeds measured at each point, `[points]`.
        errors: Standard error of each value by measuring (not over seeds), `[seeds, points]`; None where the
            metric has none.
        block: Steps that a point averages; 1 keeps every measurement.
    """

    metric: Metric
    arm: str
    steps: NDArray[np.int64]
    seeds: tuple[int, ...]
    values: Floats
    kept: NDArray[np.bool_]
    mean: Floats
    low: Floats
    high: Floats
    n: NDArray[np.int64]
    errors: Floats | None = None
    block: int = 1

    @property
    def measured(self) -> bool:
        """Whether anything was measured at all."""
        return bool(self.values.size)

    @property
    def most_seeds(self) -> int:
        """Return the largest n of any point; 0 where no kept run was measured."""
        return int(self.n.max()) if self.n.size else 0

    def mean_error(self) -> Floats | None:
        """Return the mean's standard error by measuring alone, `[points]`: sqrt(sum of squares)/n."""
        if self.errors is None:
            return None
        kept = self.errors[self.kept]
        total = np.sqrt(np.nansum(np.square(kept), axis=0))
        return np.divide(total, self.n, out=np.full_like(total, np.nan), where=self.n > 0)


@dataclass(frozen=True)
class Yardstick:
    """Which outcome the arms are ranked by.

    `final`: the whole splits after the last step of completed runs. `evaluation`: the evaluation subset at
    `step`, the last one that every run that is still well was measured at; used while no run has completed.
    `nothing`: there is no outcome yet.
    """

    kind: Literal["final", "evaluation", "nothing"]
    step: int | None = None


@dataclass(frozen=True)
class ComparisonSummary:
    """A comparison: what was asked, every planned run, every series, and what the ranking rests on."""

    experiment_id: str
    name: str
    status: Status
    created: float
    note: str
    tags: tuple[str, ...]
    fingerprint: str
    config: CompareConfig
    runs: tuple[RunSummary, ...]
    series: Mapping[str, Mapping[str, MetricSeries]]
    """By metric key, then by arm; a metric nobody measured is absent."""
    yardstick: Yardstick

    @property
    def arms(self) -> tuple[str, ...]:
        """Return the arms' names, in the order of the configuration."""
        return tuple(arm.name for arm in self.config.arms)

    @property
    def seeds(self) -> tuple[int, ...]:
        """Return the seeds of every arm."""
        return self.config.seeds

    @property
    def baseline(self) -> str:
        """Return the arm that differences are taken against."""
        return self.config.baseline or self.config.arms[0].name

    @property
    def is_sequence(self) -> bool:
        """Whether the task is next-token prediction, which has a perplexity."""
        return self.config.task.is_sequence

    @property
    def perplexity_floor(self) -> float | None:
        """Return the perplexity that no model can beat, where the source's entropy is known."""
        return next((run.perplexity_floor for run in self.runs if run.perplexity_floor is not None), None)

    def arm(self, name: str) -> ArmConfig:
        """Return the configuration of an arm."""
        return next(arm for arm in self.config.arms if arm.name == name)

    def runs_of(self, arm: str) -> tuple[RunSummary, ...]:
        """Return an arm's runs in the order of the seeds."""
        return tuple(run for run in self.runs if run.arm == arm)

    def count(self, *states: State, arm: str | None = None) -> int:
        """Return how many runs (of one arm) are in one of `states`."""
        return sum(run.state in states and arm in (None, run.arm) for run in self.runs)

    def interventions(self) -> list[Intervention]:
        """Return every turn of a knob, each once for an arm, in the order of the steps."""
        first = self.seeds[0]
        found = [event for run in self.runs if run.seed == first for event in run.interventions]
        return sorted(found, key=lambda event: event.step)

    def outcomes(self, key: str) -> dict[str, dict[int, float | None]]:
        """Return, by arm and seed, what the yardstick says for a metric; None where the run diverged.

        Runs that neither reached the yardstick nor diverged are left out.
        """
        table: dict[str, dict[int, float | None]] = {arm: {} for arm in self.arms}
        for run in self.runs:
            value = None if run.state == "diverged" else self.outcome(run, key)
            if value is not None or run.state == "diverged":
                table[run.arm][run.seed] = value
        return table

    def outcome(self, run: RunSummary, key: str) -> float | None:
        """Return what the yardstick says for a run and a metric, or None.

        Curvature is not part of the final scores, so the last estimate of a run stands for it.
        """
        if self.yardstick.kind == "nothing" or run.state in LEFT_OUT:
            return None
        if self.yardstick.kind == "final":
            if run.state != "completed":
                return None
            if key in run.final:
                return run.final[key]
            return run.last[key].value if key in run.last else None
        return self._at_step(run, key)

    def _at_step(self, run: RunSummary, key: str) -> float | None:
        series = self.series.get(key, {}).get(run.arm)
        if series is None or run.seed not in series.seeds or self.yardstick.step is None:
            return None
        column = int(np.searchsorted(series.steps, self.yardstick.step, side="right")) - 1
        value = float(series.values[series.seeds.index(run.seed), column]) if column >= 0 else np.nan
        return None if np.isnan(value) else value
