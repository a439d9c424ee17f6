"""What an empty plot says: what will appear there, and how to get it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from wnin_desktop.qt.plots.curves import Curves
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space
from wnin_desktop.schema.metrics import Metric
from wnin_desktop.schema.run import BudgetConfig, CompareConfig

CURVATURE = ("hessian_trace_est", "hessian_trace_se", "sharpness_proxy")
NORMS = ("grad_norm", "update_norm", "noise_to_signal")
NOISE = ("temperature", "noise_magnitude", "noise_to_signal")
EVALUATED = ("clean_train_loss", "val_loss", "accuracy")


def empty_text(metric: Metric, curves: Curves | None) -> str:
    """Return what will appear, and how to get it."""
    if curves is None:
        return tr("{0} Run a comparison, or open one from Runs.", tr(metric.help))
    if curves.has_points and not curves.arms:
        return tr("Every arm is hidden. Click one above to see it.")
    return f"{tr(metric.help)} {_awaited(metric, curves)}"


def unseen_text(curves: Curves) -> str:
    """Return why there is no curve although something was measured."""
    if curves.lens.mode == "difference":
        return tr(
            "No seed of {0} and another arm has measured it, so there is no difference.", curves.baseline
        )
    if curves.lens.mode == "matched":
        return tr("No arm has two clean training losses yet.")
    seen = [run for arm in curves.arms for run in curves.experiment.runs_of(arm)]
    if not any(len(run.series[curves.key]) for run in seen if curves.key in run.series):
        return tr("No arm that is seen has measured it. Click another one above.")
    return tr("Nothing lies in this range. Home shows all, L switches the logarithmic axis.")


class EmptyPlot(QLabel):
    """The sentence in place of curves."""

    def __init__(self, key: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(f"plot-empty-{key}")
        self.setProperty("kind", "muted")
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setContentsMargins(Space.XL, Space.S, Space.XL, Space.XL)
        self.setMinimumSize(1, 1)
        self.setTextFormat(Qt.TextFormat.PlainText)


def _awaited(metric: Metric, curves: Curves) -> str:
    config = curves.experiment.config
    missing = _missing(metric, config) if config is not None else ""
    if missing:
        return missing
    if curves.experiment.status != "running":
        return tr("This comparison has not measured it.")
    return _first_step(metric, config.budget if config is not None else BudgetConfig())


def _missing(metric: Metric, config: CompareConfig) -> str:
    """Return why a metric cannot be measured with this configuration; empty where it can."""
    noisy = any(arm.noise.mode != "none" for arm in config.arms)
    if metric.key in CURVATURE and config.budget.curvature_every == 0:
        return tr("Curvature is not measured here: set Curvature every above 0 and run again.")
    if metric.key == "perplexity" and not config.task.is_sequence:
        return tr("Perplexity is measured for next-token prediction only; this task has classes.")
    if metric.key == "accuracy" and config.task.is_sequence:
        return tr("Accuracy is measured for classes; this task predicts tokens: look at perplexity.")
    if metric.key in NOISE and not noisy:
        return tr("No arm has noise. Give one a noise mode and run again.")
    return ""


def _first_step(metric: Metric, budget: BudgetConfig) -> str:
    every = 1
    for keys, interval in (
        (CURVATURE, budget.curvature_every),
        (NORMS, budget.norms_every),
        (EVALUATED, budget.eval_every),
    ):
        if metric.key in keys:
            every = interval
    return tr("It appears with the first measurement, at step {0}.", every)
