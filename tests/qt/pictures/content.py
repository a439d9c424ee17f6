"""Comparisons for pictures, made from closed forms and keyed noise: the same on every machine."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from tests.qt.pages.landscape.scenes import surface
from wnin_desktop.runs.landscape.surface_file import write_surface
from wnin_desktop.runs.optimizer_catalogue import Catalogue, CatalogueRow
from wnin_desktop.runs.store import Store
from wnin_desktop.schema.events import Checkpoint, Diverged, Finished, Intervention, RunStarted, StepMetrics
from wnin_desktop.schema.fields import FieldSpec
from wnin_desktop.schema.fingerprint import fingerprint
from wnin_desktop.schema.run import CompareConfig, RunConfig

BEGINNING = 1_795_000_000.0
"""When the first comparison was made, Unix time."""
EVERY = 10
START, END = 2.3, 0.08
NOISE = {"mode": "sgld", "temperature": 1e-4, "schedule": {"kind": "cosine"}}
Arm = tuple[str, str, float]


def comparison(name: str, arms: Sequence[Arm], *, seeds: int = 5, steps: int = 120) -> CompareConfig:
    """Return a comparison of arms given as (name, optimizer, learning rate)."""
    made = [
        {"name": arm, "optimizer": {"name": optimizer, "lr": lr}, "noise": NOISE}
        for arm, optimizer, lr in arms
    ]
    budget = {"steps": steps, "eval_every": EVERY, "curvature_every": 2 * EVERY, "norms_every": EVERY}
    return CompareConfig.model_validate(
        {"name": name, "arms": made, "seeds": list(range(seeds)), "budget": budget}
    )


FOUR = (("AdamW", "adamw", 3e-3), ("SGD", "sgd", 0.2), ("Muon", "muon", 0.02), ("SGLD", "sgld", 0.05))
NINE = tuple((f"sgd at {lr:g}", "sgd", lr) for lr in (0.8, 0.4, 0.2, 0.1, 0.05, 0.025, 0.012, 0.006, 0.003))
EDGE = (("calm", "sgd", 0.1), ("warm", "sgd", 1.0), ("hot", "sgd", 5.0), ("far too hot", "sgd", 500.0))
LONG = (
    ("NormalizedDynamics - learning rate follows the temperature", "adamw", 0.05),
    ("Muon 0.02 on the hidden layers + AdamW 3e-4 on the rest", "muon", 0.02),
)
CONFIGS = {
    "first": comparison("Tried and put away", FOUR[:2], seeds=2),
    "diverged": comparison("Learning rates up to the edge", EDGE),
    "nine": comparison("Nine learning rates", NINE, seeds=3),
    "long": comparison("Two optimizers whose names say all that one might want to know", LONG, seeds=2),
    "gradient": comparison("Without the fourth arm", FOUR[:3], seeds=3),
    "sgld": comparison("The same at more seeds", FOUR, seeds=9),
    "demo": comparison("Four optimizers under one schedule", FOUR),
}


OPTIMIZERS = (("adamw", 1e-3), ("muon", 0.02), ("normalized_dynamics", 0.05), ("sgd", 0.1), ("sgld", 0.1))


def record(folder: Path) -> dict[str, str]:
    """Record everything into the store in `folder`, and return the experiments by name."""
    clock = [BEGINNING]
    ids = {}
    with Store.open(folder, now=lambda: clock[0]) as store:
        for name, config in CONFIGS.items():
            clock[0] += 3600.0
            ids[name] = store.new_experiment(config)
            _write(store, ids[name], config, clock[0])
        _draw(store, ids["demo"])
        store.star(ids["demo"])
        store.tag(ids["demo"], ["thesis"])
        store.tag(ids["gradient"], ["noise", "thesis"])
        store.trash(ids["first"])
    return ids


def _draw(store: Store, experiment_id: str) -> None:
    """Keep a surface with a comparison, as if it had been evaluated."""
    made = surface(experiment_id, tuple(arm for arm, *_ in FOUR), sigmas=(0.2, 0.6), side=31)
    write_surface(store.checkpoint_dir(experiment_id) / "surface-ffffffffffffffff.npz", made)


def write_catalogue(home: Path) -> None:
    """Leave the list of optimizers where the last start would have."""
    path = home / "cache" / "optimizers.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = tuple(_row(name, lr) for name, lr in OPTIMIZERS)
    path.write_bytes(msgspec.json.encode(Catalogue(rows=rows, key="pictures")))


def _row(name: str, lr: float) -> CatalogueRow:
    fields = (
        FieldSpec(path="lr", name="lr", title="Learning rate", kind="float", gt=0, default=lr),
        FieldSpec(path="momentum", name="momentum", title="Momentum", kind="float", ge=0, lt=1, default=0.9),
        FieldSpec(path="decay", name="decay", title="Weight decay", kind="float", ge=0, default=0.0),
    )
    return CatalogueRow(name=name, summary="An optimizer of pictures.", fields=fields)


# -- runs --------------------------------------------------------------------------------------------------


def _write(store: Store, experiment_id: str, config: CompareConfig, when: float) -> None:
    writer = store.writer(experiment_id)
    for place, run in enumerate(config.runs()):
        for event in _events(experiment_id, run, place, when):
            writer.append(event)
    writer.close()


def _events(experiment_id: str, run: RunConfig, place: int, when: float) -> list[Any]:
    steps, arm, seed = run.budget.steps, run.arm.name, run.seed
    who = {"run_id": f"{experiment_id}/{arm}/s{seed}", "timestamp": when}
    hot = run.arm.optimizer.lr >= 500
    last = steps // 3 if hot else steps
    events: list[Any] = [
        RunStarted(
            experiment_id=experiment_id, arm=arm, seed=seed, config=run.model_dump(mode="json"),
            fingerprint=fingerprint(run), steps=steps, parameters=4810, device="cpu", versions={},
            host="here", **who,
        )
    ]  # fmt: skip
    measured = _curves(run, last, place, hot=hot)
    for step in range(1, last + 1):
        values = {key: found[step] for key, found in measured.items() if step in found}
        events.append(StepMetrics(step=step, arm=arm, seed=seed, **values, **who))
        if step == steps // 2:
            events.append(Intervention(step=step, knob="temperature", value=3e-4, previous=1e-4, **who))
    end = {"wall_s": 2.0, "gradient_evaluations": last, **who}
    if hot:
        why = "loss is not finite"
        events.append(Diverged(step=last, reason=why, last_finite_step=last - 1, **who))
        return [*events, Finished(step=last, status="diverged", **end)]
    final = {key: measured[key][last] for key in ("val_loss", "accuracy", "clean_train_loss")}
    events.append(Checkpoint(step=last, reason="final", file="x", sha256="0" * 64, size=1, **who))
    return [*events, Finished(step=last, status="completed", final=final, **end)]


def _curves(run: RunConfig, last: int, place: int, *, hot: bool) -> dict[str, dict[int, float]]:
    """Return every metric by step: a loss that falls as exp(-rate t), and what follows from it."""
    lr, steps = run.arm.optimizer.lr, run.budget.steps
    noise = _noise(place + 1, 3 * last + 8)
    rate = 3.0 + 0.8 * math.log10(max(lr, 1e-3) * 1e3) + 0.25 * noise[0]
    floor = END * (1 + 0.25 * abs(math.log10(lr / 0.03)) + 0.1 * noise[1])
    at = range(1, last + 1)
    blow = {step: 1.0 + (math.exp(0.5 * (step - 0.7 * last)) if hot else 0.0) for step in at}
    loss = {step: (floor + (START - floor) * math.exp(-rate * step / steps)) * blow[step] for step in at}
    seen = {step: value for step, value in loss.items() if step % EVERY == 0 or step in (1, last)}
    heat = {step: 1e-4 * (1 + math.cos(math.pi * step / steps)) / 2 for step in at}
    own = 1 + 0.05 * noise[2]
    return {
        "train_loss": {step: loss[step] * math.exp(0.2 * noise[8 + step]) for step in at},
        "clean_train_loss": {step: value * own for step, value in seen.items()},
        "val_loss": {step: 1.15 * value * own + 0.03 for step, value in seen.items()},
        "accuracy": {step: 1 - 0.39 * min(value, START) for step, value in seen.items()},
        "temperature": {step: heat[step] * (3.0 if step > steps // 2 else 1.0) + 1e-7 for step in at},
        "lr": dict.fromkeys(at, lr),
        "noise_to_signal": {step: 0.2 + 0.1 * heat[step] / loss[step] for step in at},
        "hessian_trace_est": {step: 300 * value * (1 + 0.1 * noise[3]) for step, value in seen.items()},
    }


def _noise(key: int, count: int) -> list[float]:
    """Return numbers of mean 0 and variance 1 that no version of numpy changes: sums of twelve others."""
    raw = np.random.Philox(key=key).random_raw(12 * count).astype(np.float64) / 2.0**64
    return (raw.reshape(count, 12).sum(axis=1) - 6.0).tolist()
