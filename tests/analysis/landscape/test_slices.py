import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from tests.analysis.landscape.worlds import (
    DOUBLE,
    SHAPES,
    Quadratic,
    draw,
    plain_surface,
    plane_through,
    point,
    relu_network,
    run,
    square,
)
from wnin_desktop.analysis.landscape.directions import flattened, random_direction
from wnin_desktop.analysis.landscape.evaluation import Evaluation
from wnin_desktop.analysis.landscape.slices import FunctionSlice, lent_weights, module_loss
from wnin_desktop.noise.keyed import KeyedNoise, Stream


def test_that_a_quadratic_is_reproduced_to_1e_12():
    world = Quadratic()
    theta, first, second = world.center, draw("d1", 63), draw("d2", 63)
    section = FunctionSlice(world, plane_through(theta, first, second), SHAPES)
    grid = square(21, 0.8)
    found = run(Evaluation(grid, section)).values
    a, b = np.meshgrid(grid.a.coordinates(), grid.b.coordinates())
    H, g = world.H.numpy(), world.g.numpy()
    d1, d2 = first.numpy(), second.numpy()
    exact = (
        world.c
        + a * (g @ d1)
        + b * (g @ d2)
        + 0.5 * (a**2 * (d1 @ H @ d1) + 2 * a * b * (d1 @ H @ d2) + b**2 * (d2 @ H @ d2))
    )
    assert np.abs(found / exact - 1).max() < 1e-12
    assert found[10, 10] == float(world.of(theta))


def data():
    return draw("x", 40, 5), KeyedNoise(0).integers(Stream.EVAL, 0, "y", 3, (40,))


def test_that_rescaling_a_relu_network_leaves_its_slice_unchanged():
    loss, parameters = relu_network(*data()), point()
    surfaces = []
    for a in (1.0, 4.0):
        scaled = {"w": a * parameters["w"], "b": a * parameters["b"], "v": parameters["v"] / a}
        directions = [
            flattened(random_direction(scaled, KeyedNoise(5), number, "filter")) for number in range(2)
        ]
        plane = plane_through(flattened(scaled), *directions)
        surfaces.append(run(Evaluation(square(9), FunctionSlice(loss, plane, SHAPES))).values)
    assert surfaces[1] == pytest.approx(surfaces[0], rel=1e-12)


def test_that_a_slice_is_that_of_the_plainest_loop():
    loss, parameters = relu_network(*data()), point()
    first, second = (random_direction(parameters, KeyedNoise(5), number, "filter") for number in range(2))
    plane = plane_through(*(flattened(each) for each in (parameters, first, second)))
    grid = square(7)
    found = run(Evaluation(grid, FunctionSlice(loss, plane, SHAPES))).values
    assert found == pytest.approx(
        plain_surface(loss, parameters, first, second, grid.a.coordinates()), rel=1e-12
    )


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(5, 8)
        self.norm = nn.BatchNorm1d(8)
        self.second = nn.Linear(8, 3)

    def forward(self, x):
        return self.second(torch.tanh(self.norm(self.first(x))))


def bits(module):
    return {name: value.clone() for name, value in module.state_dict().items()}


@pytest.mark.parametrize("fails", [False, True])
def test_that_lent_weights_come_back_bit_for_bit(fails):
    module, x = Net().train(), draw("x", 40, 5, dtype=torch.float32)
    module.second.eval()
    y = data()[1]
    before, modes = bits(module), [part.training for part in module.modules()]
    parameters = {name: value.detach().clone() for name, value in module.named_parameters()}
    plane = plane_through(
        *(flattened(each) for each in (parameters, *(
            random_direction(parameters, KeyedNoise(1), number, "filter") for number in range(2)
        )))
    )  # fmt: skip

    def evaluate():
        with lent_weights(module) as lent:
            loss = module_loss(lent.eval(), lambda logits: functional.cross_entropy(logits, y), x)
            shapes = {name: value.shape for name, value in parameters.items()}
            run(Evaluation(square(5), FunctionSlice(loss, plane, shapes)))
            lent.train()(x)  # moves the running statistics
            if fails:
                raise RuntimeError("in the middle")

    if fails:
        with pytest.raises(RuntimeError, match="in the middle"):
            evaluate()
    else:
        evaluate()
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert [part.training for part in module.modules()] == modes


def test_that_adding_and_subtracting_would_not_give_the_weights_back():
    """Why weights come from a copy: what the peer does, walking over its plane, leaves rounding behind."""
    w, d = draw("w", 1000, dtype=torch.float32), draw("d", 1000, dtype=torch.float32) / 7
    walked = w.clone()
    for _ in range(10):
        walked += d
    for _ in range(10):
        walked -= d
    assert not torch.equal(walked, w)


def test_that_the_precision_is_that_of_the_plane():
    world = Quadratic()
    plane = plane_through(world.center.float(), draw("d1", 63).float(), draw("d2", 63).float())
    seen = []
    section = FunctionSlice(
        lambda tensors: (seen.append(tensors["w"].dtype), tensors["w"].sum())[1], plane, SHAPES
    )
    section.sums(0, np.array([0.5]), 0.1)
    assert seen == [torch.float32]
    assert world.center.dtype == DOUBLE
