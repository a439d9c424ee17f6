"""Which way of differentiating fits a network on a device."""

from __future__ import annotations

import torch
from torch import nn

from wnin_desktop.engine.cohort.gradients.autograd import AutogradGradients
from wnin_desktop.engine.cohort.gradients.base import GradientEngine
from wnin_desktop.engine.cohort.gradients.mlp import MlpGradients
from wnin_desktop.engine.cohort.gradients.vmapped import VmappedGradients
from wnin_desktop.schema.network import MlpConfig, NetworkConfig


def stacks(network: NetworkConfig, module: nn.Module, device: torch.device) -> bool:
    """Return whether several members of this network are faster stepped together than one by one.

    MLPs are everywhere. Through vmap only accelerators gain: on a CPU the stacked convolution is slower than
    a loop.
    """
    if isinstance(network, MlpConfig) and network.normalization == "none":
        return True
    return device.type != "cpu" and network.kind != "plugin" and not list(module.buffers())


def choose_gradients(
    network: NetworkConfig, module: nn.Module, device: torch.device, arms: int, seeds: int
) -> GradientEngine:
    """Return the gradient engine for a unit of arms x seeds members."""
    if isinstance(network, MlpConfig) and network.normalization == "none":
        return MlpGradients(len(network.hidden) + 1, network.activation, arms, seeds)
    if arms * seeds > 1 or (device.type != "cpu" and stacks(network, module, device)):
        return VmappedGradients(module, arms)
    return AutogradGradients(module, channels_last=network.kind in ("cnn", "resnet18"))
