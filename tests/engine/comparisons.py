"""Small comparisons that the trainer's tests run, and what they read off the events."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from wnin_desktop.engine.checkpoint import read_snapshot, write_snapshot
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.events import RunEvent, StepMetrics
from wnin_desktop.schema.run import CompareConfig

OPTIMIZERS: dict[str, dict[str, Any]] = {
    "adamw": {"name": "adamw", "lr": 3e-3},
    "sgd": {"name": "sgd", "lr": 0.1},
}
NOISES: dict[str, dict[str, Any]] = {
    "none": {},
    "input_jitter": {"mode": "input_jitter", "magnitude": 0.2},
    "gradient_gaussian": {"mode": "gradient_gaussian", "magnitude": 0.02, "schedule": {"kind": "cosine"}},
    "sgld": {"mode": "sgld", "magnitude": 1e-5},
    "parameter_jitter": {"mode": "parameter_jitter", "magnitude": 0.05},
    "label_corrupt": {
        "mode": "label_corrupt",
        "magnitude": 0.1,
        "schedule": {"kind": "cyclical", "period": 7},
    },
}


def arm(optimizer: str = "sgd", noise: str = "none", **changes: Any) -> dict[str, Any]:
    """One arm named after its parts."""
    return {
        "name": f"{optimizer}-{noise}",
        "optimizer": OPTIMIZERS[optimizer],
        "noise": NOISES[noise],
        **changes,
    }


def comparison(*arms: dict[str, Any], steps: int = 12, **changes: Any) -> CompareConfig:
    """A comparison on digits that takes a fraction of a second."""
    budget = {"steps": steps, "batch_size": 32, "eval_every": 5, "curvature_every": 6, "norms_every": 3}
    budget |= changes.pop("budget", {})
    content = {
        "arms": list(arms) or [arm()],
        "seeds": [0, 1],
        "network": {"kind": "mlp", "hidden": [16]},
        "task": {"dataset": "digits", "train_examples": 320, "val_examples": 100},
        "budget": budget,
        "device": "cpu",
        **changes,
    }
    return validate(CompareConfig, content)


def metrics(events: Iterable[RunEvent], key: str = "train_loss") -> dict[str, list[float | None]]:
    """Return one metric's values by run, in step order."""
    out: dict[str, list[float | None]] = {}
    for event in events:
        if isinstance(event, StepMetrics):
            out.setdefault(event.run_id.split("/", 1)[1], []).append(getattr(event, key))
    return out


class Files:
    """Keeps snapshots as real files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kept = []

    def __call__(self, snapshot, reason, score, run_id, /):
        path = self.folder / f"{len(self.kept)}.safetensors"
        manifest = write_snapshot(path, snapshot, reason=reason, run_id=run_id)
        self.kept.append((path, manifest))
        return manifest

    def read(self, number):
        return read_snapshot(*self.kept[number])
