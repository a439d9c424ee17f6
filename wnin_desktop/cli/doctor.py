"""`wnin doctor`: what works on this machine, what does not, and what to do about it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from wnin_desktop.cli.common import shared_options, write_json
from wnin_desktop.cli.doctor_checks import Finding, State, examine
from wnin_desktop.runs.report.text import count
from wnin_desktop.stream.limits import DEFAULT_PORT

COLOURS = {"ok": "green", "warning": "yellow", "broken": "red"}


@click.command("doctor")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="The server's port.",
)
@shared_options
def command(port: int, store: Path | None, as_json: bool, no_color: bool) -> int:
    """Say what works here, what does not, and what to do about it.

    Exit code 1 when something that every run needs is broken, else 0.
    """
    findings = examine(store, port)
    verdict = worst(findings)
    if as_json:
        write_json({"verdict": verdict, "checks": [asdict(row) for row in findings]})
    else:
        _show(findings, verdict, no_color=no_color)
    return 1 if verdict == "broken" else 0


def _show(findings: list[Finding], verdict: State, *, no_color: bool) -> None:
    width = max(len(row.name) for row in findings)
    for row in findings:
        mark = click.style(f"{row.state:<7}", fg=COLOURS[row.state])
        click.echo(f"{mark}  {row.name:<{width}}  {row.found}", color=False if no_color else None)
        if row.advice:
            click.echo(f"{'':7}  {'':{width}}  -> {row.advice}")
    counts = {state: sum(row.state == state for row in findings) for state in COLOURS}
    said = {
        "ok": "Everything works.",
        "warning": "Runs work.",
        "broken": "Runs do not work until this is mended.",
    }
    warnings = count(counts["warning"], "warning")
    click.echo(f"\n{said[verdict]} {counts['ok']} ok, {warnings}, {counts['broken']} broken.")


def worst(findings: list[Finding]) -> State:
    """Return the worst state of any row."""
    states = {row.state for row in findings}
    return "broken" if "broken" in states else "warning" if "warning" in states else "ok"
