"""The legend of a figure: a short line with dash and marker, and words, in columns."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from wnin_desktop.runs.report.look import LIGHT, LINE_WIDTH, MARKER_PT, SMALL_PT, ArmStyle

ROW_PT = 15.0
LETTER_PT = 5.1
HANDLE_PT = 20.0


def legend(
    figure: Figure, labels: Sequence[tuple[str, ArmStyle]], *, left: float, right: float, bottom: float
) -> None:
    """Write the legend along the bottom of a figure; sizes in points. `legend_rows` says how high it gets."""
    width = figure.get_figwidth() * 72
    columns = legend_columns([label for label, _ in labels], right - left)
    rows = math.ceil(len(labels) / columns)
    step = (right - left) / columns
    for index, (label, style) in enumerate(labels):
        column, row = divmod(index, rows) if columns > 1 else (0, index)
        x = (left + column * step) / width
        y = (bottom + (rows - row - 0.5) * ROW_PT) / (figure.get_figheight() * 72)
        figure.add_artist(
            Line2D(
                [x, x + HANDLE_PT / width],
                [y, y],
                color=style.colour,
                linewidth=LINE_WIDTH,
                linestyle=(0, style.dash) if style.dash else "solid",
                transform=figure.transFigure,
            )
        )
        figure.add_artist(
            Line2D(
                [x + HANDLE_PT / 2 / width],
                [y],
                color=style.colour,
                marker=style.marker,
                markersize=MARKER_PT,
                markeredgecolor=LIGHT.panel,
                markeredgewidth=0.6,
                linestyle="none",
                transform=figure.transFigure,
            )
        )
        figure.text(
            x + (HANDLE_PT + 5) / width, y, label, fontsize=SMALL_PT, color=LIGHT.text, va="center", ha="left"
        )


def legend_columns(labels: Sequence[str], width: float) -> int:
    """Return how many columns of legend fit into `width` points."""
    longest = max((len(label) for label in labels), default=1)
    return max(1, min(4, len(labels), int(width // (longest * LETTER_PT + HANDLE_PT + 8))))


def legend_height(labels: Sequence[str], width: float) -> float:
    """Return the height of the legend in points."""
    return math.ceil(len(labels) / legend_columns(labels, width)) * ROW_PT
