"""The rows of the run table: what an experiment and a run say of themselves, ready to sort and filter."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from wnin_desktop.runs.store.catalogue import Row
from wnin_desktop.runs.watch.experiment import WatchedExperiment
from wnin_desktop.runs.watch.run import WatchedRun

ColumnKind = Literal["star", "text", "status", "tags", "number", "integer", "moment", "span"]
RowKind = Literal["experiment", "run"]
RowOrigin = Literal["stored", "remote"]
STATUSES = (
    "running", "paused", "completed", "stopped", "diverged", "failed", "interrupted", "not started",
)  # fmt: skip
"""What a row can be; "paused" is what is running in the store and held by whoever runs it."""


@dataclass(frozen=True)
class Column:
    """One column: `key` is the field of `TableRow` that it shows."""

    key: str
    title: str
    kind: ColumnKind
    help: str
    unit: str = "1"


COLUMNS: tuple[Column, ...] = (
    Column("star", "Star", "star", "Marked by you."),
    Column("name", "Name", "text", "Title of the experiment."),
    Column("arm", "Arm", "text", "The contender that a run trains."),
    Column("seed", "Seed", "integer", "Names weights, batch order and noise; of an experiment, how many."),
    Column("status", "Status", "status", "How it ended, or that it goes on."),
    Column("dataset", "Dataset", "text", "What is learned."),
    Column("network", "Network", "text", "What learns, and its sizes."),
    Column("optimizer", "Optimizer", "text", "Registered name of the optimizer."),
    Column("lr", "Learning rate", "number", "Step size h."),
    Column("noise", "Noise", "text", "Where noise enters."),
    Column("magnitude", "Magnitude", "number", "Amplitude of the noise.", "by mode"),
    Column("temperature", "Temperature", "number", "Sampling temperature T.", "loss units"),
    Column("schedule", "Schedule", "text", "How the amplitude moves with the step."),
    Column("steps", "Steps", "integer", "Steps that are stored, of those planned.", "steps"),
    Column("val_loss", "Val loss", "number", "Final validation loss; of an experiment, its best.", "nat"),
    Column("accuracy", "Accuracy", "number", "Final validation accuracy; of an experiment, its best arm's."),
    Column("started", "Started", "moment", "When it began."),
    Column("duration", "Duration", "span", "From its beginning to its end.", "s"),
    Column("tags", "Tags", "tags", "Words you gave the experiment."),
    Column("note", "Note", "text", "What you wrote about the experiment."),
    Column("host", "Host", "text", "The machine that trained, and who sends it where it is remote."),
    Column("id", "Id", "text", "Its name in the store."),
)  # fmt: skip
BY_COLUMN = {column.key: column for column in COLUMNS}


class TableRow(msgspec.Struct, frozen=True, gc=False):
    """An experiment or a run. Times are Unix seconds; what is not known is None or "".

    Attributes:
        id: Id of the experiment or run; it is unique in the table.
        seed: A run's seed; of an experiment how many it has.
        arm_index: Place of a run's arm in its experiment.
        arms: Names of an experiment's arms.
        steps: Steps done; of an experiment those that every run has reached.
        planned: Steps planned.
        val_loss: Final validation loss; of an experiment the mean over the seeds of `best_arm`.
        n: Seeds in these means.
        diverged: Of an experiment how many of its runs diverged.
        high: Of an experiment whose arms differ, the largest value beside the smallest that the field holds.
        words: Everything a plain search looks through, in lower case.
    """

    kind: RowKind
    id: str
    experiment_id: str
    name: str
    status: str
    origin: RowOrigin = "stored"
    star: bool = False
    arm: str = ""
    arm_index: int = 0
    arms: tuple[str, ...] = ()
    seed: int | None = None
    dataset: str = ""
    network: str = ""
    optimizer: str = ""
    lr: float | None = None
    noise: str = ""
    magnitude: float | None = None
    temperature: float | None = None
    schedule: str = ""
    steps: int = 0
    planned: int = 0
    val_loss: float | None = None
    accuracy: float | None = None
    best_arm: str = ""
    n: int = 0
    diverged: int = 0
    high: dict[str, float] = {}
    started: float | None = None
    duration: float | None = None
    tags: tuple[str, ...] = ()
    note: str = ""
    host: str = ""
    trashed: float | None = None
    words: str = ""

    @property
    def is_run(self) -> bool:
        """Return whether this is a run and not an experiment."""
        return self.kind == "run"


# -- configurations, as far as the table shows them --------------------------------------------------------


class _Schedule(msgspec.Struct):
    kind: str = "constant"


class _Noise(msgspec.Struct):
    mode: str = "none"
    magnitude: float | None = None
    temperature: float | None = None
    schedule: _Schedule = msgspec.field(default_factory=_Schedule)


class _Optimizer(msgspec.Struct):
    name: str = ""
    lr: float | None = None


class ArmFacts(msgspec.Struct):
    """What the table shows of an arm's configuration."""

    name: str = ""
    optimizer: _Optimizer = msgspec.field(default_factory=_Optimizer)
    noise: _Noise = msgspec.field(default_factory=_Noise)


