"""Which way of measuring the trace fits which network, and one call that takes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from torch import Tensor

from wnin_desktop.analysis.curvature.estimate import TraceEstimate
from wnin_desktop.analysis.curvature.exact import exact_trace
from wnin_desktop.analysis.curvature.hutchinson import LossFunction, Params, hutchinson
from wnin_desktop.analysis.curvature.layers import layers_of
from wnin_desktop.analysis.curvature.probes import Probes
from wnin_desktop.analysis.curvature.taylor import taylor_trace
from wnin_desktop.schema.network import MlpConfig, NetworkConfig

TraceMethod = Literal["exact", "taylor", "reverse"]


def trace_method(network: NetworkConfig) -> TraceMethod:
    """Return how to measure the trace of a network's mean cross-entropy.

    `exact` for plain ReLU networks, whose Hessian diagonal has a closed form; `taylor` for other fully
    connected ones; `reverse` (`hutchinson` on the loss as a function) for everything else, normalized
    networks included.
    """
    if isinstance(network, MlpConfig) and network.normalization == "none":
        return "exact" if network.activation == "relu" else "taylor"
    return "reverse"


def estimate_trace(
    network: NetworkConfig,
    params: Params,
    x: Tensor,
    y: Tensor,
    *,
    loss_fn: LossFunction,
    probes: Callable[[], Probes],
    relative: bool = True,
    data_per_member: bool = False,
) -> TraceEstimate:
    """Return trace and relative trace of the mean loss on a fixed batch, by the method that fits the network.

    Args:
        network: the network's description.
        params: its parameters by name, `[*shape]`, or `[members, *shape]` for a cohort.
        x: fixed probe batch, `[n, ...]`, or `[members, n, ...]` with `data_per_member`.
        y: its targets, led by the same axes.
        loss_fn: the mean loss on (x, y) as a function of the parameters, scalar or `[members]`,
            normalization in evaluation mode; called only where no method of its own exists.
        probes: gives the signs (`keyed_probes`); called only where the method is not exact.
        relative: measure sum_i w_i^2 H_ii too.
        data_per_member: each member has its own probe batch.
    """
    method = trace_method(network)
    if method == "reverse":
        examples = y.shape[1 if data_per_member else 0]
        return hutchinson(loss_fn, params, probes(), examples=examples, relative=relative)
    layers, flat = layers_of(params), x.flatten(2 if data_per_member else 1)
    if method == "exact":
        return exact_trace(layers, flat, relative=relative)
    assert isinstance(network, MlpConfig)
    return taylor_trace(layers, flat, y, layers_of(probes()), network.activation, relative=relative)
