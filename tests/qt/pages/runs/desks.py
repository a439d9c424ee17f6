"""A desk for the tests of the Runs page, and a store with runs that ended in every way."""

from __future__ import annotations

import msgspec

from tests.runs.store.recording import config, extend, finished, run_id, started, steps
from wnin_desktop.runs.store import Store
from wnin_desktop.schema.events import Diverged, Failed, Intervention
from wnin_desktop.schema.manifest import Manifest

LONG = "A very long name of an experiment in which somebody explained everything that was tried on that day"
TRACEBACK = "Traceback (most recent call last):\n  line 41, in step\nValueError: rank 1 is not allowed"


def record(
    store: Store, name: str, ends: tuple[str, ...], last: int = 40, arms=("adamw", "muon", "sgd noisy")
) -> str:
    """Record an experiment of one seed whose arms end as `ends` says, in order."""
    whole = config(name, arms[: len(ends)], (0,))
    experiment_id = store.new_experiment(whole)
    writer = store.writer(experiment_id)
    plans = {run.arm.name: run.model_dump(mode="json") for run in whole.runs()}
    for arm in arms[: len(ends)]:
        begun = started(experiment_id, arm, 0)
        extend(writer, [msgspec.structs.replace(begun, config=plans[arm], steps=last, host="workstation")])
    extend(writer, steps(experiment_id, 1, last, arms[: len(ends)], (0,)))
    for arm, end in zip(arms, ends, strict=False):
        extend(writer, _ending(experiment_id, arm, end, last))
    writer.close()
    return experiment_id


def _ending(experiment_id: str, arm: str, end: str, last: int) -> list:
    name = run_id(experiment_id, arm, 0)
    if end == "failed":
        return [
            Failed(
                run_id=name,
                timestamp=400.0,
                step=last,
                error="ValueError: rank 1 is not allowed",
                traceback=TRACEBACK,
            )
        ]
    if end == "diverged":
        told = Diverged(
            run_id=name, timestamp=400.0, step=last, reason="loss is not finite", last_finite_step=last - 1
        )
        return [told, finished(experiment_id, arm, 0, last, "diverged")]
    if end == "interrupted":
        return []
    turned = Intervention(run_id=name, timestamp=200.0, step=10, knob="lr", value=0.02, previous=0.01)
    return [turned, finished(experiment_id, arm, 0, last, end)]


def fill_mixed(store: Store) -> dict[str, str]:
    """Record experiments that ended in every way, one with a long name; return their ids by name."""
    made = {
        "Four optimizers": ("completed", "completed", "completed"),
        "Heat ladder": ("completed", "diverged", "completed"),
        LONG: ("failed", "completed"),
        "Power cut": ("interrupted", "interrupted"),
        "Stopped early": ("stopped", "stopped"),
    }
    ids = {name: record(store, name, ends) for name, ends in made.items()}
    store.tag(ids["Four optimizers"], ["paper", "baseline"])
    store.star(ids["Four optimizers"])
    store.note(ids["Heat ladder"], "Too hot from T = 1 on.")
    folder = store.checkpoint_dir(ids["Power cut"])
    (folder / "periodic-000000020.safetensors").write_bytes(b"0" * 2048)
    manifest = Manifest("periodic-000000020.safetensors", "0" * 64, 2_048_000, 20, "periodic", {"torch": "2"})
    store.add_checkpoint(ids["Power cut"], manifest)
    return ids
