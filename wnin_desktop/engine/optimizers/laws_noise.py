"""Laws of the conformance certificate on randomness: replay, spread of noise, temperature of samplers."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from wnin_desktop.engine.optimizers.laws import LawBroken, Subject, gradients
from wnin_desktop.engine.optimizers.walk import apart, default_lr, keyed, random_tensors, same_bits

SPREAD = 4.5
"""Standard errors that a measured value may be away from the stated one."""


def replay(subject: Subject) -> str:
    """The same start, gradients and draws give the same bits: no randomness but the offered draws."""
    ends = []
    for _ in range(2):
        walk = subject.walk(random_tensors(1, dtype=torch.float32))
        for gradient in gradients(dtype=torch.float32):
            walk.step(gradient)
        ends.append(walk.where())
    if not same_bits(*ends):
        raise LawBroken(
            f"two equal runs differ by {apart(*ends):.1e}: there is noise that cannot be replayed"
        )
    return "two runs agree to the bit"


def noise_spread(subject: Subject) -> str:
    """The noise that a step adds has the standard deviation that was declared, at two learning rates."""
    found = []
    for factor in (1.0, 4.0):
        lr = default_lr(subject.spec) * factor
        declared, measured = _spreads(subject, lr)
        n = measured.numel()
        if not bool((declared > 0).any()):
            if bool(measured.any()):
                raise LawBroken(f"no noise is declared, and it adds some of {float(measured.std()):.1e}")
            return "no noise declared, none found"
        ratio = float((measured / declared).std())
        if not abs(ratio - 1) < SPREAD / math.sqrt(2 * n):
            raise LawBroken(f"at h = {lr:g} the noise is {ratio:.3f} times the declared one")
        found.append(f"{ratio:.4f}")
    return f"measured / declared = {' and '.join(found)}, standard error {1 / math.sqrt(2 * n):.4f}"


def _spreads(subject: Subject, lr: float) -> tuple[Tensor, Tensor]:
    """Return declared standard deviations and measured noise of one step, from two draws that differ."""
    generator = torch.Generator().manual_seed(5)
    start = {"hidden.weight": torch.zeros(200, 200, dtype=torch.float64)}
    gradient = torch.randn(200, 200, generator=generator, dtype=torch.float64)
    params = {**subject.params, **subject.spec.noise_params}
    ends = []
    for seed in (1, 2):
        walk = subject.walk(start, params, lr=lr, draw=keyed(seed))
        walk.step({"hidden.weight": gradient})
        ends.append(walk.where()["hidden.weight"])
    measured = (ends[0] - ends[1]) / math.sqrt(2)
    hyper = subject.spec.hyper_parameters(lr, params)
    stated = 0.0 if subject.spec.update_noise is None else subject.spec.update_noise(hyper, gradient)
    return torch.as_tensor(stated, dtype=torch.float64).expand_as(measured), measured


OU_CHAINS = 20_000
OU_CURVATURE = 1.3
OU_TEMPERATURE = 0.7
OU_LR = 0.01


def temperature(subject: Subject) -> str:
    """On L = k x^2 / 2 a sampler comes to the variance T / k, from a start without any."""
    params = {**subject.params, **subject.spec.equilibrium_params, "temperature": OU_TEMPERATURE}
    start = {"hidden.weight": torch.zeros(OU_CHAINS, 1, dtype=torch.float64)}
    walk = subject.walk(start, params, lr=OU_LR)
    for _ in range(math.ceil(5 / (OU_CURVATURE * OU_LR))):
        walk.step({"hidden.weight": OU_CURVATURE * walk.tensors["hidden.weight"].detach()})
    measured = float(walk.where()["hidden.weight"].var()) * OU_CURVATURE
    error = OU_TEMPERATURE * math.sqrt(2 / OU_CHAINS)
    # A step of this size may add up to 2 %: schemes differ in that, and it is not what is tested here.
    allowed = SPREAD * error + 0.02 * OU_TEMPERATURE
    if not abs(measured - OU_TEMPERATURE) < allowed:
        raise LawBroken(f"set to T = {OU_TEMPERATURE}, it comes to {measured:.3f} +- {error:.3f}")
    return f"T = {OU_TEMPERATURE} set, {measured:.3f} +- {error:.3f} found"
