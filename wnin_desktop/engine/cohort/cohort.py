"""All members of a comparison: built once, advanced in lock-step, saved and restored together."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from wnin_desktop.engine import gemm
from wnin_desktop.engine.audit import RunAudits
from wnin_desktop.engine.cohort.arm import Arm
from wnin_desktop.engine.cohort.batches import Batches
from wnin_desktop.engine.cohort.block import Shapes
from wnin_desktop.engine.cohort.draws import Draws
from wnin_desktop.engine.cohort.gradients import choose_gradients, stacks
from wnin_desktop.engine.cohort.lanes import threads_of
from wnin_desktop.engine.cohort.unit import StepRecord, Unit
from wnin_desktop.engine.nets.build import build_network
from wnin_desktop.engine.nets.initial import initialize
from wnin_desktop.engine.optimizers.registry import OptimizerSpec
from wnin_desktop.engine.tasks.base import Task
from wnin_desktop.noise.keyed import KeyedNoise
from wnin_desktop.schema.network import MlpConfig
from wnin_desktop.schema.run import CompareConfig


@dataclass(frozen=True)
class Placed:
    """A unit and where its members stand among all members of the comparison."""

    unit: Unit
    members: tuple[int, ...]


class Cohort:
    """Members of a comparison in units, units in lanes; each lane is one thread."""

    def __init__(
        self,
        config: CompareConfig,
        specs: Mapping[str, OptimizerSpec],
        task: Task,
        labels: dict[int, Tensor],
        device: torch.device,
        lanes: int,
    ) -> None:
        self.config = config
        self.device = device
        self._specs = specs
        self._task = task
        self._labels = labels
        self._module = build_network(config.network, task)
        self.shapes: Shapes = {name: tuple(p.shape) for name, p in self._module.named_parameters()}
        self.parameters = sum(p.numel() for p in self._module.parameters())
        self._shared: dict[tuple[int, tuple[int, ...]], tuple[Batches, Draws]] = {}
        self.lanes = [
            [self._place(cell, lane) for cell in cells] for lane, cells in enumerate(self._deal(lanes))
        ]
        self.library: gemm.Library = self._library()
        self._pool = self._threads() if len(self.lanes) > 1 else None

    def _threads(self) -> ThreadPoolExecutor:
        # A new thread would begin with what was last set in this process, perhaps by another training.
        each = threads_of(self.config, len(self.lanes))
        return ThreadPoolExecutor(len(self.lanes), "wnin-lane", torch.set_num_threads, (each,))

    @property
    def placed(self) -> list[Placed]:
        """All units."""
        return [placed for lane in self.lanes for placed in lane]

    @property
    def going(self) -> list[Placed]:
        """The units in which some arm still steps."""
        return [placed for placed in self.placed if not placed.unit.is_over]

    def arms(self) -> Iterator[tuple[Arm, tuple[int, ...]]]:
        """Yield every unit's arms, each with its member numbers."""
        for placed in self.placed:
            for arm in placed.unit.arms:
                yield arm, placed.members[arm.low : arm.high]

    def _deal(self, lanes: int) -> list[list[tuple[range, range]]]:
        """Return for each lane its cells, a cell being (arm numbers, seed numbers) of one unit."""
        arms, seeds = range(len(self.config.arms)), range(len(self.config.seeds))
        if self.config.numerics == "reproducible" or not self._stacks():
            singles = [(arms[a : a + 1], seeds[s : s + 1]) for s in seeds for a in arms]
            return [part for lane in range(lanes) if (part := singles[lane::lanes])]
        if len(seeds) >= lanes and len(seeds) >= len(arms):
            return [[(arms, part)] for part in _cut(seeds, lanes)]
        return [[(part, seeds)] for part in _cut(arms, lanes)]

    def _stacks(self) -> bool:
        return stacks(self.config.network, self._module, self.device, self._rows())

    def _rows(self) -> int:
        """Return the examples of a step, times the tokens of one for sequences."""
        size, count = self.config.budget.batch_size, len(self._task.train)
        tokens = self._task.input_shape[0] if self._task.kind == "sequence" else 1
        return tokens * (count if size == "full" else min(size, count))

    def _library(self) -> gemm.Library:
        """Choose who multiplies; the reproducible mode never switches, for a measurement may vary."""
        network = self.config.network
        if not isinstance(network, MlpConfig) or not network.hidden:
            return "default"
        if self.config.numerics == "reproducible" or self.device.type != "cpu":
            return "default"
        rows = self._rows()
        arms = len(self.config.arms) // len(self.lanes) or 1
        wide = gemm.worth_measuring(rows, math.prod(self._task.input_shape), network.hidden[0] * arms)
        return gemm.fastest() if wide else "default"

    def _place(self, cell: tuple[range, range], lane: int) -> Placed:
        arm_numbers, seed_numbers = cell
        seeds = tuple(self.config.seeds[s] for s in seed_numbers)
        batches, draws = self._shared_by_seeds(lane, seeds)
        arms = [
            Arm(
                self.config.arms[a],
                self._specs[self.config.arms[a].optimizer.name],
                place * len(seeds),
                len(seeds),
                self.config.budget.steps,
                self.device,
            )
            for place, a in enumerate(arm_numbers)
        ]
        module = build_network(self.config.network, self._task).to(self.device)
        engine = choose_gradients(self.config.network, module, len(arms), len(seeds))
        unit = Unit(arms, self.shapes, engine, batches, draws, self.device, self._task.classes)
        self._initialize(unit, seeds)
        total = len(self.config.seeds)
        unit.numbers = tuple(a * total + s for a in arm_numbers for s in seed_numbers)
        return Placed(unit, unit.numbers)

    def _shared_by_seeds(self, lane: int, seeds: tuple[int, ...]) -> tuple[Batches, Draws]:
        # Units of one lane run one after the other within a step, so those with the same seeds share what
        # was drawn.
        key = (lane, seeds)
        if key not in self._shared:
            size = self.config.budget.batch_size
            count = len(self._task.train)
            labels = torch.stack([self._labels[seed] for seed in seeds]) if self._labels else None
            batches = Batches(self._task.train, count if size == "full" else size, seeds, labels)
            self._shared[key] = (batches, Draws(seeds, self.shapes, self.device))
        return self._shared[key]

    def _initialize(self, unit: Unit, seeds: tuple[int, ...]) -> None:
        for row, seed in enumerate(seeds):
            initialize(self._module, KeyedNoise(seed, "cpu"))
            for name, parameter in self._module.named_parameters():
                value = parameter.detach().to(self.device)
                for arm in unit.arms:
                    unit.theta[name][arm.low + row].copy_(value)

    def advance(self, step: int, count: int, norms_every: int) -> list[list[tuple[Placed, StepRecord]]]:
        """Take `count` steps after `step` finished ones; return per step the records of all units."""
        with gemm.using(self.library):
            return self._advance(step, count, norms_every)

    def _advance(self, step: int, count: int, norms_every: int) -> list[list[tuple[Placed, StepRecord]]]:
        if self._pool is None:
            return [self._step_lane(self.lanes[0], step + i, norms_every) for i in range(count)]
        futures = [
            self._pool.submit(
                lambda lane=lane: [self._step_lane(lane, step + i, norms_every) for i in range(count)]
            )
            for lane in self.lanes
        ]
        per_lane = [future.result() for future in futures]
        return [[record for lane in per_lane for record in lane[i]] for i in range(count)]

    def _step_lane(self, lane: list[Placed], step: int, norms_every: int) -> list[tuple[Placed, StepRecord]]:
        norms = (step + 1) % norms_every == 0 or step == 0
        return [(placed, placed.unit.step(step, norms=norms)) for placed in lane if not placed.unit.is_over]

    def members(self) -> Iterator[tuple[int, Unit, int]]:
        """Yield (member number, its unit, its row there)."""
        for placed in self.placed:
            for row, member in enumerate(placed.members):
                yield member, placed.unit, row

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return (tensors, JSON-able rest) of everything that the next step depends on."""
        tensors: dict[str, Tensor] = {}
        rest: dict[str, Any] = {"lanes": len(self.lanes), "library": self.library}
        rest["units"] = []
        for number, placed in enumerate(self.placed):
            unit, lead = placed.unit, f"unit{number}/"
            tensors[lead + "theta"] = unit.theta.flat
            tensors |= {f"{lead}buffer/{name}": value for name, value in unit.engine.buffers().items()}
            arms = []
            for place, arm in enumerate(unit.arms):
                part, meta = arm.state()
                tensors |= {f"{lead}arm{place}/{key}": value for key, value in part.items()}
                arms.append(meta)
            rest["units"].append({"members": placed.members, "arms": arms})
        return tensors, rest

    @torch.no_grad()
    def restore(self, tensors: dict[str, Tensor], rest: dict[str, Any], step: int) -> None:
        """Take over what `state` returned after `step` finished steps, bit for bit."""
        self.library = rest["library"]
        for number, (placed, saved) in enumerate(zip(self.placed, rest["units"], strict=True)):
            unit, lead = placed.unit, f"unit{number}/"
            unit.theta.flat.copy_(tensors[lead + "theta"])
            for name, buffer in unit.engine.buffers().items():
                buffer.copy_(tensors[f"{lead}buffer/{name}"])
            for place, (arm, meta) in enumerate(zip(unit.arms, saved["arms"], strict=True)):
                arm_lead = f"{lead}arm{place}/"
                part = {key[len(arm_lead) :]: t for key, t in tensors.items() if key.startswith(arm_lead)}
                arm.restore(part, meta, step)

    def keep_audits(self, audits: RunAudits) -> None:
        """Write every raw draw from now on into its runs' audit logs."""
        for placed in self.placed:
            placed.unit.audit = audits

    def close(self) -> None:
        """End the lanes' threads."""
        if self._pool is not None:
            self._pool.shutdown(wait=True)


def _cut(numbers: range, parts: int) -> list[range]:
    """Cut a range into at most `parts` runs of nearly equal length."""
    parts = min(parts, len(numbers))
    bounds = [len(numbers) * i // parts for i in range(parts + 1)]
    return [numbers[low:high] for low, high in pairwise(bounds)]
