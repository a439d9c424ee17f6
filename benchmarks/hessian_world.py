"""What the two Hessian benchmarks share: a network, a batch, interleaved rounds, the line that is printed."""

from __future__ import annotations

import json
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version

import torch
from machine import cpu_name, keep
from torch import Tensor, nn

from wnin_desktop.analysis.curvature import Layer

SIZES = (784, 128, 10)
EXAMPLES = 128
PROBES = 100


def network(activation: type[nn.Module]) -> nn.Sequential:
    return nn.Sequential(nn.Linear(SIZES[0], SIZES[1]), activation(), nn.Linear(SIZES[1], SIZES[2]))


def batch() -> tuple[Tensor, Tensor]:
    """Return inputs in [0, 1] like pixels, and classes."""
    generator = torch.Generator().manual_seed(1)
    x = torch.rand(EXAMPLES, SIZES[0], generator=generator)
    return x, torch.randint(SIZES[-1], (EXAMPLES,), generator=generator)


def trained(activation: type[nn.Module]) -> tuple[nn.Sequential, Tensor, Tensor]:
    """Return a network after 20 steps on its batch, where the probabilities are no longer even."""
    torch.manual_seed(0)
    model, (x, y) = network(activation), batch()
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3)
    for _ in range(20):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    optimizer.zero_grad()
    return model, x, y


def layers_in(model: nn.Sequential) -> list[Layer]:
    return [Layer(part.weight.detach(), part.bias.detach()) for part in model if isinstance(part, nn.Linear)]


def cpu_seconds(call: Callable[[], object], repeats: int) -> float:
    start = time.process_time()
    for _ in range(repeats):
        call()
    return (time.process_time() - start) / repeats


def interleaved(
    ours: Callable[[], object], peer: Callable[[], object], *, rounds: int, repeats: int
) -> tuple[float, float, list[float]]:
    """Return median CPU seconds of ours and of the peer, and the ratio of each round."""
    cpu_seconds(ours, repeats)
    peer()
    times = [(cpu_seconds(ours, repeats), cpu_seconds(peer, 1)) for _ in range(rounds)]
    mine, theirs = zip(*times, strict=True)
    ratios = [b / a for a, b in times]
    return statistics.median(mine), statistics.median(theirs), ratios


def report(name: str, ours: float, peer: float, ratios: Sequence[float], **more: object) -> None:
    """Write the result to `results/` and print it as the last line."""
    line = {
        "name": name,
        "ratio": round(statistics.median(ratios), 2),
        "ours": round(ours * 1e3, 4),
        "peer": round(peer * 1e3, 4),
        "unit": "ms of CPU time, one thread",
        "n": len(ratios),
        "device": cpu_name(),
        "versions": {p: version(p) for p in ("torch", "numpy", "PyHessian")}
        | {"python": platform.python_version()},
        "ratios": [round(ratio, 2) for ratio in ratios],
        **more,
    }
    keep(line)
    print(json.dumps(line))
