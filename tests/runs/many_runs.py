"""A store of thousands of runs, entered in the catalogue directly; no run has steps."""

from __future__ import annotations

import zlib
from pathlib import Path

import msgspec

from tests.runs.store.recording import started
from wnin_desktop.runs.store import Store, catalogue
from wnin_desktop.runs.store.database import position
from wnin_desktop.schema import events
from wnin_desktop.schema.run import CompareConfig

STATUSES = ("completed", "completed", "diverged", "failed", "interrupted", "stopped")
ARMS = ("adamw", "muon", "sgd", "sgld hot", "rmsprop")
NOISES = (
    {"mode": "none"},
    {"mode": "sgld", "temperature": 1e-3, "schedule": {"kind": "cosine"}},
    {"mode": "input_jitter", "magnitude": 0.2},
)
BEGIN = 1_700_000_000.0


def config(name: str, seeds: int) -> CompareConfig:
    arms = tuple(
        {
            "name": arm,
            "optimizer": {"name": arm.split()[0], "lr": 10.0 ** -(place % 4)},
            "noise": NOISES[place % len(NOISES)],
        }
        for place, arm in enumerate(ARMS)
    )
    return CompareConfig.model_validate({"name": name, "arms": arms, "seeds": tuple(range(seeds))})


def fill(path: Path, experiments: int, seeds: int) -> int:
    """Enter `experiments` of five arms and `seeds` seeds and return how many runs they have."""
    made = config("template", seeds)
    runs = [(run.arm.name, run.seed, run.model_dump(mode="json")) for run in made.runs()]
    whole = made.model_dump(mode="json")
    with Store.open(path) as store, store._database.transaction() as connection:
        for number in range(experiments):
            _enter(connection, number, whole, runs)
    return experiments * len(runs)


def identifier(number: int) -> str:
    return f"2026-11-21_142233_study-{number}_{number:04x}"


def _enter(connection, number: int, whole: dict, runs: list) -> None:
    experiment_id, begin = identifier(number), BEGIN + 1000.0 * number
    catalogue.insert_row(connection, "experiments", {
        "experiment_id": experiment_id, "name": f"Study {number}", "created": begin, "config": whole,
        "fingerprint": "f" * 64, "status": STATUSES[number % len(STATUSES)], "tags": [f"tag{number % 7}"],
        "note": "", "star": number % 10 == 0, "trashed": None,
    })  # fmt: skip
    first = number * len(runs) + 1
    rows = [
        _run_values(experiment_id, place, number, begin, arm, seed, run)
        for place, (arm, seed, run) in enumerate(runs)
    ]
    for key, values in enumerate(rows, first):
        catalogue.replace_row(connection, "runs", key, values)
        event = started(experiment_id, values["arm"], values["seed"])
        text = events.encode(msgspec.structs.replace(event, host=f"host{key % 3}")).decode()
        where = position(key, 0)
        connection.execute(
            "INSERT INTO events VALUES (?, ?, ?, ?)",
            (where, "run_started", text, zlib.crc32(text.encode(), where)),
        )
    catalogue.write_progress(connection, [(key, 500, 1) for key in range(first, first + len(rows))])


def _run_values(experiment_id, place, number, begin, arm, seed, run) -> dict:
    status = STATUSES[(place + number) % len(STATUSES)]
    done = status == "completed"
    return {
        "run_id": f"{experiment_id}/{arm}/s{seed}", "experiment_id": experiment_id, "arm": arm, "seed": seed,
        "status": status, "steps": 500, "parameters": 1234, "device": "cpu", "config": run,
        "fingerprint": "f" * 64, "started": begin + place, "finished": begin + place + 60.0,
        "final": {"val_loss": 0.1 + (place * 37 + number) % 100 / 100, "accuracy": 0.9} if done else {},
    }  # fmt: skip
