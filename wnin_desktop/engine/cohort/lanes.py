"""How many threads step a cohort, and how many each of them computes with."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import torch

from wnin_desktop.engine.nets.build import build_network
from wnin_desktop.engine.tasks.base import Task
from wnin_desktop.schema.run import CompareConfig

HEAVY = 50_000_000
"""Multiplications of a step (parameters x rows x members) from which more lanes than one pay; below, handing
steps over costs more than the second core gives."""
MOST_LANES = 8


def lanes_for(config: CompareConfig, task: Task, device: torch.device) -> int:
    """Return the lanes of a comparison: as asked, else by its weight on a CPU, and one on an accelerator."""
    if device.type != "cpu":
        return 1
    members = len(config.arms) * len(config.seeds)
    if config.threads is not None:
        return min(config.threads, members)
    size = config.budget.batch_size
    rows = len(task.train) if size == "full" else min(size, len(task.train))
    if task.kind == "sequence":
        rows *= math.prod(task.input_shape)
    with torch.device("meta"):
        parameters = sum(p.numel() for p in build_network(config.network, task).parameters())
    heavy = parameters * rows * members >= HEAVY
    return min(_cores(), MOST_LANES, members) if heavy else 1


def _cores() -> int:
    return psutil.cpu_count(logical=False) or 1


def threads_of(config: CompareConfig, lanes: int) -> int:
    """Return the threads that each of `lanes` computes with on a CPU."""
    return 1 if config.numerics == "reproducible" else max(1, (config.threads or 1) // lanes)


@contextmanager
def threads_each(config: CompareConfig, device: torch.device, lanes: int) -> Iterator[None]:
    """Let each lane compute on its share of the threads inside the block.

    Two lanes of one thread beat one lane of two. The reproducible mode stays at one thread a lane: the
    number of threads decides how sums are cut, and so the last bits of a run.
    """
    before = torch.get_num_threads()
    if device.type == "cpu":
        torch.set_num_threads(threads_of(config, lanes))
    try:
        yield
    finally:
        torch.set_num_threads(before)