class _Task(msgspec.Struct):
    dataset: str = ""


class _Network(msgspec.Struct):
    kind: str = ""
    name: str = ""
    preset: str = ""
    hidden: list[int] | int | None = None
    channels: list[int] | None = None
    width: int | None = None
    depth: int | None = None

    def text(self) -> str:
        """Return kind and sizes, such as "mlp 64-64"."""
        sizes = self.channels if self.kind == "cnn" else self.hidden
        if isinstance(sizes, list):
            return f"{self.kind} {'-'.join(map(str, sizes))}".strip()
        if self.width is not None:
            return f"{self.kind} {self.width}" + (f"x{self.depth}" if self.depth else "")
        return f"{self.kind} {sizes or self.preset or self.name}".strip()


class _Budget(msgspec.Struct):
    steps: int = 0


class Facts(msgspec.Struct):
    """What the table shows of the configuration of a run (`arm`) or of an experiment (`arms`, `seeds`)."""

    task: _Task = msgspec.field(default_factory=_Task)
    network: _Network = msgspec.field(default_factory=_Network)
    budget: _Budget = msgspec.field(default_factory=_Budget)
    arm: ArmFacts | None = None
    arms: list[ArmFacts] = []
    seeds: list[int] = []


_facts = msgspec.json.Decoder(Facts)
_strings = msgspec.json.Decoder(tuple[str, ...])
_final = msgspec.json.Decoder(dict[str, float | None])


def facts_of(config: str | bytes) -> Facts:
    """Return what a stored configuration says; one of another version says what can be read of it."""
    try:
        return _facts.decode(config)
    except msgspec.MsgspecError:
        return Facts()


# -- rows of the store -------------------------------------------------------------------------------------


class ExperimentEntry(msgspec.Struct, frozen=True):
    """A row of "experiments" as it was read, and its configuration."""

    values: dict[str, Any]
    facts: Facts
    tags: tuple[str, ...]
    places: dict[str, int]
    """Place of each arm."""


def experiment_entry(row: Row) -> ExperimentEntry:
    """Return an experiment's row without the text of its configuration, which the table does not keep."""
    facts = facts_of(row.values["config"])
    values = {name: value for name, value in row.values.items() if name != "config"}
    places = {arm.name: place for place, arm in enumerate(facts.arms)}
    return ExperimentEntry(values, facts, _strings.decode(values["tags"]), places)


class RunEntry(msgspec.Struct, frozen=True, gc=False):
    """A row of "runs" as far as the table needs it."""

    run_id: str
    experiment_id: str
    arm: str
    seed: int
    status: str
    planned: int
    started: float
    finished: float | None
    val_loss: float | None
    accuracy: float | None
    dataset: str
    network: str
    facts: ArmFacts
    host: str


