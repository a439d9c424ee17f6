"""What the pictures show: a few small comparisons, really trained into a store of their own.

`python -m wnin_desktop.cli.screenshots_content NAME...` trains them into WNIN_HOME, in a process that draws
nothing, and writes lines of JSON: what happens, and at the end the experiments by name.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wnin_desktop import paths
from wnin_desktop.engine.control import RunControl
from wnin_desktop.runs.config_files import load_preset
from wnin_desktop.runs.drive import Watchers, drive
from wnin_desktop.runs.landscape.session import evaluate
from wnin_desktop.runs.optimizer_catalogue import read_catalogue
from wnin_desktop.runs.plugin_files import copy_template
from wnin_desktop.runs.store import Store
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.commands import Knob, TurnKnob
from wnin_desktop.schema.events import RunEvent, StepMetrics
from wnin_desktop.schema.landscape import LandscapeRequest
from wnin_desktop.schema.run import CompareConfig

NINE = (
    ("AdamW", "adamw", 3e-3),
    ("SGD", "sgd", 0.2),
    ("SGD slow", "sgd", 0.02),
    ("Muon", "muon", 0.02),
    ("NormalizedDynamics", "normalized_dynamics", 0.05),
    ("RMSprop", "rmsprop", 1e-3),
    ("SGLD", "sgld", 0.05),
    ("pSGLD", "psgld", 1e-4),
    ("AdamW slow", "adamw", 5e-4),
)
LONG_NAMES = (
    "NormalizedDynamics - learning rate follows the temperature",
    "AdamW with decoupled weight decay 0.01 and cosine noise",
    "Muon 0.02 on the hidden layers + AdamW 3e-4 on the rest",
)
SURFACE_SIZE, SURFACE_SAMPLES = 35, 400
Turn = tuple[int, Knob, float, str | None]
"""After which step, which knob, to what, and of which arm."""


@dataclass(frozen=True)
class Piece:
    """One comparison of the store.

    Attributes:
        name: What scenes call it.
        config: What is trained.
        tags: Tags it gets.
        note: Note it gets.
        star: Whether it is starred.
        stop_at: Step after which it is stopped with a checkpoint; None lets it end.
        turns: Knobs that are turned while it trains.
        trashed: Whether it lies in the trash.
        sigma: Its surface is drawn, also under weight noise of these spreads; none draws nothing.
    """

    name: str
    config: CompareConfig
    tags: tuple[str, ...] = ()
    note: str = ""
    star: bool = False
    stop_at: int | None = None
    turns: tuple[Turn, ...] = ()
    trashed: bool = False
    sigma: tuple[float, ...] = ()


def pieces() -> tuple[Piece, ...]:
    """Return what is trained, oldest first."""
    return (
        Piece("first", _preset("gradient-noise", steps=60, seeds=2), trashed=True),
        Piece("labels", _preset("label-corruption-schedules", steps=600, seeds=3), ("noise",), stop_at=160),
        Piece("jitter", _preset("parameter-jitter", steps=150, seeds=3), ("noise", "flatness"),
              "Repeat with the large batch before believing it."),
        Piece("nine", _plain("Nine arms at once", NINE, steps=200, seeds=3), ("survey",)),
        Piece("diverged", _edge()),
        Piece("long", _long_names()),
        Piece("gradient", _preset("gradient-noise", steps=200, seeds=3), ("noise",)),
        Piece("sgld", _preset("sgld-temperatures", steps=300, seeds=3), ("noise", "thesis"), star=True,
              turns=((100, "temperature", 3e-3, "T 1e-4"), (200, "temperature", 1e-5, "T 7e-4"))),
        Piece("demo", _preset("demo", steps=300, seeds=5), ("thesis",), star=True,
              note="Muon learns first; the intervals of Muon and NormalizedDynamics overlap at the end.",
              sigma=(0.03, 0.1)),
    )  # fmt: skip


def make(wanted: Iterable[str], told: Callable[[str], None]) -> dict[str, str]:
    """Train pieces into the store of WNIN_HOME, prepare the rest of it, and return experiments by name.

    Args:
        wanted: Names of pieces.
        told: Takes what happens, in a few words.
    """
    names, found = set(wanted), {}
    copy_template(paths.plugin_dir("optimizers"))
    with ThreadPoolExecutor(1) as pool, Store.open(paths.store_dir()) as store:
        optimizers = pool.submit(read_catalogue)
        for piece in pieces():
            if piece.name in names:
                told(f"training {piece.config.name}")
                found[piece.name] = _train(store, piece)
                _keep(store, found[piece.name], piece)
            if piece.name in names and piece.sigma:
                told(f"drawing the surface of {piece.config.name}")
                _draw(store, found[piece.name], piece)
        optimizers.result()
    return found


def copy_home(home: Path, to: Path) -> Path:
    """Return a copy of a home, for one process that writes it."""
    return Path(shutil.copytree(home, to))


# -- training ----------------------------------------------------------------------------------------------


def _train(store: Store, piece: Piece) -> str:
    control = RunControl()
    return drive(store, piece.config, control, Watchers(live=[_hand(piece, control)]))


def _draw(store: Store, experiment_id: str, piece: Piece) -> None:
    """Evaluate the plane of the first seeds' paths; it is kept with the comparison."""
    first = piece.config.seeds[0]
    runs = tuple(f"{experiment_id}/{arm.name}/s{first}" for arm in piece.config.arms)
    request = LandscapeRequest(
        runs=runs, plane="pca", size=SURFACE_SIZE, samples=SURFACE_SAMPLES, sigma=piece.sigma, threads=1
    )
    for _ in evaluate(request, store=store):
        continue


