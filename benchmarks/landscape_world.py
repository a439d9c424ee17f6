"""What the two landscape benchmarks share: trained networks on keyed data, our surface and the peer's."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from machine import check, cpu_name, keep
from torch import Tensor, nn
from torch.nn import functional

from wnin_desktop.analysis.landscape.directions import random_direction
from wnin_desktop.analysis.landscape.evaluation import Evaluation, Slice
from wnin_desktop.analysis.landscape.grid import Axis, Grid
from wnin_desktop.engine.nets.build import build_network
from wnin_desktop.engine.nets.initial import initialize
from wnin_desktop.engine.tasks.base import Split, Task
from wnin_desktop.noise.keyed import KeyedNoise, Stream
from wnin_desktop.schema.network import NetworkConfig

CLASSES = 10
EDGE = 1.0
"""Half width of the surface in filter norms."""


def images(examples: int, shape: tuple[int, ...]) -> Task:
    """Return ten blurred prototypes under noise, so that a network has something to learn."""
    noise = KeyedNoise(0)
    prototypes = noise.normal(Stream.EVAL, 0, "prototypes", (CLASSES, *shape))
    y = noise.integers(Stream.EVAL, 0, "classes", CLASSES, (examples,))
    x = prototypes[y] + 1.5 * noise.normal(Stream.EVAL, 0, "x", (examples, *shape))
    split = Split(x, y)
    return Task("prototypes", "classification", split, split, None, CLASSES, shape, None, "keyed", "")


def trained(network: NetworkConfig, task: Task, steps: int) -> nn.Module:
    """Return a network after some steps of AdamW, where the surface is no longer flat."""
    module = initialize(build_network(network, task), KeyedNoise(1))
    optimizer = torch.optim.AdamW(module.parameters(), 1e-3)
    for step in range(steps):
        rows = torch.arange(step * 128, step * 128 + 128) % len(task.train)
        optimizer.zero_grad()
        functional.cross_entropy(module(task.train.x[rows]), task.train.y[rows]).backward()
        optimizer.step()
    optimizer.zero_grad()
    return module.eval()


def plane_of(module: nn.Module) -> list[dict[str, Tensor]]:
    """Return centre, first and second filter-normalized direction by parameter name."""
    center = {name: value.detach().clone() for name, value in module.named_parameters()}
    return [center, *(random_direction(center, KeyedNoise(2), number, "filter") for number in range(2))]


def surface(section: Slice, size: int) -> np.ndarray:
    """Return our surface, coarse to fine."""
    axis = Axis.symmetric(size, EDGE)
    evaluation = Evaluation(Grid(axis, axis), section)
    for _ in evaluation.run():
        pass
    return evaluation.values


def plain(module: nn.Module, plane: Sequence[dict[str, Tensor]], split: Split, a: float, b: float) -> float:
    """Return the loss at one point by the plainest loop there is."""
    parameters = {name: w + b * plane[2][name] + a * plane[1][name] for name, w in plane[0].items()}
    with torch.no_grad():
        logits = torch.func.functional_call(module, parameters, (split.x,))
    return float(functional.cross_entropy(logits, split.y))


def check_surface(
    found: np.ndarray, module: nn.Module, plane: Sequence[dict[str, Tensor]], split: Split, every: int
) -> float:
    """Hold every `every`-th point against the plain loop; return the largest relative difference."""
    axis = Axis.symmetric(len(found), EDGE)
    worst = 0.0
    for row in range(0, len(found), every):
        for column in range(0, len(found), every):
            exact = plain(module, plane, split, axis.at(column), axis.at(row))
            worst = max(worst, abs(found[row, column] - exact) / max(1.0, abs(exact)))
    check(worst < 1e-5, f"the surface differs from the plain loop by {worst}")
    middle = len(found) // 2
    center = plain(module, plane, split, 0.0, 0.0)
    check(abs(found[middle, middle] - center) < 1e-6 * max(1.0, center), "the centre is not on the grid")
    return worst


def peer_surface(module: nn.Module, split: Split, size: int) -> np.ndarray:
    """Return the peer's surface. It moves the model's weights and leaves them there, so it gets a copy."""
    import loss_landscapes  # noqa: PLC0415 - the peer, in the benchmark's group only
    from loss_landscapes.metrics import Loss  # noqa: PLC0415

    metric = Loss(nn.CrossEntropyLoss(), split.x, split.y)
    # Its distance is the norm of the model over that of half the plane; its directions are its own.
    return loss_landscapes.random_plane(
        module, metric, distance=1, steps=size, normalization="filter", deepcopy_model=True
    )


def measure(
    name: str,
    ours: Callable[[], np.ndarray],
    peer: Callable[[], np.ndarray],
    *,
    rounds: int,
    wall: bool,
    threads: int,
    **more: Any,
) -> dict[str, Any]:
    """Time both in turn, after one round of warm-up, and return the line to print."""
    clock = time.perf_counter if wall else time.process_time
    seconds: dict[str, list[float]] = {"ours": [], "peer": []}
    for turn in range(rounds + 1):
        for who, call in (("ours", ours), ("peer", peer)):
            begun = clock()
            call()
            if turn:
                seconds[who].append(clock() - begun)
    ratios = [p / o for o, p in zip(seconds["ours"], seconds["peer"], strict=True)]
    line = {
        "name": name,
        "ratio": round(statistics.median(ratios), 2),
        "ours": round(statistics.median(seconds["ours"]), 4),
        "peer": round(statistics.median(seconds["peer"]), 4),
        "unit": f"s of {'wall' if wall else 'CPU'} time a surface, {threads} thread(s)",
        "n": rounds,
        "ratios": [round(ratio, 2) for ratio in ratios],
        "device": cpu_name(),
        **more,
    }
    keep(line)
    return line


def options(description: str | None, size: int, examples: int, rounds: int) -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--size", type=int, default=size)
    parser.add_argument("--examples", type=int, default=examples)
    return parser.parse_args()
