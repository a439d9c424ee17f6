"""One arm of a unit: its rows in the block, its optimizer, its temperature signal, its knobs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor

from wnin_desktop.engine.cohort.block import Block
from wnin_desktop.engine.cohort.draws import Draws
from wnin_desktop.engine.cohort.failure import Failure, costs_one_arm, is_memory, told, traced
from wnin_desktop.engine.cohort.portable import apply_optimizer_state, check_portable, optimizer_state
from wnin_desktop.engine.optimizers.registry import OptimizerContext, OptimizerSpec
from wnin_desktop.errors import InputError
from wnin_desktop.noise import schedules
from wnin_desktop.noise.keyed import Stream
from wnin_desktop.noise.temperature import LARGEST, Signal, TemperatureBus
from wnin_desktop.schema.noise import MODES_WITH_TEMPERATURE
from wnin_desktop.schema.run import LARGEST_LR, ArmConfig

LARGEST_FLOAT = torch.finfo(torch.float32).max
Amplitude = float | Tensor
"""A number for all seeds, or `[seeds]` where each seed's closed loop goes its own way."""


class Arm:
    """An arm with its S seeds, rows `low` to `high` of the unit's block.

    Its optimizer is foreign code. Whatever that raises becomes the arm's `failure`: from then on the rows
    stand still while everything around them goes on as before, so that nobody else's numbers change.
    """

    def __init__(
        self,
        config: ArmConfig,
        spec: OptimizerSpec,
        low: int,
        seeds: int,
        total_steps: int,
        device: torch.device,
    ) -> None:
        self.config = config
        self.spec = spec
        self.low, self.high, self.seeds = low, low + seeds, seeds
        self.total_steps = total_steps
        self.base_lr = config.optimizer.lr
        self._device = device
        self.is_closed_loop = config.noise.schedule.kind == "adaptive"
        loops = seeds if self.is_closed_loop else 1
        rescaled = why_no_temperature(config, spec)
        self.buses = [
            TemperatureBus(config.noise, total_steps, no_temperature=rescaled) for _ in range(loops)
        ]
        self.signals: list[Signal] = []
        self.lrs: list[float] = [self.base_lr]
        self.optimizers: list[torch.optim.Optimizer] = []
        self._step = 0
        self.finished = 0
        """Updates that came to their end."""
        self.failure: Failure | None = None
        """What ended the arm; None while it goes on."""
        self.draws_inside = False
        """Whether the optimizer has asked for draws of its own."""

    @property
    def mode(self) -> str:
        """The arm's noise mode."""
        return self.config.noise.mode

    def build_optimizers(self, theta: Block, gradients: Block, draws: Draws) -> None:
        """Make one optimizer over the stacked rows, or one a seed where the algorithm needs that.

        A single seed is always stepped without a member axis, so a run alone is the plain algorithm.
        """
        try:
            self._build(theta, gradients, draws)
        except BaseException as error:  # a plugin's code may raise anything; it costs this arm and no other
            self._fail(error, "before its first step")

    def _build(self, theta: Block, gradients: Block, draws: Draws) -> None:
        follows_own_loop = self.is_closed_loop and self.config.optimizer.lr_follows_temperature
        stacked = self.seeds > 1 and not follows_own_loop
        cells = [slice(self.low, self.high)] if stacked else list(range(self.low, self.high))
        for cell in cells:
            named = [(name, view[cell].detach()) for name, view in theta.views.items()]
            for name, tensor in named:
                tensor.grad = gradients.views[name][cell]
            context = self._context(draws, cell)
            self.optimizers.append(
                self.spec.build(named, self.base_lr, self.config.optimizer.params, context)
            )

    def _context(self, draws: Draws, cell: slice | int) -> OptimizerContext:
        row = None if isinstance(cell, slice) else cell - self.low

        def normal(name: str, like: Tensor) -> Tensor:
            self.draws_inside = True
            eps = draws.parameters(Stream.OPTIMIZER, self._step)[name]
            return (eps if row is None else eps[row]).to(like.dtype)

        # In the reproducible mode a unit is one member: there is no company its bits could depend on.
        return OptimizerContext(self.seeds if row is None else None, normal)

    def tune(self, step: int) -> None:
        """Read the signals for the update after `step` finished steps and set the learning rates."""
        self._step = step
        schedule = self.config.optimizer.lr_schedule
        own = schedules.factor(schedule, step, self.total_steps)
        followed = self.config.optimizer.lr_follows_temperature
        factors = [bus.factor(step) if followed else own for bus in self.buses]
        lrs = [self.base_lr * factor for factor in factors]
        self.signals = [bus.at(step, lr) for bus, lr in zip(self.buses, lrs, strict=True)]
        if lrs != self.lrs or step == 0:
            try:
                self._set_lrs(lrs)
            except BaseException as error:  # the groups are the plugin's; it may have changed what they hold
                self._fail(error, f"in step {step + 1}")
        self.lrs = lrs

    def _set_lrs(self, lrs: list[float]) -> None:
        reference = self.config.optimizer.lr
        for index, optimizer in enumerate(self.optimizers):
            lr = lrs[index if len(lrs) > 1 else 0]
            for group in optimizer.param_groups:
                group["lr"] = group["initial_lr"] * (lr / reference)

    def amplitude(self) -> Amplitude:
        """Return the noise amplitude of this step in the mode's unit."""
        if len(self.signals) == 1:
            return self.signals[0].magnitude
        return torch.tensor([signal.magnitude for signal in self.signals], device=self._device)

    def lr(self) -> Amplitude:
        """Return the learning rate of this step."""
        if len(set(self.lrs)) == 1:
            return self.lrs[0]
        return torch.tensor(self.lrs, device=self._device)

    def step(self) -> None:
        """Let the optimizer move the parameters by the gradients that lie in the block."""
        if self.failure is not None:
            return
        try:
            for optimizer in self.optimizers:
                optimizer.step()
        except BaseException as error:  # a plugin's code may raise anything; it costs this arm and no other
            self._fail(error, f"in step {self._step + 1}")
        else:
            self.finished = self._step + 1

    def _fail(self, error: BaseException, when: str) -> None:
        """End the arm by what its optimizer raised; raise it again where the arm is not to blame."""
        if not costs_one_arm(error, self._device):
            raise error
        text = f"optimizer {self.spec.name!r} failed {when}: {told(error)}"
        self._end(Failure(self.finished, text, traced(error)))
        if is_memory(error) and self._device.type == "cuda":
            torch.cuda.empty_cache()

    def _end(self, failure: Failure) -> None:
        self.failure = failure
        self.optimizers = []  # and with them the memory of their moments

    def record_outcome(self, seed_index: int, failed: bool) -> None:
        """Tell the closed loop of one seed how an evaluation went."""
        controller = self.buses[seed_index].controller
        if controller is not None:
            controller.record(failed)

    def has_knob(self, knob: str) -> bool:
        """Return whether turning `knob` means anything for this arm."""
        if knob == "lr":
            return True
        if knob == "temperature":
            has_one = why_no_temperature(self.config, self.spec) is None
            return self.spec.samples or (has_one and self.mode in MODES_WITH_TEMPERATURE)
        return self.mode != "none"

    def turn(self, knob: str, value: float) -> float | None:
        """Set a knob and return what it was.

        Raises:
            InputError: This arm has no such knob, or the value is out of range.
        """
        if knob == "lr":
            if not 0 < value <= LARGEST_LR:
                raise InputError.of("lr", value, f"allowed: numbers above 0, up to {LARGEST_LR:g}")
            previous, self.base_lr = self.base_lr, value
            return previous
        if knob == "temperature" and self.spec.samples:
            return self._turn_sampler(value)
        previous = [self._turn_bus(bus, knob, value) for bus in self.buses]
        return previous[0]

    def _turn_bus(self, bus: TemperatureBus, knob: str, value: float) -> float | None:
        if knob == "temperature":
            previous = bus.base_temperature
            bus.set_temperature(value)
        else:
            previous = bus.base_magnitude
            bus.set_magnitude(value)
        return previous

    def _turn_sampler(self, value: float) -> float | None:
        if not 0 <= value <= LARGEST:
            raise InputError.of("temperature", value, f"allowed: numbers from 0 to {LARGEST:g}")
        previous = self.own_temperature()
        try:
            for optimizer in self.optimizers:
                for group in optimizer.param_groups:
                    group["temperature"] = value
        except BaseException as error:  # the groups are the plugin's; it may have changed what they hold
            self._fail(error, f"after step {self.finished}, when its temperature was set")
        return previous

    def own_temperature(self) -> float | None:
        """Return the temperature that a sampling optimizer injects by itself; None for the others."""
        if not self.spec.samples or self.failure is not None:
            return None
        try:
            return float(self.optimizers[0].param_groups[0]["temperature"])
        except BaseException as error:  # the groups are the plugin's; it may have changed what they hold
            self._fail(error, f"after step {self.finished}, when its temperature was read")
            return None

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return (tensors, JSON-able rest) of everything that the next step depends on."""
        tensors: dict[str, Tensor] = {}
        optimizers: list[dict[str, Any]] = []
        try:
            for index, optimizer in enumerate(self.optimizers):
                part, meta = optimizer_state(optimizer)
                check_portable(part, meta)
                tensors |= {f"{index}/{key}": value for key, value in part.items()}
                optimizers.append(meta)
        except BaseException as error:  # a plugin's code may raise anything; it costs this arm and no other
            self._fail(error, f"after step {self.finished}, when its state was saved")
        rest: dict[str, Any] = {"base_lr": self.base_lr, "buses": [bus.state() for bus in self.buses]}
        if self.failure is not None:
            return {}, rest | {"optimizers": [], "failure": asdict(self.failure)}
        return tensors, rest | {"optimizers": optimizers}

    def restore(self, tensors: dict[str, Tensor], rest: dict[str, Any], step: int) -> None:
        """Take over what `state` returned after `step` finished steps; a failed arm stays failed."""
        self.base_lr = rest["base_lr"]
        self.finished = step
        for bus, state in zip(self.buses, rest["buses"], strict=True):
            bus.restore(state)
        self.lrs = []
        if (failure := rest.get("failure")) is not None:
            self._end(Failure(**failure))
        elif self.failure is None:
            try:
                self._restore_optimizers(tensors, rest["optimizers"])
            except (
                BaseException
            ) as error:  # a plugin's code may raise anything; it costs this arm and no other
                self._fail(error, f"after step {step}, when its state was loaded")

    def _restore_optimizers(self, tensors: dict[str, Tensor], saved: list[dict[str, Any]]) -> None:
        for index, (optimizer, meta) in enumerate(zip(self.optimizers, saved, strict=True)):
            lead = f"{index}/"
            part = {key[len(lead) :]: value for key, value in tensors.items() if key.startswith(lead)}
            apply_optimizer_state(optimizer, part, meta)


def why_no_temperature(config: ArmConfig, spec: OptimizerSpec) -> str | None:
    """Return why noise under this optimizer stands for no sampling temperature; None for plain descent."""
    params = config.optimizer.params
    if spec.name == "sgd" and not params.get("momentum"):
        return None
    if spec.name == "sgd":
        return "momentum averages the gradients, so the noise sets no temperature of plain descent"
    return f"{spec.name} rescales the gradients, so the noise sets no sampling temperature"


def add_scaled(targets: list[Tensor], directions: list[Tensor], amplitude: Amplitude) -> None:
    """Add amplitude * directions to targets in place; all are `[seeds, *shape]`, amplitude also a number."""
    for target, direction in zip(targets, directions, strict=True):
        if isinstance(amplitude, Tensor):
            target.add_(direction * amplitude.view(-1, *[1] * (direction.dim() - 1)))
        else:
            # Beyond single precision torch would raise and end every arm; so it is this arm that diverges.
            target.add_(direction, alpha=min(amplitude, LARGEST_FLOAT))
