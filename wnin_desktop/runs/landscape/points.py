"""Where recorded and running runs are in parameter space: at their end, at a step, at a snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from wnin_desktop.engine.checkpoint import Snapshot, read_snapshot
from wnin_desktop.engine.landscape.members import MemberState, member_state, named_state, network_shapes
from wnin_desktop.engine.landscape.trajectory_file import NAME, TrajectoryFile
from wnin_desktop.engine.nets.build import build_network
from wnin_desktop.engine.nets.normalization import mixes_examples
from wnin_desktop.engine.tasks.base import Task
from wnin_desktop.engine.tasks.loader import load_task
from wnin_desktop.errors import InputError
from wnin_desktop.runs.store import RunRecord, Store
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.manifest import RESUMABLE, Manifest
from wnin_desktop.schema.run import CompareConfig

AT = "@"
SNAPSHOTS = {"best": "best", "matched": "matched_train_loss"}
"""Words after the @ and the reason of the snapshot they mean."""


@dataclass(frozen=True)
class RunPath:
    """A run's recorded path: steps `[n]` int64 and parameters `[n, d]` float32, step by step."""

    steps: np.ndarray
    points: np.ndarray


@dataclass(frozen=True)
class RunPoint:
    """One point of a run: parameters and running statistics, the step, and where it comes from in words."""

    run: RunRecord
    state: MemberState
    step: int
    words: str


class Experiments:
    """Reads points and paths of runs of one store; each experiment's files are opened once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._configs: dict[str, CompareConfig] = {}
        self._tasks: dict[str, Task] = {}
        self._files: dict[str, TrajectoryFile | None] = {}
        self._snapshots: dict[tuple[str, str], Snapshot] = {}

    def run(self, name: str) -> RunRecord:
        """Return the run that a request names.

        Raises:
            InputError: There is no such run, or more than one.
        """
        return self._store.run(name.partition(AT)[0])

    def config(self, run: RunRecord) -> CompareConfig:
        """Return the configuration of a run's comparison."""
        key = run.experiment_id
        if key not in self._configs:
            self._configs[key] = validate(CompareConfig, self._store.experiment(key).config)
        return self._configs[key]

    def task(self, run: RunRecord) -> Task:
        """Return a run's data with clean labels, on the CPU.

        Raises:
            DataError: They are not here any more.
        """
        key = run.experiment_id
        if key not in self._tasks:
            config = self.config(run).task
            self._tasks[key] = load_task(config.model_copy(update={"label_noise": 0.0, "download": False}))
        return self._tasks[key]

    def point(self, name: str) -> RunPoint:
        """Return the point a request names: EXPERIMENT/ARM/sSEED at its end, or at @STEP, @best, @matched.

        Raises:
            InputError: There is no such run or point.
            CheckpointError: Its checkpoint is damaged.
        """
        run, _, where = (self.run(name), *name.partition(AT)[1:])
        if where in SNAPSHOTS:
            return self._of_manifest(run, self._named(run, where, name), where)
        if where:
            return self._at_step(run, where, name)
        manifest, path = self._newest(run), self.path(run)
        path_end = int(path.steps[-1]) if path is not None and len(path.steps) else -1
        if manifest is not None and (manifest.step >= path_end or self._has_statistics(run)):
            return self._of_manifest(run, manifest, "at its end")
        if path is not None and path_end >= 0:
            return RunPoint(run, MemberState(path.points[-1].copy()), path_end, f"after step {path_end}")
        raise InputError.of(
            "runs", name, "it has neither a checkpoint nor a recorded path yet, so it is nowhere"
        )

    def path(self, run: RunRecord) -> RunPath | None:
        """Return a run's recorded path; None where none was kept.

        Raises:
            DataError: The file is damaged.
        """
        file = self._file(run.experiment_id)
        row = None if file is None else file.row(run.run_id)
        if file is None or row is None:
            return None
        return RunPath(np.array(file.steps, np.int64), file.path_of(row))

    def _file(self, experiment_id: str) -> TrajectoryFile | None:
        if experiment_id not in self._files:
            path = self._folder(experiment_id) / NAME
            self._files[experiment_id] = TrajectoryFile(path) if path.is_file() else None
        return self._files[experiment_id]

    def _folder(self, experiment_id: str) -> Path:
        return self._store.checkpoint_dir(experiment_id)

    def _has_statistics(self, run: RunRecord) -> bool:
        with torch.device("meta"):
            return mixes_examples(build_network(self.config(run).network, self.task(run)))

    # --- checkpoints --------------------

    def _newest(self, run: RunRecord) -> Manifest | None:
        found = [each for each in self._store.checkpoints(run.experiment_id) if each.reason in RESUMABLE]
        return max(found, key=lambda each: each.step) if found else None

    def _named(self, run: RunRecord, where: str, name: str) -> Manifest:
        reason = SNAPSHOTS[where]
        found = [
            each
            for each in self._store.checkpoints(run.experiment_id)
            if each.reason == reason and each.run_id in (None, run.run_id)
        ]
        if not found:
            raise InputError.of("runs", name, f"this run has no {where} snapshot, leave the {AT}{where} out")
        return found[-1]

    def _at_step(self, run: RunRecord, where: str, name: str) -> RunPoint:
        path = self.path(run)
        steps = [] if path is None else path.steps.tolist()
        if not where.isdecimal() or int(where) not in steps:
            near = (
                sorted(steps, key=lambda step: abs(step - int(where)))[:3]
                if where.isdecimal()
                else steps[-3:]
            )
            there = ", ".join(f"{AT}{step}" for step in sorted(near)) or "no step, its path was not kept"
            raise InputError.of(
                "runs", name, f"allowed after the {AT}: best, matched or a kept step, near: {there}"
            )
        assert path is not None
        point = path.points[steps.index(int(where))].copy()
        return RunPoint(run, MemberState(point), int(where), f"after step {where}")

    def _of_manifest(self, run: RunRecord, manifest: Manifest, words: str) -> RunPoint:
        config, task = self.config(run), self.task(run)
        key = (run.experiment_id, manifest.file)
        if key not in self._snapshots:
            self._snapshots[key] = read_snapshot(self._folder(run.experiment_id) / manifest.file, manifest)
        snapshot = self._snapshots[key]
        if manifest.run_id is None:
            state = member_state(config, task, snapshot, member_of(config, run))
        else:
            state = named_state(config, task, snapshot)
        return RunPoint(run, state, manifest.step, f"{words} (step {manifest.step})")


def member_of(config: CompareConfig, run: RunRecord) -> int:
    """Return a run's place in its comparison."""
    for number, planned in enumerate(config.runs()):
        if (planned.arm.name, planned.seed) == (run.arm, run.seed):
            return number
    raise InputError.of("runs", run.run_id, "its experiment's configuration does not have this run")


def place_of(config: CompareConfig, arm: str) -> int:
    """Return an arm's place in its comparison, which decides its colour; -1 where it has none."""
    names = [each.name for each in config.arms]
    return names.index(arm) if arm in names else -1


def same_network(first: CompareConfig, second: CompareConfig, one: Task, other: Task) -> bool:
    """Return whether the parameters of two comparisons live in one space."""
    return list(network_shapes(first, one).items()) == list(network_shapes(second, other).items())
