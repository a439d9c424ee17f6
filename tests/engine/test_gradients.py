"""The hand-written and the vmapped gradients against autograd, one member at a time."""

import itertools

import pytest
import torch

from wnin_desktop.engine import gemm
from wnin_desktop.engine.cohort.block import Block
from wnin_desktop.engine.cohort.gradients.autograd import AutogradGradients
from wnin_desktop.engine.cohort.gradients.mlp import COPY_LIMIT, MlpGradients
from wnin_desktop.engine.cohort.gradients.vmapped import VmappedGradients
from wnin_desktop.engine.nets.mlp import Mlp
from wnin_desktop.schema.network import MlpConfig

INPUTS, CLASSES, ROWS = 12, 5, 9


def _blocks(module, members):
    shapes = {name: tuple(p.shape) for name, p in module.named_parameters()}
    generator = torch.Generator().manual_seed(3)
    theta = Block(shapes, members, torch.device("cpu"))
    theta.flat.copy_(0.3 * torch.randn(theta.flat.shape, generator=generator))
    return theta, Block(shapes, members, torch.device("cpu"))


def _batch(groups, inputs=INPUTS):
    generator = torch.Generator().manual_seed(5)
    x = torch.randn(groups, ROWS, inputs, generator=generator)
    return x, torch.randint(CLASSES, (groups, ROWS), generator=generator)


def _one_by_one(config, theta, x, y, arms, seeds, inputs=INPUTS):
    """Losses and gradients of every member through autograd."""
    losses, gradients = [], []
    for member in range(arms * seeds):
        module = Mlp(inputs, CLASSES, config)
        one, out = _blocks(module, 1)
        for name in one.views:
            one[name][0].copy_(theta[name][member])
        group = member if x.shape[0] == arms * seeds else member % seeds
        losses.append(AutogradGradients(module).gradients(one, x[group][None], y[group][None], out)[0])
        gradients.append({name: view[0].clone() for name, view in out.views.items()})
    return torch.stack(losses), gradients


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu", "silu"])
@pytest.mark.parametrize(
    ("hidden", "arms", "seeds", "groups"),
    [((), 3, 1, 1), ((7,), 3, 1, 1), ((7, 6), 1, 4, 4), ((7, 6, 4), 3, 2, 2), ((7,), 3, 2, 6)],
)
def test_that_the_stacked_mlp_has_the_gradients_of_autograd(activation, hidden, arms, seeds, groups):
    config = MlpConfig(hidden=hidden, activation=activation)
    theta, out = _blocks(Mlp(INPUTS, CLASSES, config), arms * seeds)
    x, y = _batch(groups)
    losses, gradients = _one_by_one(config, theta, x, y, arms, seeds)
    engine = MlpGradients(len(hidden) + 1, activation, arms, seeds)
    for _ in range(2):  # the second time memory of the first is used again
        found = engine.gradients(theta, x, y, out)
        torch.testing.assert_close(found, losses, rtol=1e-5, atol=1e-6)
        for member, name in itertools.product(range(arms * seeds), out.views):
            torch.testing.assert_close(out[name][member], gradients[member][name], rtol=1e-4, atol=1e-6)


def test_that_a_large_batch_is_not_copied_for_each_arm_and_still_right():
    inputs = COPY_LIMIT // ROWS // 2
    config = MlpConfig(hidden=(4,))
    theta, out = _blocks(Mlp(inputs, CLASSES, config), 4)
    x, y = _batch(2, inputs)
    losses, gradients = _one_by_one(config, theta, x, y, 2, 2, inputs)
    found = MlpGradients(2, "relu", 2, 2).gradients(theta, x, y, out)
    torch.testing.assert_close(found, losses, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(
        out["layers.0.weight"][3], gradients[3]["layers.0.weight"], rtol=1e-3, atol=1e-4
    )


@pytest.mark.parametrize("groups", [2, 6])
def test_that_vmapped_gradients_are_those_of_autograd(groups):
    config = MlpConfig(hidden=(7,), activation="gelu", normalization="layer")
    theta, out = _blocks(Mlp(INPUTS, CLASSES, config), 6)
    x, y = _batch(groups)
    losses, gradients = _one_by_one(config, theta, x, y, 3, 2)
    found = VmappedGradients(Mlp(INPUTS, CLASSES, config), 3).gradients(theta, x, y, out)
    torch.testing.assert_close(found, losses, rtol=1e-5, atol=1e-6)
    for member, name in itertools.product(range(6), out.views):
        torch.testing.assert_close(out[name][member], gradients[member][name], rtol=1e-4, atol=1e-6)


def test_that_scores_of_all_engines_agree_over_several_chunks():
    config = MlpConfig(hidden=(7,))
    theta, _ = _blocks(Mlp(INPUTS, CLASSES, config), 3)
    x, y = torch.randn(5000, INPUTS), torch.randint(CLASSES, (5000,))
    stacked = MlpGradients(2, "relu", 3, 1).scores(theta, x, y)
    mapped = VmappedGradients(Mlp(INPUTS, CLASSES, config), 3).scores(theta, x, y)
    torch.testing.assert_close(stacked.loss, mapped.loss, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(stacked.accuracy, mapped.accuracy)


def test_that_the_chosen_library_multiplies_in_fp32():
    a, b = torch.randn(64, 784), torch.randn(784, 64)
    with gemm.using(gemm.fastest()):
        product = a @ b
    exact = a.double() @ b.double()
    assert float((product.double() - exact).norm() / exact.norm()) <= gemm.LARGEST_ERROR


def test_that_the_switch_is_put_back():
    settings = torch.backends.mkldnn.matmul
    before = settings.fp32_precision
    with pytest.raises(ValueError, match="inside"), gemm.using("onednn"):
        raise ValueError("inside")
    assert settings.fp32_precision == before


def test_that_a_library_that_rounds_to_bfloat16_is_refused(monkeypatch):
    gemm.fastest.cache_clear()
    real = torch.Tensor.__matmul__

    def rounded(a, b):
        return real(a.bfloat16(), b.bfloat16()).float() if a.dtype == torch.float32 else real(a, b)

    monkeypatch.setattr(torch.Tensor, "__matmul__", rounded)
    assert gemm.fastest() == "default"
    monkeypatch.undo()
    gemm.fastest.cache_clear()