def run_entry(row: Row, host: str) -> RunEntry:
    """Return a run's row without the text of its configuration."""
    values = row.values
    facts = facts_of(values["config"])
    final = _finite_final(values["final"])
    return RunEntry(
        values["run_id"], values["experiment_id"], values["arm"], values["seed"], values["status"],
        values["steps"], values["started"], values["finished"], final.get("val_loss"), final.get("accuracy"),
        facts.task.dataset, facts.network.text(), facts.arm or ArmFacts(values["arm"]), host,
    )  # fmt: skip


def _finite_final(text: str) -> dict[str, float | None]:
    try:
        return _final.decode(text)
    except msgspec.MsgspecError:  # not finite, which is no outcome
        return {}


def run_row(run: RunEntry, committed: int, owner: ExperimentEntry, now: float) -> TableRow:
    """Return the table's row of a run; name, tags, note and star are its experiment's."""
    arm, noise, values = run.facts, run.facts.noise, owner.values
    end = run.finished if run.finished is not None else (now if run.status == "running" else None)
    return TableRow(
        "run", run.run_id, run.experiment_id, values["name"], run.status,
        star=bool(values["star"]), arm=run.arm, arm_index=owner.places.get(run.arm, 0), seed=run.seed,
        dataset=run.dataset, network=run.network, optimizer=arm.optimizer.name, lr=arm.optimizer.lr,
        noise=noise.mode, magnitude=noise.magnitude, temperature=noise.temperature,
        schedule=noise.schedule.kind if noise.mode != "none" else "",
        steps=committed, planned=run.planned, val_loss=run.val_loss, accuracy=run.accuracy,
        started=run.started, duration=None if end is None else max(0.0, end - run.started),
        tags=owner.tags, note=values["note"], host=run.host, trashed=values["trashed"],
        words=_words(
            values["name"], run.arm, run.run_id, run.dataset, run.network, arm.optimizer.name, noise.mode,
            run.host, values["note"], *owner.tags,
        ),
    )  # fmt: skip


def experiment_row(entry: ExperimentEntry, runs: Sequence[TableRow], now: float) -> TableRow:
    """Return the table's row of an experiment, which sums up its configuration and its runs."""
    facts, values = entry.facts, entry.values
    arms = tuple(arm.name for arm in facts.arms)
    best = best_of(runs)
    hosts = _joined(run.host for run in runs)
    low, high = _spans(facts.arms)
    optimizers = _joined(arm.optimizer.name for arm in facts.arms)
    noise = _joined(arm.noise.mode for arm in facts.arms)
    network, dataset = facts.network.text(), facts.task.dataset
    return TableRow(
        "experiment", values["experiment_id"], values["experiment_id"], values["name"], values["status"],
        star=bool(values["star"]), arm=", ".join(arms), arms=arms, seed=len(facts.seeds),
        dataset=dataset, network=network, optimizer=optimizers, noise=noise,
        schedule=_joined(arm.noise.schedule.kind for arm in facts.arms if arm.noise.mode != "none"),
        steps=steps_done(runs), planned=facts.budget.steps, high=high, started=values["created"],
        duration=_lasted(values["created"], values["status"], runs, now), tags=entry.tags,
        note=values["note"], host=hosts, trashed=values["trashed"],
        diverged=sum(run.status == "diverged" for run in runs),
        words=_words(
            values["name"], *arms, values["experiment_id"], dataset, network, optimizers, noise, hosts,
            values["note"], *entry.tags,
        ),
        **low, **best,
    )  # fmt: skip


def held(row: TableRow) -> TableRow:
    """Return the row of what is running while it is held."""
    return msgspec.structs.replace(row, status="paused") if row.status == "running" else row


