import torch

import optimizers.adamw
import optimizers.sgd  # noqa: F401 - importing registers it
from wnin_desktop.engine.optimizers.registry import OptimizerRegistry


def test_that_an_imported_file_registers_itself():
    (spec,) = OptimizerRegistry.of_module("optimizers.adamw")
    assert (spec.name, spec.batching, spec.parameter_names) == (
        "adamw",
        "elementwise",
        ["beta1", "beta2", "eps", "weight_decay"],
    )


def test_that_a_built_optimizer_steps_and_remembers_its_first_learning_rate():
    (spec,) = OptimizerRegistry.of_module("optimizers.sgd")
    weight = torch.ones(3, requires_grad=True)
    optimizer = spec.build([("weight", weight)], 0.5)
    weight.grad = torch.ones(3)
    optimizer.step()
    assert torch.equal(weight.detach(), torch.full((3,), 0.5))
    assert [group["initial_lr"] for group in optimizer.param_groups] == [0.5]
