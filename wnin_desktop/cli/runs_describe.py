"""What `wnin runs list` and `wnin runs show` say of an experiment and of a run."""

from __future__ import annotations

import math
import shlex
import socket
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
import numpy as np
import psutil

from wnin_desktop.analysis.statistics import Interval, mean_interval
from wnin_desktop.cli.table import plain_table
from wnin_desktop.engine.plugins import one_line
from wnin_desktop.errors import InputError
from wnin_desktop.runs.landscape.kept import surfaces
from wnin_desktop.runs.replay_command import copy_as_command
from wnin_desktop.runs.store import ExperimentRecord, RunRecord, Store
from wnin_desktop.runs.store.lock import WriterLock
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.events import Diverged, Failed, Intervention, RunStarted
from wnin_desktop.schema.metrics import BY_KEY
from wnin_desktop.schema.run import RunConfig

R = TypeVar("R", ExperimentRecord, RunRecord)
SCORE = "val_loss"
UNFINISHED = ("running", "stopped", "interrupted", "failed")
RUN_HEADS = ("ARM", "SEED", "STATUS", "STEP", "VAL LOSS", "ACCURACY", "TRAIN LOSS", "HESSIAN TRACE")
SHOWN = ("val_loss", "accuracy", "train_loss")
LIST_HEADS = ("ID", "NAME", "STATUS", "ARMS x SEEDS", "STEPS", "CREATED (UTC)", "TAGS", "BEST ARM, VAL LOSS")


def number(value: float | None) -> str:
    """Return four significant digits; a dash where nothing was measured."""
    return "-" if value is None or math.isnan(value) else f"{value:.4g}"


def moment(timestamp: float | None) -> str:
    """Return a Unix time as date and time in UTC."""
    return "-" if timestamp is None else f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d %H:%M:%S}"


# -- runs whose process is gone ----------------------------------------------------------------------------


def is_abandoned(store: Store) -> bool:
    """Return whether whoever wrote the store last is gone, so that nothing in it can be running any more.

    Opening for reading changes nothing, so a dead process's runs still say "running" there.
    """
    holder = WriterLock(store.path).holder()
    is_here = holder.get("host") == socket.gethostname()
    return is_here and isinstance(holder.get("pid"), int) and not psutil.pid_exists(holder["pid"])


def as_it_is(record: R, *, abandoned: bool) -> R:
    """Return a record whose status is "interrupted" where it cannot be "running"."""
    return (
        msgspec.structs.replace(record, status="interrupted")
        if abandoned and record.status == "running"
        else record
    )


# -- the list ----------------------------------------------------------------------------------------------


def best_arm(runs: Iterable[RunRecord]) -> dict[str, Any] | None:
    """Return the arm with the lowest mean final validation loss, its 95 % interval, n and diverged runs.

    None where no run completed. Diverged runs have no final loss; they are counted beside the mean.
    """
    scores: dict[str, list[float]] = {}
    diverged: dict[str, int] = {}
    for run in runs:
        diverged[run.arm] = diverged.get(run.arm, 0) + (run.status == "diverged")
        value = run.final.get(SCORE)
        if run.status == "completed" and value is not None and math.isfinite(value):
            scores.setdefault(run.arm, []).append(value)
    if not scores:
        return None
    means: dict[str, Interval] = {arm: mean_interval(values) for arm, values in scores.items()}
    arm, found = min(means.items(), key=lambda item: item[1].mean)
    return {
        "arm": arm,
        SCORE: found.mean,
        "low": found.low,
        "high": found.high,
        "n": found.n,
        "diverged": diverged[arm],
    }


def experiment_row(record: ExperimentRecord, runs: Sequence[RunRecord]) -> dict[str, Any]:
    """Return one line of the list as plain values."""
    config = record.config
    return {
        "experiment_id": record.experiment_id,
        "name": record.name,
        "status": record.status,
        "arms": [arm["name"] for arm in config["arms"]],
        "seeds": config["seeds"],
        "steps": config["budget"]["steps"],
        "committed": steps_done(runs),
        "created": record.created,
        "tags": record.tags,
        "note": record.note,
        "star": record.star,
        "trashed": record.trashed,
        "best": best_arm(runs),
    }


def steps_done(runs: Sequence[RunRecord]) -> int:
    """Return the step that every run has reached; one that diverged is done and holds nobody back."""
    going = [run.committed for run in runs if run.status != "diverged"]
    return min(going) if going else max((run.committed for run in runs), default=0)


