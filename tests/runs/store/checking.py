"""What must hold of a recorded experiment after any fault."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.runs.store.recording import members, run_id, step_of
from wnin_desktop.runs.store import Store


def wrong(store: Store, experiment_id: str, promised: dict[str, int] | None) -> list[str]:
    """Return what does not hold: each promised step is stored, each stored one is what was appended."""
    found = []
    stored = {run.run_id: run.committed for run in store.runs(experiment_id=experiment_id)}
    for run, step in (promised or {}).items():
        if stored.get(run, 0) < step:
            found.append(f"{run}: step {step} was acknowledged, {stored.get(run, 0)} are stored")
    for arm, seed in members():
        run = run_id(experiment_id, arm, seed)
        if run in stored:
            found += _differences(
                store, run, [step_of(experiment_id, arm, seed, k + 1) for k in range(stored[run])]
            )
    return found


def _differences(store: Store, run: str, expected: list) -> list[str]:
    if store.steps(run) != expected:
        return [f"{run}: stored steps are not what was appended"]
    losses = store.series(run, ["train_loss"])["train_loss"]
    if not np.array_equal(losses, [step.train_loss for step in expected]):
        return [f"{run}: the series is not what was appended"]
    return []


def kept_aside(folder: Path) -> list[Path]:
    """Return the damaged main files that were kept."""
    return [path for path in sorted(folder.glob("*.damaged-*")) if not path.name.endswith(("-wal", "-shm"))]
