"""Events of runs that never were."""

from __future__ import annotations

import math

from tests.stream.wire import finished, started
from wnin_desktop.schema.events import Diverged, Finished, RunEvent, StepMetrics


def begun(arm: str, seed: int, *, experiment: str = "exp", lr: float = 0.1, steps: int = 100) -> RunEvent:
    return started(
        run_id(arm, seed, experiment), experiment_id=experiment, arm=arm, seed=seed, steps=steps,
        config={"arm": arm, "lr": lr, "seed": seed},
    )  # fmt: skip


def run_id(arm: str, seed: int, experiment: str = "exp") -> str:
    return f"{experiment}/{arm}/s{seed}"


def step(arm: str, seed: int, k: int, loss: float | None = None, experiment: str = "exp") -> StepMetrics:
    value = 2 * math.exp(-k / 20) + 0.01 * (1 + seed) if loss is None else loss
    finite = math.isfinite(value)
    return StepMetrics(
        run_id=run_id(arm, seed, experiment), timestamp=1.0 + k / 100, step=k, arm=arm, seed=seed,
        train_loss=value if finite else None, nonfinite=() if finite else ("train_loss",),
    )  # fmt: skip


def steps(arm: str, seed: int, first: int = 1, last: int = 100) -> list[RunEvent]:
    return [step(arm, seed, k) for k in range(first, last + 1)]


def ended(arm: str, seed: int, last: int = 100) -> RunEvent:
    return finished(last, run_id(arm, seed))


def diverged(arm: str, seed: int, at: int) -> list[RunEvent]:
    name = run_id(arm, seed)
    return [
        Diverged(run_id=name, timestamp=2.0, step=at, reason="the loss", last_finite_step=at),
        Finished(run_id=name, timestamp=2.0, step=at, status="diverged", wall_s=1.0, gradient_evaluations=at),
    ]


def whole(arms: tuple[str, ...] = ("adamw", "sgd"), seeds: tuple[int, ...] = (0, 1)) -> list[RunEvent]:
    members = [(arm, seed) for arm in arms for seed in seeds]
    events = [begun(arm, seed) for arm, seed in members]
    events += [step(arm, seed, k) for k in range(1, 101) for arm, seed in members]
    return events + [ended(arm, seed) for arm, seed in members]