def list_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the list as a table."""
    return plain_table(LIST_HEADS, [_list_cells(row) for row in rows])


def _list_cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    star = "* " if row["star"] else ""
    return (
        row["experiment_id"],
        star + row["name"],
        row["status"],
        f"{len(row['arms'])} x {len(row['seeds'])}",
        f"{row['committed']}/{row['steps']}",
        moment(row["created"]),
        ", ".join(row["tags"]) or "-",
        best_text(row["best"]),
    )


def best_text(best: Mapping[str, Any] | None) -> str:
    """Return the best arm with its mean, interval and n."""
    if best is None:
        return "-"
    interval = "" if best["low"] is None else f" [{number(best['low'])}, {number(best['high'])}]"
    lost = f", {best['diverged']} diverged" if best["diverged"] else ""
    return f"{best['arm']} {number(best[SCORE])}{interval} (n = {best['n']}{lost})"


# -- one run -----------------------------------------------------------------------------------------------


def find_run(store: Store, text: str) -> RunRecord:
    """Return the run `EXPERIMENT/ARM/sSEED`; experiment and arm may be shortened to their beginnings.

    Raises:
        InputError: There is no such run, or more than one.
    """
    experiment, _, rest = text.partition("/")
    arm, _, seed = rest.partition("/")
    runs = store.runs(experiment_id=experiment)
    of_arm = [run for run in runs if run.arm == arm] or [run for run in runs if run.arm.startswith(arm)]
    fitting = [run for run in of_arm if seed in ("", f"s{run.seed}")]
    if len(fitting) != 1:
        known = ", ".join(run.run_id.partition("/")[2] for run in fitting or runs) or "none"
        said = f"{len(fitting)} of its runs fit" if fitting else "none of its runs fits"
        raise InputError.of("ID", text, f"{said}, allowed: {one_line(known)}")
    return fitting[0]


def last_values(store: Store, run_id: str) -> dict[str, dict[str, float]]:
    """Return the last measured value of each metric and the step it was measured at."""
    series = store.series(run_id, list(BY_KEY))
    found = {}
    for key in BY_KEY:
        measured = np.flatnonzero(~np.isnan(series[key]))
        if len(measured):
            found[key] = {
                "step": int(series["step"][measured[-1]]),
                "value": float(series[key][measured[-1]]),
            }
    return found


def run_description(store: Store, run: RunRecord) -> dict[str, Any]:
    """Return everything the store knows of a run but its series."""
    events = store.events(run.run_id, [Intervention, Diverged, Failed, RunStarted])
    return msgspec.to_builtins(as_it_is(run, abandoned=is_abandoned(store))) | {
        "last": last_values(store, run.run_id),
        "reasons": {key: list(why) for key, why in store.reasons(run.run_id).items()},
        "interventions": [msgspec.to_builtins(each) for each in events if isinstance(each, Intervention)],
        "diverged": next((msgspec.to_builtins(each) for each in events if isinstance(each, Diverged)), None),
        "error": next((each.error for each in reversed(events) if isinstance(each, Failed)), None),
        "versions": next((each.versions for each in events if isinstance(each, RunStarted)), {}),
        "host": next((each.host for each in events if isinstance(each, RunStarted)), None),
        "resumed_from": [
            each.resumed_from
            for each in events
            if isinstance(each, RunStarted) and each.resumed_from is not None
        ],
        "command": repeat_command(run),
    }


def repeat_command(run: RunRecord) -> str | None:
    """Return the `wnin-train` command that makes a run again, or None where its configuration is of old."""
    try:
        return copy_as_command(validate(RunConfig, run.config))
    except InputError:
        return None


def run_text(run: Mapping[str, Any]) -> str:
    """Return a run's description for people."""
    heads = {
        "run": run["run_id"],
        "status": run["status"],
        "step": f"{run['committed']} of {run['steps']}",
        "parameters": run["parameters"],
        "device": f"{run['device']} on {run['host'] or 'an unknown host'}",
        "started": moment(run["started"]),
        "finished": moment(run["finished"]),
        "fingerprint": run["fingerprint"],
        "versions": ", ".join(f"{name} {version}" for name, version in run["versions"].items()),
        "resumed from": ", ".join(f"step {step}" for step in run["resumed_from"]),
        "diverged": run["diverged"] and f"at step {run['diverged']['step']}: {run['diverged']['reason']}",
        "error": run["error"],
    }
    parts = ["\n".join(f"{key:<14}{value}" for key, value in heads.items() if value not in (None, ""))]
    rows = [_metric_cells(run, key) for key in BY_KEY if key in run["last"] or key in run["final"]]
    rows += [(key, number(value), "-", "-", "") for key, value in run["final"].items() if key not in BY_KEY]
    if rows:
        parts.append(
            plain_table(("METRIC", "FINAL", "LAST", "AT STEP", "UNIT"), rows, right=frozenset({1, 2, 3}))
        )
    absent = {key: why for key, why in run["reasons"].items() if key not in run["last"]}
    parts += ["\n".join(f"not measured: {key}: {'; '.join(why)}" for key, why in absent.items())]
    parts.append(_interventions(run["interventions"]))
    if run["command"]:
        without = " (without the interventions)" if run["interventions"] else ""
        parts.append(f"to repeat it{without}: {run['command']}")
    return "\n\n".join(part for part in parts if part)


