import math

import pytest
import torch
from torch import nn
from torch.func import functional_call, grad, vmap

from tests.engine.nets.make import sequences, task_of
from wnin_desktop.engine.nets.build import build_network
from wnin_desktop.engine.nets.gru import GruLayer
from wnin_desktop.engine.nets.initial import initial_parameters, initialize
from wnin_desktop.engine.nets.loss import loss
from wnin_desktop.engine.nets.normalization import group_count, mixes_examples
from wnin_desktop.engine.nets.transformer import Attention
from wnin_desktop.errors import InputError
from wnin_desktop.noise.keyed import KeyedNoise
from wnin_desktop.schema.network import (
    CharTransformerConfig,
    CnnConfig,
    GruConfig,
    MlpConfig,
    Resnet18Config,
    VitConfig,
)

CASES = {
    "mlp": (MlpConfig(hidden=(8,)), task_of()),
    "mlp_norm": (MlpConfig(hidden=(8, 8), normalization="layer", activation="tanh"), task_of(shape=(5,))),
    "cnn": (CnnConfig(channels=(4, 4), hidden=8), task_of()),
    "cnn_group": (CnnConfig(channels=(4, 8), hidden=8, normalization="group", activation="silu"), task_of()),
    "resnet18_group": (Resnet18Config(width=4, normalization="group"), task_of(shape=(3, 8, 8))),
    "vit": (VitConfig(), task_of()),
    "gru": (GruConfig(embedding=4, hidden=6, layers=2), sequences()),
    "char_transformer": (CharTransformerConfig(width=8, heads=2, depth=2), sequences()),
}
BATCH_NORM = {
    "cnn_batch": (CnnConfig(channels=(4,), hidden=8, normalization="batch"), task_of()),
    "resnet18_batch": (Resnet18Config(width=4), task_of()),
}


def made(name, seed=0):
    config, task = (CASES | BATCH_NORM)[name]
    return initialize(build_network(config, task), KeyedNoise(seed)), task


def loss_of(network, task):
    x = task.train.x.double() if task.kind == "classification" else task.train.x
    return lambda parameters: loss(functional_call(network, parameters, (x,)), task.train.y)


def start_of(network, seed=0):
    return {key: value.double() for key, value in initial_parameters(network, KeyedNoise(seed)).items()}


@pytest.mark.parametrize("name", CASES | BATCH_NORM)
def test_that_logits_have_one_entry_per_class(name):
    network, task = made(name)
    lead = task.train.y.shape
    assert network(task.train.x).shape == (*lead, task.classes)


@pytest.mark.parametrize("name", CASES | BATCH_NORM)
def test_that_the_first_loss_is_near_that_of_guessing(name):
    network, task = made(name)
    start = loss(network(task.train.x), task.train.y).item()
    assert abs(start - math.log(task.classes)) < 2.5


