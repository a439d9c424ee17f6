"""B14: a million metric rows written durably and one run read back, against a row per step in sqlite3.

Eight runs in lock-step with the pattern of real ones: 15 floating-point columns, clean evaluations and
curvature at their own cadence. Both sides get the same prepared events, put the same rows in a transaction
(20 steps of all 8 runs = 160 rows), use WAL with synchronous=FULL, and carry the log into the main file at
the same threshold. The last line is the result as JSON.

    ours  RunWriter.append(event) for each step, with all its checks; Store.series(run) for the reading
    peer  a tuple from each event, executemany of 160 rows, COMMIT; one SELECT of the run's rows in order and
          a numpy array. The table is the one most programs have, PRIMARY KEY (run, step); `clustered` is the
          same with WITHOUT ROWID, the best layout SQLite has for this reading. The peers keep no reasons, no
          names of non-finite numbers and no checksums; ours does.

Ratios are of CPU time of the one thread; wall times, which hold the same waiting for the disk, stand beside.
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from typing import Any

import apsw
import numpy as np

from wnin_desktop.runs.store import BATCH_STEPS, Store
from wnin_desktop.runs.store.database import WAL_PAGES
from wnin_desktop.runs.store.packing import COLUMNS
from wnin_desktop.schema.events import RunStarted, StepMetrics
from wnin_desktop.schema.run import CompareConfig

RUNS = 8
GOALS = {"write": 1.5, "read": 20.0}
PEERS = {"peer": "", "clustered": "WITHOUT ROWID"}
NOT_NOW: dict[str, str] = dict.fromkeys(
    ("clean_train_loss", "val_loss", "accuracy", "perplexity"), "measured every 25 steps"
)
FIELDS = attrgetter("step", *COLUMNS, "noise_mode", "schedule_phase")


def prepared(steps: int) -> list[list[StepMetrics]]:
    """Return the cohort's events step by step: float32 losses as a trainer has them, all else likewise."""
    generator = np.random.default_rng(0)
    values = generator.standard_normal((steps, RUNS, 6)).astype(np.float32).astype(float)
    return [
        [_event(step, run, values[step - 1, run].tolist()) for run in range(RUNS)]
        for step in range(1, steps + 1)
    ]


