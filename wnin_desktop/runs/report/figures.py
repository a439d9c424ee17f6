"""The figures of a comparison. Each is drawn from the summary alone and says its content in words as well."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from wnin_desktop.noise.schedules import curve as schedule_curve
from wnin_desktop.noise.schedules import curve_steps
from wnin_desktop.runs.report.curves import Curve, Limits, limits
from wnin_desktop.runs.report.draw import draw_curves, dress
from wnin_desktop.runs.report.forest import draw_forest
from wnin_desktop.runs.report.leader import Leader
from wnin_desktop.runs.report.legend import legend, legend_height
from wnin_desktop.runs.report.look import (
    BASELINE_COLOUR,
    BASELINE_DASH,
    LIGHT,
    SMALL_PT,
    ArmStyle,
    arm_styles,
)
from wnin_desktop.runs.report.series import bands
from wnin_desktop.runs.report.summary import ComparisonSummary, MetricSeries, State
from wnin_desktop.runs.report.svg import new_figure
from wnin_desktop.runs.report.text import count, estimate, fixed, listing, number, numbers
from wnin_desktop.schema.metrics import BY_KEY
from wnin_desktop.schema.noise import MAGNITUDE_UNIT
from wnin_desktop.schema.schedule import AdaptiveSchedule

WIDTH, PLOT_HEIGHT = 360.0, 178.0
LEFT, RIGHT, TOP, BOTTOM = 38.0, 58.0, 30.0, 34.0
NAME_LENGTH = 19
NAMES, ROW_HEIGHT = 124.0, 30.0
PLANNED_POINTS = 120
UNITS = {"hessian_trace_est": "nat/parameter²", "grad_norm": "nat/parameter", "accuracy": "%"}
"""Units as they are written on an axis, where the catalogue writes them in plain letters or as shares."""
CAPTIONS = {
    "sharpness_proxy": "Σ wᵢ² Hᵢᵢ: curvature in units of the weights, blind to rescaling.",
    "perplexity": "exp of the validation loss. Grey dashes: the floor that no model can beat.",
}
"""Captions where the catalogue's help needs better letters or says too little for a figure."""
SHORT_UNITS = {
    "input_jitter": "sd, input units",
    "gradient_gaussian": "sd, gradient units",
    "label_corrupt": "fraction of batch",
}
"""Units of noise that fit into a title."""
LINEAR = ("temperature", "noise_magnitude")
"""Metrics whose schedule is easier to see on a linear axis, though they span decades."""


@dataclass(frozen=True)
class Plot:
    """One figure: its file name without ending, title, unit, caption, content in words, and what to draw."""

    key: str
    title: str
    unit: str
    caption: str
    words: str
    curves: tuple[Curve, ...]
    log: bool
    extras: Callable[[Axes], None]
    floor_at_zero: bool = False
    signed: bool = False
    include: float | None = None
    """A value that the axis must reach."""

    def draw(self, axes: Axes) -> None:
        """Draw it, without a legend."""
        dress(axes, self.title, self.unit)
        draw_curves(
            axes,
            self.curves,
            log=self.log,
            floor_at_zero=self.floor_at_zero,
            signed=self.signed,
            include=self.include,
        )
        self.extras(axes)

    def labels(self) -> list[tuple[str, ArmStyle]]:
        """Return the legend: words and style of each arm."""
        return [(curve.label(NAME_LENGTH), curve.style) for curve in self.curves]

    def figure(self) -> Figure:
        """Return it as a figure of its own, with its legend below."""
        labels = self.labels()
        height = legend_height([label for label, _ in labels], WIDTH - 8) + 6
        figure, axes = _canvas(height)
        self.draw(axes)
        legend(figure, labels, left=4, right=WIDTH - 4, bottom=4)
        return figure


def _canvas(below: float) -> tuple[Figure, Axes]:
    height = TOP + PLOT_HEIGHT + BOTTOM + below
    figure = new_figure(WIDTH, height)
    box = (LEFT / WIDTH, (BOTTOM + below) / height, (WIDTH - LEFT - RIGHT) / WIDTH, PLOT_HEIGHT / height)
    return figure, figure.add_axes(box)


