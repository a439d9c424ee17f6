"""Curvature of the loss: trace, relative trace, largest eigenvalues."""

from wnin_desktop.analysis.curvature.choice import estimate_trace as estimate_trace
from wnin_desktop.analysis.curvature.choice import trace_method as trace_method
from wnin_desktop.analysis.curvature.estimate import TraceEstimate as TraceEstimate
from wnin_desktop.analysis.curvature.exact import exact_trace as exact_trace
from wnin_desktop.analysis.curvature.hutchinson import hessian_products as hessian_products
from wnin_desktop.analysis.curvature.hutchinson import hutchinson as hutchinson
from wnin_desktop.analysis.curvature.lanczos import flat_hessian as flat_hessian
from wnin_desktop.analysis.curvature.lanczos import top_eigenvalues as top_eigenvalues
from wnin_desktop.analysis.curvature.layers import Layer as Layer
from wnin_desktop.analysis.curvature.layers import layers_of as layers_of
from wnin_desktop.analysis.curvature.probes import keyed_probes as keyed_probes
from wnin_desktop.analysis.curvature.taylor import directional_curvature as directional_curvature
from wnin_desktop.analysis.curvature.taylor import taylor_trace as taylor_trace