def _event(step: int, run: int, values: list[float]) -> StepMetrics:
    evaluated: dict[str, Any] = {}
    if step % 25 == 0:
        evaluated = {
            "clean_train_loss": values[0],
            "val_loss": values[1],
            "accuracy": values[2],
            "perplexity": values[3],
        }
    if step % 100 == 0:
        evaluated |= {"hessian_trace_est": values[4], "hessian_trace_se": 0.0, "sharpness_proxy": values[5]}
    return StepMetrics(
        run_id=f"arm{run}",
        timestamp=1.7e9 + step * 1e-3 + run * 1e-5,
        step=step,
        arm=f"arm{run}",
        seed=0,
        train_loss=values[0],
        temperature=1e-3 / (1 + step // 1000),
        noise_magnitude=0.1 / (1 + step // 1000),
        lr=1e-3,
        grad_norm=values[3],
        update_norm=values[4],
        noise_to_signal=values[5],
        noise_mode="gradient",
        schedule_phase="cosine",
        reasons={} if evaluated else NOT_NOW,
        **evaluated,
    )


def clocked(work: Callable[[], object]) -> tuple[float, float]:
    """Return CPU seconds of this thread and wall seconds of `work`."""
    cpu, wall = time.thread_time(), time.perf_counter()
    work()
    return time.thread_time() - cpu, time.perf_counter() - wall


def write_ours(folder: Path, events: list[list[StepMetrics]]) -> tuple[float, float]:
    """Record all events in a new store, to the end of the runs."""
    with Store.open(folder) as store:
        arms = tuple({"name": f"arm{run}"} for run in range(RUNS))
        experiment = store.new_experiment(CompareConfig.model_validate({"arms": arms, "seeds": (0,)}))
        writer = store.writer(experiment)
        for run in range(RUNS):
            writer.append(_started(experiment, run, len(events)))
        writer.commit()

        def work() -> None:
            append = writer.append
            for row in events:
                for event in row:
                    append(event)
            # Commits what waits, and merges the last batches of each run.
            writer.close()

        return clocked(work)


def _started(experiment: str, run: int, steps: int) -> RunStarted:
    return RunStarted(
        run_id=f"arm{run}", timestamp=0.0, experiment_id=experiment, arm=f"arm{run}", seed=0, config={},
        fingerprint="", steps=steps, parameters=1, device="cpu", versions={}, host="",
    )  # fmt: skip


def write_peer(path: Path, events: list[list[StepMetrics]], options: str) -> tuple[float, float]:
    """Record all events as rows of a table with the given options."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
    columns = ", ".join(f"{name} REAL" for name in COLUMNS)
    connection.execute(
        f"CREATE TABLE steps (run INTEGER, step INTEGER, {columns}, noise_mode TEXT, schedule_phase TEXT, "
        f"PRIMARY KEY (run, step)) {options}"
    )
    insert = f"INSERT INTO steps VALUES ({', '.join('?' * (len(COLUMNS) + 4))})"

    def work() -> None:
        for start in range(0, len(events), BATCH_STEPS):
            rows = [
                (run, *FIELDS(event))
                for step in events[start : start + BATCH_STEPS]
                for run, event in enumerate(step)
            ]
            connection.execute("BEGIN")
            connection.executemany(insert, rows)
            connection.execute("COMMIT")

    taken = clocked(work)
    connection.close()
    return taken


def read_ours(folder: Path, run: int) -> tuple[tuple[float, float], np.ndarray]:
    """Read one run's columns from a store opened anew."""
    found: dict[str, np.ndarray] = {}
    with Store.open(folder, read_only=True) as store:
        taken = clocked(lambda: found.update(store.series(f"arm{run}")))
    return taken, np.column_stack([found["step"], *(found[name] for name in COLUMNS)])


def read_peer(path: Path, run: int) -> tuple[tuple[float, float], np.ndarray]:
    """Read one run's columns from a connection opened anew."""
    found: list[np.ndarray] = []
    connection = sqlite3.connect(path)
    select = f"SELECT step, {', '.join(COLUMNS)} FROM steps WHERE run = ? ORDER BY step"
    taken = clocked(
        lambda: found.append(np.array(connection.execute(select, (run,)).fetchall(), dtype=float))
    )
    connection.close()
    return taken, found[0]


def one_round(folder: Path, events: list[list[StepMetrics]], number: int) -> dict[str, tuple[float, float]]:
    """Write and read with all, in an order that turns with the round, and compare what comes back."""
    taken: dict[str, tuple[float, float]] = {}
    names = ["ours", *PEERS]
    for name in names[number % 3 :] + names[: number % 3]:
        if name == "ours":
            taken["ours write"] = write_ours(folder / name, events)
        else:
            taken[f"{name} write"] = write_peer(folder / name, events, PEERS[name])
    run = number % RUNS
    expected = np.array([FIELDS(row[run])[:-2] for row in events], dtype=float)
    for name in names:
        read = read_ours if name == "ours" else read_peer
        taken[f"{name} read"], found = read(folder / name, run)
        if not same_bits(found, expected):
            raise SystemExit(f"What was read from {name} is not what was written.")
        file = folder / name / "store.sqlite" if name == "ours" else folder / name
        taken[f"{name} bytes"] = (file.stat().st_size, 0.0)
    return taken


def same_bits(found: np.ndarray, expected: np.ndarray) -> bool:
    """Return whether two arrays of float64 hold the same values, NaN equal to NaN."""
    return found.shape == expected.shape and bool(np.array_equal(found, expected, equal_nan=True))


def measured(rows: int, rounds: int) -> dict[str, tuple[float, float]]:
    """Return the medians over rounds of (CPU, wall) seconds by what was done."""
    events = prepared(rows // RUNS)
    # The prepared events are neither side's: keep the collector from walking through them.
    gc.collect()
    gc.freeze()
    results = []
    for number in range(rounds):
        folder = Path(tempfile.mkdtemp(prefix="wnin-b14-"))
        try:
            results.append(one_round(folder, events, number))
        finally:
            shutil.rmtree(folder)
        shown = ", ".join(f"{key} {cpu:.3f}/{wall:.3f}" for key, (cpu, wall) in results[-1].items())
        print(f"round {number + 1}: {shown}", flush=True)
    return {
        key: tuple(statistics.median(each[key][part] for each in results) for part in (0, 1))
        for key in results[0]
    }


def processor() -> str:
    """Return the processor's name."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text(encoding="utf-8").splitlines() if information.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def report(medians: dict[str, tuple[float, float]], rows: int, rounds: int) -> dict[str, object]:
    """Return the result line."""
    parts: dict[str, dict[str, float]] = {}
    for what, goal in GOALS.items():
        ours = medians[f"ours {what}"]
        parts[what] = {"goal": goal, "ours": ours[0], "ours_wall": ours[1]}
        for name in PEERS:
            peer = medians[f"{name} {what}"]
            parts[what] |= {
                f"{name}_ratio": round(peer[0] / ours[0], 2), name: peer[0],
                f"{name}_wall_ratio": round(peer[1] / ours[1], 2), f"{name}_wall": peer[1],
            }  # fmt: skip
    versions = {
        "python": platform.python_version(), "numpy": np.__version__, "apsw": apsw.apsw_version(),
        "sqlite_ours": apsw.sqlite_lib_version(), "sqlite_peer": sqlite3.sqlite_version,
    }  # fmt: skip
    return {
        "name": "B14", "ratio": parts["write"]["peer_ratio"], "ours": parts["write"]["ours"],
        "peer": parts["write"]["peer"], "unit": "s of CPU time to write all rows", "n": rounds, "rows": rows,
        "runs": RUNS, **parts, "bytes": {name: medians[f"{name} bytes"][0] for name in ("ours", *PEERS)},
        "device": f"{processor()}, 1 thread", "versions": versions,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows over all eight runs")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, help="also write the result line to this file")
    options = parser.parse_args()
    result = json.dumps(report(measured(options.rows, options.rounds), options.rows, options.rounds))
    if options.out:
        options.out.write_text(result + "\n")
    print(result)


if __name__ == "__main__":
    main()
