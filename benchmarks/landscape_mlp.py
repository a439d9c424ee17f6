"""B5: a 51 x 51 filter-normalized surface of an MLP against loss-landscapes 3.0.6.

784-128-10, 2000 samples, mean cross-entropy, float32, one thread, CPU time. Checked: our surface against the
plain loop on every tenth row and column, and the centre, which lies exactly on our grid. The peer walks its
plane by adding steps, so its odd rows are shifted by one step and its centre is no point of its grid; it is
timed as it is.

    uv run --group bench python benchmarks/landscape_mlp.py
"""

from __future__ import annotations

import json
import platform
from importlib.metadata import version

import numpy as np
import torch
from landscape_world import check_surface, images, measure, options, peer_surface, plane_of, surface, trained

from wnin_desktop.engine.landscape.perceptron import PerceptronSlice
from wnin_desktop.noise.keyed import KeyedNoise
from wnin_desktop.schema.network import MlpConfig


def main() -> None:
    asked = options(__doc__, 51, 2000, 5)
    torch.set_num_threads(1)
    task = images(asked.examples, (784,))
    module = trained(MlpConfig(hidden=(128,)), task, 200)
    plane = plane_of(module)

    def ours() -> np.ndarray:
        # The products with the data are part of the work.
        return surface(PerceptronSlice(plane, "relu", task.train, "train_loss", KeyedNoise(0)), asked.size)

    def peer() -> np.ndarray:
        return peer_surface(module, task.train, asked.size)

    worst = check_surface(ours(), module, plane, task.train, 10)
    line = measure(
        "B5", ours, peer, rounds=asked.rounds, wall=False, threads=1, size=asked.size,
        examples=asked.examples, largest_relative_difference_from_the_plain_loop=worst, versions={p:
        version(p) for p in ("torch", "numpy", "loss-landscapes")} | {"python": platform.python_version()},
    )  # fmt: skip
    print(json.dumps(line))


if __name__ == "__main__":
    main()
