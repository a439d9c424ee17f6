import math
from pathlib import Path

import pytest
import torch

import optimizers.adamw
import optimizers.sgd
import optimizers.sgld
import optimizers.template
from wnin_desktop.engine.optimizers import registry
from wnin_desktop.engine.optimizers.conformance import certify
from wnin_desktop.engine.optimizers.loader import load_registry
from wnin_desktop.engine.optimizers.registry import Hyper, OptimizerContext, OptimizerRegistry
from wnin_desktop.engine.plugin_check import environment
from wnin_desktop.engine.plugins import TrustStore
from wnin_desktop.errors import InputError, PluginError


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


def spec_of(factory, name="mine", **declared):
    with OptimizerRegistry.collecting() as collected:
        OptimizerRegistry.register(name, factory, **declared)
    return collected[name]


def descent(
    params, lr=0.5, momentum: float = 0, nesterov=False, flavour="plain", betas=(0.9, 0.99), start=None
):
    """Go down."""
    return torch.optim.SGD(params, lr=lr, momentum=momentum, nesterov=nesterov)


def test_that_hyper_parameters_are_read_from_the_signature():
    hyper = spec_of(descent).hyper
    kinds = {name: field.annotation for name, field in hyper.model_fields.items()}
    assert kinds == {"lr": float, "momentum": float, "nesterov": bool, "flavour": str}
    assert hyper.model_fields["lr"].default == 0.5


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        (
            {"momentun": 0.9},
            "optimizer.params.momentun: 0.9 is not accepted; mine has: momentum, nesterov, flavour",
        ),
        ({"lr": 0.1}, "optimizer.params.lr: 0.1 is not accepted; it is given as optimizer.lr"),
        ({"momentum": "high"}, "optimizer.params.momentum: 'high' is not accepted"),
        ({"nesterov": 3}, "optimizer.params.nesterov: 3 is not accepted"),
    ],
)
def test_that_a_wrong_hyper_parameter_is_one_sentence(params, sentence):
    with pytest.raises(InputError) as caught:
        spec_of(descent).hyper_parameters(0.1, params)
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("lr", [0.0, -1.0, math.nan, math.inf, "fast"])
def test_that_a_wrong_learning_rate_names_its_own_field(lr):
    with pytest.raises(InputError, match=r"^optimizer\.lr: "):
        OptimizerRegistry.of_module("optimizers.sgd")[0].hyper_parameters(lr, {})


def test_that_a_required_argument_is_a_required_hyper_parameter():
    spec = spec_of(required)
    with pytest.raises(InputError, match=r"optimizer\.params\.strength"):
        spec.hyper_parameters(0.1, {})


def required(params, lr: float, strength: float):
    return torch.optim.SGD(params, lr=lr * strength)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"name": "a b"}, "'a b' is not accepted"),
        ({"name": "0"}, "'0' is not accepted"),
        ({"factory": 3}, "which cannot be called"),
        ({"factory": lambda params: None}, "must accept lr"),
        ({"factory": lambda: None}, "must accept the parameters"),
        ({"factory": lambda params, lr: 1 / 0}, "could not be built: ZeroDivisionError"),
        ({"factory": lambda params, lr: None}, "returned NoneType, not a torch optimizer"),
        ({"batching": "some"}, "'some' is not elementwise, stacked or member"),
        ({"batching": "stacked"}, "needs hyper="),
        ({"samples": True}, "needs the hyper-parameter temperature"),
        ({"hyper": dict}, "must be a Config class"),
    ],
)
def test_that_a_contradictory_declaration_is_refused(arguments, sentence):
    given = {"name": "mine", "factory": descent} | arguments
    with pytest.raises(PluginError, match=sentence):
        spec_of(**given).build([("w", torch.ones(2))], 0.1)


def test_that_one_file_cannot_use_a_name_twice():
    with OptimizerRegistry.collecting():
        OptimizerRegistry.register("mine", descent)
        with pytest.raises(PluginError, match="registered twice"):
            OptimizerRegistry.register("mine", descent)


def test_that_collecting_leaves_the_registry_alone():
    before = dict(registry._imported)
    spec_of(descent)
    assert registry._imported == before


def test_that_an_optimizer_without_members_is_stepped_once_per_member():
    stacked = torch.ones(3, 2, requires_grad=True)
    optimizer = spec_of(descent).build([("w", stacked)], 0.5, {"momentum": 0.9}, OptimizerContext(members=3))
    stacked.grad = torch.tensor([[1.0, 1.0], [2.0, 2.0], [0.0, 0.0]])
    optimizer.step()
    optimizer.step()
    expected = 1 - 0.5 * stacked.grad * (1 + 1.9)
    torch.testing.assert_close(stacked.detach(), expected)
    assert len(optimizer.state_dict()["state"]) == 3


def test_that_the_loop_follows_a_tensor_that_gets_new_memory():
    stacked = torch.ones(2, 2, requires_grad=True)
    optimizer = spec_of(descent).build([("w", stacked)], 0.5, None, OptimizerContext(members=2))
    stacked.data = torch.full((2, 2), 5.0)
    stacked.grad = torch.ones(2, 2)
    optimizer.step()
    assert torch.equal(stacked.detach(), torch.full((2, 2), 4.5))


def test_that_noise_reaches_each_member_of_a_loop_from_its_own_slice():
    class Shaken(torch.optim.Optimizer):
        def __init__(self, groups, hyper, context):
            super().__init__(groups, dict(hyper))
            self.context = context

        def step(self, closure=None):
            (group,) = self.param_groups
            (p,) = group["params"]
            p.data += self.context.normal("w", p)

    stacked = torch.zeros(3, 2, requires_grad=True)
    draw = torch.arange(6.0).view(3, 2)
    asked = []
    context = OptimizerContext(members=3, normal=lambda name, like: asked.append(like.shape) or draw)
    spec_of(Shaken, hyper=Hyper).build([("w", stacked)], 0.5, None, context).step()
    assert torch.equal(stacked.detach(), draw)
    assert asked == [torch.Size([3, 2])]


def test_that_without_an_offer_a_draw_is_refused():
    (sgld,) = OptimizerRegistry.of_module("optimizers.sgld")
    weight = torch.ones(2, requires_grad=True)
    weight.grad = torch.ones(2)
    optimizer = sgld.build([("w", weight)], 0.1)
    with pytest.raises(PluginError, match="asks for a normal draw for 'w'"):
        optimizer.step()


def test_that_the_template_registers_nothing_and_its_copy_passes_every_law(tmp_path):
    text = Path(optimizers.template.__file__).read_text()
    assert "template_copy" not in load_registry().names()
    folder, store = tmp_path / "plugins", TrustStore(tmp_path / "trusted.json")
    folder.mkdir()
    (folder / "mine.py").write_text(text)
    store.remember_try(store.trust(folder / "mine.py"), environment())
    certificate = certify(load_registry(folder, store).get("template_copy"))
    assert certificate.passed, certificate.failed
