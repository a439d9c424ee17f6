"""A quadratic, a small ReLU network, and the plainest way to make a filter-normalized slice."""

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from wnin_desktop.analysis.landscape.directions import flattened
from wnin_desktop.analysis.landscape.evaluation import Evaluation
from wnin_desktop.analysis.landscape.grid import Axis, Grid
from wnin_desktop.analysis.landscape.plane import Plane
from wnin_desktop.noise.keyed import KeyedNoise, Stream

DOUBLE = torch.float64
SHAPES = {"w": (7, 5), "b": (7,), "v": (3, 7)}


def draw(name, *shape, seed=0, dtype=DOUBLE) -> Tensor:
    return KeyedNoise(seed).normal(Stream.EVAL, 0, name, shape, dtype)


def point(seed=0, dtype=DOUBLE, shapes=SHAPES) -> dict[str, Tensor]:
    return {name: draw(name, *shape, seed=seed, dtype=dtype) for name, shape in shapes.items()}


class Quadratic:
    """L = c + g . t + t'Ht / 2 for t = theta - center."""

    def __init__(self, d=63):
        root = draw("root", d, d)
        self.H = root @ root.T / d
        self.g = draw("g", d)
        self.c = 0.3
        self.center = draw("center", d)

    def of(self, theta: Tensor) -> Tensor:
        t = theta - self.center
        return self.c + self.g @ t + 0.5 * t @ self.H @ t

    def __call__(self, tensors: dict[str, Tensor]) -> Tensor:
        return self.of(flattened(tensors))


def square(size=11, half=1.0) -> Grid:
    axis = Axis.symmetric(size, half)
    return Grid(axis, axis)


def run(evaluation: Evaluation) -> Evaluation:
    for _ in evaluation.run():
        continue
    return evaluation


def plane_through(theta: Tensor, first: Tensor, second: Tensor) -> Plane:
    return Plane(theta.numpy(), first.numpy(), second.numpy())


def plain_filter_normalized(parameters, raw):
    """Li et al.'s normalization, filter by filter, written as plainly as can be."""
    out = {}
    for name, w in parameters.items():
        if w.dim() <= 1:
            out[name] = torch.zeros_like(w)
            continue
        rows = []
        for filter_of_w, filter_of_d in zip(w, raw[name], strict=True):
            length = math.sqrt(float((filter_of_w.double() ** 2).sum()))
            own = math.sqrt(float((filter_of_d.double() ** 2).sum()))
            rows.append(filter_of_d * (length / own))
        out[name] = torch.stack(rows)
    return out


def plain_surface(loss, parameters, first, second, coordinates) -> np.ndarray:
    """The loss at every point by adding directions to weights."""
    values = np.empty((len(coordinates), len(coordinates)))
    for i, b in enumerate(coordinates):
        for j, a in enumerate(coordinates):
            moved = {name: w + a * first[name] + b * second[name] for name, w in parameters.items()}
            values[i, j] = float(loss(moved))
    return values


def relu_network(x, y):
    """Mean cross-entropy of a two-layer ReLU network as a function of w, b, v."""

    def loss(p):
        return functional.cross_entropy(torch.relu(x @ p["w"].T + p["b"]) @ p["v"].T, y)

    return loss
