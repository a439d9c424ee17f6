"""What must hold on a GPU; these run only where there is one."""

import pytest
import torch

from tests.engine.comparisons import NOISES, arm, comparison, metrics
from wnin_desktop.engine.cohort.cohort import Cohort
from wnin_desktop.engine.optimizers.loader import load_registry
from wnin_desktop.engine.resolve import resolve
from wnin_desktop.engine.train import train

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")

NETWORKS = [
    {"kind": "mlp", "hidden": [16]},
    {"kind": "cnn", "channels": [4], "hidden": 8},
]


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network["kind"])
def test_that_a_gpu_gives_the_cpu_s_losses_within_rounding(network):
    arms = (arm("sgd"), arm("adamw"))
    on_cpu = metrics(train(comparison(*arms, network=network)))
    on_gpu = metrics(train(comparison(*arms, network=network, device="cuda")))
    for key, values in on_cpu.items():
        assert on_gpu[key] == pytest.approx(values, rel=5e-3, abs=1e-5)


@pytest.mark.parametrize("noise", NOISES)
def test_that_a_step_never_waits_for_the_gpu(noise):
    config = comparison(arm("adamw", noise), arm("sgd", noise), device="cuda")
    resolved = resolve(config, load_registry().specs)
    cohort = Cohort(config, resolved.specs, resolved.task, resolved.labels, resolved.device, 1)
    cohort.advance(0, 2, 1)  # the first steps build the optimizers' state
    torch.cuda.set_sync_debug_mode("error")
    try:
        cohort.advance(2, 4, 2)
    finally:
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.parametrize("noise", NOISES)
def test_that_every_noise_trains_on_a_gpu(noise):
    losses = metrics(train(comparison(arm("adamw", noise), device="cuda", steps=60)))
    for values in losses.values():
        assert values[-1] < values[0]
