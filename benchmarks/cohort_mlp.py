"""B1 and B2: 24 MLPs (784-128-10, batch 128, AdamW) against the plain torch loop.

B1 on one thread, CPU time; B2 on two cores, wall time (us: two lanes of one thread; the loop: two threads).
`shared`: 24 arms of one seed meet one batch; `own`: 24 seeds of one arm, each with its own; `reproducible`:
each member alone, bit for bit independent of its company. `products_alone_ms` is the time of the two large
matrix products by themselves: peer over it is the ratio that nothing can exceed on this processor.
"""

from __future__ import annotations

import argparse
import time

import torch
from cohort_world import check_equal, comparison, pixels, world
from rounds import interleaved, report

NETWORK = {"kind": "mlp", "hidden": [128]}
MODELS = 24


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--threads", type=int, choices=(1, 2), default=1)
    options.add_argument("--steps", type=int, default=12)
    options.add_argument("--rounds", type=int, default=7)
    asked = options.parse_args()
    torch.set_num_threads(1)
    task = pixels((784,))
    shapes = {
        "shared": (MODELS, 1, "fast"),
        "own": (1, MODELS, "fast"),
        "reproducible": (MODELS, 1, "reproducible"),
    }
    contenders, differences = {}, {}
    for name, (arms, seeds, numerics) in shapes.items():
        config = comparison(arms, seeds, NETWORK, 128, "digits", numerics)
        ours, peer = world(config, task, asked.threads)
        differences[name] = check_equal(ours, peer)
        contenders[name] = ours
        contenders.setdefault("loop", peer)

    def loop(steps: int) -> None:
        torch.set_num_threads(asked.threads)
        peer_loop(steps)
        torch.set_num_threads(1)

    peer_loop = contenders["loop"]
    contenders["loop"] = loop
    clock = time.process_time if asked.threads == 1 else time.perf_counter
    seconds = interleaved(contenders, asked.steps, asked.rounds, clock)
    kind = "CPU" if asked.threads == 1 else "wall"
    report(
        "B1" if asked.threads == 1 else "B2",
        seconds,
        ours="shared",
        peer="loop",
        unit=f"ms of {kind} time a step of {MODELS} models",
        threads=asked.threads,
        largest_loss_difference=differences,
        products_alone_ms=round(1e3 * products_alone(asked.threads), 3),
        adamw_alone_ms=round(1e3 * adamw_alone(asked.threads), 3),
        library=contenders["shared"].cohort.library,
    )


def products_alone(threads: int) -> float:
    """Return seconds of the two large products of a step by themselves: what no arrangement can go below."""
    torch.set_num_threads(threads)
    x, weight, delta = torch.rand(128, 784), torch.rand(MODELS * 128, 784), torch.rand(128, MODELS * 128)
    forward, backward = torch.empty(128, MODELS * 128), torch.empty(MODELS * 128, 784)
    clock = time.process_time if threads == 1 else time.perf_counter

    def both() -> float:
        begun = clock()
        torch.mm(x, weight.t(), out=forward)
        torch.mm(delta.t(), x, out=backward)
        return clock() - begun

    both()
    torch.backends.mkldnn.matmul.fp32_precision = "bf16"  # the error of this switch is checked by the engine
    fast = min(both() for _ in range(10))
    torch.backends.mkldnn.matmul.fp32_precision = "none"
    slow = min(both() for _ in range(10))
    torch.set_num_threads(1)
    return min(fast, slow)


def adamw_alone(threads: int) -> float:
    """Return seconds of the fused AdamW kernel on all models' parameters in one call, by itself."""
    torch.set_num_threads(threads)
    size = MODELS * (784 * 128 + 128 + 128 * 10 + 10)
    weights, gradient = torch.rand(size, requires_grad=True), torch.rand(size)
    weights.grad = gradient
    optimizer = torch.optim.AdamW([weights], lr=1e-3, fused=True)
    clock = time.process_time if threads == 1 else time.perf_counter

    def step() -> float:
        begun = clock()
        optimizer.step()
        return clock() - begun

    step()
    fastest = min(step() for _ in range(10))
    torch.set_num_threads(1)
    return fastest


if __name__ == "__main__":
    main()
