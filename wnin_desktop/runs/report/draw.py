"""Drawing on matplotlib axes: curves with bands, seeds, end labels. No pyplot, no global state."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes

from wnin_desktop.runs.report.curves import Curve, Limits, limits
from wnin_desktop.runs.report.look import (
    BAND_ALPHA,
    HAIRLINE,
    LIGHT,
    LINE_WIDTH,
    MARKER_PT,
    SEED_ALPHA,
    SEED_WIDTH,
    SMALL_PT,
    TITLE_PT,
    readable,
)
from wnin_desktop.runs.report.text import LARGEST_PLAIN, SMALLEST_PLAIN, number
from wnin_desktop.runs.report.ticks import set_step_scale, set_y_scale, ten_to

TITLE_INDENT = 32.0
"""Titles begin where the tick labels do, points left of the axes."""
MOST_SEED_POINTS = 60_000
"""Points of faint lines in one plot; with more, every second, third, ... point is drawn."""
MARKERS_ON_A_CURVE = 8


def dress(axes: Axes, title: str, unit: str, *, x_label: str = "Step") -> None:
    """Give axes their plain look: no frame, light grid, title and unit at the top left."""
    axes.set_facecolor("none")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set(color=LIGHT.hairline, linewidth=HAIRLINE)
    axes.grid(axis="y", color=LIGHT.hairline, linewidth=HAIRLINE)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, labelsize=SMALL_PT, labelcolor=LIGHT.muted, pad=4)
    axes.set_xlabel(x_label, fontsize=SMALL_PT, color=LIGHT.muted, loc="right", labelpad=2)
    label = f"{title} ({unit})" if unit not in ("", "1") else title
    set_title(axes, label)


def set_title(axes: Axes, text: str, indent: float = TITLE_INDENT) -> None:
    """Write the title of axes, `indent` points to the left of them."""
    width = axes.get_window_extent().width * 72 / axes.figure.get_dpi()
    axes.set_title(text, loc="left", x=-indent / width, fontsize=TITLE_PT, color=LIGHT.text, pad=9)


def draw_curves(
    axes: Axes,
    curves: Sequence[Curve],
    *,
    log: bool,
    floor_at_zero: bool = False,
    signed: bool = False,
    include: float | None = None,
) -> None:
    """Draw every arm: seeds faint, band, mean with dash and marker, crosses where runs end, end labels."""
    found = limits(curves, log=log, floor_at_zero=floor_at_zero)
    if include is not None:
        room = 0.03 * abs(include) or 0.03 * (found.top - found.bottom)
        found = replace(found, bottom=min(found.bottom, include - room), top=max(found.top, include + room))
    exponent = set_y_scale(axes, found.bottom, found.top, log=found.log)
    if exponent:
        set_title(axes, f"{axes.get_title(loc='left')} ×{ten_to(exponent)}")
    first = min(int(curve.steps[0]) for curve in curves)
    set_step_scale(axes, first, max(int(curve.steps[-1]) for curve in curves))
    stride = math.ceil(sum(curve.seeds.size for curve in curves) / MOST_SEED_POINTS)
    for place, curve in enumerate(curves):
        _draw_seeds(axes, curve, found, stride)
        _draw_mean(axes, curve, place, len(curves), found.bottom)
    _end_labels(axes, curves, 10.0**exponent, signed=signed)


def _draw_seeds(axes: Axes, curve: Curve, found: Limits, stride: int) -> None:
    alone = len(curve.seeds) == 1
    for values, lost in zip(curve.seeds, curve.lost, strict=True):
        there = np.flatnonzero(~np.isnan(values))
        if not len(there) or (alone and not lost):
            continue
        there = np.unique(np.append(there[::stride], there[-1]))
        # A lost run that leaves the plot shows its end at the rim.
        shown = np.clip(values[there], found.bottom, found.top) if lost else values[there]
        steps = curve.steps[there]
        axes.plot(steps, shown, color=curve.style.colour, alpha=SEED_ALPHA, linewidth=SEED_WIDTH)
        if lost:
            axes.plot(
                steps[-1], shown[-1], marker="x", markersize=7, markeredgewidth=1.6,
                color=curve.style.colour, clip_on=False, zorder=6,
            )  # fmt: skip


def _draw_mean(axes: Axes, curve: Curve, place: int, arms: int, bottom: float) -> None:
    there = np.flatnonzero(~np.isnan(curve.mean))
    if not len(there):
        return
    steps, colour = curve.steps[there], curve.style.colour
    if not np.isnan(curve.low[there]).all():
        low = np.maximum(curve.low[there], bottom)
        axes.fill_between(steps, low, curve.high[there], color=colour, alpha=BAND_ALPHA, linewidth=0)
    every = max(1, len(there) // MARKERS_ON_A_CURVE)
    # Arms that lie on one another show markers at different steps.
    marked = slice((place * every) // max(arms, 1), None, every)
    dashes = (0, curve.style.dash) if curve.style.dash else "solid"
    axes.plot(
        steps, curve.mean[there], color=colour, linewidth=LINE_WIDTH, linestyle=dashes,
        marker=curve.style.marker, markersize=MARKER_PT, markevery=marked, markeredgewidth=0.6,
        markeredgecolor=LIGHT.panel, solid_capstyle="round", zorder=4,
    )  # fmt: skip
    if curve.error is not None and np.nanmax(curve.error[there], initial=0.0) > 0:
        axes.errorbar(
            steps[marked], curve.mean[there][marked], yerr=curve.error[there][marked], fmt="none",
            ecolor=colour, elinewidth=1.1, capsize=2.5, capthick=1.1, zorder=5,
        )  # fmt: skip


def _end_labels(axes: Axes, curves: Sequence[Curve], factor: float, *, signed: bool) -> None:
    """Write each arm's last mean, over the title's factor, at the curve's end; none covers another."""
    found = []
    for curve in curves:
        there = np.flatnonzero(~np.isnan(curve.mean))
        if len(there):
            value = float(curve.mean[there[-1]])
            height = axes.transAxes.inverted().transform(axes.transData.transform((0, value)))[1]
            found.append((float(np.clip(height, 0, 1)), value, curve))
    size = axes.get_window_extent().height * 72 / axes.figure.get_dpi()
    heights = spread([height for height, _, _ in found], (SMALL_PT + 1.5) / size)
    for height, (_, value, curve) in zip(heights, found, strict=True):
        arrow = _arrow(value, axes.get_ylim())
        axes.text(
            1.015, height, _end_label(value / factor, signed=signed) + arrow, transform=axes.transAxes,
            fontsize=SMALL_PT, va="center", ha="left", color=readable(curve.style.colour, LIGHT.panel),
        )  # fmt: skip


