"""Clean evaluations and curvature on fixed examples, the same for every arm."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.func import functional_call

from wnin_desktop.analysis.curvature.estimate import TraceEstimate
from wnin_desktop.analysis.curvature.exact import exact_trace
from wnin_desktop.analysis.curvature.hutchinson import hutchinson
from wnin_desktop.analysis.curvature.layers import Layer, layers_of
from wnin_desktop.analysis.curvature.probes import keyed_probes
from wnin_desktop.analysis.curvature.taylor import taylor_trace
from wnin_desktop.engine.cohort.gradients import Scores
from wnin_desktop.engine.cohort.unit import Unit
from wnin_desktop.engine.nets.build import build_network
from wnin_desktop.engine.nets.loss import loss
from wnin_desktop.engine.tasks.base import Split, Task
from wnin_desktop.noise.keyed import KeyedNoise, Stream
from wnin_desktop.schema.network import MlpConfig
from wnin_desktop.schema.run import CompareConfig

SUBSET_SEED = 0
"""Evaluation subsets and probes belong to no seed: every run is measured by the same ruler."""


class Meter:
    """Evaluates units on fixed subsets; the curvature of one is measured on a fixed probe batch."""

    def __init__(self, config: CompareConfig, task: Task, device: torch.device) -> None:
        budget = config.budget
        self._task = task
        self._network = config.network
        self._train = subset(task.train, budget.eval_examples, "train")
        self._validation = subset(task.val, budget.eval_examples, "validation")
        self._probe = subset(task.train, budget.curvature_examples, "probe")
        self._probes = budget.curvature_probes
        self._device = device
        self._module = build_network(config.network, task).to(device).eval()
        self._signs: dict[str, Tensor] | None = None

    def evaluate(
        self, unit: Unit, *, everything: bool = False, full_train: bool = False
    ) -> tuple[Scores, Scores]:
        """Return (validation, train) scores with all noise off; on all examples where asked."""
        validation = self._task.val if everything else self._validation
        train = self._task.train if everything or full_train else self._train
        return (
            unit.engine.scores(unit.theta, validation.x, validation.y),
            unit.engine.scores(unit.theta, train.x, train.y),
        )

    def test(self, unit: Unit) -> Scores | None:
        """Return scores on the official test set, if there is one."""
        test = self._task.test
        return None if test is None else unit.engine.scores(unit.theta, test.x, test.y)

    def of_row(self, unit: Unit, row: int, theta: dict[str, Tensor]) -> tuple[float, float]:
        """Return clean (full training loss, full validation loss) of one member at parameters `theta`."""
        for name, value in theta.items():
            unit.scratch[name][row].copy_(value)
        train, validation = self._task.train, self._task.val
        return (
            float(unit.engine.scores(unit.scratch, train.x, train.y).loss[row]),
            float(unit.engine.scores(unit.scratch, validation.x, validation.y).loss[row]),
        )

    @torch.no_grad()
    def curvature(self, unit: Unit) -> list[TraceEstimate]:
        """Return estimates whose tensors cover the unit's members in order: one for all, or one a member.

        ReLU perceptrons: exact, through the Gauss-Newton diagonal. Other perceptrons: Hutchinson by
        second-order Taylor expansion. Everything else: Hutchinson on Hessian-vector products, one member
        after the other.
        """
        x, y = self._probe.x, self._probe.y
        network = self._network
        if isinstance(network, MlpConfig) and network.normalization == "none":
            layers = layers_of(unit.theta.views)
            if network.activation == "relu":
                return [exact_trace(layers, x.flatten(1))]
            probes = [Layer(sign.weight, sign.bias) for sign in layers_of(self._probe_signs(unit))]
            return [taylor_trace(layers, x.flatten(1), y, probes, network.activation)]
        return [self._of_member(unit, row) for row in range(unit.members)]

    def _of_member(self, unit: Unit, row: int) -> TraceEstimate:
        buffers = unit.engine.buffers()

        def mean_loss(parameters: dict[str, Tensor]) -> Tensor:
            return loss(
                functional_call(self._module, {**buffers, **parameters}, (self._probe.x,)), self._probe.y
            )

        return hutchinson(
            mean_loss, unit.theta.member(row), self._probe_signs(unit), examples=len(self._probe)
        )

    def _probe_signs(self, unit: Unit) -> dict[str, Tensor]:
        if self._signs is None:
            self._signs = keyed_probes(KeyedNoise(SUBSET_SEED, self._device), unit.theta.shapes, self._probes)
        return self._signs


def subset(split: Split, count: int, name: str) -> Split:
    """Return a fixed random subset of at most `count` examples; the whole split where it is not larger."""
    if count >= len(split):
        return split
    order = KeyedNoise(SUBSET_SEED, "cpu").permutation(Stream.EVAL, 0, name, len(split))[:count]
    order = order.to(split.x.device)
    return Split(split.x.index_select(0, order), split.y.index_select(0, order))
