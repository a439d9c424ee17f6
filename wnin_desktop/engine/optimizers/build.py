"""Calls a factory and makes what it returns fit for the trainer."""

from __future__ import annotations

from torch import Tensor
from torch.optim import Optimizer

from wnin_desktop.engine.optimizers.compiler import leave_compiler_out
from wnin_desktop.engine.optimizers.members import MemberLoop
from wnin_desktop.engine.optimizers.registry import OptimizerContext, OptimizerSpec
from wnin_desktop.errors import PluginError
from wnin_desktop.schema.base import Config

NamedTensors = list[tuple[str, Tensor]]
leave_compiler_out()


def build_optimizer(
    spec: OptimizerSpec, named: NamedTensors, hyper: Config, context: OptimizerContext
) -> Optimizer:
    """Return the optimizer of `spec` over `named`: one per member where it cannot take a member axis."""
    if not named:
        raise PluginError(f"optimizer {spec.name!r} was given no parameters")
    if context.members is not None and spec.batching == "member":
        return MemberLoop(named, context, lambda tensors, alone: _call(spec, tensors, hyper, alone))
    return _call(spec, named, hyper, context)


def _call(spec: OptimizerSpec, named: NamedTensors, hyper: Config, context: OptimizerContext) -> Optimizer:
    names, tensors = [name for name, _ in named], [tensor for _, tensor in named]
    try:
        if spec.rich:
            optimizer = spec.factory([{"params": tensors, "names": names}], hyper, context)
        else:
            optimizer = spec.factory(tensors, **dict(hyper))
    except PluginError:
        raise
    except Exception as error:  # a plugin's code may raise anything; it becomes one sentence
        raise PluginError(
            f"optimizer {spec.name!r} could not be built: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(optimizer, Optimizer):
        raise PluginError(
            f"optimizer {spec.name!r}: the factory returned {type(optimizer).__name__}, not a torch optimizer"
        )
    for group in optimizer.param_groups:
        group.setdefault("initial_lr", group["lr"])
    return optimizer
