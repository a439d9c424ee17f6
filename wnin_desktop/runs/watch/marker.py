"""What happened at a step, as a mark beside the curves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from wnin_desktop.schema.events import Checkpoint, Diverged, Failed, Intervention

Kind = Literal["intervention", "diverged", "checkpoint", "failed", "matched", "nonfinite"]
REASONS = {
    "periodic": "checkpoint",
    "asked": "checkpoint, asked for",
    "final": "last checkpoint",
    "best": "checkpoint of the best validation loss",
}


@dataclass(frozen=True)
class Marker:
    """Something that happened to a run at a step, and what it was in words."""

    kind: Kind
    step: int
    run_id: str
    arm: str
    seed: int
    text: str


def kind_and_text(event: Checkpoint | Intervention | Diverged | Failed) -> tuple[Kind, str]:
    """Return what kind of mark an event leaves, and its text."""
    match event:
        case Checkpoint(reason="matched_train_loss"):
            loss = "" if event.clean_train_loss is None else f" of {event.clean_train_loss:.6g}"
            return "matched", f"matched clean training loss{loss}"
        case Checkpoint():
            return "checkpoint", REASONS[event.reason]
        case Intervention():
            before = "" if event.previous is None else f"{event.previous:.6g} \N{RIGHTWARDS ARROW} "
            return "intervention", f"{event.knob} {before}{event.value:.6g}"
        case Diverged():
            return "diverged", f"diverged: {event.reason}"
    return "failed", f"failed: {event.error}"
