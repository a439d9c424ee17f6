"""`wnin compare`: run a comparison from a file or a preset, rank its arms, and write its report."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from wnin_desktop.cli.common import open_store, shared_options, write_json
from wnin_desktop.cli.running import Watching, audit_option, executor_option, run_new
from wnin_desktop.errors import NOTHING, InputError
from wnin_desktop.runs.config_files import load_compare, load_preset, presets, read_compare
from wnin_desktop.runs.flags import read_number
from wnin_desktop.runs.store import Store
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.run import CompareConfig

PRESET = "preset:"
STDIN = "-"
LEADER_FILE = "leader.txt"
MOST_SEEDS = 4096
FLAGS = {"budget.steps": "--steps", "device": "--device"}
"""Flags by the field they replace."""


@click.command("compare")
@click.argument("file", required=False)
@click.option("--list", "list_", is_flag=True, help="List the presets and leave.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=None,
    metavar="DIR",
    help="Write report, leader table and configuration here.",
)
@click.option("--seeds", default=None, metavar="NUMBER", help="Run each arm with seeds 0 to NUMBER - 1.")
@click.option("--steps", default=None, metavar="NUMBER", help="Steps of each run, instead of the file's.")
@click.option(
    "--device", default=None, metavar="TEXT", help="auto, cpu, cuda or cuda:N, instead of the file's."
)
@executor_option
@audit_option
@shared_options
def command(
    file: str | None,
    list_: bool,
    out: Path | None,
    seeds: str | None,
    steps: str | None,
    device: str | None,
    executor: str,
    audit: Path | None,
    store: Path | None,
    as_json: bool,
    no_color: bool,
) -> None:
    """Run the comparison in FILE (TOML, JSON or YAML), a preset as preset:NAME, or TOML from stdin as -."""
    if list_:
        _list_presets(as_json=as_json)
        return
    if file is None:
        raise InputError.of(
            "FILE", NOTHING, f"give a configuration file or {PRESET}NAME; --list shows the presets"
        )
    config = changed(load(file), seeds=seeds, steps=steps, device=device)
    with open_store(store) as opened:
        if out is not None:
            prepare_folder(out)
        try:
            experiment_id = run_new(
                opened, config, Watching(no_color=no_color, audit=audit), executor=executor
            )
        except InputError as error:
            raise in_flags(error, file) from None
        conclude(opened, experiment_id, out, as_json=as_json)


def load(file: str) -> CompareConfig:
    """Return the comparison in a file, the preset that `preset:NAME` names, or for `-` the one on stdin.

    Raises:
        InputError: There is none, or it cannot be used.
    """
    if file == STDIN:
        return read_compare(sys.stdin.buffer)
    return load_preset(file.removeprefix(PRESET)) if file.startswith(PRESET) else load_compare(file)


def changed(
    config: CompareConfig, *, seeds: str | None = None, steps: str | None = None, device: str | None = None
) -> CompareConfig:
    """Return `config` with what flags replace.

    Raises:
        InputError: A flag's value is not accepted.
    """
    data = config.model_dump(mode="json")
    if seeds is not None:
        data["seeds"] = list(range(_count(seeds)))
    if steps is not None:
        data["budget"]["steps"] = read_number(steps)
    if device is not None:
        data["device"] = device
    try:
        return validate(CompareConfig, data)
    except InputError as error:
        raise in_flags(error) from None


def in_flags(error: InputError, file: str | None = None) -> InputError:
    """Return `error` with the fields that flags can replace named by them, or led by the file it is about."""
    found = [replace(problem, field=FLAGS.get(problem.field, problem.field)) for problem in error.problems]
    ours = all(problem.field in FLAGS.values() for problem in found)
    return InputError(found, source=None if ours else error.source or file)


def _count(seeds: str) -> int:
    amount = read_number(seeds)
    if not isinstance(amount, int) or not 1 <= amount <= MOST_SEEDS:
        raise InputError.of("--seeds", amount, f"allowed: a whole number from 1 to {MOST_SEEDS}")
    return amount


def prepare_folder(out: Path) -> None:
    """Make the folder results go to, before anything is trained.

    Raises:
        InputError: It cannot be made.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError.of("--out", str(out), f"it cannot be made a folder: {error.strerror}") from None


def conclude(store: Store, experiment_id: str, out: Path | None, *, as_json: bool) -> None:
    """Print the leader table, and write the report to `out` where it is given.

    Raises:
        DiskFullError: No space is left in `out`; the experiment stays in the store.
    """
    from wnin_desktop.runs.report.collect import collect  # noqa: PLC0415 - scipy, after the run
    from wnin_desktop.runs.report.leader import leaders  # noqa: PLC0415
    from wnin_desktop.runs.report.tables import document, text_table  # noqa: PLC0415

    summary = collect(store, experiment_id)
    table = leaders(summary)
    text = text_table(summary, table)
    files = {} if out is None else write_results(store, experiment_id, out, text)
    if as_json:
        place = {"experiment_id": experiment_id, "store": store.path, "files": files}
        write_json(document(summary, table) | place)
        return
    click.echo(text)
    click.echo(f"\nSaved as {experiment_id} in {store.path}.")
    if files:
        click.echo(f"Report: {files['html'].resolve()}")


def write_results(store: Store, experiment_id: str, out: Path, leader: str) -> dict[str, Path]:
    """Write the report of an experiment and its leader table as text; return the files by what they are."""
    from wnin_desktop.runs.report.page import write_report  # noqa: PLC0415 - matplotlib, after the run

    written = write_report(store, experiment_id, out)
    text = out / LEADER_FILE
    text.write_text(leader + "\n", encoding="utf-8")
    files = {"html": written.html, "leader_txt": text, "leader_csv": written.leader_csv}
    files |= {"leader_json": written.leader_json, "leader_tex": written.leader_tex, "config": written.config}
    return files | ({"overview": written.overview} if written.overview is not None else {})


def _list_presets(*, as_json: bool) -> None:
    found = {name: load_preset(name) for name in presets()}
    if as_json:
        write_json([_described(name, config) for name, config in found.items()])
        return
    for name, config in found.items():
        click.echo(f"{PRESET}{name}  {config.name}")


def _described(name: str, config: CompareConfig) -> dict[str, Any]:
    return {
        "preset": name,
        "name": config.name,
        "arms": [arm.name for arm in config.arms],
        "seeds": len(config.seeds),
        "steps": config.budget.steps,
    }
