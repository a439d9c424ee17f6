"""Small pieces the tests of the optimizers share."""

import torch

from wnin_desktop.engine.optimizers.loader import load_registry
from wnin_desktop.engine.optimizers.registry import OptimizerContext


def spec(name):
    return load_registry().get(name)


def drawing(seed):
    """Return a context whose draws come from one generator, in the order they are asked for."""
    generator = torch.Generator().manual_seed(seed)
    return OptimizerContext(
        normal=lambda _, like: torch.randn(like.shape, generator=generator, dtype=like.dtype)
    )


def built(name, tensors, lr, params=None, context=None):
    return spec(name).build(tensors.items(), lr, params, context)


def step_once(name, tensors, gradients, lr, params=None, *, context=None):
    """Return the tensors after one step from `gradients`; what is passed in is left alone."""
    moved = {key: tensor.clone().requires_grad_() for key, tensor in tensors.items()}
    optimizer = built(name, moved, lr, params, context)
    for key, tensor in moved.items():
        tensor.grad = gradients[key].clone()
    optimizer.step()
    return {key: tensor.detach() for key, tensor in moved.items()}
