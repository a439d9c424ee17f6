"""`wnin demo`: the sample comparison, from nothing to a report in under a minute."""

from __future__ import annotations

from pathlib import Path

import click

from wnin_desktop.cli.common import note, open_store, shared_options
from wnin_desktop.cli.compare import changed, conclude, prepare_folder
from wnin_desktop.cli.desktop import open_desktop
from wnin_desktop.cli.display import has_display, trouble
from wnin_desktop.cli.running import Watching, executor_option, run_new
from wnin_desktop.runs.config_files import load_preset

PRESET = "demo"


@click.command("demo")
@click.option("--headless", is_flag=True, help="Open no window even where there is a display.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("wnin-out"),
    show_default=True,
    metavar="DIR",
    help="Write report, leader table and configuration here.",
)
@click.option("--steps", default=None, hidden=True)
@click.option("--seeds", default=None, hidden=True)
@executor_option
@shared_options
def command(
    headless: bool,
    out: Path,
    steps: str | None,
    seeds: str | None,
    executor: str,
    store: Path | None,
    as_json: bool,
    no_color: bool,
) -> int:
    """Compare four optimizers under one noise schedule on handwritten digits.

    With a display the window opens with the experiment running; else, or with a flag that asks for
    results, it runs here and writes a report.
    """
    if not (headless or as_json or steps or seeds) and has_display():
        if not (why := trouble()):
            return open_desktop(f"preset:{PRESET}", run=True, store=store)
        note(f"no window: {why}; the comparison runs here instead")
    config = changed(load_preset(PRESET), seeds=seeds, steps=steps)
    prepare_folder(out)
    with open_store(store) as opened:
        experiment_id = run_new(opened, config, Watching(no_color=no_color), executor=executor)
        conclude(opened, experiment_id, out, as_json=as_json)
    return 0
