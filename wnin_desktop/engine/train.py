"""`train(config, control)`: a comparison as a generator of events. Whoever iterates it owns the pace.

Every arm and seed advances in lock-step. Commands are taken between chunks of steps; a chunk lasts about
`CHUNK_SECONDS`, never crosses a step at which something is due, and changes no number.

An arm whose optimizer raises ends with `Failed` events of its runs and the others go on; only when no run is
left that did not fail does the comparison itself raise.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from wnin_desktop.engine.audit import RunAudits
from wnin_desktop.engine.checkpoint import Snapshot
from wnin_desktop.engine.cohort.arm import Arm
from wnin_desktop.engine.cohort.cohort import Cohort, Placed
from wnin_desktop.engine.cohort.failure import ending, told, traced
from wnin_desktop.engine.cohort.lanes import lanes_for, threads_each
from wnin_desktop.engine.control import Clutch, RunControl
from wnin_desktop.engine.landscape.recorder import TrajectoryRecorder
from wnin_desktop.engine.matched import match_loss
from wnin_desktop.engine.milestones import Milestones
from wnin_desktop.engine.observe import Look, Observer, next_due
from wnin_desktop.engine.optimizers.loader import load_registry
from wnin_desktop.engine.optimizers.registry import OptimizerSpec
from wnin_desktop.engine.progress import Progress, check_belongs
from wnin_desktop.engine.reporter import Reporter, finite
from wnin_desktop.engine.resolve import Resolved, resolve
from wnin_desktop.errors import InputError, PluginError, TrainingError
from wnin_desktop.schema.commands import Knob, TurnKnob
from wnin_desktop.schema.events import Intervention, RunEvent
from wnin_desktop.schema.manifest import Manifest, SnapshotReason
from wnin_desktop.schema.run import CompareConfig

CHUNK_SECONDS = 0.02
CHUNK_STEPS = 64


class SnapshotSink(Protocol):
    """Where snapshots go: the store writes the file and its manifest row."""

    def __call__(
        self, snapshot: Snapshot, reason: SnapshotReason, score: float | None, run_id: str | None, /
    ) -> Manifest:
        """Save; `score` is the mean validation loss where it is known, lower is better."""
        ...


def run_ids(experiment_id: str, config: CompareConfig) -> list[str]:
    """Return the run ids of a comparison, in member order."""
    return [f"{experiment_id}/{run.arm.name}/s{run.seed}" for run in config.runs()]


def train(
    config: CompareConfig,
    control: RunControl | None = None,
    *,
    experiment_id: str = "unsaved",
    specs: Mapping[str, OptimizerSpec] | None = None,
    save: SnapshotSink | None = None,
    resume: Snapshot | None = None,
    replay: Iterable[Intervention] = (),
    progress: Callable[[str, float], None] | None = None,
    refused: Callable[[InputError], None] = lambda _error: None,
    audit: Path | None = None,
    trajectory: Path | None = None,
    notice: Callable[[str], None] = lambda _text: None,
    holding: Callable[[], None] = lambda: None,
) -> Iterator[RunEvent]:
    """Train all arms and seeds of `config`, yielding what happens.

    Args:
        config: The comparison.
        control: Commands from outside; None runs to the end.
        experiment_id: Leading part of the run ids.
        specs: Optimizers by name; None loads the registry.
        save: Takes snapshots; None keeps none.
        resume: A snapshot of the same comparison to go on from, bit for bit.
        replay: Interventions recorded earlier, by this experiment or by another of the same arms and seeds;
            each acts after the step it names.
        progress: Told of downloads, (what, part done 0..1).
        refused: Told of commands that make no sense for this comparison; the run goes on without them.
        audit: Folder for the runs' noise audit logs; None keeps none.
        trajectory: File for the runs' paths, as far as the budget plans points; None keeps none.
        notice: Told in a sentence when something needs a person, though the runs go on.
        holding: Called before the run stands still and waits for a command, so that nothing waits with it.

    Raises:
        InputError: The configuration asks for something that is not here; raised before the first event.
        DataError: The data cannot be used; likewise.
        CheckpointError: `resume` belongs to another comparison.
        PluginError: No arm's optimizer can be built; likewise.
        TrainingError: While iterating: every run failed, the device was lost or memory ran out. `Failed`
            events of the runs came before.
    """
    resolved = resolve(config, load_registry().specs if specs is None else specs, progress)
    session = _Session(resolved, control or RunControl(), experiment_id, save, list(replay), refused, holding)
    if resume is not None:
        session.restore(resume)
    session.check_optimizers()
    if audit is not None:
        session.keep_audits(audit)
    if trajectory is not None:
        session.keep_trajectory(trajectory, notice)
    return session.events()


class _Session:
    def __init__(
        self,
        resolved: Resolved,
        control: RunControl,
        experiment_id: str,
        save: SnapshotSink | None,
        replay: list[Intervention],
        refused: Callable[[InputError], None],
        holding: Callable[[], None],
    ) -> None:
        self._holding = holding
        self._refused = refused
        self._config = resolved.config
        self._resolved = resolved
        self._control = control
        self._save = save
        self._replay = replay
        self._runs = self._config.runs()
        self._ids = run_ids(experiment_id, self._config)
        for due in replay:
            self._member(due)  # refused here, before the first event
        self._audits: RunAudits | None = None
        self._path: TrajectoryRecorder | None = None
        self._clutch = Clutch()
        self._progress = Progress()
        self._chunk = 1
        self._resumed_from: int | None = None
        self._milestones = Milestones(resolved, self._ids, experiment_id)
        self._open(lanes_for(self._config, resolved.task, resolved.device))

    def _open(self, lanes: int) -> None:
        resolved = self._resolved
        self._cohort = Cohort(
            self._config, resolved.specs, resolved.task, resolved.labels, resolved.device, lanes
        )
        self._observer = Observer(self._config, resolved.task, resolved.device)
        if self._config.budget.matched_train_loss is not None:
            self._progress.remember(self._cohort)
        self._reporter = Reporter(self._runs, self._ids, is_sequence=resolved.task.kind == "sequence")

    # --- saving and going on --------------------

    def restore(self, snapshot: Snapshot) -> None:
        """Go on from `snapshot`, with as many lanes as it was made with: lanes decide the stacking."""
        check_belongs(snapshot, self._config)
        lanes = snapshot.meta["cohort"]["lanes"]
        if lanes != len(self._cohort.lanes):
            self._cohort.close()
            self._open(lanes)
        self._cohort.restore(snapshot.tensors, snapshot.meta["cohort"], snapshot.step)
        self._progress = Progress.of_snapshot(snapshot, self._resolved.device)
        self._resumed_from = snapshot.step
        self._replay = list(self._ahead(snapshot.step))

    def check_optimizers(self) -> None:
        """Refuse a comparison of which no arm's optimizer could be built."""
        failures = [arm.failure for arm, _ in self._cohort.arms()]
        if failures[0] is not None and all(failure is not None for failure in failures):
            self._cohort.close()
            raise PluginError(failures[0].error)

    def _ahead(self, step: int) -> Iterator[Intervention]:
        """Yield the interventions that a snapshot of `step` does not hold yet."""
        held = dict(self._progress.turned)
        for due in self._replay:
            member = self._member(due)
            if due.step == step and held.get(member, 0):
                held[member] -= 1
            elif due.step >= step:
                yield due

    def keep_audits(self, folder: Path) -> None:
        """Write every raw draw that acts from now on into the runs' audit logs in `folder`."""
        seeds = [run.seed for run in self._runs]
        done = self._progress.step
        self._audits = RunAudits(folder, self._ids, seeds, self._resolved.device, done)
        self._cohort.keep_audits(self._audits)

    def keep_trajectory(self, file: Path, notice: Callable[[str], None]) -> None:
        """Write where the runs are, at planned steps, into `file`; after a resume it goes on."""
        self._path = TrajectoryRecorder(file, self._config, self._ids, notice)

    def _checkpoint(self, reason: SnapshotReason, score: float | None = None) -> Iterator[RunEvent]:
        if self._path is not None:
            self._path.settle()
        if self._save is None:
            return
        state = self._cohort.state()
        yield from self._retire(self._progress.step)  # arms whose state cannot be said
        self._progress.note_score(score)
        manifest = self._save(self._progress.snapshot(self._config, state), reason, score, None)
        for member in sorted(self._alive):
            yield self._milestones.saved(member, manifest, reason)

    # --- the loop --------------------

    @property
    def _alive(self) -> set[int]:
        return set(range(len(self._runs))) - set(self._progress.diverged) - set(self._progress.failed)

    def events(self) -> Iterator[RunEvent]:
        try:
            self._begin_path()
            yield from self._started_events()
            while self._progress.step < self._config.budget.steps and self._alive:
                yield from self._obey()
                if self._clutch.stopping is not None:
                    yield from self._stop()
                    return
                yield from self._advance()
            yield from self._complete()
        except (GeneratorExit, KeyboardInterrupt):
            raise
        except Exception as error:
            end = ending(error, self._progress.step, self._resolved.device)
            yield from self._failed(error, told(end))
            if end is error:
                raise
            raise end from error
        finally:
            self._cohort.close()
            if self._audits is not None:
                self._audits.close()
            if self._path is not None:
                self._path.close()

    def _threads(self) -> AbstractContextManager[None]:
        # Around each computation and never around a yield: between events the thread is somebody else's, who
        # may train something with another number of threads.
        return threads_each(self._config, self._resolved.device, len(self._cohort.lanes))

    def _started_events(self) -> Iterator[RunEvent]:
        """Announce the runs that step; one that ended before the resume stays ended."""
        for member in sorted(self._alive):
            yield self._milestones.started(member, self._cohort.parameters, self._resumed_from)
        yield from self._retire(self._progress.step)

    def _obey(self) -> Iterator[RunEvent]:
        """Take commands; hold here while paused."""
        for due in [event for event in self._replay if event.step == self._progress.step]:
            yield from self._turn_one(self._member(due), due.knob, due.value)
        self._take(wait=False)
        while True:
            yield from self._apply_clutch()
            if not self._clutch.holding:
                return
            self._holding()
            self._take(wait=True)

    def _take(self, *, wait: bool) -> None:
        for command in self._control.take(wait=wait):
            self._clutch.apply(command)

    def _apply_clutch(self) -> Iterator[RunEvent]:
        turned, self._clutch.turned = self._clutch.turned, []
        for command in turned:
            yield from self._turn(command)
        if self._clutch.save_asked:
            self._clutch.save_asked = False
            yield from self._checkpoint("asked")

    def _turn(self, command: TurnKnob) -> Iterator[RunEvent]:
        try:
            arms = self._arms_with(command)
            for arm, members in arms:
                yield from self._turn_arm(arm, members, command)
        except InputError as error:
            self._refused(error)

    def _arms_with(self, command: TurnKnob) -> list[tuple[Arm, tuple[int, ...]]]:
        """Return (arm, its members) of the arms that a turn is for and that have that knob."""
        names = [arm.name for arm in self._config.arms]
        if command.arm is not None and command.arm not in names:
            raise InputError.of("arm", command.arm, f"allowed: {', '.join(names)}")
        going = {arm.config.name for arm, _ in self._cohort.arms() if arm.failure is None}
        if command.arm is not None and command.arm not in going:
            raise InputError.of("arm", command.arm, "its optimizer failed, so there is nothing left to turn")
        # The part of an arm that failed is turned with the rest: the record says what was asked of the arm.
        found = [
            (arm, members)
            for arm, members in self._cohort.arms()
            if arm.config.name in going
            and command.arm in (None, arm.config.name)
            and arm.has_knob(command.knob)
        ]
        if not found:
            who = "no arm has" if command.arm is None else f"arm {command.arm!r} does not have"
            raise InputError.of(command.knob, command.value, f"{who} this knob")
        return found

    def _turn_arm(self, arm: Arm, members: tuple[int, ...], command: TurnKnob) -> Iterator[RunEvent]:
        previous = arm.turn(command.knob, command.value)
        yield from self._retire(self._progress.step)
        for member in members:
            self._progress.note_turn(member)
            yield self._milestones.turned(member, self._progress.step, command, previous)

    def _member(self, due: Intervention) -> int:
        """Return whom a recorded intervention is for: the same arm and seed, of whatever experiment."""
        wanted = due.run_id.split("/")[-2:]
        for member, run_id in enumerate(self._ids):
            if run_id.split("/")[-2:] == wanted:
                return member
        runs = ", ".join(run_id.split("/", 1)[1] for run_id in self._ids)
        raise InputError.of("replay", due.run_id, f"it is no run of this comparison, allowed: {runs}")

    def _turn_one(self, member: int, knob: Knob, value: float) -> Iterator[RunEvent]:
        """Replay an intervention of one run; arms are turned whole, so only the first seed's record acts."""
        run = self._runs[member]
        if run.seed == self._config.seeds[0]:
            yield from self._turn(TurnKnob(knob=knob, value=value, arm=run.arm.name))

    def _advance(self) -> Iterator[RunEvent]:
        step, budget = self._progress.step, self._config.budget
        count = self._clutch.allowed(min(self._chunk, self._until_due(step)))
        begun = time.monotonic()
        with self._threads():
            records = self._cohort.advance(step, count, budget.norms_every)
        self._pace(count, time.monotonic() - begun)
        self._clutch.taken(count)
        for done, per_unit in enumerate(records[:-1], step + 1):
            self._progress.step = done
            yield from self._report(done, per_unit, Look())
        self._progress.step = step + count
        self._note_place()
        with self._threads():
            look = self._observer.look(step + count, self._cohort)
        if look.validation:
            self._tell_loops(look)
        yield from self._report(step + count, records[-1], look)
        yield from self._match(look)
        if budget.checkpoint_every and self._progress.step % budget.checkpoint_every == 0:
            yield from self._checkpoint("periodic", look.mean_validation_loss(self._alive))

    def _begin_path(self) -> None:
        if self._path is not None:
            with self._threads():
                self._path.begin(self._cohort, self._progress.step)

    def _note_place(self) -> None:
        """Write where the runs are into their path, if that was planned for this step."""
        if self._path is not None:
            with self._threads():  # a second thread for one copy would spin through the steps that follow
                self._path.take(self._cohort, self._progress.step)

    def _pace(self, count: int, seconds: float) -> None:
        wanted = int(count * CHUNK_SECONDS / max(seconds, 1e-6))
        self._chunk = max(1, min(CHUNK_STEPS, wanted, 2 * self._chunk))

    def _until_due(self, step: int) -> int:
        """Return how many steps may be taken before something must be looked at or replayed."""
        ends = [event.step for event in self._replay if event.step > step]
        if self._path is not None and (planned := self._path.next_due(step)) is not None:
            ends.append(planned)
        return min([next_due(self._config.budget, step), *ends]) - step

    def _tell_loops(self, look: Look) -> None:
        """An evaluation whose validation loss is no new best is a failure to the closed loop."""
        best = self._progress.best_val_loss
        for arm, members in self._cohort.arms():
            for seed, member in enumerate(members):
                if member not in look.validation:
                    continue
                loss = look.validation[member][0]
                failed = not loss < best.get(member, float("inf"))
                if arm.is_closed_loop:
                    arm.record_outcome(seed, failed)
                if not failed:
                    best[member] = loss

    def _report(self, step: int, records: list[tuple[Placed, Any]], look: Look) -> Iterator[RunEvent]:
        yield from self._retire(step - 1)
        alive = self._alive
        now = time.time()
        for member, event in self._reporter.steps(records, look, alive):
            if event.nonfinite and {"train_loss", "val_loss", "clean_train_loss"} & set(event.nonfinite):
                self._progress.diverged[member] = step - 1
                yield event
                yield self._milestones.diverged(event)
                yield self._milestones.finished(member, step, "diverged")
            else:
                yield event
        for _, event in self._reporter.curvature(step, now, look, self._alive):
            yield event

    # --- endings --------------------

    def _retire(self, finished: int) -> Iterator[RunEvent]:
        """End the runs of the arms that failed after at most `finished` steps.

        Raises:
            TrainingError: Now every run has failed.
        """
        for arm, members in self._cohort.arms():
            failure = arm.failure
            if failure is None or failure.finished > finished:
                continue
            for member in [each for each in members if each in self._alive]:
                self._progress.failed[member] = failure.finished
                yield self._milestones.failed(member, failure.finished, failure.error, failure.traceback)
        if len(self._progress.failed) == len(self._runs):
            first = next(arm.failure.error for arm, _ in self._cohort.arms() if arm.failure is not None)
            raise TrainingError(f"every run has failed; {first}")

    def _stop(self) -> Iterator[RunEvent]:
        if self._clutch.stopping is not None and self._clutch.stopping.checkpoint:
            yield from self._checkpoint("asked")
        for member in sorted(self._alive):
            yield self._milestones.finished(member, self._progress.step, "stopped")

    def _complete(self) -> Iterator[RunEvent]:
        yield from self._retire(self._progress.step)
        with self._threads():
            final = self._observer.final(self._cohort)
        losses = [final[member]["val_loss"] for member in self._alive]
        score = float(np.mean(losses)) if losses else None
        yield from self._checkpoint("final", score if score is not None and np.isfinite(score) else None)
        for member in sorted(self._alive):
            scores = {name: finite(value) for name, value in final[member].items()}
            yield self._milestones.finished(member, self._progress.step, "completed", scores)

    def _failed(self, error: Exception, sentence: str) -> Iterator[RunEvent]:
        text = traced(error)
        for member in sorted(self._alive):
            yield self._milestones.failed(member, self._progress.step, sentence, text)

    # --- matched training loss --------------------

    def _match(self, look: Look) -> Iterator[RunEvent]:
        """Snapshot each run where its clean loss on the full training set first crosses the target.

        The crossing lies on the segment between the parameters of the last evaluation and of this one.
        """
        target = self._config.budget.matched_train_loss
        if target is None or not look.train:
            return
        for number, placed in enumerate(self._cohort.placed):
            for row, member in enumerate(placed.members):
                crossed = member in self._alive and look.train[member] <= target
                if crossed and member not in self._progress.matched:
                    self._progress.matched.add(member)
                    yield from self._matched_snapshot(number, placed, row, member, target)
        self._progress.remember(self._cohort)

    def _matched_snapshot(
        self, number: int, placed: Placed, row: int, member: int, target: float
    ) -> Iterator[RunEvent]:
        before, statistics = self._progress.previous[number], self._progress.previous_buffers.get(number, {})
        with self._threads():
            found = match_loss(self._observer.meter, placed.unit, before, statistics, row, target)
        if self._save is None or found is None:
            return
        snapshot = Snapshot(self._progress.step, found.theta, {"run_id": self._ids[member]})
        manifest = self._save(snapshot, "matched_train_loss", None, self._ids[member])
        yield self._milestones.saved(
            member,
            manifest,
            "matched_train_loss",
            clean_train_loss=found.train_loss,
            val_loss=found.val_loss,
            fraction=found.fraction,
        )
