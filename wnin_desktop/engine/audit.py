"""Audit logs of a training: one file a run, one line for every raw draw that acted on it."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from wnin_desktop.errors import InputError
from wnin_desktop.noise.audit import AuditLog
from wnin_desktop.noise.keyed import Kind, Stream

SUFFIX = ".noise.jsonl"


class RunAudits:
    """The logs of all runs of a comparison, in member order. A member's draws come from one thread."""

    def __init__(
        self, folder: Path, run_ids: list[str], seeds: list[int], device: torch.device, done: int
    ) -> None:
        """Begin logs, or go on with those of a comparison of which `done` steps are finished.

        Raises:
            InputError: The folder cannot be made, or a log to go on with is missing or damaged.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError.of(
                "audit", str(folder), f"give a folder that can be written ({error.strerror})"
            ) from None
        paths = [folder / audit_name(run_id) for run_id in run_ids]
        # A log's step k is the update after k finished steps, so the last finished one is done - 1.
        self._logs = [
            AuditLog.resume(path, done - 1) if done else AuditLog(path, seed, str(device))
            for path, seed in zip(paths, seeds, strict=True)
        ]

    def record(
        self,
        member: int,
        stream: Stream,
        step: int,
        name: str,
        draw: Tensor,
        amplitude: float,
        kind: Kind = "normal",
        high: int | None = None,
    ) -> None:
        """Write down a raw draw that acted on member `member`, with the amplitude that scaled it."""
        self._logs[member].record(stream, step, name, draw, amplitude=amplitude, distribution=kind, high=high)

    def close(self) -> None:
        """Write the last lines."""
        for log in self._logs:
            log.close()


def audit_name(run_id: str) -> str:
    """Return a run's file name: its arm and seed."""
    return "-".join(run_id.split("/")[1:]).replace(" ", "_") + SUFFIX
