"""B8: Hutchinson's trace, 100 probes drawn inside, against PyHessian 0.1.

784-128-10 tanh, batch 128, mean cross-entropy, float32, one thread, CPU time. The peer's set-up (its
gradient graph) is not counted; our forward and backward pass is. Checked: the same probes give the same
z'Hz through the peer's Hessian-vector products; the two sets of estimates agree in mean (4 standard errors)
and in spread (F test, 0.1 %).

    uv run --group bench python benchmarks/hessian_trace_hutchinson.py
"""

from __future__ import annotations

import itertools

import numpy as np
import torch
from hessian_world import PROBES, interleaved, layers_in, report, trained
from machine import check
from pyhessian import hessian
from pyhessian.utils import group_product, hessian_vector_product
from scipy import stats
from torch import Tensor, nn

from wnin_desktop.analysis.curvature import (
    Layer,
    directional_curvature,
    keyed_probes,
    layers_of,
    taylor_trace,
)
from wnin_desktop.noise.keyed import KeyedNoise


class Signs:
    """Draws fresh probes for every estimate, into the same memory."""

    def __init__(self, layers: list[Layer]) -> None:
        pairs = enumerate(layers)
        self.shapes = {f"layers.{i}.{n}": t.shape for i, layer in pairs for n, t in layer._asdict().items()}
        self.noise, self.buffer = KeyedNoise(0), None

    def at(self, step: int) -> list[Layer]:
        """Return the probes of one estimate; the ones before are overwritten."""
        self.buffer = keyed_probes(self.noise, self.shapes, PROBES, step=step, out=self.buffer)
        return layers_of(self.buffer)


def through_peer(peer: hessian, probes: list[Layer]) -> Tensor:
    """Return z'Hz of our probes by the peer's products, `[probes]`."""
    forms = []
    for index in range(PROBES):
        z = [tensor[index] for layer in probes for tensor in layer]
        forms.append(group_product(hessian_vector_product(peer.gradsH, peer.params, z), z).detach())
    return torch.stack(forms)


def main() -> None:
    torch.set_num_threads(1)
    model, x, y = trained(nn.Tanh)
    layers = layers_in(model)
    peer = hessian(model, nn.CrossEntropyLoss(), data=(x, y), cuda=False)
    signs = Signs(layers)
    probes = signs.at(0)
    mine = directional_curvature(layers, x, y, probes, "tanh")
    same = through_peer(peer, probes)
    error = float((mine - same).abs().max() / same.abs().mean())
    check(error < 1e-4, f"the same probes differ by {error}")
    torch.manual_seed(2)
    theirs = np.array(peer.trace(maxIter=PROBES, tol=0))
    check(len(theirs) == PROBES, f"the peer stopped after {len(theirs)} probes")
    samples = mine.numpy().astype(float)
    spread = samples.var(ddof=1) / theirs.var(ddof=1)
    low, high = stats.f.ppf([0.0005, 0.9995], PROBES - 1, PROBES - 1)
    check(low < spread < high, f"variance ratio {spread} is outside {low} to {high}")
    se = ((samples.var(ddof=1) + theirs.var(ddof=1)) / PROBES) ** 0.5
    check(abs(samples.mean() - theirs.mean()) < 4 * se, f"{samples.mean()} against {theirs.mean()} +- {se}")

    steps = itertools.count(1)

    def ours() -> object:
        return taylor_trace(layers, x, y, signs.at(next(steps)), "tanh", relative=False)

    def probed() -> object:
        return peer.trace(maxIter=PROBES, tol=0)

    ours_s, peer_s, ratios = interleaved(ours, probed, rounds=9, repeats=2)
    report(
        "B8",
        ours_s,
        peer_s,
        ratios,
        probes=PROBES,
        worst_relative_error_same_probes=error,
        variance_ratio=round(float(spread), 3),
        mean=float(samples.mean()),
        peer_mean=float(theirs.mean()),
        se_of_difference=float(se),
    )


if __name__ == "__main__":
    main()
