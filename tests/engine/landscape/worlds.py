"""Small networks of every family with a task each, a plane through them, and the plainest evaluation."""

import numpy as np
import torch
from torch.func import functional_call
from torch.nn import functional

from wnin_desktop.analysis.landscape.directions import flattened, random_direction
from wnin_desktop.analysis.landscape.plane import Plane
from wnin_desktop.engine.landscape.choose import Scene
from wnin_desktop.engine.nets.build import build_network
from wnin_desktop.engine.nets.initial import initialize
from wnin_desktop.engine.tasks.loader import load_task
from wnin_desktop.noise.keyed import KeyedNoise
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.run import CompareConfig

CPU = torch.device("cpu")
DIGITS = {"dataset": "digits", "train_examples": 300, "val_examples": 90}
TEXT = {"dataset": "dyck2", "sequence_length": 12, "train_examples": 40, "val_examples": 20}
WORLDS = {
    "mlp": ({"kind": "mlp", "hidden": [16, 8]}, DIGITS),
    "mlp-linear": ({"kind": "mlp", "hidden": []}, DIGITS),
    "mlp-tanh": ({"kind": "mlp", "hidden": [12], "activation": "tanh"}, DIGITS),
    "mlp-gelu": ({"kind": "mlp", "hidden": [12], "activation": "gelu"}, DIGITS),
    "mlp-silu": ({"kind": "mlp", "hidden": [12], "activation": "silu"}, DIGITS),
    "mlp-layer-norm": ({"kind": "mlp", "hidden": [12], "normalization": "layer"}, DIGITS),
    "cnn": ({"kind": "cnn", "channels": [4, 6], "hidden": 8}, DIGITS),
    "cnn-batch-norm": ({"kind": "cnn", "channels": [4], "hidden": 8, "normalization": "batch"}, DIGITS),
    "vit": ({"kind": "vit", "patch": 4}, DIGITS),
    "gru": ({"kind": "gru", "embedding": 6, "hidden": 8}, TEXT),
    "transformer": ({"kind": "char_transformer", "width": 8, "depth": 1, "heads": 2}, TEXT),
}


def config_of(name: str, **changes) -> CompareConfig:
    network, task = WORLDS[name]
    content = {
        "arms": [{"name": "sgd", "optimizer": {"name": "sgd", "lr": 0.1}}],
        "seeds": [0],
        "network": network,
        "task": task,
        "budget": {"steps": 6, "batch_size": 32, "eval_every": 6, "curvature_every": 0},
        "device": "cpu",
    }
    return validate(CompareConfig, content | changes)


def scene_of(name: str, seed: int = 3) -> Scene:
    """A scene whose running statistics are not those of a fresh network."""
    config = config_of(name)
    task = load_task(config.task)
    module = build_network(config.network, task).train()
    with torch.no_grad():
        module(task.train.x[:64])
    buffers = {key: value.clone() for key, value in module.named_buffers()}
    return Scene(config, task, CPU, seed, buffers)


def parameters_of(scene: Scene, seed: int = 1) -> dict[str, torch.Tensor]:
    module = initialize(build_network(scene.config.network, scene.task), KeyedNoise(seed))
    return {name: value.detach().clone() for name, value in module.named_parameters()}


def plane_of(scene: Scene) -> Plane:
    center = parameters_of(scene)
    directions = [random_direction(center, KeyedNoise(scene.seed), k, "filter") for k in range(2)]
    # Biases move too, as they do on planes of paths.
    for number, direction in enumerate(directions):
        for name, value in direction.items():
            if value.dim() == 1:
                value.add_(0.1 * parameters_of(scene, 7 + number)[name]).add_(0.02)
    return Plane(*(flattened(each).numpy() for each in (center, *directions)))


def plain(scene: Scene, theta: np.ndarray, split, metric: str) -> float:
    """The metric of one point by calling the network once."""
    module = scene.module().eval()
    with torch.no_grad():
        logits = functional_call(module, {**dict(module.named_buffers()), **scene.named(theta)}, (split.x,))
    if metric.endswith("loss"):
        return float(functional.cross_entropy(logits.flatten(0, -2), split.y.flatten()))
    right = float((logits.argmax(-1) == split.y).float().mean())
    return right if metric == "accuracy" else 1 - right
