"""What an evaluation needs before its first point: runs, plane, grid, data, and a name for the question."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import torch

from wnin_desktop.engine.landscape.choose import Scene
from wnin_desktop.engine.landscape.measure import Examples, examples_for
from wnin_desktop.engine.measure import subset
from wnin_desktop.engine.nets.build import build_network
from wnin_desktop.engine.nets.initial import NORMS
from wnin_desktop.engine.resolve import choose_device
from wnin_desktop.errors import InputError
from wnin_desktop.runs.landscape.planes import CURVED_EXAMPLES, Placed, info_of, on_plane, place
from wnin_desktop.runs.landscape.points import Experiments, RunPath, RunPoint, place_of, same_network
from wnin_desktop.runs.store import Store
from wnin_desktop.schema.fingerprint import canonical_json
from wnin_desktop.schema.landscape import NO_NORMALIZATION, LandscapeRequest, PathOnPlane, PlaneInfo

NOT_HASHED = {"device", "threads"}
"""Fields of a request that change no number beyond rounding."""


@dataclass
class Ready:
    """Everything an evaluation needs, resolved, and what it has cost so far.

    Attributes:
        scene: Network, data and device.
        examples: What the metric is measured on.
        placed: The plane and its grid.
        info: The same in words and numbers.
        paths: The runs' paths on the plane.
        points: A point for each run of the request.
        recorded: Their recorded paths, None where none was kept.
        fingerprint: SHA-256 of everything the numbers depend on.
        gradients: Gradient evaluations over the examples.
        forwards: Forward passes over the examples, those of the surface left out.
        seconds: Time spent.
    """

    scene: Scene
    examples: Examples
    placed: Placed
    info: PlaneInfo
    paths: list[PathOnPlane]
    points: list[RunPoint]
    recorded: list[RunPath | None]
    fingerprint: str
    gradients: float
    forwards: int = 0
    seconds: float = 0.0


def prepare(request: LandscapeRequest, store: Store) -> Ready:
    """Return what evaluating a request needs.

    Raises:
        InputError: A run is unknown, or the runs make no such plane.
        DataError: The data are not here, or a file is damaged.
        CheckpointError: A checkpoint is damaged.
    """
    experiments = Experiments(store)
    points = [experiments.point(name) for name in request.runs]
    first = points[0].run
    config, task = experiments.config(first), experiments.task(first)
    for name, point in zip(request.runs, points, strict=True):
        if not same_network(config, experiments.config(point.run), task, experiments.task(point.run)):
            raise InputError.of("runs", name, f"its network is not that of {first.run_id}, as it must be")
    paths = [experiments.path(point.run) for point in points]
    device = choose_device(request.device)
    scene = Scene(config, task, device, request.seed, points[0].state.buffers)
    _check_statistics(request, scene, points[0])
    noise = config.task.label_noise
    examples = examples_for(task, request.metric, request.samples, noise, first.seed, device)
    curved = subset(task.train, min(CURVED_EXAMPLES, request.samples or CURVED_EXAMPLES), "train")
    placed = place(request, points, paths, scene, curved.to(device))
    return Ready(
        scene=scene,
        examples=examples,
        placed=placed,
        info=info_of(request.plane, placed, points, scene),
        paths=on_plane(
            placed.plane,
            points,
            paths,
            [place_of(experiments.config(point.run), point.run.arm) for point in points],
        ),
        points=points,
        recorded=paths,
        fingerprint=_fingerprint(request, placed, scene, examples, paths),
        gradients=placed.cost_gradients * len(curved) / len(examples.split),
    )


def normalization_words(scene: Scene, request: LandscapeRequest) -> str:
    """Return one phrase on what normalization layers do; `NO_NORMALIZATION` where there are none."""
    if scene.has_running_statistics:
        return scene.normalization_words(request.statistics)
    with torch.device("meta"):
        network = build_network(scene.config.network, scene.task)
    has_layers = any(isinstance(part, NORMS) for part in network.modules())
    return "without running statistics" if has_layers else NO_NORMALIZATION


def _check_statistics(request: LandscapeRequest, scene: Scene, point: RunPoint) -> None:
    if request.statistics == "fixed" and scene.has_running_statistics and not point.state.buffers:
        raise InputError.of(
            "statistics", "fixed", f"{point.run.run_id} {point.words} has none, allowed: recomputed"
        )


def _fingerprint(
    request: LandscapeRequest,
    placed: Placed,
    scene: Scene,
    examples: Examples,
    paths: list[RunPath | None],
) -> str:
    """Return the SHA-256 of everything that the numbers depend on; the paths of a run that goes on grow."""
    plane = placed.plane
    content = {key: value for key, value in request.model_dump(mode="json").items() if key not in NOT_HASHED}
    content |= {"data": scene.task.sha256, "examples": examples.words, "grid": repr(placed.grid)}
    content["steps"] = [[] if path is None else path.steps.tolist() for path in paths]
    digest = hashlib.sha256(canonical_json(content).encode())
    for vector in (plane.center, plane.first, plane.second):
        digest.update(np.ascontiguousarray(vector).data)
    for name in sorted(scene.buffers):
        digest.update(scene.buffers[name].contiguous().numpy().tobytes())
    return digest.hexdigest()
