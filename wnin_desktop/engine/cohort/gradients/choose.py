"""Which way of differentiating fits a network on a device."""

from __future__ import annotations

import torch
from torch import nn

from wnin_desktop.engine.cohort.gradients.autograd import AutogradGradients
from wnin_desktop.engine.cohort.gradients.base import GradientEngine
from wnin_desktop.engine.cohort.gradients.mlp import MlpGradients
from wnin_desktop.engine.cohort.gradients.vmapped import VmappedGradients
from wnin_desktop.schema.network import GruConfig, MlpConfig, NetworkConfig

SMALL = 20_000
"""Rows x width of a step up to which stacking through vmap pays on a CPU, where calls and not numbers take
the time: eight char transformers on one core run at 1.40x a loop with 8 x 32 tokens of width 32, 1.16x with
twice that, 0.94x with four times that.
"""


def stacks(network: NetworkConfig, module: nn.Module, device: torch.device, rows: int) -> bool:
    """Return whether several members are faster stepped together than one by one.

    Plain MLPs are everywhere, by hand. Through vmap, accelerators always gain and CPUs only on small steps;
    stacked convolutions on a CPU are slower than a loop, and batch normalization mixes what must stay apart.

    Args:
        network: The architecture.
        module: One network of it.
        device: Where it trains.
        rows: Examples of a step, times tokens of one for sequences.
    """
    if isinstance(network, MlpConfig) and network.normalization == "none":
        return True
    if network.kind == "plugin" or list(module.buffers()):
        return False
    return device.type != "cpu" or (network.kind in VMAPPED_ON_CPU and rows * _width(network) <= SMALL)


VMAPPED_ON_CPU = ("mlp", "gru", "char_transformer")


def _width(network: NetworkConfig) -> int:
    if isinstance(network, MlpConfig):
        return max(network.hidden, default=1)
    return network.hidden if isinstance(network, GruConfig) else getattr(network, "width", 1)


def choose_gradients(network: NetworkConfig, module: nn.Module, arms: int, seeds: int) -> GradientEngine:
    """Return the gradient engine for a unit of arms x seeds members."""
    if isinstance(network, MlpConfig) and network.normalization == "none":
        return MlpGradients(len(network.hidden) + 1, network.activation, arms, seeds)
    if arms * seeds > 1:
        return VmappedGradients(module, arms)
    return AutogradGradients(module, channels_last=network.kind in ("cnn", "resnet18"))
