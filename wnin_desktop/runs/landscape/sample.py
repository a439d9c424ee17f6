"""The surface of a finished comparison: the plane nearest to its arms' paths, quickly, for reports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wnin_desktop.engine.landscape.trajectory_file import NAME, TrajectoryFile
from wnin_desktop.errors import DataError, InputError, WninError
from wnin_desktop.runs.landscape.kept import surfaces
from wnin_desktop.runs.landscape.quick import SAMPLES, SIZES
from wnin_desktop.runs.landscape.surface_file import read_surface
from wnin_desktop.runs.store import RunRecord, Store
from wnin_desktop.schema.landscape import Doing, LandscapeRequest, Surface, SurfaceDone

LARGEST_WORK = 4e10
"""Multiplications that a sample may cost, about five seconds of a core; what costs more is made smaller, and
what is still more is left out."""
MOST_PATHS = 12


def sample_surface(
    store: Store, experiment_id: str, *, told: Callable[[Doing], None] = lambda _doing: None
) -> Surface | None:
    """Return the training loss on the plane nearest to the paths of an experiment's arms, first seed each.

    A surface that was kept is read; else it is evaluated, on fewer points and examples where the network is
    large.

    Args:
        store: Where the experiment is; open for reading is enough.
        experiment_id: Its id.
        told: Hears how far it is.

    Returns:
        The surface, or None where there is none to be had quickly: paths were not kept, or the network is
        large.
    """
    try:
        request = sample_request(store, experiment_id)
        if request is None:
            return None
        return _kept(store, experiment_id, request) or _evaluated(store, request, told)
    except (WninError, OSError):
        return None  # a figure is no reason to lose a report


def sample_request(store: Store, experiment_id: str) -> LandscapeRequest | None:
    """Return what `sample_surface` asks for; None where paths were not kept or it would cost too much."""
    try:
        file = TrajectoryFile(store.checkpoint_dir(experiment_id) / NAME)
    except (OSError, DataError):
        return None
    runs = [run for run in _first_seeds(store, experiment_id) if file.row(run.run_id) is not None]
    if not runs or len(file.steps) < 2:
        return None
    tokens = _tokens(runs[0].config)
    for size in SIZES:
        for samples in (SAMPLES, SAMPLES // 2):
            if size * size * samples * tokens * file.header.parameters <= LARGEST_WORK:
                chosen = tuple(run.run_id for run in runs[:MOST_PATHS])
                return LandscapeRequest(runs=chosen, plane="pca", size=size, samples=samples, threads=1)
    return None


def _first_seeds(store: Store, experiment_id: str) -> list[RunRecord]:
    found: dict[str, RunRecord] = {}
    for run in store.runs(experiment_id=experiment_id):
        if run.status in ("completed", "stopped", "interrupted"):
            found.setdefault(run.arm, run)
    return list(found.values())


def _tokens(config: dict[str, Any]) -> int:
    """Return how often an example meets the parameters: once a token of a sequence, or place of an image."""
    kind = config["network"]["kind"]
    if kind in ("gru", "char_transformer"):
        return int(config["task"]["sequence_length"])
    return 1 if kind == "mlp" else 64


def _kept(store: Store, experiment_id: str, request: LandscapeRequest) -> Surface | None:
    """Return what was kept for such a request, if the paths have not grown since."""
    wanted = request.model_dump(mode="json")
    steps = TrajectoryFile(store.checkpoint_dir(experiment_id) / NAME).steps
    for kept in reversed(surfaces(store, experiment_id)):
        if {**kept.meta["request"], "threads": wanted["threads"]} == wanted:
            surface = read_surface(kept.file)
            if surface.paths and surface.paths[0].steps.tolist() == steps:
                return surface
    return None


def _evaluated(store: Store, request: LandscapeRequest, told: Callable[[Doing], None]) -> Surface | None:
    from wnin_desktop.runs.landscape.session import evaluate  # noqa: PLC0415 - torch, only where it computes

    for event in evaluate(request, store=store, keep=not store.read_only):
        if isinstance(event, Doing):
            told(event)
        elif isinstance(event, SurfaceDone):
            return event.surface
    raise InputError.of("runs", list(request.runs), "the evaluation ended without a surface")
