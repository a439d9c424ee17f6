"""Events about a run as a whole: it began, it was saved, a knob was turned, it ended."""

from __future__ import annotations

import platform
import time
from typing import Literal

import numpy as np
import torch

from wnin_desktop import __version__
from wnin_desktop.engine.resolve import Resolved
from wnin_desktop.schema.commands import TurnKnob
from wnin_desktop.schema.events import (
    Checkpoint,
    Diverged,
    Failed,
    Finished,
    Intervention,
    RunStarted,
    StepMetrics,
)
from wnin_desktop.schema.fingerprint import fingerprint
from wnin_desktop.schema.manifest import Manifest, SnapshotReason


class Milestones:
    """Builds these events for the runs of a comparison, by member number."""

    def __init__(self, resolved: Resolved, ids: list[str], experiment_id: str) -> None:
        self._resolved = resolved
        self._runs = resolved.config.runs()
        self._ids = ids
        self._experiment_id = experiment_id
        self._began = time.monotonic()

    def started(self, member: int, parameters: int, resumed_from: int | None) -> RunStarted:
        """A run begins, or goes on from the step `resumed_from`."""
        run, task = self._runs[member], self._resolved.task
        return RunStarted(
            run_id=self._ids[member],
            timestamp=time.time(),
            experiment_id=self._experiment_id,
            arm=run.arm.name,
            seed=run.seed,
            config=run.model_dump(mode="json"),
            fingerprint=fingerprint(run),
            steps=run.budget.steps,
            parameters=parameters,
            device=describe(self._resolved.device),
            versions=versions() | self._source_of(run.arm.optimizer.name),
            host=platform.node(),
            perplexity_floor=task.perplexity_floor if task.kind == "sequence" else None,
            resumed_from=resumed_from,
        )

    def _source_of(self, optimizer: str) -> dict[str, str]:
        """Return the hash of the file that an optimizer comes from, where it comes from one."""
        digest = self._resolved.specs[optimizer].source_sha256
        return {} if digest is None else {"optimizer": digest}

    def saved(
        self, member: int, manifest: Manifest, reason: SnapshotReason, **found: float | None
    ) -> Checkpoint:
        """A checkpoint with a run's state was written."""
        return Checkpoint(
            run_id=self._ids[member],
            timestamp=time.time(),
            step=manifest.step,
            reason=reason,
            file=manifest.file,
            sha256=manifest.sha256,
            size=manifest.size,
            **found,
        )

    def turned(self, member: int, step: int, command: TurnKnob, previous: float | None) -> Intervention:
        """A knob of a run was turned after `step` finished steps."""
        return Intervention(
            run_id=self._ids[member],
            timestamp=time.time(),
            step=step,
            knob=command.knob,
            value=command.value,
            previous=previous,
        )

    def diverged(self, event: StepMetrics) -> Diverged:
        """The numbers of `event` are not finite."""
        what = event.nonfinite[0].replace("_", " ")
        return Diverged(
            run_id=event.run_id,
            timestamp=event.timestamp,
            step=event.step,
            reason=f"{what} is not finite",
            last_finite_step=event.step - 1,
        )

    def failed(self, member: int, step: int, error: str, traceback: str) -> Failed:
        """A run raised after `step` finished steps."""
        return Failed(
            run_id=self._ids[member], timestamp=time.time(), step=step, error=error, traceback=traceback
        )

    def finished(
        self,
        member: int,
        step: int,
        status: Literal["completed", "stopped", "diverged"],
        final: dict[str, float | None] | None = None,
    ) -> Finished:
        """A run ended after `step` finished steps, with the last scores `final` where it completed."""
        return Finished(
            run_id=self._ids[member],
            timestamp=time.time(),
            step=step,
            status=status,
            wall_s=time.monotonic() - self._began,
            gradient_evaluations=step,
            final=final or {},
        )


def describe(device: torch.device) -> str:
    """Return a device's kind and name."""
    return f"cuda ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else "cpu"


def versions() -> dict[str, str]:
    """Return the versions of what decides the numbers."""
    return {
        "wnin": __version__,
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "python": platform.python_version(),
    }
