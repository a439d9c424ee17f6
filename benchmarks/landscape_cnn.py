"""B6: a filter-normalized surface of a CNN against loss-landscapes 3.0.6.

Convolutions 16 and 32 with pooling, 64 hidden units, 28 x 28 images, 2000 samples, mean cross-entropy,
float32, one thread, CPU time. A surface has 9 x 9 points here so that a round ends; both sides cost the same
for every point, so the ratio is that of 51 x 51. Checked: our surface against the plain loop on every other
row and column, and the centre.

    uv run --group bench python benchmarks/landscape_cnn.py
"""

from __future__ import annotations

import json
import platform
from importlib.metadata import version

import numpy as np
import torch
from landscape_world import check_surface, images, measure, options, peer_surface, plane_of, surface, trained

from wnin_desktop.engine.landscape.anynet import NetworkSlice
from wnin_desktop.engine.nets.build import build_network
from wnin_desktop.noise.keyed import KeyedNoise
from wnin_desktop.schema.network import CnnConfig


def main() -> None:
    asked = options(__doc__, 9, 2000, 5)
    torch.set_num_threads(1)
    task = images(asked.examples, (1, 28, 28))
    network = CnnConfig()
    module = trained(network, task, 40)
    plane = plane_of(module)

    def ours() -> np.ndarray:
        section = NetworkSlice(
            lambda: build_network(network, task), plane, task.train, "train_loss", KeyedNoise(0)
        )
        return surface(section, asked.size)

    def peer() -> np.ndarray:
        return peer_surface(module, task.train, asked.size)

    worst = check_surface(ours(), module, plane, task.train, 4)
    line = measure(
        "B6", ours, peer, rounds=asked.rounds, wall=False, threads=1, size=asked.size,
        examples=asked.examples, largest_relative_difference_from_the_plain_loop=worst, versions={p:
        version(p) for p in ("torch", "numpy", "loss-landscapes")} | {"python": platform.python_version()},
    )  # fmt: skip
    print(json.dumps(line))


if __name__ == "__main__":
    main()