@pytest.mark.parametrize("name", CASES)
def test_that_stacked_members_have_the_gradients_they_have_alone(name):
    network, task = made(name)
    alone = [start_of(network, seed) for seed in range(3)]
    stacked = {key: torch.stack([start[key] for start in alone]) for key in alone[0]}
    together = vmap(grad(loss_of(network, task)))(stacked)
    for index, start in enumerate(alone):
        own = grad(loss_of(network, task))(start)
        for key, value in own.items():
            torch.testing.assert_close(together[key][index], value, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", CASES)
def test_that_curvature_can_be_taken_twice_through_the_network(name):
    network, task = made(name)
    start, value = start_of(network), loss_of(network, task)
    direction = {key: torch.sin(torch.arange(p.numel()).double()).view_as(p) for key, p in start.items()}

    def slope(parameters):
        gradient = grad(value)(parameters)
        return torch.stack([(gradient[key] * direction[key]).sum() for key in gradient]).sum()

    product = grad(slope)(start)
    step = 1e-6
    ahead = grad(value)({key: p + step * direction[key] for key, p in start.items()})
    behind = grad(value)({key: p - step * direction[key] for key, p in start.items()})
    for key, exact in product.items():
        torch.testing.assert_close(exact, (ahead[key] - behind[key]) / (2 * step), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", CASES | BATCH_NORM)
def test_that_the_same_seed_gives_the_same_start_whatever_torchs_generator_does(name):
    torch.manual_seed(1)
    first, _ = made(name)
    torch.manual_seed(2)
    second, _ = made(name)
    other, _ = made(name, seed=1)
    for key, value in first.state_dict().items():
        assert value.equal(second.state_dict()[key])
    assert any(not p.equal(q) for p, q in zip(first.parameters(), other.parameters(), strict=True))


def test_that_building_leaves_torchs_generator_alone():
    torch.manual_seed(5)
    expected = torch.randn(3)
    torch.manual_seed(5)
    build_network(*CASES["mlp"])
    assert torch.randn(3).equal(expected)


@pytest.mark.parametrize("name", CASES | BATCH_NORM)
def test_that_biases_start_at_zero_and_norm_weights_at_one(name):
    network, _ = made(name)
    for key, value in network.named_parameters():
        if "bias" in key:
            assert not value.any()
        elif "norm" in key or value.ndim == 1:
            assert value.eq(1).all()
        else:
            assert value.std() > 0


@pytest.mark.parametrize("name", CASES | BATCH_NORM)
def test_that_every_declared_spread_is_that_of_a_tensor_and_is_met(name):
    network, _ = made(name)
    stds, parameters = network.initial_std(), dict(network.named_parameters())
    for key, std in stds.items():
        # The sample variance of n normals has a relative standard error of sqrt(2 / n); 5 of them.
        variance = parameters[key].detach().square().mean().item()
        assert abs(variance / std**2 - 1) < 5 * math.sqrt(2 / parameters[key].numel())


@pytest.mark.parametrize("name", ["resnet18_group", "vit", "char_transformer"])
def test_that_every_weight_matrix_of_a_deep_network_declares_its_spread(name):
    network, _ = made(name)
    matrices = {key for key, value in network.named_parameters() if value.ndim >= 2}
    assert matrices == set(network.initial_std())


def count_of(config, shape, classes):
    with torch.device("meta"):
        network = build_network(config, task_meta(shape, classes))
    return sum(p.numel() for p in network.parameters())


def task_meta(shape, classes):
    task = task_of(shape=(1, 8, 8))
    return type(task)(**{**vars(task), "input_shape": shape, "classes": classes})


def test_that_vit_b16_has_the_published_size():
    # The number of parameters at 224 x 224 and 1000 classes, 86.6 M.
    assert count_of(VitConfig(preset="b16"), (3, 224, 224), 1000) == 86_567_656


def test_that_resnet18_has_the_known_size_of_its_small_image_form():
    assert count_of(Resnet18Config(), (3, 32, 32), 10) == 11_173_962


def test_that_a_network_on_no_device_can_still_say_its_start():
    with torch.device("meta"):
        network = build_network(CnnConfig(), task_meta((1, 8, 8), 10))
    here, _ = initialize(build_network(CnnConfig(), task_of()), KeyedNoise(4)), None
    start = initial_parameters(network, KeyedNoise(4))
    assert all(start[key].equal(value) for key, value in here.named_parameters())


@pytest.mark.parametrize("side", [8, 28, 32, 29, 224])
def test_that_the_default_patch_divides_the_image(side):
    network = build_network(VitConfig(), task_meta((1, side, side), 10))
    patch = network.embedding.kernel_size[0]
    assert {8: 2, 28: 4, 32: 4, 29: 29, 224: 28}[side] == patch


def test_that_later_tokens_do_not_change_earlier_predictions():
    for name in ("gru", "char_transformer"):
        network, task = made(name)
        changed = task.train.x.clone()
        changed[:, 3] = (changed[:, 3] + 1) % task.classes
        before, after = network(task.train.x), network(changed)
        torch.testing.assert_close(before[:, :3], after[:, :3])
        assert not torch.allclose(before[:, 3:], after[:, 3:])


def test_that_the_written_out_recurrence_is_torchs_own():
    layer, oracle = GruLayer(3, 4), nn.GRU(3, 4, batch_first=True)
    layer.load_state_dict(
        {
            "input.weight": oracle.weight_ih_l0,
            "input.bias": oracle.bias_ih_l0,
            "state.weight": oracle.weight_hh_l0,
            "state.bias": oracle.bias_hh_l0,
        }
    )
    x = torch.randn(2, 7, 3)
    torch.testing.assert_close(layer(x), oracle(x)[0])


@pytest.mark.parametrize("causal", [False, True])
def test_that_the_written_out_attention_is_the_fused_one(causal):
    attention = Attention(12, 3, causal=causal)
    x = torch.randn(2, 5, 12)
    q, k, v = (part.reshape(2, 5, 3, 4).transpose(1, 2) for part in attention.query_key_value(x).chunk(3, -1))
    mixed = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
    torch.testing.assert_close(attention(x), attention.output(mixed.transpose(1, 2).reshape(2, 5, 12)))


def test_that_batch_norm_is_recognized_and_its_statistics_are_reset():
    network, task = made("resnet18_batch")
    network(task.train.x)
    assert mixes_examples(network)
    assert network.stem_norm.running_mean.any()
    initialize(network, KeyedNoise(0))
    assert not network.stem_norm.running_mean.any()
    assert not any(mixes_examples(made(name)[0]) for name in CASES)


@pytest.mark.parametrize("channels", [1, 3, 4, 6, 18, 64, 100, 512])
def test_that_groups_divide_the_channels(channels):
    groups = group_count(channels)
    assert channels % groups == 0
    assert groups <= 32
    assert groups == 1 or channels // groups >= 4


@pytest.mark.parametrize(
    ("config", "task", "field"),
    [
        (CnnConfig(channels=(4, 4, 4, 4)), task_of(), "network.channels"),
        (VitConfig(patch=3), task_of(), "network.patch"),
        (VitConfig(preset="b16"), task_of(), "network.patch"),
        (CnnConfig(), task_of(shape=(40,)), "network.kind"),
        (Resnet18Config(), sequences(), "network.kind"),
        (VitConfig(), task_of(shape=(40,)), "network.kind"),
        (GruConfig(), task_of(), "network.kind"),
        (CharTransformerConfig(), task_of(), "network.kind"),
        (MlpConfig(), sequences(), "network.kind"),
    ],
)
def test_that_a_network_that_cannot_read_the_inputs_names_the_field(config, task, field):
    with pytest.raises(InputError) as caught:
        build_network(config, task)
    assert [problem.field for problem in caught.value.problems] == [field]
    assert "\n" not in str(caught.value)
