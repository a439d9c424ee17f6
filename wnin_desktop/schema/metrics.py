"""The catalogue of everything that is measured per step.

One record per metric, read by plots, tables, docs and exports.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Metric:
    """A measured quantity: `key` is its field in `StepMetrics`."""

    key: str
    title: str
    unit: str
    better: Literal["lower", "higher", "neither"]
    log_axis: bool
    help: str


METRICS: tuple[Metric, ...] = (
    Metric("train_loss", "Training loss", "nat", "lower", True,
           "Mean loss of the step's own batch, as the optimizer saw it."),
    Metric("clean_train_loss", "Clean training loss", "nat", "lower", True,
           "Mean loss on a fixed training subset with all noise off."),
    Metric("val_loss", "Validation loss", "nat", "lower", True,
           "Mean loss on the validation split with all noise off."),
    Metric("accuracy", "Validation accuracy", "1", "higher", False,
           "Share of right answers on the validation split."),
    Metric("perplexity", "Perplexity", "1", "lower", True,
           "exp of the validation loss, for next-token prediction."),
    Metric("temperature", "Temperature", "loss units", "neither", True,
           "Sampling temperature T that the noise stands for."),
    Metric("noise_magnitude", "Noise magnitude", "by mode", "neither", True,
           "Amplitude of the noise at this step, in the mode's unit."),
    Metric("lr", "Learning rate", "1", "neither", True,
           "Step size h in force."),
    Metric("grad_norm", "Gradient norm", "loss/parameter", "neither", True,
           "Euclidean norm of the batch gradient before clipping and noise."),
    Metric("update_norm", "Update norm", "parameter", "neither", True,
           "Euclidean norm of the parameters' change in this step."),
    Metric("noise_to_signal", "Noise to signal", "1", "neither", True,
           "Norm of the added noise over the norm of what it was added to."),
    Metric("hessian_trace_est", "Hessian trace", "loss/parameter^2", "neither", True,
           "Trace of the loss Hessian on the fixed probe batch."),
    Metric("hessian_trace_se", "SE of the trace", "loss/parameter^2", "neither", True,
           "Standard error of the trace; 0 where it is exact."),
    Metric("sharpness_proxy", "Relative trace", "nat", "lower", True,
           "sum_i w_i^2 H_ii: curvature in units of the weights, blind to rescaling."),
)  # fmt: skip
BY_KEY = {metric.key: metric for metric in METRICS}
