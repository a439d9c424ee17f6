"""Experiments and runs as the store gives them out."""

from __future__ import annotations

import re
import secrets
import time
from typing import Any, Literal

import msgspec

Status = Literal["running", "completed", "stopped", "diverged", "failed", "interrupted"]
SLUG_LIMIT = 40


class ExperimentRecord(msgspec.Struct, frozen=True):
    """A comparison in the catalogue. Times are Unix seconds; `trashed` is when it went to the trash."""

    experiment_id: str
    name: str
    created: float
    config: dict[str, Any]
    fingerprint: str
    status: Status
    tags: tuple[str, ...] = ()
    note: str = ""
    star: bool = False
    trashed: float | None = None


class RunRecord(msgspec.Struct, frozen=True):
    """A run in the catalogue. `steps` is its budget, `committed` the last step that is stored."""

    run_id: str
    experiment_id: str
    arm: str
    seed: int
    status: Status
    steps: int
    committed: int
    parameters: int
    device: str
    config: dict[str, Any]
    fingerprint: str
    started: float
    finished: float | None = None
    final: dict[str, float | None] = {}


def new_experiment_id(name: str, now: float) -> str:
    """Return a readable id that sorts by time (UTC), e.g. `2026-11-21_142233_four-optimizers_9f3c`."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:SLUG_LIMIT].strip("-") or "comparison"
    moment = time.strftime("%Y-%m-%d_%H%M%S", time.gmtime(now))
    return f"{moment}_{slug}_{secrets.token_hex(2)}"


def status_of_experiment(planned: int, statuses: list[Status], *, alive: bool) -> Status:
    """Return what its runs say about an experiment; a diverged run counts as done.

    Args:
        planned: Runs the configuration asks for.
        statuses: Status of each run that began.
        alive: Whether somebody is writing it now.
    """
    if alive and (len(statuses) < planned or "running" in statuses):
        return "running"
    for status in ("failed", "interrupted", "stopped"):
        if status in statuses:
            return status
    if len(statuses) < planned or "running" in statuses:
        return "interrupted"
    return "diverged" if all(status == "diverged" for status in statuses) else "completed"
