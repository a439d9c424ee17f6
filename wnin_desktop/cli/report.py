"""`wnin report`: the report of an experiment that is in the store."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from wnin_desktop.cli.common import open_store, write_json
from wnin_desktop.cli.table import plain_options
from wnin_desktop.errors import InputError


@click.command("report")
@click.argument("identifier", metavar="ID")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=None,
    metavar="DIR",
    help="Folder of the report, made where it is missing; default: report-ID beside where you are.",
)
@plain_options
def command(identifier: str, out: Path | None, store: Path | None, as_json: bool) -> None:
    """Write the report of a recorded experiment: page, leader table, figures and configuration."""
    from wnin_desktop.runs.report.page import write_report  # noqa: PLC0415 - matplotlib, for this alone

    if "/" in identifier:
        raise InputError.of("ID", identifier, "give an experiment; a report is about all of its runs")
    with open_store(store, read_only=True) as opened:
        experiment_id = opened.experiment(identifier).experiment_id
        folder = out or Path(f"report-{experiment_id}")
        try:
            files = write_report(opened, experiment_id, folder)
        except OSError as error:
            reason = error.strerror or str(error)
            raise InputError.of("--out", str(folder), f"it cannot be written: {reason}") from None
    if as_json:
        write_json({"experiment_id": experiment_id, "files": asdict(files)})
        return
    figures = f", {len(files.figures)} figures" if files.figures else ""
    click.echo(f"Report: {files.html.resolve()}")
    click.echo(f"Beside it: {files.leader_csv.name}, {files.leader_tex.name}, {files.config.name}{figures}")