def _arrow(value: float, shown: tuple[float, float]) -> str:
    return " ↑" if value > shown[1] else " ↓" if value < shown[0] else ""


def _end_label(value: float, *, signed: bool) -> str:
    plain = value == 0 or SMALLEST_PLAIN <= abs(value) < LARGEST_PLAIN
    text = number(value) if plain else number(value, 2).replace("×", "·")
    return f"{'+' if signed and value > 0 else ''}{text}"


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """Return heights in 0 to 1 moved as little as needed to lie `gap` apart, in the same order.

    Neighbours that are too close form a group around their common centre, inside of 0 to 1 where they fit.
    """
    order = sorted(range(len(heights)), key=lambda index: heights[index])
    groups: list[list[int]] = []
    centres: list[float] = []
    for index in order:
        groups.append([index])
        centres.append(heights[index])
        while len(groups) > 1 and centres[-1] - centres[-2] < gap * (len(groups[-1]) + len(groups[-2])) / 2:
            merged = groups[-2] + groups[-1]
            groups[-2:] = [merged]
            centres[-2:] = [
                _inside(sum(heights[member] for member in merged) / len(merged), gap, len(merged))
            ]
    placed = [0.0] * len(heights)
    for group, centre in zip(groups, centres, strict=True):
        for place, index in enumerate(group):
            placed[index] = centre + gap * (place - (len(group) - 1) / 2)
    return placed


def _inside(centre: float, gap: float, members: int) -> float:
    half = gap * (members - 1) / 2
    return min(max(centre, half), 1 - half) if 2 * half < 1 else 0.5
