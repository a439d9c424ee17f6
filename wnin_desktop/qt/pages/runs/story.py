"""What the side panel says of a run or an experiment: how it ended in three parts, and its facts in lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from wnin_desktop.errors import InputError
from wnin_desktop.qt.numbers import brief, show
from wnin_desktop.qt.pages.runs import words
from wnin_desktop.qt.text import tr
from wnin_desktop.runs.replay_command import compare_command, copy_as_command
from wnin_desktop.runs.run_details import ExperimentDetails, RunDetails
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.events import Intervention
from wnin_desktop.schema.manifest import Manifest
from wnin_desktop.schema.run import CompareConfig, RunConfig

MEGABYTE = 1e6
MOST_LINES = 12


class Told(NamedTuple):
    """How it ended: what happened, what was kept, what to do; details are folded."""

    kind: str
    what: str
    kept: str = ""
    do: str = ""
    details: str = ""


class Facts(NamedTuple):
    """A titled part of the panel: lines of a label and a value."""

    title: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Story:
    """Everything the panel shows. `experiment_id` is whose note it edits.

    `diverged` counts the runs of an experiment that did.
    """

    title: str
    subtitle: str
    status: str
    experiment_id: str
    note: str
    told: Told | None
    facts: tuple[Facts, ...]
    command: str
    arm_index: int | None = None
    diverged: int = 0


def of_run(found: RunDetails) -> Story:
    """Return the story of a run."""
    run = found.record
    arms = [arm.get("name") for arm in found.experiment.config.get("arms", ())]
    return Story(
        tr("{0} \u00b7 seed {1}", run.arm, run.seed), found.experiment.name, run.status, run.experiment_id,
        found.experiment.note, _told_of_run(found), _facts_of_run(found), run_command(found),
        arms.index(run.arm) if run.arm in arms else 0,
    )  # fmt: skip


def of_experiment(found: ExperimentDetails) -> Story:
    """Return the story of an experiment."""
    record = found.record
    arms, seeds = len(record.config.get("arms", ())), len(record.config.get("seeds", ()))
    return Story(
        record.name, tr("{0} arms \u00d7 {1} seeds", arms, seeds), record.status, record.experiment_id,
        record.note, _told_of_experiment(found), _facts_of_experiment(found), experiment_command(found),
        diverged=sum(run.status == "diverged" for run in found.runs),
    )  # fmt: skip


# -- how it ended ------------------------------------------------------------------------------------------


def _told_of_run(found: RunDetails) -> Told | None:
    run = found.record
    kept = tr("Every step up to {0} is kept.", show(run.committed))
    if run.status == "failed":
        error = found.failed
        what = tr("It failed: {0}", error.error if error else tr("the error was not recorded"))
        return Told("danger", what, kept, _go_on(found.resume_step), error.traceback if error else "")
    if run.status == "diverged" and found.diverged is not None:
        what = tr("Diverged at step {0}: {1}", show(found.diverged.step), found.diverged.reason)
        kept = tr("The run is kept up to step {0}.", show(found.diverged.last_finite_step))
        return Told("warning", what, kept, tr("Try a smaller learning rate or temperature."))
    if run.status == "interrupted":
        what = tr("The program ended while it was running.")
        return Told("warning", what, kept, _go_on(found.resume_step))
    if run.status == "stopped":
        return Told("info", tr("It was stopped before its budget was used."), kept, _go_on(found.resume_step))
    return None


def _told_of_experiment(found: ExperimentDetails) -> Told | None:
    statuses = [run.status for run in found.runs]
    counts = {status: statuses.count(status) for status in dict.fromkeys(statuses)}
    said = ", ".join(f"{count} {words.status_word(status).lower()}" for status, count in counts.items())
    kind = {"failed": "danger", "interrupted": "warning", "stopped": "info", "diverged": "warning"}
    status = found.record.status
    if status not in kind and "diverged" not in counts:
        return None
    kept = tr("What every run had committed is kept.")
    do = _go_on(found.resume_step) if found.resume_step is not None else ""
    details = found.failed.traceback if found.failed is not None else ""
    if found.failed is not None:
        said = tr("{0}. The last error: {1}", said, found.failed.error)
    return Told(kind.get(status, "info"), tr("Runs: {0}", said or tr("none has begun")), kept, do, details)


def _go_on(step: int | None) -> str:
    if step is None:
        return ""
    if step == 0:
        return tr("Resume begins again at step 0; there is no checkpoint to go on from.")
    return tr("Resume goes on from the checkpoint at step {0}.", show(step))


# -- facts -------------------------------------------------------------------------------------------------


def _facts_of_run(found: RunDetails) -> tuple[Facts, ...]:
    run = found.record
    lines = [
        (tr("Steps"), f"{show(run.committed)} / {show(run.steps)}"),
        (tr("Started"), words.moment(run.started)),
        (tr("Finished"), words.moment(run.finished)),
        (tr("Machine"), ", ".join(part for part in (found.host, run.device) if part)),
        (tr("Parameters"), show(run.parameters)),
        (tr("Resumed from"), ", ".join(tr("step {0}", show(step)) for step in found.resumed_from)),
    ]
    parts = [
        Facts(tr("Run"), tuple(lines)),
        _scores(found),
        _cost(found),
        _turns([(each.step, _turn(each)) for each in found.interventions]),
    ]
    parts += [_checkpoints(found.checkpoints), _identity(run.run_id, run.fingerprint, found.versions)]
    return _filled(parts)


def _facts_of_experiment(found: ExperimentDetails) -> tuple[Facts, ...]:
    record = found.record
    config = record.config
    lines = [
        (tr("Created"), words.moment(record.created)),
        (tr("Arms"), ", ".join(str(arm.get("name", "")) for arm in config.get("arms", ()))),
        (tr("Seeds"), ", ".join(map(str, config.get("seeds", ())))),
        (tr("Baseline"), str(config.get("baseline") or "")),
        (tr("Tags"), ", ".join(record.tags)),
    ]
    parts = [Facts(tr("Experiment"), tuple(lines)), _turns(_turned(found))]
    parts += [_checkpoints(found.checkpoints), _identity(record.experiment_id, record.fingerprint, {})]
    return _filled(parts)


def _scores(found: RunDetails) -> Facts:
    lines = []
    for each in found.measured:
        value = each.final if each.final is not None else each.last
        unit = "" if each.unit in ("1", "by mode") else f" {each.unit}"
        at = "" if each.final is not None or each.step is None else tr(", step {0}", show(each.step))
        lines.append((each.title, f"{brief(value)}{unit}{at}"))
    return Facts(tr("Last values"), tuple(lines))


def _cost(found: RunDetails) -> Facts:
    rate = found.record.committed / found.wall_s if found.wall_s else None
    evaluations = found.gradient_evaluations
    return Facts(
        tr("Cost"),
        (
            (tr("Gradient evaluations"), show(evaluations) if evaluations is not None else ""),
            (tr("Training time"), words.span(found.wall_s)),
            (tr("Pace"), tr("{0} steps/s", brief(rate, 3)) if rate else ""),
        ),
    )


def _turns(turns: Sequence[tuple[int, str]]) -> Facts:
    lines = [(tr("Step {0}", show(step)), text) for step, text in turns[:MOST_LINES]]
    if len(turns) > MOST_LINES:
        lines.append(("\u2026", tr("{0} more", len(turns) - MOST_LINES)))
    return Facts(tr("Interventions"), tuple(lines))


def _turn(turn: Intervention) -> str:
    return f"{turn.knob}: {brief(turn.previous)} \u2192 {brief(turn.value)}"


def _turned(found: ExperimentDetails) -> list[tuple[int, str]]:
    """Return step and words of each turn of a knob, led by the arms it was of where there are several."""
    arm_of = {run.run_id: run.arm for run in found.runs}
    every = found.record.config.get("arms") or set(arm_of.values())
    arms: dict[tuple[int, str], dict[str, None]] = {}
    for each in found.interventions:
        arms.setdefault((each.step, _turn(each)), {})[arm_of[each.run_id]] = None
    if len(every) < 2:
        return list(arms)
    return [
        (step, tr("{0}, {1}", tr("all arms") if len(of) == len(every) else ", ".join(of), text))
        for (step, text), of in arms.items()
    ]


def _checkpoints(found: tuple[Manifest, ...]) -> Facts:
    reasons = {
        "periodic": tr("periodic"), "asked": tr("asked for"), "final": tr("final"), "best": tr("best"),
        "matched_train_loss": tr("matched train loss"),
    }  # fmt: skip
    lines = [
        (
            tr("Step {0}", show(each.step)),
            tr("{0}, {1} MB", reasons.get(each.reason, each.reason), brief(each.size / MEGABYTE, 3)),
        )
        for each in found[-MOST_LINES:]
    ]
    return Facts(tr("Checkpoints"), tuple(lines))


def _identity(name: str, fingerprint: str, versions: dict[str, str]) -> Facts:
    lines = [(tr("Id"), name), (tr("Fingerprint"), fingerprint[:16])]
    lines += versions.items()
    return Facts(tr("Identity"), tuple(lines))


def _filled(parts: list[Facts]) -> tuple[Facts, ...]:
    filled = (Facts(part.title, tuple(line for line in part.lines if line[1])) for part in parts)
    return tuple(part for part in filled if part.lines)


# -- the command that repeats it ---------------------------------------------------------------------------


def run_command(found: RunDetails) -> str:
    """Return the command that makes a run again; "" where its configuration is of old."""
    try:
        return copy_as_command(validate(RunConfig, found.record.config))
    except InputError:
        return ""


def experiment_command(found: ExperimentDetails) -> str:
    """Return the command that makes an experiment again; "" where its configuration is of old."""
    try:
        return compare_command(validate(CompareConfig, found.record.config))
    except InputError:
        return ""
