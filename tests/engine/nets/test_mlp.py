import torch

from wnin_desktop.engine.nets.build import build_network
from wnin_desktop.engine.nets.initial import initial_parameters, initialize
from wnin_desktop.engine.tasks.loader import load_task
from wnin_desktop.noise.keyed import KeyedNoise
from wnin_desktop.schema.network import MlpConfig
from wnin_desktop.schema.task import TaskConfig


def test_that_an_mlp_has_the_names_a_stacked_version_is_keyed_on():
    network = build_network(MlpConfig(hidden=(7, 5), normalization="layer"), load_task(TaskConfig()))
    assert {name: tuple(p.shape) for name, p in network.named_parameters()} == {
        "layers.0.weight": (7, 64),
        "layers.0.bias": (7,),
        "layers.1.weight": (5, 7),
        "layers.1.bias": (5,),
        "layers.2.weight": (10, 5),
        "layers.2.bias": (10,),
        "norms.0.weight": (7,),
        "norms.0.bias": (7,),
        "norms.1.weight": (5,),
        "norms.1.bias": (5,),
    }


def test_that_the_start_is_keyed_by_seed_and_ignores_torchs_generator():
    starts = []
    for torch_seed, seed in ((0, 3), (1, 3), (0, 4)):
        torch.manual_seed(torch_seed)
        network = build_network(MlpConfig(), load_task(TaskConfig()))
        initialize(network, KeyedNoise(seed))
        starts.append(torch.cat([p.detach().flatten() for p in network.parameters()]))
    assert torch.equal(starts[0], starts[1])
    assert not torch.equal(starts[0], starts[2])


def test_that_start_values_follow_he_and_glorot():
    task = load_task(TaskConfig())
    for activation, variance in (("relu", 2 / 64), ("tanh", 2 / (64 + 1000))):
        network = build_network(MlpConfig(hidden=(1000,), activation=activation), task)
        weight = initial_parameters(network, KeyedNoise(0))["layers.0.weight"]
        # The sample variance of n normals has a relative standard error of sqrt(2 / n); 4 of them.
        assert abs(weight.var().item() / variance - 1) < 4 * (2 / weight.numel()) ** 0.5
