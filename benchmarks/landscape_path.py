"""What keeping the paths of runs costs a training: the demo's comparison with and without, and a live look.

CPU time on one thread, interleaved; the first seeds of four arms, at most 96 points (`auto`). `look` is one
projection of a new point of all kept runs onto a plane, as a window does it while arms train. Checked: the
losses of both trainings are the same bits.

    uv run python benchmarks/landscape_path.py
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from machine import check, cpu_name, keep

from wnin_desktop.analysis.landscape.plane import Plane, Projector
from wnin_desktop.engine.landscape.trajectory_file import NAME, TrajectoryFile
from wnin_desktop.engine.train import train
from wnin_desktop.runs.config_files import load_preset
from wnin_desktop.schema.events import StepMetrics


def trained(trajectory: Path | None) -> tuple[float, list[float | None]]:
    """Return CPU seconds of a training and its losses."""
    begun = time.process_time()
    events = list(train(load_preset("demo"), experiment_id="x", trajectory=trajectory))
    seconds = time.process_time() - begun
    return seconds, [event.train_loss for event in events if isinstance(event, StepMetrics)]


def look_ms(file: TrajectoryFile) -> float:
    """Return milliseconds for projecting one new point of every kept run."""
    points = np.stack([file.path_of(row)[-1] for row in range(len(file.header.run_ids))])
    directions = np.random.default_rng(0).normal(size=(2, points.shape[1])).astype(np.float32)
    project = Projector(Plane(points[0], *directions))
    project(points)
    begun = time.process_time()
    for _ in range(100):
        project(points)
    return 10 * (time.process_time() - begun)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=7)
    asked = options.parse_args()
    torch.set_num_threads(1)
    seconds: dict[str, list[float]] = {"without": [], "with": []}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / NAME
        for turn in range(asked.rounds + 1):
            plain, losses = trained(None)
            kept, same = trained(path)
            check(losses == same, "keeping the path changed a loss")
            if turn:
                seconds["without"].append(plain)
                seconds["with"].append(kept)
        file = TrajectoryFile(path)
        size, look = path.stat().st_size, look_ms(file)
    ratios = [b / a for a, b in zip(seconds["without"], seconds["with"], strict=True)]
    line = {
        "name": "landscape-path",
        "overhead": round(statistics.median(ratios) - 1, 4),
        "overhead_of_the_quickest": round(min(seconds["with"]) / min(seconds["without"]) - 1, 4),
        "with": round(statistics.median(seconds["with"]), 4),
        "without": round(statistics.median(seconds["without"]), 4),
        "unit": "s of CPU time, one thread",
        "n": asked.rounds,
        "ratios": [round(ratio, 3) for ratio in ratios],
        "points": len(file.steps),
        "runs": len(file.header.run_ids),
        "parameters": file.header.parameters,
        "megabytes": round(size / 1e6, 1),
        "look_ms": round(look, 3),
        "device": cpu_name(),
        "versions": {"torch": str(torch.__version__), "numpy": np.__version__},
    }
    keep(line)
    print(json.dumps(line))


if __name__ == "__main__":
    main()
