"""Final values, one row per arm: the interval, the mean, and every seed as a dot."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from wnin_desktop.runs.report.draw import dress, set_title
from wnin_desktop.runs.report.leader import OUTCOME, Leader
from wnin_desktop.runs.report.look import (
    BAND_ALPHA,
    HAIRLINE,
    LIGHT,
    MARKER_PT,
    SEED_ALPHA,
    SMALL_PT,
    arm_styles,
    readable,
)
from wnin_desktop.runs.report.summary import ComparisonSummary
from wnin_desktop.runs.report.text import elided, number
from wnin_desktop.runs.report.ticks import set_value_scale

NAME_LENGTH = 20
MOST_RATIO = 30.0
"""Means further apart than this are shown on a logarithmic axis."""


def draw_forest(
    axes: Axes, summary: ComparisonSummary, rows: Sequence[Leader], *, names: float, with_n: bool = True
) -> None:
    """Draw validation losses of the arms in `rows`, the first on top; `names` is the room of their names."""
    dress(axes, "Final validation loss", "nat", x_label="")
    axes.grid(visible=False, axis="y")
    axes.grid(axis="x", color=LIGHT.hairline, linewidth=HAIRLINE)
    styles = arm_styles(summary.arms)
    for place, leader in enumerate(rows):
        style, found = styles[leader.arm], leader.row.summary
        if found is None:
            continue
        seeds = [summary.outcome(run, OUTCOME) for run in summary.runs_of(leader.arm)]
        values = [value for value in seeds if value is not None]
        axes.plot(
            values, np.full(len(values), place), linestyle="none", marker="o", markersize=4.5,
            color=style.colour, alpha=SEED_ALPHA + BAND_ALPHA, markeredgewidth=0,
        )  # fmt: skip
        if found.low is not None and found.high is not None:
            axes.plot([found.low, found.high], [place, place], color=style.colour, linewidth=2.4, zorder=3,
                      solid_capstyle="butt")  # fmt: skip
        axes.plot(
            found.mean, place, marker=style.marker, markersize=MARKER_PT + 3, color=style.colour,
            markeredgecolor=LIGHT.panel, markeredgewidth=0.9, zorder=4,
        )  # fmt: skip
        axes.text(
            1.02, place, f"{number(found.mean)}", transform=axes.get_yaxis_transform(), fontsize=SMALL_PT,
            va="center", color=readable(style.colour, LIGHT.panel),
        )  # fmt: skip
    axes.set_yticks(range(len(rows)), [_name(leader, with_n=with_n) for leader in rows])
    axes.tick_params(axis="y", labelcolor=LIGHT.text)
    axes.set_ylim(max(len(rows), 2) - 0.5, -0.5)
    _scale(axes, [leader.row.summary.mean for leader in rows if leader.row.summary is not None])
    set_title(axes, axes.get_title(loc="left"), names)


def _scale(axes: Axes, means: Sequence[float]) -> None:
    axes.margins(x=0.06)
    log = bool(means) and min(means) > 0 and max(means) > MOST_RATIO * min(means)
    if log:
        axes.set_xscale("log", nonpositive="clip")
        axes.autoscale_view()
        low, high = axes.get_xlim()
        axes.set_xlim(max(low, min(means) / MOST_RATIO), high)
    set_value_scale(axes, log=log)


def _name(leader: Leader, *, with_n: bool) -> str:
    if not with_n:
        return elided(leader.arm, NAME_LENGTH)
    lost = f", {leader.row.diverged} diverged" if leader.row.diverged else ""
    return f"{elided(leader.arm, NAME_LENGTH)}\nn = {leader.n}{lost}"
