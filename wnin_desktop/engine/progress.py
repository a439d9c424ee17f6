"""How far a comparison has come, in the form that a snapshot keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch

from wnin_desktop.engine.checkpoint import Snapshot
from wnin_desktop.engine.cohort.cohort import Cohort
from wnin_desktop.errors import CheckpointError
from wnin_desktop.schema.fingerprint import fingerprint
from wnin_desktop.schema.run import CompareConfig


@dataclass
class Progress:
    """What the loop remembers beside the cohort's own state."""

    step: int = 0
    best_val_loss: dict[int, float] = field(default_factory=dict)
    """Lowest validation loss so far, by member."""
    matched: set[int] = field(default_factory=set)
    """Members whose matched-loss snapshot was taken."""
    diverged: dict[int, int] = field(default_factory=dict)
    """Member -> last step whose loss was finite."""
    previous: dict[int, torch.Tensor] = field(default_factory=dict)
    """Flat parameters of each unit at the last evaluation, kept while a matched loss is looked for."""

    def snapshot(self, config: CompareConfig, cohort: Cohort) -> Snapshot:
        """Return everything that going on bit for bit needs."""
        tensors, rest = cohort.state()
        tensors |= {f"previous{number}": value for number, value in self.previous.items()}
        progress = {
            "best_val_loss": self.best_val_loss,
            "matched": sorted(self.matched),
            "diverged": self.diverged,
        }
        meta = {"fingerprint": fingerprint(config), "cohort": rest, "progress": progress}
        return Snapshot(self.step, tensors, meta)

    @classmethod
    def of_snapshot(cls, snapshot: Snapshot, device: torch.device) -> Progress:
        """Return the progress in a snapshot; JSON turned its integer keys into text."""
        saved = snapshot.meta["progress"]
        previous = {
            int(name.removeprefix("previous")): tensor.to(device)
            for name, tensor in snapshot.tensors.items()
            if name.startswith("previous")
        }
        return cls(
            step=snapshot.step,
            best_val_loss=_by_number(saved["best_val_loss"]),
            matched=set(saved["matched"]),
            diverged=_by_number(saved["diverged"]),
            previous=previous,
        )


def check_belongs(snapshot: Snapshot, config: CompareConfig) -> None:
    """Refuse a snapshot of something else.

    Raises:
        CheckpointError: The snapshot was made under another configuration.
    """
    if snapshot.meta.get("fingerprint") != fingerprint(config):
        raise CheckpointError("this checkpoint belongs to another configuration; it was not loaded")


def _by_number(saved: dict[str, Any]) -> dict[int, Any]:
    return {int(number): value for number, value in saved.items()}