def plots(summary: ComparisonSummary) -> list[Plot]:
    """Return every plot that has something to show, the most telling first."""
    keys = ["val_loss", "accuracy", "train_loss", "clean_train_loss"]
    if summary.is_sequence:
        keys[1:1] = ["perplexity"]
    found = [metric_plot(summary, key) for key in keys]
    found.append(difference_plot(summary))
    found += [
        metric_plot(summary, key)
        for key in ("hessian_trace_est", "sharpness_proxy", "grad_norm", "update_norm")
    ]
    found += [
        metric_plot(summary, "temperature"),
        *magnitude_plots(summary),
        metric_plot(summary, "noise_to_signal"),
    ]
    found.append(learning_rate_plot(summary))
    return [plot for plot in found if plot is not None]


def metric_plot(summary: ComparisonSummary, key: str) -> Plot | None:
    """Return the plot of one metric over the steps; None where nobody measured it."""
    measured = summary.series.get(key, {})
    if not measured:
        return None
    metric = BY_KEY[key]
    scale = 100.0 if key == "accuracy" else 1.0
    curves = tuple(_curve(summary, series, scale) for series in measured.values())
    unit = UNITS.get(key, metric.unit)
    log = metric.log_axis and key not in LINEAR
    found = limits(curves, log=log, floor_at_zero=key in LINEAR)
    return Plot(
        key=key,
        title=metric.title,
        unit=unit,
        caption=" ".join([CAPTIONS.get(key, metric.help), *_notes(measured), *_clipping(found, unit)]),
        words=_words(metric.title, unit, curves),
        curves=curves,
        log=log,
        extras=_extras(summary, key, tuple(measured)),
        floor_at_zero=key in LINEAR,
        include=summary.perplexity_floor if key == "perplexity" else None,
    )


def _curve(summary: ComparisonSummary, series: MetricSeries, scale: float = 1.0) -> Curve:
    error = series.mean_error()
    return Curve(
        name=series.arm,
        style=arm_styles(summary.arms)[series.arm],
        steps=series.steps,
        seeds=series.values * scale,
        lost=~series.kept,
        mean=series.mean * scale,
        low=series.low * scale,
        high=series.high * scale,
        n=series.most_seeds,
        error=None if error is None else error * scale,
        note=_lost(summary, series.arm),
    )


def _lost(summary: ComparisonSummary, arm: str) -> str:
    states: tuple[State, ...] = ("diverged", "failed")
    found = {state: summary.count(state, arm=arm) for state in states}
    return ", ".join(f"{amount} {state}" for state, amount in found.items() if amount)


def _notes(measured: Mapping[str, MetricSeries]) -> list[str]:
    notes = []
    block = max(series.block for series in measured.values())
    if block > 1:
        notes.append(f"Measurements within {fixed(block, 0)} steps are averaged.")
    if any(
        series.errors is not None and np.nanmax(series.errors, initial=0.0) > 0
        for series in measured.values()
    ):
        notes.append("Whiskers: ± standard error of the probes.")
    changing = [arm for arm, series in measured.items() if series.n.any() and np.ptp(series.n[series.n > 0])]
    if changing:
        notes.append(f"n falls along the way for {listing(changing)}.")
    return notes


def _clipping(found: Limits, unit: str) -> list[str]:
    unit = "" if unit in ("", "1") else f" {unit}"
    return [
        f"Outside of the plot: {name} reaches {number(extreme)}{unit}." for name, extreme in found.clipped
    ]


def _words(title: str, unit: str, curves: Sequence[Curve]) -> str:
    said = []
    for curve in curves:
        there = np.flatnonzero(~np.isnan(curve.mean))
        if len(there):
            at = there[-1]
            value = estimate(float(curve.mean[at]), float(curve.low[at]), float(curve.high[at]))
            said.append(f"{curve.name} {value} at step {curve.steps[at]}, n = {curve.n}")
        else:
            said.append(f"{curve.name} without a run to average")
    return f"{title}{f' in {unit}' if unit not in ('', '1') else ''} over the steps: {'; '.join(said)}."


