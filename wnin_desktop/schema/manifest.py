"""What is known about a checkpoint file before it is opened."""

from __future__ import annotations

from typing import Literal

import msgspec

SnapshotReason = Literal["periodic", "asked", "final", "best", "matched_train_loss"]
RESUMABLE: tuple[SnapshotReason, ...] = ("periodic", "asked", "final")
"""Reasons whose files hold the state of the whole cohort, so that training can go on from them."""


class Manifest(msgspec.Struct, frozen=True):
    """A checkpoint file's plain name, SHA-256 (hex), size in bytes, step, reason and library versions.

    `run_id` names the run a snapshot of one member belongs to; None is the whole cohort.
    """

    file: str
    sha256: str
    size: int
    step: int
    reason: SnapshotReason
    versions: dict[str, str]
    run_id: str | None = None
