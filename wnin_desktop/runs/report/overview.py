"""The picture of a comparison: six panels, one legend."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from wnin_desktop.runs.report.figures import Plot
from wnin_desktop.runs.report.forest import draw_forest
from wnin_desktop.runs.report.leader import Leader
from wnin_desktop.runs.report.legend import legend, legend_height
from wnin_desktop.runs.report.look import LIGHT, TEXT_PT, ArmStyle, arm_styles
from wnin_desktop.runs.report.summary import ComparisonSummary
from wnin_desktop.runs.report.svg import new_figure
from wnin_desktop.runs.report.text import count, elided

WIDTH, PANEL_HEIGHT = 1000.0, 178.0
COLUMNS, ROWS = 3, 2
MARGIN, GUTTER = 18.0, 16.0
LEFT, RIGHT, TOP, BOTTOM = 34.0, 50.0, 26.0, 32.0
HEAD = 52.0
NAMES_PT = 104.0
NAME_LENGTH = 30
TITLE_LENGTH = 86
WANTED = (
    "clean_train_loss", "val_loss", "perplexity", "accuracy", "noise", "hessian_trace_est",
    "sharpness_proxy", "noise_to_signal", "difference", "train_loss", "update_norm", "grad_norm",
)  # fmt: skip
"""Which plots fill the panels, in this order, as far as there are panels."""


def overview_figure(
    summary: ComparisonSummary, plots: Sequence[Plot], table: Sequence[Leader]
) -> Figure | None:
    """Return the six-panel picture on the light ground; None where there is nothing to draw."""
    ranked = [leader for leader in table if leader.row.summary is not None]
    chosen = _chosen(plots, COLUMNS * ROWS - bool(ranked))
    if not chosen:
        return None
    labels = _labels(summary, table)
    below = legend_height([label for label, _ in labels], WIDTH - 2 * MARGIN)
    height = HEAD + below + ROWS * (TOP + PANEL_HEIGHT + BOTTOM) + MARGIN
    figure = new_figure(WIDTH, height)
    _head(figure, summary, height)
    legend(figure, labels, left=MARGIN, right=WIDTH - MARGIN, bottom=height - HEAD - below)
    for place, plot in enumerate(chosen):
        plot.draw(_panel(figure, place, height - HEAD - below - 6, height))
    if ranked:
        axes = _panel(figure, len(chosen), height - HEAD - below - 6, height, names=NAMES_PT)
        draw_forest(axes, summary, ranked, names=NAMES_PT, with_n=False)  # the legend says n
    return figure


def _chosen(plots: Sequence[Plot], amount: int) -> list[Plot]:
    """Return the plots of `WANTED`; "noise" is the temperature or the magnitude, whichever more arms have."""
    found = {plot.key: plot for plot in plots}
    noise = [plot for plot in plots if plot.key == "temperature" or plot.key.startswith("noise_magnitude")]
    if noise:
        found["noise"] = max(noise, key=lambda plot: len(plot.curves))
    return [found[key] for key in WANTED if key in found][:amount]


def _labels(summary: ComparisonSummary, table: Sequence[Leader]) -> list[tuple[str, ArmStyle]]:
    styles = arm_styles(summary.arms)
    rows = {leader.arm: leader for leader in table}
    labels = []
    for arm in summary.arms:
        lost = rows[arm].row.diverged
        note = f", {lost} diverged" if lost else ""
        labels.append((f"{elided(arm, NAME_LENGTH)}  n = {rows[arm].n}{note}", styles[arm]))
    return labels


def _head(figure: Figure, summary: ComparisonSummary, height: float) -> None:
    x = MARGIN / WIDTH
    figure.text(
        x, 1 - 22 / height, elided(summary.name, TITLE_LENGTH), fontsize=14.5, color=LIGHT.text, va="center",
        fontweight="bold", parse_math=False,
    )  # fmt: skip
    config = summary.config
    facts = [
        config.task.dataset,
        config.network.kind,
        count(config.budget.steps, "step"),
        count(len(summary.seeds), "seed"),
        "mean, 95 % interval over seeds, each seed faint"
        if len(summary.seeds) > 1
        else "one seed, no interval",
    ]
    figure.text(
        x,
        1 - 40 / height,
        "   ·   ".join(facts),
        fontsize=TEXT_PT,
        color=LIGHT.muted,
        va="center",
        parse_math=False,
    )


def _panel(figure: Figure, place: int, top: float, height: float, *, names: float = 0.0) -> Axes:
    """Return the axes of a panel; `names` is room in points for row names on the left."""
    row, column = divmod(place, COLUMNS)
    width = (WIDTH - 2 * MARGIN - (COLUMNS - 1) * GUTTER) / COLUMNS
    left = MARGIN + column * (width + GUTTER) + (names or LEFT)
    bottom = top - (row + 1) * (TOP + PANEL_HEIGHT + BOTTOM) + BOTTOM
    box = (
        left / WIDTH,
        bottom / height,
        (width - (names or LEFT) - RIGHT) / WIDTH,
        PANEL_HEIGHT / height,
    )
    return figure.add_axes(box)