def _extras(summary: ComparisonSummary, key: str, arms: Sequence[str]) -> Callable[[Axes], None]:
    def add(axes: Axes) -> None:
        _mark_interventions(axes, summary, arms)
        if key == "perplexity" and summary.perplexity_floor is not None:
            _draw_floor(axes, summary.perplexity_floor)
        if key == "temperature":
            _draw_plan(axes, summary, arms, of_temperature=True)

    return add


def _mark_interventions(axes: Axes, summary: ComparisonSummary, arms: Sequence[str]) -> None:
    steps = {event.step for event in summary.interventions() if event.run_id.split("/")[1] in arms}
    for step in sorted(steps):
        axes.axvline(step, color=LIGHT.muted, linewidth=0.9, linestyle=(0, (1.0, 2.0)), zorder=1)


def _draw_floor(axes: Axes, floor: float) -> None:
    axes.axhline(floor, color=BASELINE_COLOUR, linewidth=1.2, linestyle=(0, BASELINE_DASH), zorder=2)
    axes.annotate(
        f"floor {number(floor, 4)}", (0.0, floor), xycoords=("axes fraction", "data"), xytext=(4, 3),
        textcoords="offset points", fontsize=SMALL_PT, color=LIGHT.muted,
    )  # fmt: skip


def _draw_plan(axes: Axes, summary: ComparisonSummary, arms: Sequence[str], *, of_temperature: bool) -> None:
    """Draw the schedules as configured; knobs and closed loops make the measured curve leave them."""
    steps = summary.config.budget.steps
    for name in arms:
        noise = summary.arm(name).noise
        base = noise.temperature if of_temperature else noise.magnitude
        if of_temperature and noise.mode == "sgld" and base is None:
            base = noise.magnitude
        if base is None or isinstance(noise.schedule, AdaptiveSchedule):
            continue
        factors = schedule_curve(noise.schedule, steps, PLANNED_POINTS)
        times = (
            curve_steps(steps, PLANNED_POINTS) + 1
        )  # the update with t finished steps is recorded as step t + 1
        axes.plot(
            times,
            base * factors,
            color=BASELINE_COLOUR,
            linewidth=1.0,
            linestyle=(0, BASELINE_DASH),
            zorder=2,
        )


def magnitude_plots(summary: ComparisonSummary) -> list[Plot]:
    """Return one plot of the noise's amplitude for each noise mode, for each has its own unit."""
    measured = summary.series.get("noise_magnitude", {})
    modes: dict[str, list[str]] = {}
    for arm in measured:
        modes.setdefault(summary.arm(arm).noise.mode, []).append(arm)
    for without in ("none", "sgld"):  # SGLD's magnitude is its temperature, which has a plot of its own
        modes.pop(without, None)
    return [
        _magnitude_plot(summary, mode, {arm: measured[arm] for arm in arms}) for mode, arms in modes.items()
    ]


def _magnitude_plot(summary: ComparisonSummary, mode: str, measured: Mapping[str, MetricSeries]) -> Plot:
    curves = tuple(_curve(summary, series) for series in measured.values())
    unit = SHORT_UNITS.get(mode, MAGNITUDE_UNIT[mode])
    title = f"Noise, {mode.replace('_', ' ')}"
    kinds = sorted({summary.arm(arm).noise.schedule.kind.replace("_", " ") for arm in measured})

    def extras(axes: Axes) -> None:
        _mark_interventions(axes, summary, tuple(measured))
        _draw_plan(axes, summary, tuple(measured), of_temperature=False)

    return Plot(
        key=f"noise_magnitude_{mode}",
        title=title,
        unit=unit,
        caption=f"Amplitude in force at each step. Grey dashes: the {listing(kinds)} schedule as configured.",
        words=_words(title, unit, curves),
        curves=curves,
        log=False,
        extras=extras,
        floor_at_zero=True,
    )


def learning_rate_plot(summary: ComparisonSummary) -> Plot | None:
    """Return the plot of the learning rate, where any arm moves it."""
    measured = summary.series.get("lr", {})
    moving = any(np.nanmax(series.values) > np.nanmin(series.values) for series in measured.values())
    return metric_plot(summary, "lr") if moving else None