def _metric_cells(run: Mapping[str, Any], key: str) -> tuple[str, ...]:
    last = run["last"].get(key)
    said = ("-", "-") if last is None else (number(last["value"]), str(last["step"]))
    return key, number(run["final"].get(key)), *said, BY_KEY[key].unit


def _interventions(events: Sequence[Mapping[str, Any]]) -> str:
    turned = [
        f"step {e['step']}: {e['knob']} {number(e['previous'])} -> {number(e['value'])}" for e in events
    ]
    return "\n".join(["interventions", *(f"  {line}" for line in turned)]) if turned else ""


# -- one experiment ----------------------------------------------------------------------------------------


def experiment_description(store: Store, experiment_id: str) -> dict[str, Any]:
    """Return an experiment with its runs, checkpoints and the command that goes on with it."""
    record = as_it_is(store.experiment(experiment_id), abandoned=is_abandoned(store))
    runs = store.runs(experiment_id=record.experiment_id)
    return experiment_row(record, runs) | {
        "fingerprint": record.fingerprint,
        "config": record.config,
        "runs": [run_description(store, run) for run in runs],
        "checkpoints": [msgspec.to_builtins(each) for each in store.checkpoints(record.experiment_id)],
        "surfaces": [
            {"file": each.file.name, "what": each.words()} for each in surfaces(store, record.experiment_id)
        ],
        "resume": resume_command(store, record, runs),
    }


def resume_command(store: Store, record: ExperimentRecord, runs: Sequence[RunRecord]) -> str | None:
    """Return the command that goes on with an unfinished experiment, or None."""
    planned = len(record.config["arms"]) * len(record.config["seeds"])
    if len(runs) == planned and not any(run.status in UNFINISHED for run in runs):
        return None
    return shlex.join(["wnin", "runs", "resume", record.experiment_id, "--store", str(store.path)])


def experiment_text(found: Mapping[str, Any], config: str) -> str:
    """Return an experiment's description for people; `config` is its configuration as text."""
    heads = {
        "experiment": found["experiment_id"],
        "name": ("* " if found["star"] else "") + found["name"],
        "status": found["status"] + (" (in the trash)" if found["trashed"] else ""),
        "created": moment(found["created"]),
        "tags": ", ".join(found["tags"]),
        "note": found["note"],
        "fingerprint": found["fingerprint"],
        "best arm": best_text(found["best"]),
    }
    parts = ["\n".join(f"{key:<14}{value}" for key, value in heads.items() if value)]
    if found["runs"]:
        rows = [_run_cells(run) for run in found["runs"]]
        parts.append(plain_table(RUN_HEADS, rows, right=frozenset({1, 3, 4, 5, 6, 7})))
    parts += [f"{run['arm']}/s{run['seed']}: {run['error']}" for run in found["runs"] if run["error"]]
    parts.append(_interventions(_of_arms(found["runs"])))
    if found["checkpoints"]:
        rows = [
            (c["file"], c["reason"], str(c["step"]), f"{c['size'] / 1e6:.2f}") for c in found["checkpoints"]
        ]
        parts.append(plain_table(("CHECKPOINT", "REASON", "STEP", "MB"), rows, right=frozenset({2, 3})))
    if found["surfaces"]:
        parts.append(plain_table(("SURFACE", "OF"), [(s["file"], s["what"]) for s in found["surfaces"]]))
    parts.append("configuration\n" + "\n".join(f"  {line}".rstrip() for line in config.splitlines()))
    if found["resume"]:
        parts.append(f"to go on: {found['resume']}")
    return "\n\n".join(part for part in parts if part)


def _run_cells(run: Mapping[str, Any]) -> tuple[str, ...]:
    values = [run["final"].get(key, run["last"].get(key, {}).get("value")) for key in SHOWN]
    step = f"{run['committed']}/{run['steps']}"
    return run["arm"], str(run["seed"]), run["status"], step, *map(number, values), _trace(run["last"])


def _trace(last: Mapping[str, Mapping[str, float]]) -> str:
    """Return the last trace with its standard error, which is left out where the trace is exact."""
    if "hessian_trace_est" not in last:
        return "-"
    error = last.get("hessian_trace_se", {}).get("value", 0.0)
    return number(last["hessian_trace_est"]["value"]) + (f" ± {error:.2g}" if error else "")


def _of_arms(runs: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return every turn of a knob once: all runs of a comparison may have met it."""
    found: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for run in runs:
        for event in run["interventions"]:
            found.setdefault((event["step"], event["knob"], event["value"], event["previous"]), event)
    return sorted(found.values(), key=lambda event: event["step"])
