"""Drawing on matplotlib axes: curves with bands, seeds, end labels, legends. No pyplot, no global state."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from wnin_desktop.runs.report.look import (
    BAND_ALPHA,
    HAIRLINE,
    LIGHT,
    LINE_WIDTH,
    SEED_ALPHA,
    SEED_WIDTH,
    ArmStyle,
    readable,
)
from wnin_desktop.runs.report.summary import Floats
from wnin_desktop.runs.report.text import LARGEST_PLAIN, SMALLEST_PLAIN, SUPERSCRIPTS, elided, number

TEXT_PT, SMALL_PT, TITLE_PT = 10.0, 9.8, 11.5
MARKER_PT = 5.0
TITLE_INDENT = 32.0
"""Titles begin where the tick labels do, points left of the axes."""
DECADES_BELOW, DECADES_ABOVE = 4.0, 2.5
MOST_TIMES = 20.0
MOSTLY = 0.9
NARROW = 3.0
MOST_SEED_POINTS = 60_000
"""Points of faint lines in one plot; with more, every second, third, ... point is drawn."""
MOST_TICKS = 6
MARKERS_ON_A_CURVE = 8


@dataclass(frozen=True)
class Curve:
    """One arm on one plot. Arrays are `[points]`, seeds `[seeds, points]`; NaN is not measured.

    `lost` are the rows of seeds that diverged or failed: drawn, not averaged. `error` is the standard error
    of the mean by measuring.
    """

    name: str
    style: ArmStyle
    steps: np.ndarray
    seeds: Floats
    lost: np.ndarray
    mean: Floats
    low: Floats
    high: Floats
    n: int
    error: Floats | None = None
    note: str = ""

    def label(self, length: int) -> str:
        """Return the legend's words: name, n, and what was lost."""
        return f"{elided(self.name, length)}  n = {self.n}{f', {self.note}' if self.note else ''}"


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
    if found.log:
        axes.set_yscale("log", nonpositive="clip")
    axes.set_ylim(found.bottom, found.top)
    first = min(int(curve.steps[0]) for curve in curves)
    last = max(int(curve.steps[-1]) for curve in curves)
    axes.set_xlim(min(first, last - 1), last)
    stride = math.ceil(sum(curve.seeds.size for curve in curves) / MOST_SEED_POINTS)
    for place, curve in enumerate(curves):
        _draw_seeds(axes, curve, found, stride)
        _draw_mean(axes, curve, place, len(curves), found.bottom)
    _ticks(axes, found)
    _end_labels(axes, curves, signed=signed)


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


@dataclass(frozen=True)
class Limits:
    """The vertical range of a plot; `clipped` names the arms whose mean leaves it, with their extreme."""

    bottom: float
    top: float
    log: bool
    clipped: tuple[tuple[str, float], ...] = ()


def limits(curves: Sequence[Curve], *, log: bool, floor_at_zero: bool = False) -> Limits:
    """Return the range that shows the curves, without letting one that explodes flatten the others.

    The measure is the typical value of the arms that are well: on a logarithmic axis a plot covers at most
    `DECADES_BELOW` and `DECADES_ABOVE` it, on a linear one at most `MOST_TIMES` it.
    """
    kept = [curve for curve in curves if not curve.lost.all()] or list(curves)
    shown = np.concatenate([_shown(curve) for curve in kept])
    log = log and bool((shown >= 0).all()) and float((shown > 0).mean()) >= MOSTLY
    bottom, top = _log_range(kept, shown) if log else _linear_range(kept, shown, floor_at_zero)
    return Limits(bottom, top, log, _clipped(curves, bottom, top, log=log))


def _log_range(kept: Sequence[Curve], shown: Floats) -> tuple[float, float]:
    typical = _lower_median(
        [float(np.median(values[values > 0])) for values in map(_well, kept) if (values > 0).any()]
    )
    ends = np.concatenate([shown, *(_ends(curve) for curve in kept)])
    low = max(float(shown[shown > 0].min()), typical * 10.0**-DECADES_BELOW)
    high = min(float(ends.max()), typical * 10.0**DECADES_ABOVE)
    margin = max(0.04 * math.log10(high / low), 0.01)
    return low * 10**-margin, high * 10**margin


def _linear_range(kept: Sequence[Curve], shown: Floats, floor_at_zero: bool) -> tuple[float, float]:
    together = np.concatenate([shown, *(_ends(curve) for curve in kept)])
    size = MOST_TIMES * _lower_median([float(np.abs(_well(curve)).max()) for curve in kept])
    low, high = float(together.min()), float(together.max())
    if size > 0:
        low, high = max(low, -size), min(high, size)
    at_zero = floor_at_zero and low >= 0
    low = 0.0 if at_zero else low
    room = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
    return (low if at_zero else low - room), high + room


