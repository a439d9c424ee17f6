"""`wnin audit`: regenerate every draw of an audit log and compare."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from wnin_desktop.cli.common import json_option, write_json


@click.command("audit")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@json_option
def command(files: tuple[Path, ...], as_json: bool) -> None:
    """Verify noise audit logs, made by `wnin compare --audit DIR` or `wnin train --audit DIR`.

    Every draw is made again from its key and compared; a log of which one byte was changed fails, and the
    step is named. Exit code 1 when a log fails.
    """
    from wnin_desktop.noise.audit import verify  # noqa: PLC0415 - torch only where it is used

    reports = {str(path): verify(path) for path in files}
    if as_json:
        write_json({name: asdict(report) for name, report in reports.items()})
    else:
        for name, report in reports.items():
            if report.ok:
                end = "" if report.complete else "; the log was not closed, so its end may be missing"
                click.echo(f"{name}: {report.checked} draws verified{end}.")
            else:
                click.echo(f"{name}: step {report.step}, line {report.line}: {report.reason}")
    if not all(report.ok for report in reports.values()):
        raise click.exceptions.Exit(1)
