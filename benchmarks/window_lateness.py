"""B12: how fluid the window stays while it trains, and how fast it trains then.

A real window without a screen, 1440 x 900, shows eight live plots of six runs. A precise timer of 60 beats a
second says how late the GUI thread comes to each beat. Every trial is a process of its own:

    idle              the window and its plots, nothing trains
    process           ours: the comparison trains in a worker process
    loop              the peer: the plain torch loop in a QThread of the window, a model after the other
    thread            our trainer in a QThread of the window
    process, Python   ours, with an optimizer in pure Python that holds the interpreter's lock in each step
    thread, Python    our trainer in a QThread of the window, with that optimizer

All start from the same weights, see the same batches, evaluate at the same steps, and are recorded and drawn
by the same code. The trials of a round follow one another. After each it is checked that every step that was
shown is in the store, and that the first losses of all are those of the plain loop. The last line is the
result as JSON: `ratio` is steps per second, process over loop.

    uv run python benchmarks/window_lateness.py [--seconds S] [--rounds N]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from machine import check, cpu_name, keep
from window_driver import SIZE, folder, open_window, say, told

from wnin_desktop.engine.plugins import TrustStore
from wnin_desktop.runs.store import Store
from wnin_desktop.schema.events import Finished, RunStarted, StepMetrics

MODES = ("idle", "process", "loop", "thread", "process, Python", "thread, Python")
PLAIN = ("process", "loop", "thread")
METRICS = (
    "train_loss", "clean_train_loss", "val_loss", "accuracy", "noise_magnitude", "lr", "grad_norm",
    "update_norm",
)  # fmt: skip
COLUMNS = 4
BEAT_MS = 16
LR = 1e-3
"""That of the plain loop in `cohort_world`."""
FIRST = 20
"""Steps whose losses are compared."""
WARM_S = 2.0
SECONDS = 6.0
ROUNDS = 5
GOAL_MS, GOAL_RATIO = 2.0, 1.7
LOOPS = 100_000
"""Turns of a Python loop in each step of the optimizer that holds the lock: some milliseconds."""
PLUGIN = f'''
"""Descent whose step holds the interpreter's lock."""
import torch
from wnin_desktop.engine.optimizers.registry import OptimizerRegistry

class Holding(torch.optim.SGD):
    def step(self, closure=None):
        total = 0.0
        for number in range({LOOPS}):
            total += number * 0.5
        return super().step(closure)

def factory(params, lr=0.05):
    return Holding(params, lr=lr)

