"""What the training benchmarks share: interleaved rounds of us and the peer, and the line that is printed."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Callable

import torch
from machine import cpu_name, keep

Clock = Callable[[], float]
Run = Callable[[int], None]
"""Takes a number of steps."""


def interleaved(
    contenders: dict[str, Run], steps: int, rounds: int, clock: Clock = time.process_time
) -> dict[str, list[float]]:
    """Return seconds a step of each contender, round by round in turn, after one round of warm-up."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(rounds + 1):
        for name, run in contenders.items():
            begun = clock()
            run(steps)
            if turn:
                seconds[name].append((clock() - begun) / steps)
    return seconds


def ratio(seconds: dict[str, list[float]], ours: str, peer: str) -> float:
    """Return the median over rounds of peer / ours."""
    return statistics.median(p / o for o, p in zip(seconds[ours], seconds[peer], strict=True))


def report(
    name: str,
    seconds: dict[str, list[float]],
    *,
    ours: str,
    peer: str,
    unit: str,
    threads: int,
    **more: object,
) -> None:
    """Print one JSON line and keep it in `results/`. Ratios above 1 are in our favour."""
    line = {
        "name": name,
        "ratio": round(ratio(seconds, ours, peer), 3),
        "ours": round(statistics.median(seconds[ours]) * 1e3, 4),
        "peer": round(statistics.median(seconds[peer]) * 1e3, 4),
        "unit": unit,
        "n": len(seconds[ours]),
        "ratios": {other: round(ratio(seconds, other, peer), 3) for other in seconds if other != peer},
        "device": f"cpu, {threads} thread(s) of {os.cpu_count()}, {cpu_name()}",
        "versions": {"torch": str(torch.__version__), "python": platform.python_version()},
        **more,
    }
    keep(line)
    print(json.dumps(line))