def _hand(piece: Piece, control: RunControl) -> Callable[[RunEvent], None]:
    """Return what turns the knobs and stops, as a person would, at given steps."""
    left = sorted(piece.turns, key=lambda turn: turn[0])
    stopped = False

    def watch(event: RunEvent) -> None:
        nonlocal stopped
        if not isinstance(event, StepMetrics):
            return
        while left and event.step >= left[0][0]:
            _, knob, value, arm = left.pop(0)
            control.send(TurnKnob(knob, value, arm))
        if piece.stop_at is not None and event.step >= piece.stop_at and not stopped:
            stopped = True
            control.stop(checkpoint=True)

    return watch


def _keep(store: Store, experiment_id: str, piece: Piece) -> None:
    store.tag(experiment_id, piece.tags)
    store.note(experiment_id, piece.note)
    store.star(experiment_id, piece.star)
    if piece.trashed:
        store.trash(experiment_id)


# -- configurations ----------------------------------------------------------------------------------------


def _preset(name: str, *, steps: int, seeds: int) -> CompareConfig:
    return _changed(load_preset(name), steps=steps, seeds=seeds)


def _changed(config: CompareConfig, *, steps: int, seeds: int, **more: Any) -> CompareConfig:
    """Return a configuration with other steps and seeds; what happens every so often happens as often."""
    data = config.model_dump(mode="json")
    budget = data["budget"]
    share = steps / budget["steps"]
    budget["steps"] = steps
    for name in ("eval_every", "curvature_every", "norms_every"):
        budget[name] = max(1, round(budget[name] * share))
    return validate(CompareConfig, data | {"seeds": list(range(seeds))} | more)


def _plain(
    name: str, arms: Sequence[tuple[str, str, float]], *, steps: int, seeds: int, magnitude: float = 0.02
) -> CompareConfig:
    noise = {"mode": "gradient_gaussian", "magnitude": magnitude, "schedule": {"kind": "cosine"}}
    quiet = {"sgld", "psgld"}
    made = [
        {"name": arm, "optimizer": {"name": optimizer, "lr": lr}}
        | ({} if optimizer in quiet else {"noise": noise})
        for arm, optimizer, lr in arms
    ]
    more = {"name": name, "arms": made, "baseline": None}
    return _changed(load_preset("demo"), steps=steps, seeds=seeds, **more)


def _edge() -> CompareConfig:
    """Return learning rates up to one that diverges."""
    arms = [(f"SGD {lr:g}", "sgd", lr) for lr in (0.05, 0.2, 2.0)] + [("SGD 1000", "sgd", 1000.0)]
    return _plain("Learning rates up to the edge", arms, steps=250, seeds=5, magnitude=0.05)


def _long_names() -> CompareConfig:
    optimizers = (("normalized_dynamics", 0.05), ("adamw", 3e-3), ("muon", 0.02))
    arms = [(arm, *which) for arm, which in zip(LONG_NAMES, optimizers, strict=True)]
    name = (
        "Three optimizers whose names say everything that anybody might want to know of them, at some length"
    )
    return _plain(name, arms, steps=200, seeds=3)


def main(names: Sequence[str]) -> None:
    """Train what is named, and say so."""

    def say(**line: object) -> None:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()

    say(ids=make(names, lambda text: say(told=text)))


if __name__ == "__main__":
    main(sys.argv[1:])
