"""Events of a made-up comparison, in the order in which a trainer sends them."""

from __future__ import annotations

import math

from wnin_desktop.schema.events import (
    Checkpoint,
    Curvature,
    Diverged,
    Finished,
    RunEvent,
    RunStarted,
    StepMetrics,
)
from wnin_desktop.schema.run import CompareConfig

ARMS = ("adamw", "sgd noisy")
SEEDS = (0, 7, 11)
EXPERIMENT = "2026-11-21_142233_four-optimizers_9f3c"
EVERY = 5


def config(arms=ARMS, seeds=SEEDS, steps=40, **more) -> CompareConfig:
    data = {"name": "Four", "arms": tuple({"name": arm} for arm in arms), "seeds": seeds}
    return CompareConfig.model_validate(data | {"budget": {"steps": steps}} | more)


def run_id(arm: str, seed: int, experiment: str = EXPERIMENT) -> str:
    return f"{experiment}/{arm}/s{seed}"


def members(arms=ARMS, seeds=SEEDS) -> list[tuple[str, int]]:
    return [(arm, seed) for arm in arms for seed in seeds]


def started(arm: str, seed: int, *, experiment=EXPERIMENT, resumed_from=None, **more) -> RunStarted:
    settings = {"config": {}, "steps": 40, "timestamp": 100.0} | more
    return RunStarted(
        run_id=run_id(arm, seed, experiment), experiment_id=experiment, arm=arm, seed=seed, fingerprint="f",
        parameters=1234, device="cpu", versions={}, host="here", resumed_from=resumed_from, **settings,
    )  # fmt: skip


def loss(arm: str, seed: int, step: int) -> float:
    return math.exp(-step / 30) + seed / 70 + len(arm) / 100 + 0.1 * math.sin(seed + step)


def step(arm: str, seed: int, number: int, *, experiment=EXPERIMENT, **changed) -> StepMetrics:
    values = {"timestamp": 100 + number / 10, "train_loss": loss(arm, seed, number), "lr": 0.01}
    if number % EVERY == 0:
        values |= {"val_loss": loss(arm, seed, number) + 0.2, "clean_train_loss": loss(arm, seed, number)}
    return StepMetrics(
        run_id=run_id(arm, seed, experiment), step=number, arm=arm, seed=seed,
        **values | changed,
    )  # fmt: skip


def curvature(arm: str, seed: int, number: int, *, experiment=EXPERIMENT) -> Curvature:
    return Curvature(
        run_id=run_id(arm, seed, experiment), timestamp=0.0, step=number, method="hutchinson",
        hessian_trace_est=3.0, hessian_trace_se=0.5, relative_trace=2.0, relative_trace_se=0.25 + seed,
        probes=8, examples=64, cost_gradients=16.0,
    )  # fmt: skip


def checkpoint(
    arm: str, seed: int, number: int, reason="periodic", experiment=EXPERIMENT, **more
) -> Checkpoint:
    return Checkpoint(
        run_id=run_id(arm, seed, experiment), timestamp=0.0, step=number, reason=reason,
        file="a.safetensors", sha256="0" * 64, size=10, **more,
    )  # fmt: skip


def diverged(arm: str, seed: int, number: int, *, experiment=EXPERIMENT) -> Diverged:
    return Diverged(
        run_id=run_id(arm, seed, experiment), timestamp=0.0, step=number, reason="the loss is not finite",
        last_finite_step=number - 1,
    )  # fmt: skip


def finished(arm: str, seed: int, number: int, status="completed", *, experiment=EXPERIMENT) -> Finished:
    final = {"val_loss": loss(arm, seed, number)} if status == "completed" else {}
    return Finished(
        run_id=run_id(arm, seed, experiment), timestamp=500.0, step=number, status=status, wall_s=1.5,
        gradient_evaluations=number, final=final,
    )  # fmt: skip


def begun(**more) -> list[RunEvent]:
    return [started(arm, seed, **more) for arm, seed in members()]


def steps(first: int, last: int, **more) -> list[RunEvent]:
    return [step(arm, seed, number, **more) for number in range(first, last + 1) for arm, seed in members()]


def ended(last: int, **more) -> list[RunEvent]:
    return [finished(arm, seed, last, **more) for arm, seed in members()]
