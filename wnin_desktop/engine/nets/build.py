"""From a network configuration and a task to a torch module."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from wnin_desktop.engine.nets.char_transformer import CharTransformer
from wnin_desktop.engine.nets.cnn import Cnn
from wnin_desktop.engine.nets.gru import Gru
from wnin_desktop.engine.nets.mlp import Mlp
from wnin_desktop.engine.nets.plugin import plugin_network
from wnin_desktop.engine.nets.resnet import Resnet18
from wnin_desktop.engine.nets.vit import Vit
from wnin_desktop.engine.tasks.base import Task
from wnin_desktop.errors import InputError
from wnin_desktop.schema.network import (
    CharTransformerConfig,
    CnnConfig,
    GruConfig,
    MlpConfig,
    NetworkConfig,
    PluginNetworkConfig,
    Resnet18Config,
    VitConfig,
)


def build_network(config: NetworkConfig, task: Task) -> nn.Module:
    """Return a network that fits the task; its weights mean nothing until `initialize` has set them.

    Inside `torch.device("meta")` it takes no memory. Torch's own generator is left where it was.

    Args:
        config: Family and sizes.
        task: Gives the shape of one input and the number of classes.

    Raises:
        InputError: The network cannot read inputs of this shape, or its parameters are wrong.
        PluginError: A user's network file is missing, not trusted or broken.
    """
    with _own_generator():
        return _built(config, task)


def _built(config: NetworkConfig, task: Task) -> nn.Module:  # noqa: PLR0911 - one for each family
    match config:
        case MlpConfig():
            return Mlp(_features(config.kind, task), task.classes, config)
        case CnnConfig():
            return Cnn(_image_shape(config.kind, task), task.classes, config)
        case Resnet18Config():
            return Resnet18(_image_shape(config.kind, task), task.classes, config)
        case VitConfig():
            return Vit(_image_shape(config.kind, task), task.classes, config)
        case GruConfig():
            _length(config.kind, task)
            return Gru(task.classes, config)
        case CharTransformerConfig():
            return CharTransformer(_length(config.kind, task), task.classes, config)
        case PluginNetworkConfig():
            return plugin_network(config, task)


def _features(kind: str, task: Task) -> int:
    if task.kind == "sequence":
        raise InputError.of(
            "network.kind", kind, f"{task.name} holds token sequences, allowed: gru, char_transformer"
        )
    return math.prod(task.input_shape)


def _image_shape(kind: str, task: Task) -> tuple[int, int, int]:
    if task.kind == "sequence" or len(task.input_shape) != 3:
        allowed = f"it reads images, and the inputs of {task.name} have shape {task.input_shape}"
        raise InputError.of("network.kind", kind, allowed)
    channels, height, width = task.input_shape
    return channels, height, width


def _length(kind: str, task: Task) -> int:
    if task.kind != "sequence":
        raise InputError.of("network.kind", kind, f"it reads token sequences, and {task.name} is not one")
    return task.input_shape[0]


@contextmanager
def _own_generator() -> Iterator[None]:
    # Only the CPU generator: torch.manual_seed would also reset those of the accelerators.
    kept = torch.default_generator.get_state()
    torch.default_generator.manual_seed(0)
    try:
        yield
    finally:
        torch.default_generator.set_state(kept)
