"""A comparison to look at, made without training, and as much of a desk as plots need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from wnin_desktop.qt.bridge.remote import RemoteRuns
from wnin_desktop.qt.bridge.shown import ShownExperiments
from wnin_desktop.qt.window.actions import Actions
from wnin_desktop.qt.window.notices import Notices
from wnin_desktop.runs.watch.experiment import WatchedExperiment
from wnin_desktop.schema.events import Checkpoint, Diverged, Finished, Intervention
from wnin_desktop.schema.run import CompareConfig

ARMS = ("adamw cosine .1", "sgd cosine .1", "muon", "normalized_dynamics")
EVALUATED = ("clean_train_loss", "val_loss", "accuracy")


class NoTask:
    """A piece of work as seen by itself."""

    cancelled = False

    def report(self, done: float, text: str = "") -> None:
        """Say nothing."""


class TasksNow(QObject):
    """Does work at once, in the same thread; `hold` keeps it until `release`."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[str] = []
        self.hold = False
        self._held: list[Callable[[], None]] = []

    def start(
        self,
        work: Callable[[Any], Any],
        *,
        then: Callable[[Any], None] | None = None,
        failed: Callable[[Exception], None] | None = None,
        title: str = "",
        cancellable: bool = False,
    ) -> NoTask:
        """Do the work and hand on what it returns."""
        self.started.append(title)

        def do() -> None:
            try:
                result = work(NoTask())
            except Exception as error:  # as the real one: handed to whoever asked
                if failed is None:
                    raise
                failed(error)
            else:
                if then is not None:
                    then(result)

        self._held.append(do)
        if not self.hold:
            self.release()
        return NoTask()

    def release(self) -> None:
        """Do what is held."""
        while self._held:
            self._held.pop(0)()


class Runs(QObject):
    """Live runs, as far as plots and sliders see them."""

    framed = Signal(object)
    started = Signal(object)
    ended = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.live: list[Any] = []


class State(dict[str, Any]):
    """What the window remembers."""

    def set(self, key: str, value: Any) -> None:
        """Remember."""
        self[key] = value


class SceneDesk(QObject):
    """The services that plots ask for."""

    def __init__(self) -> None:
        super().__init__()
        self.shown = ShownExperiments(self)
        self.actions = Actions(self)
        self.notices = Notices(self)
        self.runs = Runs()
        self.remote = RemoteRuns(self)
        self.tasks = TasksNow()
        self.store: Any = None
        self.state = State()


def config(arms: Sequence[str] = ARMS, seeds: int = 5, steps: int = 400, **budget: Any) -> CompareConfig:
    """Return a comparison of `arms`."""
    return CompareConfig.model_validate(
        {
            "name": "scene",
            "arms": [
                {
                    "name": name,
                    "optimizer": {"name": "sgd", "lr": 0.1},
                    "noise": {"mode": "gradient_gaussian", "magnitude": 0.1},
                }
                for name in arms
            ],
            "seeds": list(range(seeds)),
            "budget": {"steps": steps, "eval_every": max(1, steps // 40), **budget},
        }
    )


def scene(
    arms: Sequence[str] = ARMS,
    seeds: int = 5,
    steps: int = 400,
    *,
    diverged: int = 0,
    done: float = 1.0,
    noise: float = 0.08,
    name: str = "scene",
) -> WatchedExperiment:
    """Return a comparison with curves as losses fall; the last seed of `diverged` arms goes away."""
    made = WatchedExperiment.of_config(config(arms, seeds, steps), f"2026-11-21_101500_{name}_0123")
    made.name = name
    generator = np.random.default_rng(1)
    for place, arm in enumerate(made.arms):
        for run in made.runs_of(arm):
            lost = place < diverged and run.seed == made.seeds[-1]
            _fill(run, place, int(steps * done), generator, noise, lost=lost)
    made.apply(_happenings(made, int(steps * done), diverged, is_over=done >= 1.0))
    if done >= 1.0:
        made.end()
    made.take_dirty()
    return made


def _fill(run, place, steps, generator, noise, *, lost) -> None:
    run.status, run.step, run.steps = "running", steps, max(steps, run.steps)
    at = np.arange(1, steps + 1)
    pace = (0.6 + 0.25 * place) * (1 + 0.1 * generator.standard_normal())
    loss = 0.04 + 0.03 * place + 2.2 * np.exp(-pace * at / max(steps, 1) * 6)
    rough = loss * np.exp(noise * generator.standard_normal(steps))
    if lost:
        last = int(0.6 * steps)
        at, loss, rough = at[:last], loss[:last], rough[:last]
        growth = np.exp(np.maximum(0, np.arange(last) - 0.8 * last) / max(0.03 * last, 1))
        loss, rough = loss * growth, rough * growth
    run.open_series("train_loss").extend(at, rough)
    evaluated = at % max(1, steps // 40) == 0
    own = 1 + 0.03 * generator.standard_normal()
    run.open_series("clean_train_loss").extend(at[evaluated], loss[evaluated] * own)
    run.open_series("val_loss").extend(at[evaluated], loss[evaluated] * own * 1.2 + 0.02)
    run.open_series("accuracy").extend(at[evaluated], 1 - 0.4 * np.minimum(loss[evaluated] * own, 2) / 2)
    run.open_series("grad_norm").extend(at[::5], rough[::5] * 3)
    run.open_series("lr").extend(at, 1e-3 * (1 + np.cos(np.pi * at / max(steps, 1))) / 2 + 1e-6)
    run.open_series("temperature").extend(at, 1e-4 * (1 + place) * np.exp(-2.0 * at / max(steps, 1)))
    run.open_series("hessian_trace_est").extend(at[evaluated], 400 / (1 + place) * loss[evaluated])


def _happenings(made, steps, diverged, *, is_over):
    events = []
    for place, arm in enumerate(made.arms):
        for run in made.runs_of(arm):
            lost = place < diverged and run.seed == made.seeds[-1]
            who = {"run_id": run.run_id, "timestamp": 0.0}
            events.append(Intervention(step=max(steps // 3, 1), knob="lr", value=0.05, previous=0.1, **who))
            if not lost:
                events.append(Checkpoint(step=steps, reason="final", file="x", sha256="0", size=1, **who))
                if is_over:
                    final = {"val_loss": run.series["val_loss"].last[1]}
                    events.append(
                        Finished(
                            step=steps, status="completed", wall_s=1.0, gradient_evaluations=steps,
                            final=final, **who,
                        )
                    )  # fmt: skip
            else:
                last = int(0.6 * steps)
                events.append(
                    Diverged(step=last, reason="loss is not finite", last_finite_step=last - 1, **who)
                )
                events.append(
                    Finished(step=last, status="diverged", wall_s=1.0, gradient_evaluations=last, **who)
                )
    return events
