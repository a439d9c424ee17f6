"""The report: one page that needs nothing else, pictures, the table in three formats, the configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from wnin_desktop import __version__
from wnin_desktop.engine.durable import replacing, translated
from wnin_desktop.runs.config_files import format_compare
from wnin_desktop.runs.landscape.sample import sample_surface
from wnin_desktop.runs.report import tables, words
from wnin_desktop.runs.report.collect import collect
from wnin_desktop.runs.report.figures import Plot, caption_of_means, forest_figure, metadata, plots
from wnin_desktop.runs.report.landscape import caption, landscape_figure, spoken
from wnin_desktop.runs.report.leader import Leader, leaders
from wnin_desktop.runs.report.look import DARK, LIGHT, arm_styles
from wnin_desktop.runs.report.overview import overview_figure
from wnin_desktop.runs.report.summary import ComparisonSummary, RunSummary
from wnin_desktop.runs.report.svg import inline, png_bytes, svg_text, swatch, theme_variables
from wnin_desktop.runs.report.text import count, duration, estimate, fixed, moment, number
from wnin_desktop.runs.store import Store
from wnin_desktop.schema.landscape import Surface

PLOT_POINTS = 240
"""Points of a curve: about one for each pixel it is drawn on."""
CONFIG = "config.toml"
MANY_RUNS = 30
"""More runs than this are folded away."""


@dataclass(frozen=True)
class ReportFiles:
    """What was written. `overview` is None where there was nothing to draw."""

    html: Path
    config: Path
    leader_csv: Path
    leader_tex: Path
    leader_json: Path
    overview: Path | None
    figures: tuple[Path, ...]


def write_report(store: Store, experiment_id: str, out_dir: Path) -> ReportFiles:
    """Write the report of an experiment into `out_dir`, which is made where it is missing.

    Each file is replaced whole: a crash leaves the old one or the new one.

    Raises:
        InputError: There is no such experiment.
        StoreError: What it stored is damaged.
        DiskFullError: No space is left.
        OSError: The folder cannot be written.
    """
    summary = collect(store, experiment_id, most_points=PLOT_POINTS)
    table = leaders(summary)
    drawn = plots(summary)
    pictures = {plot.key: svg_text(plot.figure(), plot.key, metadata(summary, plot.title)) for plot in drawn}
    forest = forest_figure(summary, table)
    if forest is not None:
        pictures["final"] = svg_text(forest, "final", metadata(summary, "Final validation loss"))
    surface = sample_surface(store, summary.experiment_id)
    if surface is not None:
        figure = landscape_figure(surface, summary.arms)
        pictures["landscape"] = svg_text(figure, "landscape", metadata(summary, "Landscape"))
    overview = overview_figure(summary, drawn, table)
    png = png_bytes(overview, metadata(summary, "overview")) if overview is not None else None
    return _written(out_dir, summary, table, drawn, pictures, png, surface)


def _written(
    out_dir: Path,
    summary: ComparisonSummary,
    table: list[Leader],
    drawn: Sequence[Plot],
    pictures: Mapping[str, str],
    png: bytes | None,
    surface: Surface | None,
) -> ReportFiles:
    folder = out_dir / "figures"
    with translated(folder):
        folder.mkdir(parents=True, exist_ok=True)
    files = ReportFiles(
        html=out_dir / "report.html",
        config=out_dir / CONFIG,
        leader_csv=out_dir / "leader.csv",
        leader_tex=out_dir / "leader.tex",
        leader_json=out_dir / "leader.json",
        overview=out_dir / "overview.png" if png is not None else None,
        figures=tuple(folder / f"{key}.svg" for key in pictures),
    )
    _replace(files.config, format_compare(summary.config, ".toml"))
    _replace(files.leader_csv, tables.as_csv(table))
    _replace(files.leader_tex, tables.as_latex(summary, table))
    _replace(files.leader_json, tables.as_json(summary, table))
    for path, text in zip(files.figures, pictures.values(), strict=True):
        _replace(path, text)
    if files.overview is not None and png is not None:
        _replace(files.overview, png)
    _replace(files.html, page(summary, table, drawn, pictures, surface))
    return files


def _replace(path: Path, content: str | bytes) -> None:
    with replacing(path) as handle:
        handle.write(content.encode() if isinstance(content, str) else content)


def page(
    summary: ComparisonSummary,
    table: Sequence[Leader],
    drawn: Sequence[Plot],
    pictures: Mapping[str, str],
    surface: Surface | None = None,
) -> str:
    """Return the report as one HTML document.

    Args:
        summary: What is reported.
        table: Its leader table.
        drawn: Its plots.
        pictures: SVG documents by plot key, "final" where there are final values, "landscape" with a surface.
        surface: The loss around the arms' paths, where there is one.
    """
    content = _content(summary, table, drawn, pictures) | _landscape(pictures, surface)
    return _environment().get_template("report.html").render(content)


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("wnin_desktop.runs.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": number,
        "fixed": fixed,
        "moment": moment,
        "duration": duration,
        "zip": zip,
    }
    return environment


def _content(
    summary: ComparisonSummary, table: Sequence[Leader], drawn: Sequence[Plot], pictures: Mapping[str, str]
) -> dict[str, Any]:
    styles = arm_styles(summary.arms)
    signs = {arm: Markup(swatch(style, place)) for place, (arm, style) in enumerate(styles.items())}  # noqa: S704 - made here
    shown = tables.columns(summary, table)
    return {
        "summary": summary,
        "version": __version__,
        "question": words.question(summary),
        "answer": words.answer(summary, table),
        "facts": words.facts(summary),
        "command": f"wnin compare {CONFIG}",
        "arms": [(arm.name, signs[arm.name], *words.arm_words(arm)) for arm in summary.config.arms],
        "light": theme_variables(LIGHT),
        "dark": theme_variables(DARK),
        "columns": shown,
        "rows": [(leader, signs[leader.arm], [column.cell(leader) for column in shown]) for leader in table],
        "ruler": tables.ruler(summary),
        "reasons": tables.reasons(table),
        "final": _picture("final", pictures, _final_words(table)),
        "figures": [
            (plot.key, plot.title, plot.caption, _picture(plot.key, pictures, plot.words)) for plot in drawn
        ],
        "how_means": caption_of_means(summary),
        "runs": [_run_row(run, signs[run.arm]) for run in summary.runs],
        "runs_open": len(summary.runs) <= MANY_RUNS,
        "interventions": summary.interventions(),
        "notes": words.notes(summary),
        "resumed": any(run.resumed_from for run in summary.runs),
    }


def _landscape(pictures: Mapping[str, str], surface: Surface | None) -> dict[str, Any]:
    if surface is None:
        return {"landscape": None, "landscape_caption": ""}
    return {
        "landscape": _picture("landscape", pictures, spoken(surface)),
        "landscape_caption": caption(surface),
    }


def _picture(key: str, pictures: Mapping[str, str], said: str) -> Markup | None:
    # Safe: the SVG was written by matplotlib, which escapes its text, and `inline` escapes what is said.
    return Markup(inline(pictures[key], said)) if key in pictures else None  # noqa: S704


def _final_words(table: Sequence[Leader]) -> str:
    said = [
        f"{leader.arm} {estimate(found.mean, found.low, found.high)}, n = {found.n}"
        for leader in table
        if (found := leader.row.summary) is not None
    ]
    return f"Final validation loss in nat: {'; '.join(said)}."


def _run_row(run: RunSummary, sign: Markup) -> dict[str, Any]:
    return {
        "run": run,
        "sign": sign,
        "state": words.STATE_WORDS[run.state],
        "why": _why(run),
        "val_loss": run.final.get("val_loss"),
        "accuracy": None if "accuracy" not in run.final else 100 * run.final["accuracy"],
        "train_loss": run.final.get("clean_train_loss"),
        "trace": run.last["hessian_trace_est"].value if "hessian_trace_est" in run.last else None,
        "checkpoints": len(run.checkpoints),
    }


def _why(run: RunSummary) -> str:
    if run.divergence is not None:
        found = run.divergence
        return (
            f"Diverged at step {fixed(found.step, 0)}: {found.reason}. The run is kept up to step "
            f"{fixed(found.last_finite_step, 0)}."
        )
    if run.failure is not None:
        return f"Failed: {run.failure}. {count(run.committed, 'step')} are kept."
    if run.state in ("interrupted", "stopped"):
        return f"{run.state.capitalize()} after step {fixed(run.committed, 0)}; what was recorded is kept."
    if run.resumed_from:
        return f"Resumed from step {', '.join(fixed(step, 0) for step in run.resumed_from)}."
    return ""
