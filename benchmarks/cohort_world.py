"""Cohorts and plain torch loops on the same data from the same initial weights."""

from __future__ import annotations

from collections.abc import Callable

import torch
from machine import check
from torch import Tensor, nn

from wnin_desktop.engine.cohort.cohort import Cohort
from wnin_desktop.engine.nets.build import build_network
from wnin_desktop.engine.nets.transformer import Attention
from wnin_desktop.engine.optimizers.loader import load_registry
from wnin_desktop.engine.tasks.base import Split, Task
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.run import CompareConfig

LR = 1e-3
NEVER = 10**9
CPU = torch.device("cpu")


def pixels(shape: tuple[int, ...], count: int = 4096) -> Task:
    """Return random inputs of `shape` in [0, 1] with ten classes."""
    generator = torch.Generator().manual_seed(1)
    x = torch.rand(count, *shape, generator=generator)
    y = torch.randint(10, (count,), generator=generator)
    return Task("pixels", "classification", Split(x, y), Split(x[:64], y[:64]), None, 10, shape, None, "", "")


def tokens(length: int, classes: int = 4, count: int = 2048) -> Task:
    """Return random token sequences."""
    generator = torch.Generator().manual_seed(1)
    x = torch.randint(classes, (count, length), generator=generator)
    y = torch.randint(classes, (count, length), generator=generator)
    held_out = Split(x[:16], y[:16])
    return Task("tokens", "sequence", Split(x, y), held_out, None, classes, (length,), None, "", "")


def comparison(
    arms: int, seeds: int, network: dict[str, object], batch: int, dataset: str, numerics: str
) -> CompareConfig:
    """Return `arms` x `seeds` runs of AdamW."""
    return validate(
        CompareConfig,
        {
            "arms": [{"name": f"arm{i}", "optimizer": {"name": "adamw", "lr": LR}} for i in range(arms)],
            "seeds": list(range(seeds)),
            "network": network,
            "task": {"dataset": dataset},
            "budget": {"batch_size": batch},
            "numerics": numerics,
        },
    )


class Cohorts:
    """A cohort that takes steps when called."""

    def __init__(self, config: CompareConfig, task: Task, lanes: int = 1) -> None:
        self.cohort = Cohort(config, load_registry().specs, task, {}, CPU, lanes)
        self.step = 0

    def __call__(self, steps: int) -> None:
        """Take steps."""
        self.cohort.advance(self.step, steps, NEVER)
        self.step += steps

    def losses(self, steps: int) -> Tensor:
        """Return the losses of the next steps, `[steps, members]` in the cohort's order of units."""
        records = self.cohort.advance(self.step, steps, NEVER)
        self.step += steps
        return torch.stack([torch.cat([record.loss for _, record in step]) for step in records])


class PlainLoop:
    """The loop everybody writes: one module and one torch AdamW a model, the default of each."""

    def __init__(self, ours: Cohorts, modules: Callable[[], nn.Module]) -> None:
        self._batches = []
        self.models, self.optimizers = [], []
        for placed in ours.cohort.placed:
            for row in range(placed.unit.members):
                model = modules()
                weights = {name: view[row].clone() for name, view in placed.unit.theta.views.items()}
                model.load_state_dict(weights)
                for part in model.modules():
                    if isinstance(part, Attention):
                        part.fused = True
                self.models.append(model)
                self.optimizers.append(torch.optim.AdamW(model.parameters(), lr=LR))
                self._batches.append((placed.unit.batches, row % placed.unit.arms[0].seeds))
        self.step = 0

    def __call__(self, steps: int) -> None:
        """Take steps of every model."""
        for _ in range(steps):
            self.one()

    def one(self) -> list[Tensor]:
        """Take one step of every model and return the losses."""
        losses = []
        for model, optimizer, (batches, seed) in zip(
            self.models, self.optimizers, self._batches, strict=True
        ):
            x, y = batches.at(self.step)
            optimizer.zero_grad()
            logits = model(x[seed])
            loss = nn.functional.cross_entropy(logits.flatten(0, -2), y[seed].flatten())
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        self.step += 1
        return losses


def world(config: CompareConfig, task: Task, lanes: int = 1) -> tuple[Cohorts, PlainLoop]:
    """Return us and the peer with equal weights."""
    ours = Cohorts(config, task, lanes)
    return ours, PlainLoop(ours, lambda: build_network(config.network, task))


def check_equal(ours: Cohorts, peer: PlainLoop, steps: int = 8) -> float:
    """Hold our losses of the first steps to the plain loop's; return the largest relative difference."""
    mine = ours.losses(steps)
    theirs = torch.stack([torch.stack(peer.one()) for _ in range(steps)])
    difference = float(((mine - theirs).abs() / theirs).max())
    check(difference < 1e-3, f"losses differ by {difference:.2e}")
    return difference
