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
    failed: dict[int, int] = field(default_factory=dict)
    """Member -> steps it had finished when its optimizer raised."""
    turned: dict[int, int] = field(default_factory=dict)
    """Member -> interventions that came at `turned_at`: a snapshot of that step holds them already."""
    turned_at: int = 0
    best_score: float | None = None
    """Lowest mean validation loss of any checkpoint so far."""
    previous: dict[int, torch.Tensor] = field(default_factory=dict)
    """Flat parameters of each unit at the last evaluation, kept while a matched loss is looked for."""
    previous_buffers: dict[int, dict[str, torch.Tensor]] = field(default_factory=dict)
    """Running statistics of each unit at that evaluation."""

    def note_score(self, score: float | None) -> None:
        """Take the mean validation loss of a checkpoint into account, where it is known."""
        if score is not None and (self.best_score is None or score < self.best_score):
            self.best_score = score

    def note_turn(self, member: int) -> None:
        """Take an intervention at the present step into account."""
        if self.turned_at != self.step:
            self.turned, self.turned_at = {}, self.step
        self.turned[member] = self.turned.get(member, 0) + 1

    def remember(self, cohort: Cohort) -> None:
        """Keep where every unit stands, as the beginning of the next segment."""
        for number, placed in enumerate(cohort.placed):
            self.previous[number] = placed.unit.theta.flat.clone()
            buffers = placed.unit.engine.buffers()
            self.previous_buffers[number] = {name: value.clone() for name, value in buffers.items()}

    def snapshot(
        self, config: CompareConfig, state: tuple[dict[str, torch.Tensor], dict[str, Any]]
    ) -> Snapshot:
        """Return everything that going on bit for bit needs, with `state` that of the cohort."""
        tensors, rest = dict(state[0]), state[1]
        tensors |= {f"previous{number}": value for number, value in self.previous.items()}
        for number, buffers in self.previous_buffers.items():
            tensors |= {f"previous{number}/{name}": value for name, value in buffers.items()}
        progress = {
            "best_val_loss": self.best_val_loss,
            "best_score": self.best_score,
            "matched": sorted(self.matched),
            "diverged": self.diverged,
            "failed": self.failed,
            "turned": self.turned if self.turned_at == self.step else {},
        }
        meta = {"fingerprint": fingerprint(config), "cohort": rest, "progress": progress}
        return Snapshot(self.step, tensors, meta)

    @classmethod
    def of_snapshot(cls, snapshot: Snapshot, device: torch.device) -> Progress:
        """Return the progress in a snapshot; JSON turned its integer keys into text."""
        saved = snapshot.meta["progress"]
        progress = cls(
            step=snapshot.step,
            best_val_loss=_by_number(saved["best_val_loss"]),
            matched=set(saved["matched"]),
            diverged=_by_number(saved["diverged"]),
            failed=_by_number(saved.get("failed", {})),
            turned=_by_number(saved["turned"]),
            turned_at=snapshot.step,
            best_score=saved["best_score"],
        )
        for name, tensor in snapshot.tensors.items():
            if name.startswith("previous"):
                number, _, buffer = name.removeprefix("previous").partition("/")
                progress._take(int(number), buffer, tensor.to(device))
        return progress

    def _take(self, number: int, buffer: str, value: torch.Tensor) -> None:
        if buffer:
            self.previous_buffers.setdefault(number, {})[buffer] = value
        else:
            self.previous[number] = value


def check_belongs(snapshot: Snapshot, config: CompareConfig) -> None:
    """Refuse a snapshot of something else.

    Raises:
        CheckpointError: The snapshot was made under another configuration.
    """
    if snapshot.meta.get("fingerprint") != fingerprint(config):
        raise CheckpointError("this checkpoint belongs to another configuration; it was not loaded")


def best_score(snapshot: Snapshot) -> float | None:
    """Return the lowest mean validation loss of any checkpoint so far; None where none was measured."""
    return snapshot.meta["progress"]["best_score"]


def _by_number(saved: dict[str, Any]) -> dict[int, Any]:
    return {int(number): value for number, value in saved.items()}
