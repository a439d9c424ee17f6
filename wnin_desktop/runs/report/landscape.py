"""The figure of a surface: contours of the loss, the runs' paths on it, and how far they are from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from wnin_desktop.engine.durable import replacing
from wnin_desktop.runs.landscape.vtk import heights
from wnin_desktop.runs.report.draw import dress
from wnin_desktop.runs.report.legend import legend, legend_height
from wnin_desktop.runs.report.look import (
    HAIRLINE,
    LIGHT,
    LINE_WIDTH,
    MARKER_PT,
    SMALL_PT,
    ArmStyle,
    arm_styles,
)
from wnin_desktop.runs.report.svg import new_figure, png_bytes, svg_text
from wnin_desktop.runs.report.text import count, elided, number
from wnin_desktop.runs.report.ticks import EVEN, tick
from wnin_desktop.schema.landscape import TITLES, UNITS, PathOnPlane, Surface, normalization_told

WIDTH, PLOT_HEIGHT = 360.0, 300.0
LEFT, RIGHT, TOP, BOTTOM = 44.0, 14.0, 30.0, 36.0
LEVELS = 13
"""Bands between contours, the outermost left out."""
DEEPEST, HIGHEST = 0.04, 0.5
"""Opacity of the lowest and the highest band: one ink, so that a page can change its ground."""
DECADES = 3.0
"""Ratio of the largest to the smallest loss from which contours go by equal factors."""
LOUDEST = 0.97
"""Part of the points whose heights the contours tell apart; what is above is one band."""
NAME_LENGTH = 24
PLANES = {
    "random": "filter-normalized random plane",
    "layer": "layer-normalized random plane",
    "pca": "plane nearest to the paths",
    "hessian": "plane of the two most curved directions",
    "three": "plane through three runs",
    "line": "line between two runs",
}


def landscape_figure(surface: Surface, arms: Iterable[str] | None = None) -> Figure:
    """Return the figure of a surface.

    Args:
        surface: The surface.
        arms: All arms in the order that decides their styles; None takes the places that the paths know.
    """
    styles, is_line = path_styles(surface.paths, arms), surface.values.shape[0] == 1
    labels = [
        (_label(path, is_drawn=not is_line), style) for path, style in zip(surface.paths, styles, strict=True)
    ]
    below = legend_height([label for label, _ in labels], WIDTH - 8) + 6 if labels else 0.0
    height = TOP + PLOT_HEIGHT + BOTTOM + below
    figure = new_figure(WIDTH, height)
    box = (LEFT / WIDTH, (BOTTOM + below) / height, (WIDTH - LEFT - RIGHT) / WIDTH, PLOT_HEIGHT / height)
    axes = figure.add_axes(box)
    metric = surface.request["metric"]
    dress(axes, TITLES[metric], UNITS[metric], x_label=_axis_words(surface, 0))
    if is_line:
        _draw_line(axes, surface, [style for _, style in labels])
    else:
        axes.set_ylabel(_axis_words(surface, 1), fontsize=SMALL_PT, color=LIGHT.muted, labelpad=2)
        _draw_contours(axes, surface)
        for path, (_, style) in zip(surface.paths, labels, strict=True):
            _draw_path(axes, path, style)
    _set_ticks(axes)
    legend(figure, labels, left=4, right=WIDTH - 4, bottom=4)
    return figure


def path_styles(paths: Sequence[PathOnPlane], arms: Iterable[str] | None = None) -> list[ArmStyle]:
    """Return how each path is drawn: by its arm's place in its experiment, as everywhere else.

    An arm whose place nobody knows, or another arm has (that of another experiment), takes the next free one.

    Args:
        paths: The paths.
        arms: All arms in the order of the configuration; None takes the places that the paths know.
    """
    order = None if arms is None else {arm: place for place, arm in enumerate(arms)}
    wanted: dict[str, int] = {}
    for path in paths:
        wanted.setdefault(path.arm, path.place if order is None else order.get(path.arm, -1))
    found: dict[str, int] = {}
    for arm in sorted(wanted, key=lambda arm: wanted[arm] < 0):
        place = max(0, wanted[arm])
        while place in found.values():
            place += 1
        found[arm] = place
    styles = arm_styles(map(str, range(max(found.values(), default=-1) + 1)))
    return [styles[str(found[path.arm])] for path in paths]


def _label(path: PathOnPlane, *, is_drawn: bool) -> str:
    is_off = is_drawn and path.farthest > 1e-6
    away = f", up to {number(path.farthest, 2)} off the plane" if is_off else ""
    return f"{elided(path.arm, NAME_LENGTH)} s{path.seed}{away}"


def _axis_words(surface: Surface, axis: int) -> str:
    plane = surface.plane
    words = plane.axes[axis]
    if len(plane.explained) > axis:
        words = f"component {axis + 1}, {100 * plane.explained[axis]:.0f} % of the paths ({words})"
    elif len(plane.eigenvalues) > axis:
        words = f"curvature {number(plane.eigenvalues[axis])} nat/parameter² ({words})"
    elif plane.kind in ("random", "layer"):
        words = f"random direction {axis + 1} ({words})"
    return words


def _set_ticks(axes: Axes) -> None:
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5, steps=EVEN))
        axis.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))


def _draw_line(axes: Axes, surface: Surface, ends: Sequence[ArmStyle]) -> None:
    axes.plot(surface.a, surface.values[0], color=LIGHT.accent, linewidth=LINE_WIDTH, zorder=4)
    for sigma, values, error in zip(surface.sigma, surface.smoothed, surface.smoothed_se, strict=True):
        axes.plot(surface.a, values[0], color=LIGHT.muted, linewidth=LINE_WIDTH, linestyle=(0, (4, 2)))
        low, high = values[0] - 2 * error[0], values[0] + 2 * error[0]
        axes.fill_between(surface.a, low, high, color=LIGHT.muted, alpha=0.18, linewidth=0)
        top = int(np.nanargmax(values[0]))
        axes.annotate(
            f"σ = {sigma:g}", (surface.a[top], values[0, top]), xytext=(8, 2), textcoords="offset points",
            fontsize=SMALL_PT, color=LIGHT.muted,
        )  # fmt: skip
    for place, style in zip((0.0, 1.0), ends, strict=True):
        height = np.interp(place, surface.a, surface.values[0])
        axes.axvline(place, color=LIGHT.hairline, linewidth=HAIRLINE)
        axes.plot(
            place, height, marker=style.marker, markersize=MARKER_PT + 2, color=style.colour,
            markeredgecolor=LIGHT.panel, markeredgewidth=0.8, zorder=6,
        )  # fmt: skip
    axes.set_xlim(surface.a[0], surface.a[-1])


def contour_levels(values: np.ndarray) -> tuple[np.ndarray, bool]:
    """Return (heights of contours, whether they go by equal factors) for a surface."""
    good = values[np.isfinite(values)]
    if not good.size or good.min() == good.max():
        return np.array([]), False
    low, high = float(good.min()), float(np.quantile(good, LOUDEST))
    high = high if high > low else float(good.max())
    if low > 0 and high / low > DECADES:
        return np.geomspace(low, high, LEVELS + 1)[1:-1], True
    return np.linspace(low, high, LEVELS + 1)[1:-1], False


def _draw_contours(axes: Axes, surface: Surface) -> None:
    heights_, _ = contour_levels(surface.values)
    if not heights_.size:
        axes.set_xlim(surface.a[0], surface.a[-1])
        axes.set_ylim(surface.b[0], surface.b[-1])
        return
    good = surface.values[np.isfinite(surface.values)]
    edges = np.unique(np.concatenate([[good.min()], heights_, [max(good.max(), heights_[-1] * (1 + 1e-9))]]))
    shades = np.linspace(DEEPEST, HIGHEST, len(edges) - 1)
    fills = [to_rgba(LIGHT.muted, shade) for shade in shades]
    shown = np.ma.masked_invalid(surface.values)
    axes.contourf(surface.a, surface.b, shown, levels=edges, colors=fills)
    lines = axes.contour(
        surface.a, surface.b, shown, levels=heights_, colors=LIGHT.muted, linewidths=0.6, alpha=0.55
    )
    axes.clabel(lines, heights_[::3], fontsize=SMALL_PT - 1.5, fmt=lambda value: number(value, 2))
    axes.grid(visible=False)


def _draw_path(axes: Axes, path: PathOnPlane, style: ArmStyle) -> None:
    good = np.isfinite(path.coordinates).all(1)
    x, y = path.coordinates[good].T
    if not len(x):
        return
    halo = [patheffects.withStroke(linewidth=LINE_WIDTH + 1.6, foreground=LIGHT.panel)]
    dashes = (0, style.dash) if style.dash else "solid"
    axes.plot(x, y, color=style.colour, linewidth=LINE_WIDTH, linestyle=dashes, path_effects=halo, zorder=4)
    axes.plot(
        x[0], y[0], marker="o", markersize=MARKER_PT - 1, markerfacecolor=LIGHT.panel,
        markeredgecolor=style.colour, markeredgewidth=1.2, zorder=5,
    )  # fmt: skip
    axes.plot(
        x[-1], y[-1], marker=style.marker, markersize=MARKER_PT + 2, color=style.colour,
        markeredgecolor=LIGHT.panel, markeredgewidth=0.8, zorder=6,
    )  # fmt: skip
    escaped = np.isin(path.steps[good], path.escapes)
    if escaped.any():
        axes.plot(
            x[escaped], y[escaped], linestyle="none", marker="*", markersize=MARKER_PT + 5,
            color=style.colour, markeredgecolor=LIGHT.text, markeredgewidth=0.7, zorder=7,
        )  # fmt: skip


def caption(surface: Surface) -> str:
    """Return what a reader must know to read the figure: plane, data, normalization layers, cost."""
    plane, cost = surface.plane, surface.cost
    parts = [f"{PLANES[plane.kind].capitalize()}, through {plane.center}."]
    if plane.explained:
        share = 100 * sum(plane.explained)
        parts.append(f"It holds {share:.0f} % of the paths’ squared distance from there.")
    if surface.barrier is not None:
        parts.append(
            f"Barrier {number(surface.barrier.from_first)} nat from the first and "
            f"{number(surface.barrier.from_second)} nat from the second end, "
            f"on {surface.barrier.points} points."
        )
    if surface.paths and surface.values.shape[0] > 1:
        parts.append("Ring: start, sign: end; a path is drawn where its shadow on the plane falls.")
    normalization = normalization_told(surface.normalization)
    parts.append(
        f"{cost.data.capitalize()}; "
        + (f"{normalization}; " if normalization else "")
        + f"cost {count(cost.forwards, 'forward pass', 'forward passes')}"
        + (f" and {number(cost.gradients)} gradients" if cost.gradients else "")
        + "."
    )
    return " ".join(parts)


def spoken(surface: Surface) -> str:
    """Return the figure's content in words."""
    metric = surface.request["metric"]
    good = surface.values[np.isfinite(surface.values)]
    parts = [f"{TITLES[metric]} on the {PLANES[surface.plane.kind]}."]
    if good.size:
        parts.append(f"From {number(float(good.min()))} to {number(float(good.max()))} {UNITS[metric]}.")
    for path in surface.paths:
        high = heights(path)
        parts.append(
            f"{path.arm} seed {path.seed}: from {number(float(high[0]))} to {number(float(high[-1]))}, "
            f"up to {number(path.farthest)} off the plane."
        )
    return " ".join(parts)


def write_picture(path: Path, surface: Surface) -> None:
    """Write the figure as .png or .svg.

    Raises:
        DiskFullError: No space is left.
        OSError: The file cannot be written.
    """
    figure = landscape_figure(surface)
    title = TITLES[surface.request["metric"]]
    if path.suffix.lower() == ".svg":
        content = svg_text(figure, "landscape", {"Title": title, "Description": spoken(surface)}).encode()
    else:
        content = png_bytes(figure, {"Title": title, "Description": spoken(surface)})
    with replacing(path) as handle:
        handle.write(content)