def _spans(arms: Iterable[ArmFacts]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the smallest lr, magnitude and temperature over the arms, and the largest where they differ."""
    found = list(arms)
    low: dict[str, float] = {}
    high: dict[str, float] = {}
    for key, given in (
        ("lr", [arm.optimizer.lr for arm in found]),
        ("magnitude", [arm.noise.magnitude for arm in found]),
        ("temperature", [arm.noise.temperature for arm in found]),
    ):
        values = [value for value in given if value is not None]
        if values:
            low[key] = min(values)
            if max(values) > low[key]:
                high[key] = max(values)
    return low, high


def best_of(runs: Iterable[TableRow]) -> dict[str, Any]:
    """Return `best_arm` by mean final validation loss, the means and `n`; empty where no run completed."""
    scores: dict[str, list[TableRow]] = {}
    for run in runs:
        if run.status == "completed" and run.val_loss is not None and math.isfinite(run.val_loss):
            scores.setdefault(run.arm, []).append(run)
    if not scores:
        return {}
    means = {arm: _mean(run.val_loss for run in of_arm) for arm, of_arm in scores.items()}
    arm = min(means, key=lambda name: means[name] or 0.0)
    accuracy = _mean(run.accuracy for run in scores[arm])
    return {"best_arm": arm, "val_loss": means[arm], "accuracy": accuracy, "n": len(scores[arm])}


def _mean(values: Iterable[float | None]) -> float | None:
    found = [value for value in values if value is not None]
    return sum(found) / len(found) if found else None


def steps_done(runs: Sequence[TableRow]) -> int:
    """Return the step that every run has reached; one that diverged is done and holds nobody back."""
    going = [run.steps for run in runs if run.status != "diverged"]
    return min(going) if going else max((run.steps for run in runs), default=0)


def _lasted(created: float, status: str, runs: Sequence[TableRow], now: float) -> float | None:
    if status == "running":
        return max(0.0, now - created)
    spans = [(run.started or 0.0) + run.duration for run in runs if run.duration is not None]
    began = min((run.started for run in runs if run.started is not None), default=created)
    return max(spans) - began if spans else None


def _joined(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(word for word in words if word))


def _words(*parts: str) -> str:
    return "\n".join(parts).lower()


# -- what others train -------------------------------------------------------------------------------------


def rows_of_watched(watched: WatchedExperiment, now: float) -> tuple[TableRow, tuple[TableRow, ...]]:
    """Return the rows of a comparison that is watched and not in this store: itself and its runs."""
    where = " ".join(part for part in (watched.host, f"({watched.peer})" if watched.peer else "") if part)
    facts = Facts()
    if watched.config is not None:
        facts = facts_of(watched.config.model_dump_json().encode())
    else:
        facts.arms, facts.seeds = [ArmFacts(name) for name in watched.arms], list(watched.seeds)
    began = [run.started for run in watched.runs.values() if run.started is not None]
    values = {
        "experiment_id": watched.experiment_id, "name": watched.name, "status": watched.status, "star": 0,
        "note": "", "trashed": None, "created": min(began, default=now),
    }  # fmt: skip
    entry = ExperimentEntry(values, facts, (), {arm: place for place, arm in enumerate(watched.arms)})
    arms = {arm.name: arm for arm in facts.arms}
    runs = tuple(
        _remote(run_row(_watched_entry(run, entry, arms, where), run.step, entry, now))
        for run in watched.runs.values()
    )
    return _remote(experiment_row(entry, runs, now)), runs


def _watched_entry(
    run: WatchedRun, owner: ExperimentEntry, arms: dict[str, ArmFacts], where: str
) -> RunEntry:
    began = run.started if run.started is not None else owner.values["created"]
    finished = None if run.wall_s is None else began + run.wall_s
    facts = owner.facts
    return RunEntry(
        run.run_id, owner.values["experiment_id"], run.arm, run.seed, run.status, run.steps, began, finished,
        run.final.get("val_loss"), run.final.get("accuracy"), facts.task.dataset, facts.network.text(),
        arms.get(run.arm, ArmFacts(run.arm)), where,
    )  # fmt: skip


def _remote(row: TableRow) -> TableRow:
    return msgspec.structs.replace(row, origin="remote")
