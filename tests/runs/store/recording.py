"""A small experiment recorded by hand; imports no torch and no pytest, so that child processes start fast."""

from __future__ import annotations

import math
from pathlib import Path

from wnin_desktop.runs.store import RunWriter, Store
from wnin_desktop.schema.events import Finished, RunEvent, RunStarted, StepMetrics
from wnin_desktop.schema.run import CompareConfig

ARMS = ("adamw", "sgd noisy")
SEEDS = (0, 7)
NOT_EVALUATED = {"val_loss": "evaluated every 10 steps", "accuracy": "evaluated every 10 steps"}


def config(name: str = "Store test", arms=ARMS, seeds=SEEDS) -> CompareConfig:
    data = {"name": name, "arms": tuple({"name": arm} for arm in arms), "seeds": seeds}
    return CompareConfig.model_validate(data)


def run_id(experiment_id: str, arm: str = ARMS[0], seed: int = SEEDS[0]) -> str:
    return f"{experiment_id}/{arm}/s{seed}"


def members(arms=ARMS, seeds=SEEDS) -> list[tuple[str, int]]:
    return [(arm, seed) for arm in arms for seed in seeds]


def started(experiment_id: str, arm: str, seed: int, *, resumed_from: int | None = None) -> RunStarted:
    return RunStarted(
        run_id=run_id(experiment_id, arm, seed),
        timestamp=100.0,
        experiment_id=experiment_id,
        arm=arm,
        seed=seed,
        config={"arm": {"name": arm}, "seed": seed},
        fingerprint="f" * 64,
        steps=1000,
        parameters=1234,
        device="cpu",
        versions={"numpy": "2"},
        host="here",
        resumed_from=resumed_from,
    )


def step_of(experiment_id: str, arm: str, seed: int, step: int) -> StepMetrics:
    """A step whose every field is a plain function of run and step, so that a reader can check it."""
    evaluated = step % 10 == 0
    return StepMetrics(
        run_id=run_id(experiment_id, arm, seed),
        timestamp=100.0 + step / 7,
        step=step,
        arm=arm,
        seed=seed,
        train_loss=math.exp(-step / 50) + seed / 3 + len(arm) / 100,
        val_loss=1 / (step + 1) if evaluated else None,
        accuracy=0.25 if evaluated else None,
        temperature=1e-3,
        lr=0.01,
        grad_norm=float(step % 7),
        noise_mode="gradient" if arm != ARMS[0] else "none",
        schedule_phase="warm" if step <= 30 else "cold",
        reasons={} if evaluated else dict(NOT_EVALUATED),
        nonfinite=("update_norm",) if step % 17 == 0 else (),
    )


def steps(experiment_id: str, first: int, last: int, arms=ARMS, seeds=SEEDS) -> list[StepMetrics]:
    """Steps of the whole cohort, in lock-step."""
    return [
        step_of(experiment_id, arm, seed, step)
        for step in range(first, last + 1)
        for arm, seed in members(arms, seeds)
    ]


def finished(experiment_id: str, arm: str, seed: int, step: int, status="completed") -> Finished:
    return Finished(
        run_id=run_id(experiment_id, arm, seed),
        timestamp=500.0,
        step=step,
        status=status,
        wall_s=1.5,
        gradient_evaluations=step,
        final={"val_loss": 0.25, "accuracy": None},
    )


def begin(store: Store, **options) -> tuple[str, RunWriter]:
    """Enter an experiment and start its runs."""
    experiment_id = store.new_experiment(config())
    writer = store.writer(experiment_id, **options)
    extend(writer, [started(experiment_id, arm, seed) for arm, seed in members()])
    return experiment_id, writer


def extend(writer: RunWriter, events: list[RunEvent]) -> None:
    for event in events:
        writer.append(event)


def recorded(path: Path, last: int) -> str:
    """Make a store that holds one finished experiment of `last` steps."""
    with Store.open(path) as store:
        experiment_id, writer = begin(store)
        extend(writer, steps(experiment_id, 1, last))
        extend(writer, [finished(experiment_id, arm, seed, last) for arm, seed in members()])
        writer.close()
    return experiment_id
