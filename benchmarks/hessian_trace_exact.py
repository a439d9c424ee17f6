"""B7: exact Hessian trace of a ReLU network against 100 probes of PyHessian 0.1.

784-128-10, batch 128, mean cross-entropy, float32, one thread, CPU time. The peer's set-up (its gradient
graph) is not counted. Checked: our trace against the Gauss-Newton trace by one backward pass per example
and class in float64, and against the peer's mean within 4 standard errors.

    uv run --group bench python benchmarks/hessian_trace_exact.py
"""

from __future__ import annotations

import numpy as np
import torch
from hessian_world import PROBES, interleaved, layers_in, report, trained
from machine import check
from pyhessian import hessian
from torch import Tensor, nn

from wnin_desktop.analysis.curvature import exact_trace


def autograd_trace(model: nn.Module, x: Tensor) -> float:
    """Return the trace of the Gauss-Newton matrix: one backward pass per example and class."""
    total = 0.0
    for example in x:
        logits = model(example)
        p = torch.softmax(logits.detach(), -1)
        for c in range(len(p)):
            factor = p[c].sqrt() * (nn.functional.one_hot(torch.tensor(c), len(p)) - p)
            parts = torch.autograd.grad(logits, list(model.parameters()), factor, retain_graph=True)
            total += sum(float(part.square().sum()) for part in parts)
    return total / len(x)


def main() -> None:
    torch.set_num_threads(1)
    model, x, y = trained(nn.ReLU)
    layers = layers_in(model)
    truth = autograd_trace(trained(nn.ReLU)[0].double(), x.double())
    peer = hessian(model, nn.CrossEntropyLoss(), data=(x, y), cuda=False)
    torch.manual_seed(2)
    samples = np.array(peer.trace(maxIter=PROBES, tol=0))
    se = samples.std(ddof=1) / len(samples) ** 0.5
    trace = exact_trace(layers, x, relative=False).trace.item()
    check(abs(trace / truth - 1) < 1e-5, f"trace {trace} against {truth} by automatic differentiation")
    check(len(samples) == PROBES, f"the peer stopped after {len(samples)} probes")
    check(abs(trace - samples.mean()) < 4 * se, f"trace {trace} against the peer's {samples.mean()} +- {se}")

    def plain() -> object:
        return exact_trace(layers, x, relative=False)

    def both() -> object:
        return exact_trace(layers, x)

    def probed() -> object:
        return peer.trace(maxIter=PROBES, tol=0)

    ours, theirs, ratios = interleaved(plain, probed, rounds=7, repeats=50)
    with_relative, _, relative_ratios = interleaved(both, probed, rounds=5, repeats=50)
    report(
        "B7",
        ours,
        theirs,
        ratios,
        trace=trace,
        trace_by_autograd=truth,
        peer_trace=float(samples.mean()),
        peer_trace_se=float(se),
        ours_with_relative_trace=round(with_relative * 1e3, 4),
        ratio_with_relative_trace=round(float(np.median(relative_ratios)), 2),
    )


if __name__ == "__main__":
    main()
