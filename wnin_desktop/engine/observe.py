"""What is seen between steps: evaluations and curvature of every member, as plain numbers."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch

from wnin_desktop.engine.cohort.cohort import Cohort, Placed
from wnin_desktop.engine.measure import Meter
from wnin_desktop.engine.tasks.base import Task
from wnin_desktop.schema.run import BudgetConfig, CompareConfig


@dataclass(frozen=True)
class CurvatureRow:
    """One member's curvature; standard errors are 0 where the method is exact."""

    trace: float
    trace_se: float
    relative: float
    relative_se: float
    method: str
    probes: int
    examples: int
    cost_gradients: float


@dataclass
class Look:
    """What was measured after one step, by member number; empty where nothing was due.

    Members of a unit in which nothing moves any more are not measured.
    """

    validation: dict[int, tuple[float, float]] = field(default_factory=dict)
    """Loss (nat) and accuracy."""
    train: dict[int, float] = field(default_factory=dict)
    """Clean training loss (nat)."""
    curvature: dict[int, CurvatureRow] = field(default_factory=dict)

    def mean_validation_loss(self, alive: set[int]) -> float | None:
        """Return the mean over the members `alive` with a finite loss; None where nothing was measured."""
        losses = [loss for k, (loss, _) in self.validation.items() if k in alive and np.isfinite(loss)]
        return float(np.mean(losses)) if losses else None


class Observer:
    """Decides what is due after a step, and measures it."""

    def __init__(self, config: CompareConfig, task: Task, device: torch.device) -> None:
        self._budget = config.budget
        self.meter = Meter(config, task, device)

    def look(self, step: int, cohort: Cohort) -> Look:
        """Return what is due after `step` finished steps."""
        look = Look()
        for placed in cohort.going:
            if self._due(self._budget.eval_every, step):
                self._score(placed, look)
            if self._budget.curvature_every and self._due(self._budget.curvature_every, step):
                look.curvature |= self._curvature(placed)
        return look

    def _due(self, every: int, step: int) -> bool:
        return step % every == 0 or step in (1, self._budget.steps)

    def _score(self, placed: Placed, look: Look) -> None:
        full_train = self._budget.matched_train_loss is not None
        validation, train = self.meter.evaluate(placed.unit, full_train=full_train)
        columns = zip(
            validation.loss.tolist(), validation.accuracy.tolist(), train.loss.tolist(), strict=True
        )
        for member, (loss, accuracy, clean) in zip(placed.members, columns, strict=True):
            look.validation[member] = (loss, accuracy)
            look.train[member] = clean

    def _curvature(self, placed: Placed) -> dict[int, CurvatureRow]:
        rows: list[CurvatureRow] = []
        for estimate in self.meter.curvature(placed.unit):
            for trace, trace_se, relative, relative_se in estimate.stacked().reshape(4, -1).T.tolist():
                rows.append(
                    CurvatureRow(
                        trace=trace,
                        trace_se=trace_se,
                        relative=relative,
                        relative_se=relative_se,
                        method=estimate.method,
                        probes=estimate.probes,
                        examples=estimate.examples,
                        cost_gradients=estimate.cost_gradients,
                    )
                )
        return dict(zip(placed.members, rows, strict=True))

    def final(self, cohort: Cohort) -> dict[int, dict[str, float]]:
        """Return the last scores by member, on all examples of each split."""
        out: dict[int, dict[str, float]] = {}
        for placed in cohort.going:
            validation, train = self.meter.evaluate(placed.unit, everything=True)
            columns = {
                "val_loss": validation.loss,
                "accuracy": validation.accuracy,
                "clean_train_loss": train.loss,
            }
            test = self.meter.test(placed.unit)
            if test is not None:
                columns |= {"test_loss": test.loss, "test_accuracy": test.accuracy}
            lists = {name: column.tolist() for name, column in columns.items()}
            for row, member in enumerate(placed.members):
                out[member] = {name: values[row] for name, values in lists.items()}
        return out


def next_due(budget: BudgetConfig, step: int) -> int:
    """Return the first step after `step` at which something must be looked at or saved."""
    cadences = [budget.eval_every, budget.curvature_every, budget.checkpoint_every]
    ends = [every * (step // every + 1) for every in cadences if every]
    return min([budget.steps, *ends]) if step else 1
