"""From a network configuration and a task to a torch module."""

from __future__ import annotations

import math

from torch import nn

from wnin_desktop.engine.nets.mlp import Mlp
from wnin_desktop.engine.tasks.base import Task
from wnin_desktop.errors import InputError
from wnin_desktop.schema.network import MlpConfig, NetworkConfig


def build_network(config: NetworkConfig, task: Task) -> nn.Module:
    """Return a network that fits the task; its weights mean nothing until `initialize` has set them.

    Args:
        config: Family and sizes.
        task: Gives the shape of one input and the number of classes.

    Raises:
        InputError: The network cannot read inputs of this shape; the message names the field.
        PluginError: A user's network file is missing, not trusted or broken.
    """
    if isinstance(config, MlpConfig):
        return Mlp(math.prod(task.input_shape), task.classes, config)
    raise InputError.of("network.kind", config.kind, "allowed: mlp")
