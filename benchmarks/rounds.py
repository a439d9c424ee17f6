"""What the training benchmarks share: interleaved rounds of us and the peer, and the line that is printed."""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

RESULTS = Path(__file__).parent / "results"

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
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(line, indent=1) + "\n")
    print(json.dumps(line))


def cpu_name() -> str:
    """Return the processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def check(holds: bool, what: str) -> None:
    """End the benchmark where a result is wrong: its speed means nothing then."""
    if not holds:
        sys.exit(f"wrong result: {what}")
