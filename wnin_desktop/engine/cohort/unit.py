"""A unit: arms x seeds stepped together on one block of parameters.

In the fast mode a unit holds many members; in the reproducible mode each member is a unit of its own, which
is why its numbers cannot depend on its company. For the same reason an arm whose optimizer failed keeps its
rows, its signals and its noise: only its optimizer no longer steps.

Order of one step: signals -> batch -> input and label noise -> parameter jitter -> gradient -> norms ->
clipping -> gradient noise -> optimizer -> SGLD kick. Gradients are measured before anything touches them.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

import torch
from torch import Tensor

from wnin_desktop.engine.audit import RunAudits
from wnin_desktop.engine.cohort.arm import Arm, add_scaled
from wnin_desktop.engine.cohort.batches import Batches
from wnin_desktop.engine.cohort.block import Block, Shapes, squared_norms
from wnin_desktop.engine.cohort.draws import PARAMETERS, Draws
from wnin_desktop.engine.cohort.gradients import GradientEngine, Scores
from wnin_desktop.noise.keyed import Kind, Stream
from wnin_desktop.noise.modes import corrupt_labels, is_weight, jitter_inputs, jitter_parameters, other_class
from wnin_desktop.noise.temperature import Signal


@dataclass
class StepRecord:
    """What one step of a unit measured.

    Tensors are `[members]` on the unit's device and are read later, together.

    `signals` and `lrs` hold per arm one entry, or one a seed in a closed loop. Norms are None where not due.
    """

    step: int
    timestamp: float
    loss: Tensor
    signals: list[list[Signal]]
    lrs: list[list[float]]
    own_temperatures: list[float | None]
    grad_norm: Tensor | None = None
    update_norm: Tensor | None = None
    noise_to_signal: dict[int, Tensor] = field(default_factory=dict)
    """By arm position: `[seeds]`."""
    validation: Scores | None = None
    train: Scores | None = None


class Unit:
    """Members `arms x seeds`, member m = arm * seeds + seed, with their parameters and optimizers."""

    def __init__(
        self,
        arms: list[Arm],
        shapes: Shapes,
        engine: GradientEngine,
        batches: Batches,
        draws: Draws,
        device: torch.device,
        classes: int,
    ) -> None:
        self.arms = arms
        self.engine = engine
        self.batches = batches
        self.draws = draws
        self.classes = classes
        members = sum(arm.seeds for arm in arms)
        self.theta = Block(shapes, members, device, channels_last=engine.channels_last)
        self.gradient = self.theta.like()
        self._scratch: Block | None = None
        self._weights = [name for name, shape in shapes.items() if is_weight(name, len(shape))]
        self._clip = self._clip_limits(device)
        self.audit: RunAudits | None = None
        self.numbers: tuple[int, ...] = tuple(range(members))
        """Each row's member number in the comparison."""
        for arm in arms:
            arm.build_optimizers(self.theta, self.gradient, draws)

    @property
    def is_over(self) -> bool:
        """Whether every arm has failed, so that nothing here moves any more."""
        return all(arm.failure is not None for arm in self.arms)

    @property
    def members(self) -> int:
        """Number of members."""
        return self.theta.members

    @property
    def scratch(self) -> Block:
        """A block of the same shape, for copies; made when first needed."""
        if self._scratch is None:
            self._scratch = self.theta.like()
        return self._scratch

    def _clip_limits(self, device: torch.device) -> Tensor | None:
        limits = [arm.config.optimizer.clip_norm for arm in self.arms for _ in range(arm.seeds)]
        if not any(limits):
            return None
        return torch.tensor([limit or float("inf") for limit in limits], device=device)

    @torch.no_grad()
    def step(self, step: int, *, norms: bool) -> StepRecord:
        """Take the update after `step` finished steps; with `norms`, measure them too."""
        for arm in self.arms:
            arm.tune(step)
        record = StepRecord(
            step=step + 1,
            timestamp=time.time(),
            loss=self._differentiate(step),
            signals=[arm.signals for arm in self.arms],
            lrs=[arm.lrs for arm in self.arms],
            own_temperatures=[arm.own_temperature() for arm in self.arms],
        )
        self._measure_and_clip(record, norms)
        self._disturb_gradients(step, record, norms)
        if norms:
            self.scratch.flat.copy_(self.theta.flat)
        for arm in self.arms:
            arm.step()
            if arm.draws_inside and not arm.failure:
                self._note(arm, Stream.OPTIMIZER, step, PARAMETERS, self.draws.flat(Stream.OPTIMIZER))
        self._kick(step, record, norms)
        if norms:
            record.update_norm = squared_norms(self._change(0, self.members)).sqrt_()
        return record

    def _differentiate(self, step: int) -> Tensor:
        x, y = self._noisy_batch(step)
        jittered = [arm for arm in self.arms if arm.mode == "parameter_jitter"]
        if not jittered:
            return self._gradients(x, y)
        # The weights come back from a copy: adding and subtracting the same noise would drift.
        self.scratch.flat.copy_(self.theta.flat)
        eps = self.draws.parameters(Stream.PARAMETER_JITTER, step)
        for arm in jittered:
            self._note(
                arm, Stream.PARAMETER_JITTER, step, PARAMETERS, self.draws.flat(Stream.PARAMETER_JITTER)
            )
            for name in self._weights:
                weight = self.theta[name][arm.low : arm.high]
                weight.copy_(jitter_parameters(weight, arm.amplitude(), eps[name], member_axis=True))
        loss = self._gradients(x, y)
        self.theta.flat.copy_(self.scratch.flat)
        return loss

    def _gradients(self, x: Tensor, y: Tensor) -> Tensor:
        with torch.enable_grad():
            return self.engine.gradients(self.theta, x, y, self.gradient)

    def _noisy_batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Return the batch; per member where some arm disturbs inputs or labels, else shared by the arms."""
        x, y = self.batches.at(step)
        modes = {arm.mode for arm in self.arms}
        if "input_jitter" in modes:
            eps = self.draws.inputs(step, tuple(x.shape[1:]))
            for arm in self._with("input_jitter"):
                self._note(arm, Stream.INPUT_JITTER, step, "x", eps)
            x = torch.cat(
                [
                    jitter_inputs(x, arm.amplitude(), eps) if arm.mode == "input_jitter" else x
                    for arm in self.arms
                ]
            )
        if "label_corrupt" in modes:
            which, draw = self.draws.labels(step, tuple(y.shape[1:]), self.classes - 1)
            for arm in self._with("label_corrupt"):
                self._note(arm, Stream.LABEL_CORRUPT, step, "which", which, "uniform")
                self._note(arm, Stream.LABEL_CORRUPT, step, "to", draw, "integers", self.classes - 1)
            wrong = other_class(y, draw, self.classes)
            y = torch.cat(
                [
                    corrupt_labels(y, arm.amplitude(), which, wrong) if arm.mode == "label_corrupt" else y
                    for arm in self.arms
                ]
            )
        return x, y

    def _measure_and_clip(self, record: StepRecord, norms: bool) -> None:
        if not norms and self._clip is None:
            return
        norm = self.gradient.squared_norms().sqrt_()
        if norms:
            record.grad_norm = norm
        if self._clip is not None:
            factor = (self._clip / norm.clamp_min(1e-30)).clamp_max(1.0)
            for view in self.gradient.views.values():
                view.mul_(factor.view(-1, *[1] * (view.dim() - 1)))

    def _disturb_gradients(self, step: int, record: StepRecord, norms: bool) -> None:
        for position, arm in enumerate(self.arms):
            if arm.mode != "gradient_gaussian":
                continue
            eps = list(self.draws.parameters(Stream.GRADIENT, step).values())
            self._note(arm, Stream.GRADIENT, step, PARAMETERS, self.draws.flat(Stream.GRADIENT))
            rows, sigma = self.gradient.rows(arm.low, arm.high), arm.amplitude()
            if norms:
                record.noise_to_signal[position] = sigma * (squared_norms(eps) / squared_norms(rows)).sqrt_()
            add_scaled(rows, eps, sigma)

    def _kick(self, step: int, record: StepRecord, norms: bool) -> None:
        """Add sqrt(2 h T) eps after the drift and outside its momentum, or T is not what it says."""
        for position, arm in enumerate(self.arms):
            if arm.mode != "sgld" or arm.failure is not None:
                continue
            eps = list(self.draws.parameters(Stream.SGLD, step).values())
            self._note(arm, Stream.SGLD, step, PARAMETERS, self.draws.flat(Stream.SGLD))
            scale = _kick_scale(arm)
            if norms:
                drift = squared_norms(self._change(arm.low, arm.high))
                record.noise_to_signal[position] = scale * (squared_norms(eps) / drift).sqrt_()
            add_scaled(self.theta.rows(arm.low, arm.high), eps, scale)

    def _with(self, mode: str) -> list[Arm]:
        return [arm for arm in self.arms if arm.mode == mode]

    def _note(
        self,
        arm: Arm,
        stream: Stream,
        step: int,
        name: str,
        rows: Tensor,
        kind: Kind = "normal",
        high: int | None = None,
    ) -> None:
        """Write a draw `[seeds, ...]` that acts on an arm into its runs' audit logs, where these are kept."""
        if self.audit is None or arm.failure is not None:
            return
        for seed in range(arm.seeds):
            amplitude = arm.signals[seed if len(arm.signals) > 1 else 0].magnitude
            own = arm.own_temperature()
            member = self.numbers[arm.low + seed]
            self.audit.record(
                member, stream, step, name, rows[seed], amplitude if own is None else own, kind, high
            )

    def _change(self, low: int, high: int) -> list[Tensor]:
        """Return this step's change of the rows `low` to `high`; `scratch` holds the parameters before it."""
        return [
            new - old
            for new, old in zip(self.theta.rows(low, high), self.scratch.rows(low, high), strict=True)
        ]


def _kick_scale(arm: Arm) -> float | Tensor:
    variance = 2 * arm.lr() * arm.amplitude()
    return variance.sqrt() if isinstance(variance, Tensor) else math.sqrt(variance)
