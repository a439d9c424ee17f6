"""`wnin runs export`: recorded steps as a file for other programs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from wnin_desktop.cli.common import open_store, write_json
from wnin_desktop.cli.runs_describe import find_run
from wnin_desktop.cli.table import plain_options
from wnin_desktop.errors import InputError
from wnin_desktop.runs.export import FOLDERS, FORMATS, ExistsError, Format, default_name, export
from wnin_desktop.runs.store import Store


@click.command("export")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@click.option(
    "--format",
    "kind",
    type=click.Choice(FORMATS),
    default=None,
    help="Kind of file; default: what the name after --out ends in, or else csv.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=None,
    metavar="PATH",
    help="File, or folder for tensorboard and mlflow; default: day and name of the experiment, beside where "
    "you are. In an existing folder a file gets that name.",
)
@click.option("--overwrite", is_flag=True, help="Replace an older export of that name.")
@plain_options
def command(
    ids: tuple[str, ...],
    kind: Format | None,
    out: Path | None,
    overwrite: bool,
    store: Path | None,
    as_json: bool,
) -> None:
    """Write every step of runs to a file: one row for each run and step, empty where nothing was measured.

    An ID is a run, or an experiment with all of its runs.
    """
    kind = kind or _kind_of(out)
    with open_store(store, read_only=True) as opened:
        runs = _runs(opened, ids)
        path = _place(out, kind, default_name(opened, runs, kind))
        try:
            rows = export(opened, runs, kind, path, overwrite=overwrite)
        except ExistsError as error:
            allowed = "it exists already; give another name, or --overwrite to replace it"
            raise InputError.of("path", str(path), allowed) from error
    if as_json:
        write_json({"format": kind, "path": path.resolve(), "rows": rows, "runs": runs})
        return
    unit = "steps" if kind in FOLDERS else "rows"
    click.echo(f"{path.resolve()}: {rows} {unit} of {len(runs)} run{'s' if len(runs) > 1 else ''}")


def _kind_of(out: Path | None) -> Format:
    """Return the format that the name of a file asks for."""
    return "parquet" if out is not None and out.suffix.lower() == ".parquet" else "csv"


def _place(out: Path | None, kind: Format, name: str) -> Path:
    if out is None:
        return Path(name)
    return out / name if kind not in FOLDERS and out.is_dir() else out


def _runs(opened: Store, ids: Iterable[str]) -> list[str]:
    """Return the ids of the runs that `ids` name, each once.

    Raises:
        InputError: One is unknown or ambiguous, or an experiment that has no run yet.
    """
    found: list[str] = []
    for each in ids:
        if "/" in each:
            found.append(find_run(opened, each).run_id)
            continue
        runs = opened.runs(experiment_id=each)
        if not runs:
            raise InputError.of("ID", each, "none of its runs has begun, so there is nothing to export")
        found += [run.run_id for run in runs]
    return list(dict.fromkeys(found))
