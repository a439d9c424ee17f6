"""AdamW, SGD and RMSprop step as torch's own, on any kernel and any memory layout."""

import pytest
import torch

from optimizers.adamw import FusedAdamW
from tests.optimizers.helpers import built, spec
from wnin_desktop.engine.optimizers.registry import OptimizerContext
from wnin_desktop.errors import InputError

PEERS = {
    "adamw": (
        torch.optim.AdamW,
        {"beta1": 0.8, "weight_decay": 0.1},
        {"betas": (0.8, 0.999), "weight_decay": 0.1},
    ),
    "sgd": (torch.optim.SGD, {"momentum": 0.9, "nesterov": True}, {"momentum": 0.9, "nesterov": True}),
    "rmsprop": (
        torch.optim.RMSprop,
        {"momentum": 0.5, "centered": True},
        {"momentum": 0.5, "centered": True},
    ),
}


def gradients(shape, count=6):
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(shape, generator=generator) for _ in range(count)]


def walked(optimizer, tensor, steps):
    for gradient in steps:
        tensor.grad.copy_(gradient)
        optimizer.step()
    return tensor.detach().clone()


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize("reproducible", [False, True])
def test_that_the_step_is_the_one_of_the_plain_loop(name, reproducible):
    peer, params, theirs = PEERS[name]
    start = torch.randn(9, 13, generator=torch.Generator().manual_seed(0))
    tensor, other = start.clone(), start.clone()
    tensor.grad, other.grad = torch.zeros(9, 13), torch.zeros(9, 13)
    ours = built(name, {"w": tensor}, 0.05, params, OptimizerContext(reproducible=reproducible))
    plain = peer([other], lr=0.05, foreach=False, **theirs)
    expected = walked(plain, other, gradients((9, 13)))
    torch.testing.assert_close(walked(ours, tensor, gradients((9, 13))), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", PEERS)
def test_that_tensors_with_gaps_between_their_numbers_are_stepped_alone(name):
    """Rows of a larger block: torch's fused kernels would write into the neighbours."""
    block = torch.randn(3, 40, generator=torch.Generator().manual_seed(0))
    slopes, untouched = torch.zeros(3, 40), block.clone()
    tensor, dense = block[:, 10:20].detach(), block[:, 10:20].clone()
    tensor.grad, dense.grad = slopes[:, 10:20], torch.zeros(3, 10)
    steps = gradients((3, 10))
    inside = walked(built(name, {"w": tensor}, 0.05, PEERS[name][1]), tensor, steps)
    torch.testing.assert_close(inside, walked(built(name, {"w": dense}, 0.05, PEERS[name][1]), dense, steps))
    assert torch.equal(block[:, :10], untouched[:, :10])
    assert torch.equal(block[:, 20:], untouched[:, 20:])


def test_that_torch_steps_the_gaps_when_nobody_looks():
    """The reason for the rule above, and the sign when torch has mended it."""
    block = torch.zeros(3, 40)
    tensor = block[:, 10:20].detach()
    tensor.grad = torch.ones(3, 40)[:, 10:20]
    torch.optim.SGD([tensor], lr=1.0, fused=True).step()
    assert block[:, 20:].any()


def test_that_nesterov_without_momentum_is_refused():
    with pytest.raises(
        InputError, match=r"^optimizer\.params\.nesterov: True is not accepted; it needs a momentum"
    ):
        spec("sgd").hyper_parameters(0.1, {"nesterov": True})


def test_that_dense_tensors_go_through_the_fused_kernels():
    optimizer = built("adamw", {"w": torch.zeros(3, 5)}, 0.1)
    assert [group["fused"] for group in optimizer.param_groups] == [True]


def test_that_the_direct_call_of_the_fused_kernel_steps_as_torch_does():
    generator = torch.Generator().manual_seed(0)
    mine = [torch.randn(7, 5, generator=generator), torch.randn(13, generator=generator)]
    theirs = [tensor.clone() for tensor in mine]
    for tensor in mine + theirs:
        tensor.grad = torch.zeros_like(tensor)
    ours = FusedAdamW([{"params": mine}], lr=0.01, fused=True)
    peer = torch.optim.AdamW(theirs, lr=0.01, fused=True)
    for step in range(24):
        if step == 9:
            ours.load_state_dict(ours.state_dict())
        if step == 15:  # a gradient that moved, as when somebody sets it anew
            mine[0].grad = torch.zeros_like(mine[0])
        if step == 19:  # and one that is missing
            mine[1].grad = theirs[1].grad = None
        for a, b in zip(mine, theirs, strict=True):
            if a.grad is not None:
                a.grad.copy_(torch.randn(a.shape, generator=generator))
                b.grad.copy_(a.grad)
        for group in ours.param_groups + peer.param_groups:
            group["lr"] = 0.01 * (1 + step % 3)
        ours.step()
        peer.step()
        assert all(torch.equal(a, b) for a, b in zip(mine, theirs, strict=True)), step
    assert [float(state["step"]) for state in ours.state.values()] == [24.0, 19.0]
