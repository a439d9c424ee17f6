"""Small comparisons, really trained and recorded, that the report's tests read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from wnin_desktop.engine.train import train
from wnin_desktop.runs.store import Store
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.events import Finished, Intervention, RunEvent, StepMetrics
from wnin_desktop.schema.run import CompareConfig

NOISE = {"mode": "gradient_gaussian", "magnitude": 0.02, "schedule": {"kind": "cosine"}}
ADAMW = {"name": "adamw", "optimizer": {"name": "adamw", "lr": 3e-3}}
SGD = {"name": "sgd noisy", "optimizer": {"name": "sgd", "lr": 0.1}, "noise": NOISE}
BLOWN = {
    "name": "blown",
    "optimizer": {"name": "sgd", "lr": 1000.0, "params": {"weight_decay": 0.05}},
}
"""Every step multiplies the weights by -49: the loss is not finite within a dozen steps."""
SEEDS = (0, 3, 11)
STEPS = 60


def comparison(*arms: dict[str, Any], steps: int = STEPS, **changes: Any) -> CompareConfig:
    """Digits, a small perceptron, three seeds."""
    content = {
        "name": "Small comparison",
        "arms": list(arms) or [ADAMW, SGD, BLOWN],
        "seeds": list(SEEDS),
        "task": {"dataset": "digits", "train_examples": 320, "val_examples": 100},
        "network": {"kind": "mlp", "hidden": [16]},
        "budget": {
            "steps": steps, "batch_size": 32, "eval_every": 5, "norms_every": 3, "curvature_every": 6,
        },
        "device": "cpu",
        **changes,
    }  # fmt: skip
    return validate(CompareConfig, content)


def record(store: Store, config: CompareConfig, events: Iterable[RunEvent] | None = None) -> str:
    """Train (or take `events` made under the id "x") and record; return the experiment's id."""
    experiment_id = store.new_experiment(config)
    found = train(config, experiment_id=experiment_id) if events is None else events
    with store.writer(experiment_id) as writer:
        for event in found:
            writer.append(_renamed(event, experiment_id) if events is not None else event)
    return experiment_id


def recorded(
    folder: Path, config: CompareConfig, events: Iterable[RunEvent] | None = None
) -> tuple[Store, str]:
    """Return an open store with one recorded experiment."""
    store = Store.open(folder)
    return store, record(store, config, events)


def trained(config: CompareConfig) -> list[RunEvent]:
    """Return a comparison's events under the id "x"."""
    return list(train(config, experiment_id="x"))


def cut(events: Iterable[RunEvent], step: int) -> list[RunEvent]:
    """Return what a comparison that was killed after `step` steps had sent."""
    return [
        event for event in events if not isinstance(event, Finished) and getattr(event, "step", 0) <= step
    ]


def turned(events: Iterable[RunEvent], arm: str, step: int) -> list[RunEvent]:
    """Return the events with a turn of the noise knob of every seed of an arm after `step`."""
    out: list[RunEvent] = []
    for event in events:
        out.append(event)
        if isinstance(event, StepMetrics) and event.step == step and event.arm == arm:
            out.append(
                Intervention(
                    run_id=event.run_id,
                    timestamp=event.timestamp,
                    step=step,
                    knob="noise",
                    value=0.5,
                    previous=0.02,
                )
            )
    return out


def _renamed(event: RunEvent, experiment_id: str) -> RunEvent:
    changes: dict[str, Any] = {"run_id": experiment_id + event.run_id[1:]}
    if hasattr(event, "experiment_id"):
        changes["experiment_id"] = experiment_id
    return msgspec.structs.replace(event, **changes)