def difference_plot(summary: ComparisonSummary, key: str = "val_loss") -> Plot | None:
    """Return the plot of arm minus baseline, paired by seed; None where there is nothing to pair."""
    measured = summary.series.get(key, {})
    baseline = measured.get(summary.baseline)
    if baseline is None:
        return None
    found = [
        _difference(summary, series, baseline) for arm, series in measured.items() if arm != summary.baseline
    ]
    curves = tuple(curve for curve in found if curve is not None)
    if not curves:
        return None
    metric = BY_KEY[key]
    title = f"{metric.title} minus {summary.baseline}"

    def extras(axes: Axes) -> None:
        axes.axhline(0.0, color=BASELINE_COLOUR, linewidth=1.3, linestyle=(0, BASELINE_DASH), zorder=3)

    return Plot(
        key="difference",
        title=f"Δ {metric.title.lower()} to {_short(summary.baseline)}",
        unit=metric.unit,
        caption=(
            f"Mean over seeds of arm minus {summary.baseline} at the same seed and step; below the grey line "
            f"the arm is {'better' if metric.better == 'lower' else 'worse'}. "
            + " ".join(_clipping(limits(curves, log=False), metric.unit))
        ).strip(),
        words=_words(title, metric.unit, curves),
        curves=curves,
        log=False,
        extras=extras,
        signed=True,
        include=0.0,
    )


def _short(name: str) -> str:
    return name if len(name) <= 18 else f"{name[:17]}…"


def _difference(summary: ComparisonSummary, series: MetricSeries, baseline: MetricSeries) -> Curve | None:
    steps, mine, theirs = np.intersect1d(series.steps, baseline.steps, return_indices=True)
    kept = {seed: row for row, seed in enumerate(baseline.seeds) if baseline.kept[row]}
    pairs = [(row, kept[seed]) for row, seed in enumerate(series.seeds) if series.kept[row] and seed in kept]
    if not pairs or not len(steps):
        return None
    rows, columns = zip(*pairs, strict=True)
    values = series.values[list(rows)][:, mine] - baseline.values[list(columns)][:, theirs]
    mean, low, high, n = bands(values)
    return replace(
        _curve(summary, series),
        steps=steps,
        seeds=values,
        lost=np.zeros(len(values), dtype=bool),
        mean=mean,
        low=low,
        high=high,
        n=int(n.max()),
        error=None,
    )


def forest_figure(summary: ComparisonSummary, table: Sequence[Leader]) -> Figure | None:
    """Return the figure of final validation losses, one row per arm: its interval and its seeds."""
    rows = [leader for leader in table if leader.row.summary is not None]
    if not rows:
        return None
    height = max(TOP + PLOT_HEIGHT + BOTTOM, TOP + len(rows) * ROW_HEIGHT + 20)
    figure = new_figure(WIDTH, height)
    box = (NAMES / WIDTH, 20 / height, (WIDTH - NAMES - RIGHT) / WIDTH, (height - TOP - 20) / height)
    draw_forest(figure.add_axes(box), summary, rows, names=NAMES - 6)
    return figure


def metadata(summary: ComparisonSummary, plot: str) -> dict[str, str]:
    """Return what a figure file says about its origin: title, runs, seeds, configuration."""
    runs = [run.run_id for run in summary.runs if run.state != "not started"]
    return {
        "Title": f"{summary.name}: {plot}",
        "Description": f"Seeds {numbers(summary.seeds)}. Runs: {'; '.join(runs)}",
        "Source": f"configuration {summary.fingerprint}",
    }


def caption_of_means(summary: ComparisonSummary) -> str:
    """Return one sentence on how to read every curve."""
    if len(summary.seeds) == 1:
        return "Lines: the one seed of each arm. With one seed there is no interval."
    return (
        f"Lines: mean over seeds, {count(len(summary.seeds), 'seed')} an arm unless the legend says fewer. "
        "Bands: 95 % interval of the mean (Student’s t). Faint: each seed. Cross: a run that diverged or "
        "failed; it is drawn and counted, and stays out of the mean."
    )
