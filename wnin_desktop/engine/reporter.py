"""From measured tensors to events: one per member and step, every number finite or null with its reason."""

from __future__ import annotations

import math

from wnin_desktop.engine.cohort.arm import Arm
from wnin_desktop.engine.cohort.cohort import Placed
from wnin_desktop.engine.cohort.unit import StepRecord
from wnin_desktop.engine.observe import Look
from wnin_desktop.schema.events import Curvature, RunEvent, StepMetrics
from wnin_desktop.schema.run import RunConfig

NOT_DUE = "not due at this step"
CLASSES_ONLY = "perplexity is for next-token prediction"
OWN_NOISE = "the optimizer's own noise is inside the update"
TWIN = "needs a second gradient without noise; the noise meter takes it"
NO_NOISE = "no noise is added to a gradient or update"
NOT_FINITE = "not finite"


class Reporter:
    """Builds the events of all runs of a comparison."""

    def __init__(self, runs: list[RunConfig], run_ids: list[str], *, is_sequence: bool) -> None:
        self._runs = runs
        self._ids = run_ids
        self._is_sequence = is_sequence
        self._reasons: dict[tuple[object, ...], dict[str, str]] = {}

    def steps(
        self, records: list[tuple[Placed, StepRecord]], look: Look, alive: set[int]
    ) -> list[tuple[int, StepMetrics]]:
        """Return (member, event) for every member still alive, in member order."""
        events = [pair for placed, record in records for pair in self._of_unit(placed, record, look, alive)]
        events.sort(key=lambda pair: pair[0])
        return events

    def _of_unit(
        self, placed: Placed, record: StepRecord, look: Look, alive: set[int]
    ) -> list[tuple[int, StepMetrics]]:
        losses = record.loss.tolist()
        gradients = None if record.grad_norm is None else record.grad_norm.tolist()
        updates = None if record.update_norm is None else record.update_norm.tolist()
        ratios = {place: tensor.tolist() for place, tensor in record.noise_to_signal.items()}
        events = []
        row = 0
        for place, arm in enumerate(placed.unit.arms):
            for seed in range(arm.seeds):
                member = placed.members[row]
                if member in alive:
                    measured = (
                        losses[row],
                        None if gradients is None else gradients[row],
                        None if updates is None else updates[row],
                        ratios[place][seed] if place in ratios else None,
                    )
                    events.append((member, self._event(member, arm, place, seed, record, measured, look)))
                row += 1
        return events

    def _event(
        self,
        member: int,
        arm: Arm,
        place: int,
        seed: int,
        record: StepRecord,
        measured: tuple[float, float | None, float | None, float | None],
        look: Look,
    ) -> StepMetrics:
        signals, lrs = record.signals[place], record.lrs[place]
        signal = signals[seed if len(signals) > 1 else 0]
        own = record.own_temperatures[place]
        temperature, why = (own, "") if own is not None else (signal.temperature, signal.reason or "")
        loss, gradient, update, ratio = measured
        validation = look.validation.get(member)
        val_loss, accuracy = validation if validation is not None else (None, None)
        curved = look.curvature.get(member)
        perplexity = _perplexity(val_loss) if self._is_sequence else None
        values = (
            loss,
            look.train.get(member),
            val_loss,
            accuracy,
            perplexity,
            gradient,
            update,
            ratio,
            curved.trace if curved else None,
            curved.trace_se if curved else None,
            curved.relative if curved else None,
        )
        nonfinite: tuple[str, ...] = ()
        if not all(value is None or math.isfinite(value) for value in values):
            nonfinite = tuple(
                k for k, v in zip(_MEASURED, values, strict=True) if v is not None and not math.isfinite(v)
            )
            values = tuple(v if v is None or math.isfinite(v) else None for v in values)
        key = (member, why, nonfinite, tuple(value is None for value in values), temperature is None)
        reasons = self._reasons.get(key)
        if reasons is None:
            reasons = self._reasons[key] = self._explain(arm, values, temperature, why, nonfinite)
        return StepMetrics(
            run_id=self._ids[member],
            timestamp=record.timestamp,
            step=record.step,
            arm=self._runs[member].arm.name,
            seed=self._runs[member].seed,
            train_loss=values[0],
            clean_train_loss=values[1],
            val_loss=values[2],
            accuracy=values[3],
            perplexity=values[4],
            temperature=temperature,
            noise_magnitude=signal.magnitude,
            lr=lrs[seed if len(lrs) > 1 else 0],
            grad_norm=values[5],
            update_norm=values[6],
            noise_to_signal=values[7],
            hessian_trace_est=values[8],
            hessian_trace_se=values[9],
            sharpness_proxy=values[10],
            noise_mode=arm.mode,
            schedule_phase=signal.phase,
            reasons=reasons,
            nonfinite=nonfinite,
        )

    def _explain(
        self,
        arm: Arm,
        values: tuple[float | None, ...],
        temperature: float | None,
        why: str,
        nonfinite: tuple[str, ...],
    ) -> dict[str, str]:
        reasons = {name: NOT_DUE for name, value in zip(_MEASURED, values, strict=True) if value is None}
        if not self._is_sequence:
            reasons["perplexity"] = CLASSES_ONLY
        if "noise_to_signal" in reasons and (reason := _unmeasurable(arm)):
            reasons["noise_to_signal"] = reason
        if temperature is None:
            reasons["temperature"] = why
        return reasons | dict.fromkeys(nonfinite, NOT_FINITE)

    def curvature(
        self, step: int, timestamp: float, look: Look, alive: set[int]
    ) -> list[tuple[int, RunEvent]]:
        """Return the curvature events of a step."""
        events: list[tuple[int, RunEvent]] = []
        for member, row in sorted(look.curvature.items()):
            if member not in alive:
                continue
            event = Curvature(
                run_id=self._ids[member],
                timestamp=timestamp,
                step=step,
                method="exact" if row.method == "exact" else "hutchinson",
                hessian_trace_est=finite(row.trace),
                hessian_trace_se=finite(row.trace_se),
                relative_trace=finite(row.relative),
                relative_trace_se=finite(row.relative_se),
                probes=row.probes,
                examples=row.examples,
                cost_gradients=row.cost_gradients,
            )
            events.append((member, event))
        return events


_MEASURED = (
    "train_loss",
    "clean_train_loss",
    "val_loss",
    "accuracy",
    "perplexity",
    "grad_norm",
    "update_norm",
    "noise_to_signal",
    "hessian_trace_est",
    "hessian_trace_se",
    "sharpness_proxy",
)


def _unmeasurable(arm: Arm) -> str | None:
    if arm.spec.samples:
        return OWN_NOISE
    if arm.mode == "none":
        return NO_NOISE
    return TWIN if arm.mode not in ("sgld", "gradient_gaussian") else None


def _perplexity(loss: float | None) -> float | None:
    if loss is None:
        return None
    return math.exp(loss) if loss < 700 else math.inf


def finite(value: float | None) -> float | None:
    """Return `value` where it is a finite number, else None."""
    return value if value is not None and math.isfinite(value) else None
