"""A user's own network: a file with `build(input_shape, classes, **params) -> torch.nn.Module`.

The trust rules are those of optimizers: the file is only read until the user has trusted its hash, it is
imported in a child process first, and then here.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from wnin_desktop import paths
from wnin_desktop.engine.plugin_check import execute, load_trusted
from wnin_desktop.engine.plugins import PluginSource, TrustStore, read_metadata, read_source, sentence
from wnin_desktop.engine.tasks.base import Task
from wnin_desktop.errors import InputError, PluginError
from wnin_desktop.schema.network import PluginNetworkConfig

PROBE = "wnin_desktop.engine.nets.plugin:probe"
EXAMPLES_TRIED = 2

_loaded: dict[tuple[Path, str], types.ModuleType] = {}
"""Modules of files that were run, by path and hash: a file is run once in a process."""


def plugin_file(name: str) -> Path:
    """Return the file of a network plugin: a path, or the name of a file in the user's folder."""
    if name.endswith(".py") or "/" in name or "\\" in name:
        return Path(name).expanduser().absolute()
    return paths.plugin_dir("networks") / f"{name}.py"


def plugin_network(config: PluginNetworkConfig, task: Task, trusted: TrustStore | None = None) -> nn.Module:
    """Return the network that a user's file builds for this task, after one trial on two examples.

    Args:
        config: The file's name and the keyword arguments of its `build`.
        task: Gives the shape of one input and the number of classes.
        trusted: What the user has trusted; None is the store in the program's home.

    Raises:
        InputError: `build` does not take these parameters.
        PluginError: The file is missing, not trusted, broken, or its network does not fit the task.
    """
    source = read_source(plugin_file(config.name))
    build = _build_function(_module(source, trusted or TrustStore()), source)
    try:
        inspect.signature(build).bind(task.input_shape, task.classes, **config.params)
    except TypeError as error:
        allowed = f"build of {source.path.name} takes {inspect.signature(build)}: {error}"
        raise InputError.of("network.params", config.params, allowed) from None
    return _checked(lambda: build(task.input_shape, task.classes, **config.params), task, source)


def probe(source: PluginSource, imported: Callable[[], Any]) -> list[str]:
    """Run in the child process: import the file and see that it defines `build`."""
    module = execute(source, _module_name(source))
    imported()
    _build_function(module, source)
    return [source.path.stem]


def _module_name(source: PluginSource) -> str:
    return f"wnin_network_{source.sha256[:12]}"


def _module(source: PluginSource, store: TrustStore) -> types.ModuleType:
    if not store.is_trusted(source.sha256):
        raise PluginError(
            f"{source.path} was not trusted yet: read it, then run `wnin optimizers trust {source.path}`"
        )
    key = (source.path, source.sha256)
    if key not in _loaded:
        read_metadata(source)
        _loaded[key] = load_trusted(source, store, PROBE, _module_name(source))
    return _loaded[key]


def _build_function(module: types.ModuleType, source: PluginSource) -> Callable[..., Any]:
    build = getattr(module, "build", None)
    if not inspect.isfunction(build):
        raise PluginError(f"{source.path.name} defines no function build(input_shape, classes, **params)")
    return build


def _checked(make: Callable[[], Any], task: Task, source: PluginSource) -> nn.Module:
    name = source.path.name
    try:
        network = make()
        is_network = isinstance(network, nn.Module) and bool(list(network.parameters()))
        logits = _tried(network.float(), task) if is_network else None
    except Exception as error:  # a plugin's code may raise anything; it becomes one sentence
        raise PluginError(f"{name}: its network cannot be built and run: {sentence(error)}") from error
    if not is_network:
        kind = type(network).__name__
        raise PluginError(f"{name}: build returned a {kind}; a torch.nn.Module with parameters is needed")
    expected = (*task.train.y[:EXAMPLES_TRIED].shape, task.classes)
    shape = tuple(getattr(logits, "shape", ()))
    if logits is not None and shape != expected:
        raise PluginError(f"{name}: its network returns logits of shape {shape}; {expected} is needed")
    return network


def _tried(network: nn.Module, task: Task) -> Any:
    """Return the network's answer to two examples, or None where its parameters hold no numbers."""
    if any(parameter.is_meta for parameter in network.parameters()):
        return None
    device = next(network.parameters()).device
    was_training = network.training
    with torch.no_grad():
        answer = network.eval()(task.train.x[:EXAMPLES_TRIED].to(device))
    network.train(was_training)
    return answer