OptimizerRegistry.register("holding", factory)
'''


def experiment(mode: str) -> dict[str, Any]:
    """Return six runs: two arms by three seeds."""
    arms = [{"name": f"arm{i}", "optimizer": {"name": "adamw", "lr": LR}} for i in range(2)]
    if mode.endswith("Python"):
        arms[1] = {"name": "holding", "optimizer": {"name": "holding", "lr": 0.01}}
    return {
        "name": "Lateness",
        "arms": arms,
        "seeds": [0, 1, 2],
        "task": {"dataset": "digits"},
        "network": {"kind": "mlp", "hidden": [128]},
        "budget": {"steps": 10_000_000, "batch_size": 128, "curvature_every": 0},
        "threads": 1,
        "device": "cpu",
    }


# -- in the window -------------------------------------------------------------------------------------------


def trial(mode: str, store: Path, seconds: float) -> int:
    """Open the window, train, measure, close; say what was found."""
    from PySide6.QtCore import QObject, Qt, QTimer  # noqa: PLC0415 - torch may have to come first

    from wnin_desktop.qt.bridge import live_runs  # noqa: PLC0415
    from wnin_desktop.schema.base import validate  # noqa: PLC0415
    from wnin_desktop.schema.run import CompareConfig  # noqa: PLC0415

    class Trial(QObject):
        def __init__(self, desk: Any, window: Any) -> None:
            super().__init__(window)
            self.desk, self.window, self.live = desk, window, None
            self.late: list[float] = []
            window.resize(*SIZE)
            grid = window.pages["compare"].grid
            grid.set_metrics(METRICS)
            grid.set_columns(COLUMNS)
            if mode == "loop":
                live_runs.source_for = lambda *_: plain_loop
            if mode != "idle":
                self.live = desk.runs.start(validate(CompareConfig, experiment(mode)))
            self.timer = QTimer(self)
            self.timer.setTimerType(Qt.TimerType.PreciseTimer)
            self.timer.timeout.connect(self.wait)
            self.timer.start(BEAT_MS)

        def wait(self) -> None:
            """Measure once steps have come, and all plots are seen."""
            check(self.live is None or self.live.error is None, f"it ended: {self.live and self.live.error}")
            if self.live is None or self.live.experiment.progress[0] > 0:
                self.timer.timeout.disconnect(self.wait)
                QTimer.singleShot(int(1000 * WARM_S), self, self.begin)

        def begin(self) -> None:
            self.begun = self.last = time.perf_counter()
            self.before = self.live.experiment.progress[0] if self.live else 0
            self.timer.timeout.connect(self.beat)

        def beat(self) -> None:
            now = time.perf_counter()
            # A beat after a late one comes early; that makes the late one no better.
            self.late.append(max(0.0, now - self.last - BEAT_MS / 1000))
            self.last = now
            if now - self.begun > seconds:
                self.timer.stop()
                self.end(now - self.begun)

        def end(self, passed: float) -> None:
            runs = self.live.experiment.runs if self.live else {}
            steps = (self.live.experiment.progress[0] - self.before) if self.live else 0
            plots = self.window.pages["compare"].grid.plots.values()
            drawn = sum(1 for plot in plots if plot.isVisible() and plot.curves and plot.curves.has_points)
            say(
                late_ms=[1000 * each for each in self.late],
                steps_per_s=steps / passed,
                plots=drawn,
                shown={run_id: run.step for run_id, run in runs.items()},
            )
            self.window.close()

    return open_window(store, Trial)


def plain_loop(job: Any, control: Any, _hooks: Any) -> Iterator[Any]:
    """Train as everybody would in a QThread: one module and one AdamW a model, the same cadence of events."""
    import torch  # noqa: PLC0415 - only in the window that trains
    from cohort_world import world  # noqa: PLC0415

    from wnin_desktop.engine.tasks.loader import load_task  # noqa: PLC0415

    torch.set_num_threads(1)
    task = load_task(job.config.task)
    _, loop = world(job.config, task)
    members = [(arm.name, seed) for arm in job.config.arms for seed in job.config.seeds]
    for arm, seed in members:
        yield started(job, arm, seed)
    budget = job.config.budget
    while not control.stop_asked_within(0):
        step = loop.step + 1
        measures = step % budget.norms_every == 0
        before = [weights(model) for model in loop.models] if measures else []
        losses = [float(loss) for loss in loop.one()]
        for number, (arm, seed) in enumerate(members):
            more = norms(loop.models[number], before[number]) if measures else {}
            if step % budget.eval_every == 0:
                more |= scores(loop.models[number], task)
            yield StepMetrics(
                run_id=run_id(job, arm, seed), timestamp=time.time(), step=step, arm=arm, seed=seed,
                train_loss=losses[number], lr=LR, noise_magnitude=0.0, **more,
            )  # fmt: skip
    for arm, seed in members:
        yield Finished(
            run_id=run_id(job, arm, seed), timestamp=time.time(), step=loop.step, status="stopped",
            wall_s=0.0, gradient_evaluations=loop.step, final={},
        )  # fmt: skip


def run_id(job: Any, arm: str, seed: int) -> str:
    return f"{job.experiment_id}/{arm}/s{seed}"


def started(job: Any, arm: str, seed: int) -> RunStarted:
    return RunStarted(
        run_id=run_id(job, arm, seed), timestamp=time.time(), experiment_id=job.experiment_id, arm=arm,
        seed=seed, config={}, fingerprint="0" * 64, steps=job.config.budget.steps, parameters=0,
        device="cpu", versions={}, host="",
    )  # fmt: skip


def weights(model: Any) -> Any:
    from torch.nn.utils import parameters_to_vector  # noqa: PLC0415

    return parameters_to_vector(model.parameters()).detach().clone()


def norms(model: Any, before: Any) -> dict[str, float]:
    """Return the norms of the last gradient and of the last change."""
    squares = sum(float(p.grad.square().sum()) for p in model.parameters())
    return {"grad_norm": squares**0.5, "update_norm": float((weights(model) - before).norm())}


def scores(model: Any, task: Any) -> dict[str, float]:
    """Return loss and accuracy on the validation split, and loss on the training split."""
    import torch  # noqa: PLC0415

    with torch.no_grad():
        logits = model(task.val.x)
        train = torch.nn.functional.cross_entropy(model(task.train.x), task.train.y)
        held_out = torch.nn.functional.cross_entropy(logits, task.val.y)
    hits = float((logits.argmax(1) == task.val.y).float().mean())
    return {"val_loss": float(held_out), "accuracy": hits, "clean_train_loss": float(train)}


# -- outside -------------------------------------------------------------------------------------------------


def measured(mode: str, seconds: float) -> dict[str, float]:
    """Return what one trial found, in milliseconds and steps a second."""
    with folder("process" if mode.startswith(("process", "idle")) else "thread") as place:
        plugin = place / "home" / "plugins" / "optimizers" / "holding.py"
        plugin.parent.mkdir(parents=True)
        plugin.write_text(PLUGIN.lstrip(), encoding="utf-8")
        TrustStore(place / "home" / "trusted-plugins.json").trust(plugin)
        words = [__file__, "--child", mode, str(place / "store"), "--seconds", str(seconds)]
        _, said = told(words, place)
        found = next(each for each in said if "late_ms" in each)
        check_stored(mode, place / "store", found)
    late = np.asarray(found["late_ms"])
    quantiles = {f"p{q}_ms": float(np.quantile(late, q / 100)) for q in (50, 99)}
    if mode in PLAIN:
        check_first(mode, found["first"])
    return quantiles | {"worst_ms": float(late.max()), "steps_per_s": found["steps_per_s"]}


def check_stored(mode: str, path: Path, found: dict[str, Any]) -> None:
    """End the benchmark where the window showed less than it should, or what is not stored."""
    check(mode == "idle" or found["plots"] == len(METRICS), f"{mode}: {found['plots']} plots were drawn")
    with Store.open(path) as store:
        stored = {run.run_id: run.committed for run in store.runs()}
        found["first"] = {
            f"{run.arm}/{run.seed}": store.series(run.run_id, ["train_loss"])["train_loss"][:FIRST].tolist()
            for run in store.runs()
        }
    check(mode == "idle" or len(stored) == 6, f"{mode}: {len(stored)} runs are stored")
    for run_id, step in found["shown"].items():
        check(stored.get(run_id, 0) >= step, f"{mode}: {run_id} was shown up to {step}")


def check_first(mode: str, losses: dict[str, list[float]]) -> None:
    """Hold the first losses of a trial to those of the trials before it."""
    for name, values in losses.items():
        before = _losses.setdefault(name, values)
        check(bool(np.allclose(values, before, rtol=1e-3)), f"{mode}: the losses of {name} are others")


_losses: dict[str, list[float]] = {}


def summary(trials: dict[str, list[dict[str, float]]]) -> dict[str, dict[str, float]]:
    """Return the medians over rounds."""
    return {
        mode: {name: round(statistics.median(each[name] for each in found), 3) for name in found[0]}
        for mode, found in trials.items()
    }


def ratio(trials: dict[str, list[dict[str, float]]], ours: str, peer: str) -> float:
    """Return the median over rounds of steps per second, ours over peer."""
    pairs = zip(trials[ours], trials[peer], strict=True)
    return round(statistics.median(a["steps_per_s"] / b["steps_per_s"] for a, b in pairs), 3)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=SECONDS, help="fewer is a trial: nothing is kept")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="at least five count")
    parser.add_argument("--child", nargs=2, metavar=("MODE", "STORE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        sys.exit(trial(options.child[0], Path(options.child[1]), options.seconds))
    trials: dict[str, list[dict[str, float]]] = {mode: [] for mode in MODES}
    for turn in range(1, options.rounds + 1):
        for mode in MODES:
            trials[mode].append(measured(mode, options.seconds))
        last = {mode: found[-1] for mode, found in trials.items()}
        line = ", ".join(f"{m} {f['p99_ms']:.2f} ms {f['steps_per_s']:.0f}/s" for m, f in last.items())
        print(f"round {turn}: p99 late, steps: {line}", flush=True)
    found = summary(trials)
    result = {
        "name": "B12",
        "ratio": ratio(trials, "process", "loop"),
        "ours": found["process"]["steps_per_s"],
        "peer": found["loop"]["steps_per_s"],
        "unit": "optimizer steps of all runs per second, while eight plots show them",
        "n": options.rounds,
        "ratio_thread": ratio(trials, "process", "thread"),
        "ratio_python": ratio(trials, "process, Python", "thread, Python"),
        "over_idle_ms": {
            mode: round(found[mode]["p99_ms"] - found["idle"]["p99_ms"], 3)
            for mode in MODES
            if mode != "idle"
        },
        "goal": {"over_idle_ms": GOAL_MS, "ratio": GOAL_RATIO},
        "modes": found,
        "device": f"{cpu_name()}, {os.cpu_count()} cores, Qt offscreen, torch with 1 thread",
        "versions": versions(),
    }
    if options.seconds >= SECONDS and options.rounds >= ROUNDS:
        keep(result)
    print(json.dumps(result))


def versions() -> dict[str, str]:
    """Return the versions of what was measured."""
    from importlib.metadata import version  # noqa: PLC0415 - the child has no use for it

    return {"python": platform.python_version()} | {
        name: version(name) for name in ("PySide6-Essentials", "torch", "pyqtgraph")
    }


if __name__ == "__main__":
    main()
