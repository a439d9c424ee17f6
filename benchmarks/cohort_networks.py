"""B3: 24 CNNs, and 8 char transformers, against the plain torch loop; one thread, CPU time.

The CNN is the default one on 28 x 28 pixels with batch 128. Transformers are measured at two sizes: `small`
(8 x 32 tokens, width 32), where they are stacked, and `default` (64 x 64 tokens, width 64), where they are
stepped one by one. The loop's transformers use torch's fused attention, as everybody's do.
"""

from __future__ import annotations

import argparse

import torch
from cohort_world import check_equal, comparison, pixels, tokens, world
from rounds import interleaved, ratio, report

TRANSFORMER = {"kind": "char_transformer", "width": 32, "depth": 2, "heads": 4}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--network", choices=("cnn", "transformer"), default="cnn")
    options.add_argument("--steps", type=int, default=2)
    options.add_argument("--rounds", type=int, default=5)
    asked = options.parse_args()
    torch.set_num_threads(1)
    if asked.network == "cnn":
        config = comparison(24, 1, {"kind": "cnn"}, 128, "digits", "fast")
        ours, peer = world(config, pixels((1, 28, 28), 1024))
        difference = check_equal(ours, peer, 2)
        seconds = interleaved({"ours": ours, "loop": peer}, asked.steps, asked.rounds)
        more = {"largest_loss_difference": difference}
        report(
            "B3-cnn",
            seconds,
            ours="ours",
            peer="loop",
            unit="ms of CPU time a step of 24 models",
            threads=1,
            **more,
        )
        return
    seconds, differences = {}, {}
    for size, batch, length, network in (
        ("default", 64, 64, {"kind": "char_transformer"}),
        ("small", 8, 32, TRANSFORMER),
    ):
        ours, peer = world(comparison(8, 1, network, batch, "dyck2", "fast"), tokens(length))
        differences[size] = check_equal(ours, peer, 3)
        steps = asked.steps if size == "default" else 10 * asked.steps
        seconds[size] = interleaved({"ours": ours, "loop": peer}, steps, asked.rounds)
    report(
        "B3-transformer",
        seconds["small"],
        ours="ours",
        peer="loop",
        unit="ms of CPU time a step of 8 models",
        threads=1,
        ratio_at_default_size=round(ratio(seconds["default"], "ours", "loop"), 3),
        largest_loss_difference=differences,
    )


if __name__ == "__main__":
    main()