def _clipped(
    curves: Sequence[Curve], bottom: float, top: float, *, log: bool
) -> tuple[tuple[str, float], ...]:
    found = []
    for curve in curves:
        mean = curve.mean[~np.isnan(curve.mean)]
        if mean.size and mean.max() > top:
            found.append((curve.name, float(mean.max())))
        elif mean.size and mean.min() < bottom and not log:
            found.append((curve.name, float(mean.min())))
    return tuple(found)


def _lower_median(values: Sequence[float]) -> float:
    return sorted(values)[(len(values) - 1) // 2]


def _shown(curve: Curve) -> Floats:
    values = _well(curve)
    return values if values.size else np.ones(1)


def _well(curve: Curve) -> Floats:
    """Return the values that decide the axes: those of kept seeds; of lost ones only where none was kept."""
    kept = curve.seeds[~curve.lost]
    values = kept if kept.size else curve.seeds
    return values[~np.isnan(values)]


def _ends(curve: Curve) -> Floats:
    both = np.concatenate([curve.low, curve.high])
    return both[~np.isnan(both)]


def _ticks(axes: Axes, found: Limits) -> None:
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short_count(value)))
    axes.yaxis.set_minor_locator(NullLocator())
    if found.log:
        axes.yaxis.set_major_locator(FixedLocator(log_ticks(found.bottom, found.top)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: power(value)))
        return
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    exponent = _common_exponent(max(abs(found.bottom), abs(found.top)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: tick(value / 10.0**exponent)))
    if exponent:
        set_title(axes, f"{axes.get_title(loc='left')} ×{_ten_to(exponent)}")


def _common_exponent(largest: float) -> int:
    """Return the power of ten that the ticks of a linear axis leave to its title."""
    return 0 if largest == 0 or 1e-3 <= largest < 1e5 else math.floor(math.log10(largest))


def _ten_to(exponent: int) -> str:
    return f"10{str(exponent).translate(SUPERSCRIPTS)}"


def short_count(value: float) -> str:
    """Return a number of steps for an axis: 500, 20k, 1.5M."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= 10 * size or (abs(value) >= size and value % size == 0 and abs(value) >= 1e4):
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def log_ticks(bottom: float, top: float) -> list[float]:
    """Return at most six round numbers between two positive ones.

    Even steps where the two are close, else 1-2-5 steps or whole powers of ten.
    """
    if top < NARROW * bottom:
        even = MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(bottom, top)
        return [float(value) for value in even if bottom <= value <= top]
    exponents = range(math.floor(math.log10(bottom)), math.ceil(math.log10(top)) + 1)
    for mantissas in ((1, 1.5, 2, 3, 4, 5, 6, 8), (1, 2, 3, 5), (1, 2, 5), (1, 3), (1,)):
        found = [float(f"{m}e{k}") for k in exponents for m in mantissas]
        found = [value for value in found if bottom <= value <= top]
        if len(found) <= MOST_TICKS:
            return found
    return found[:: math.ceil(len(found) / MOST_TICKS)]


def power(value: float) -> str:
    """Return a tick of a logarithmic axis."""
    if 1e-3 <= value < 1e4:
        return number(value, 3).rstrip("0").rstrip(".") if value < 1 else f"{value:g}"
    exponent = math.floor(math.log10(value) + 1e-9)
    mantissa = value / 10.0**exponent
    lead = "" if abs(mantissa - 1) < 1e-6 else f"{mantissa:g}·"
    return lead + _ten_to(exponent)


def tick(value: float) -> str:
    """Return a tick of a linear axis."""
    text = number(value, 4)
    if "." in text and "×" not in text:
        text = text.rstrip("0").rstrip(".")
    return text


def _end_labels(axes: Axes, curves: Sequence[Curve], *, signed: bool) -> None:
    """Write each arm's last mean at the curve's end, pushed apart so that none covers another."""
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
        axes.text(
            1.015, height, _end_label(value, axes.get_ylim(), signed=signed), transform=axes.transAxes,
            fontsize=SMALL_PT, va="center", ha="left", color=readable(curve.style.colour, LIGHT.panel),
        )  # fmt: skip


def _end_label(value: float, shown: tuple[float, float], *, signed: bool) -> str:
    plain = value == 0 or SMALLEST_PLAIN <= abs(value) < LARGEST_PLAIN
    text = number(value) if plain else number(value, 2).replace("×", "·")
    arrow = " ↑" if value > shown[1] else " ↓" if value < shown[0] else ""
    return f"{'+' if signed and value > 0 else ''}{text}{arrow}"


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


ROW_PT = 15.0
LETTER_PT = 5.1
HANDLE_PT = 20.0


def legend_columns(labels: Sequence[str], width: float) -> int:
    """Return how many columns of legend fit into `width` points."""
    longest = max((len(label) for label in labels), default=1)
    return max(1, min(4, len(labels), int(width // (longest * LETTER_PT + HANDLE_PT + 8))))


def legend_height(labels: Sequence[str], width: float) -> float:
    """Return the height of the legend in points."""
    return math.ceil(len(labels) / legend_columns(labels, width)) * ROW_PT
