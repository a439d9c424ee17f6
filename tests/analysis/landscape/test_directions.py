import pytest
import torch
from torch.testing import assert_close

from tests.analysis.landscape.worlds import plain_filter_normalized, point
from wnin_desktop.analysis.landscape.directions import random_direction, smoothing_draw
from wnin_desktop.noise.keyed import KeyedNoise, Stream

CNN = {"c": (4, 3, 3, 3), "c.b": (4,), "head": (10, 36)}


@pytest.mark.parametrize("shapes", [{"w": (7, 5), "b": (7,)}, CNN])
def test_that_each_filter_has_the_norm_of_its_filter_and_biases_stay(shapes):
    parameters = point(shapes=shapes)
    direction = random_direction(parameters, KeyedNoise(1), 0, "filter")
    for name, w in parameters.items():
        if w.dim() == 1:
            assert direction[name].tolist() == [0.0] * len(w)
        else:
            assert_close(direction[name].flatten(1).norm(dim=1), w.flatten(1).norm(dim=1))


def test_that_it_is_the_published_normalization():
    parameters, noise = point(shapes=CNN), KeyedNoise(1)
    raw = {
        name: noise.normal(Stream.PROBE, 1, f"landscape direction/{name}", w.shape, w.dtype)
        for name, w in parameters.items()
    }
    assert_close(random_direction(parameters, noise, 1, "filter"), plain_filter_normalized(parameters, raw))


def test_that_layer_normalization_gives_each_tensor_its_own_norm():
    parameters = point()
    direction = random_direction(parameters, KeyedNoise(1), 0, "layer")
    assert_close(direction["w"].norm(), parameters["w"].norm())
    assert direction["b"].abs().max() == 0


def test_that_rescaling_a_relu_network_rescales_the_direction_with_it():
    parameters = point()
    scaled = {"w": 4 * parameters["w"], "b": 4 * parameters["b"], "v": parameters["v"] / 4}
    direction = random_direction(parameters, KeyedNoise(1), 0, "filter")
    other = random_direction(scaled, KeyedNoise(1), 0, "filter")
    assert_close(other["w"], 4 * direction["w"])
    assert_close(other["v"], direction["v"] / 4)


def test_that_directions_are_functions_of_seed_and_number():
    parameters = point()

    def direction(seed, number):
        return random_direction(parameters, KeyedNoise(seed), number, "filter")["w"]

    assert torch.equal(direction(1, 0), direction(1, 0))
    assert not torch.equal(direction(1, 0), direction(1, 1))
    assert not torch.equal(direction(1, 0), direction(2, 0))


def test_that_smoothing_draws_reach_every_parameter():
    draw = smoothing_draw(point(), KeyedNoise(0), 3)
    assert all(0.5 < float(part.std()) < 2 for part in draw.values())
    assert torch.equal(draw["w"], smoothing_draw(point(seed=9), KeyedNoise(0), 3)["w"])
