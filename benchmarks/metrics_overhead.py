"""B16: what all live metrics cost at their default cadence, against a bare torch loop.

One run: an MLP 784-128-10, batch 128, AdamW. `recorded` is the whole trainer with its events, evaluations,
norms and exact curvature at the default cadence; `bare` the same trainer's steps without any of these; `loop`
the plain torch loop. overhead = (recorded - bare) / loop.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from pathlib import Path

import numpy as np
import torch
from cohort_world import Cohorts, PlainLoop, comparison
from rounds import interleaved, report

from wnin_desktop.engine.nets.build import build_network
from wnin_desktop.engine.tasks.loader import load_task
from wnin_desktop.engine.train import train
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.run import CompareConfig

STEPS = 2500


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=7)
    asked = options.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pixels.npz"
        generator = np.random.default_rng(0)
        np.savez(
            path,
            x=generator.random((6000, 784), dtype=np.float32),
            y=np.repeat(np.arange(10), 600),
        )
        content = comparison(1, 1, {"kind": "mlp", "hidden": [128]}, 128, "digits", "fast").model_dump(
            mode="json"
        )
        content["task"] = {"dataset": "npz", "path": str(path)}
        content["budget"] = {"steps": STEPS, "batch_size": 128}
        config = validate(CompareConfig, json.loads(json.dumps(content)))
        task = load_task(config.task)
        bare = Cohorts(config, task)
        loop = PlainLoop(bare, lambda: build_network(config.network, task))

        # Loading the data is no metric: every trainer has loaded its own before the clock starts.
        trainers = [train(config) for _ in range(asked.rounds + 1)]

        def recorded(_steps: int) -> None:
            for _ in trainers.pop():
                pass

        seconds = interleaved({"recorded": recorded, "bare": bare, "loop": loop}, STEPS, asked.rounds)
    columns = zip(seconds["recorded"], seconds["bare"], seconds["loop"], strict=True)
    overhead = statistics.median((r - b) / p for r, b, p in columns)
    report(
        "B16",
        seconds,
        ours="recorded",
        peer="loop",
        unit="ms of CPU time a step",
        threads=1,
        overhead_of_metrics=round(overhead, 4),
    )


if __name__ == "__main__":
    main()
