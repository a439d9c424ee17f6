"""`wnin runs`: everything that was ever recorded, to look at, order, export, go on with and throw away."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import click
import tomli_w

from wnin_desktop import paths
from wnin_desktop.cli import runs_export
from wnin_desktop.cli.asking import is_confirmed
from wnin_desktop.cli.common import note, open_store, shared_options, write_json
from wnin_desktop.cli.running import Watching, executor_option, run_on
from wnin_desktop.cli.runs_describe import (
    as_it_is,
    experiment_description,
    experiment_row,
    experiment_text,
    find_run,
    is_abandoned,
    list_text,
    run_description,
    run_text,
)
from wnin_desktop.cli.table import plain_options
from wnin_desktop.errors import InputError
from wnin_desktop.runs.store import ExperimentRecord, RunRecord, Status, Store
from wnin_desktop.runs.store.database import FILE

ids_argument = click.argument("ids", nargs=-1, required=True, metavar="ID...")
id_argument = click.argument("identifier", metavar="ID")


@click.group("runs")
def command() -> None:
    """List, show, export, resume, compare, order and delete what was recorded.

    An ID is that of an experiment, or its beginning; a run is EXPERIMENT/ARM/sSEED.
    """


command.add_command(runs_export.command)


# -- looking -----------------------------------------------------------------------------------------------


@command.command("list")
@click.option("--status", type=click.Choice(get_args(Status)), help="Only experiments with this status.")
@click.option("--tag", "tags", multiple=True, help="Only experiments with this tag; may be given again.")
@click.option("--name", default="", help="Only experiments with this text in name or id.")
@click.option("--starred", is_flag=True, help="Only experiments with a star.")
@click.option("--trashed", is_flag=True, help="Only what is in the trash.")
@click.option("--limit", type=click.IntRange(min=1), default=None, help="At most so many, the newest.")
@plain_options
def list_runs(
    status: Status | None, tags: tuple[str, ...], name: str, starred: bool, trashed: bool, limit: int | None,
    store: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """List experiments, the newest first."""
    rows = []
    if store is None and not (paths.store_dir() / FILE).is_file():
        note(f"There is no run store in {paths.store_dir()} yet; the first run makes one.")
    else:
        with open_store(store, read_only=True) as opened:
            abandoned = is_abandoned(opened)
            fitting = [
                each
                for record in reversed(opened.experiments(trashed=trashed))
                if (each := as_it_is(record, abandoned=abandoned))
                and status in (None, each.status)
                and set(tags) <= set(each.tags)
                and (name.lower() in each.name.lower() or name.lower() in each.experiment_id)
                and (each.star or not starred)
            ]
            runs = _by_experiment(opened)
            rows = [experiment_row(each, runs.get(each.experiment_id, [])) for each in fitting[:limit]]
    if as_json:
        write_json(rows)
    elif rows:
        click.echo(list_text(rows))
    else:
        note("Nothing fits.")


def _by_experiment(store: Store) -> dict[str, list[RunRecord]]:
    found: dict[str, list[RunRecord]] = {}
    for run in store.runs(trashed=None):
        found.setdefault(run.experiment_id, []).append(run)
    return found


@command.command("show")
@id_argument
@plain_options
def show(identifier: str, store: Path | None, as_json: bool) -> None:
    """Show an experiment or a run: configuration, status, last numbers, checkpoints, interventions."""
    with open_store(store, read_only=True) as opened:
        if "/" in identifier:
            run = run_description(opened, find_run(opened, identifier))
            if as_json:
                write_json(run)
            else:
                click.echo(run_text(run))
            return
        found = experiment_description(opened, identifier)
    if as_json:
        write_json(found)
    else:
        click.echo(experiment_text(found, tomli_w.dumps(_without_empty(found["config"]))))


def _without_empty(value: Any) -> Any:
    """Leave out what is null, for which TOML has no word; absent means the same."""
    if isinstance(value, dict):
        return {key: _without_empty(item) for key, item in value.items() if item is not None}
    return [_without_empty(item) for item in value] if isinstance(value, list) else value


@command.command("compare")
@click.argument("ids", nargs=-1, metavar="RUN RUN...")
@plain_options
def compare(ids: tuple[str, ...], store: Path | None, as_json: bool) -> None:
    """Put 2 to 8 runs side by side: where their configurations differ, and how they ended."""
    from wnin_desktop.runs.report.compare import compare_runs  # noqa: PLC0415 - scipy, for this alone

    with open_store(store, read_only=True) as opened:
        found = compare_runs(opened, [find_run(opened, each).run_id for each in ids])
    if as_json:
        write_json(found.document())
    else:
        click.echo(found.text())


# -- ordering ----------------------------------------------------------------------------------------------


def _tell(opened: Store, ids: list[str], done: str, *, as_json: bool) -> None:
    """Say what was done to which experiments; JSON is what they are now."""
    runs = _by_experiment(opened)
    if as_json:
        write_json([experiment_row(opened.experiment(each), runs.get(each, [])) for each in ids])
        return
    for each in ids:
        click.echo(f"{each}: {done}")


def _resolved(opened: Store, ids: tuple[str, ...]) -> list[str]:
    """Return full experiment ids, all of them before anything is changed.

    Raises:
        InputError: One is unknown or ambiguous, or means a run.
    """
    for each in ids:
        if "/" in each:
            raise InputError.of("ID", each, "give an experiment; its runs stay together")
    return list(dict.fromkeys(opened.experiment(each).experiment_id for each in ids))


@command.command("tag")
@id_argument
@click.argument("tags", nargs=-1)
@click.option(
    "--remove", "removed", multiple=True, metavar="TAG", help="Take this tag away; may be given again."
)
@plain_options
def tag(
    identifier: str, tags: tuple[str, ...], removed: tuple[str, ...],
    store: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Add TAGS to an experiment, or take some away."""
    if not tags and not removed:
        raise InputError.of("TAGS", "", "give a tag to add, or --remove TAG")
    if bad := next((each for each in tags if not each.strip() or not each.isprintable()), None):
        raise InputError.of("TAGS", bad, "a tag is made of printable letters")
    with open_store(store) as opened:
        (found,) = _resolved(opened, (identifier,))
        before = set(opened.experiment(found).tags)
        if missing := set(removed) - before:
            raise InputError.of(
                "--remove", min(missing), f"its tags are: {', '.join(sorted(before)) or 'none'}"
            )
        after = sorted((before | {each.strip() for each in tags}) - set(removed))
        opened.tag(found, after)
        _tell(opened, [found], f"tags {', '.join(after) or 'none'}", as_json=as_json)


@command.command("note")
@id_argument
@click.argument("text")
@plain_options
def set_note(identifier: str, text: str, store: Path | None, as_json: bool) -> None:
    """Set the note of an experiment; an empty TEXT takes it away."""
    with open_store(store) as opened:
        (found,) = _resolved(opened, (identifier,))
        opened.note(found, text)
        _tell(opened, [found], "noted" if text else "no note", as_json=as_json)


@command.command("star")
@ids_argument
@click.option("--off", is_flag=True, help="Take the star away.")
@plain_options
def star(ids: tuple[str, ...], off: bool, store: Path | None, as_json: bool) -> None:
    """Star experiments."""
    with open_store(store) as opened:
        found = _resolved(opened, ids)
        for each in found:
            opened.star(each, not off)
        _tell(opened, found, "no star" if off else "starred", as_json=as_json)


@command.command("rename")
@id_argument
@click.argument("name")
@plain_options
def rename(identifier: str, name: str, store: Path | None, as_json: bool) -> None:
    """Give an experiment another name; its id stays."""
    with open_store(store) as opened:
        (found,) = _resolved(opened, (identifier,))
        opened.rename(found, name)
        _tell(opened, [found], f"is now called {name!r}", as_json=as_json)


# -- throwing away -----------------------------------------------------------------------------------------


@command.command("delete")
@ids_argument
@click.option("--permanent", is_flag=True, help="Remove it for good instead of putting it in the trash.")
@click.option("--yes", is_flag=True, help="Do not ask before removing for good.")
@plain_options
def delete(ids: tuple[str, ...], permanent: bool, yes: bool, store: Path | None, as_json: bool) -> int:
    """Put experiments in the trash, from which `wnin runs restore` takes them back."""
    with open_store(store) as opened:
        found = _resolved(opened, ids)
        if permanent and not yes and not _is_wanted(opened, found):
            note("Nothing was removed.")
            return 1
        if permanent:
            for each in found:
                opened.delete(each)
        else:
            for each in found:
                opened.trash(each)
            _tell(opened, found, "in the trash; `wnin runs restore` takes it back", as_json=as_json)
            return 0
    if as_json:
        write_json([{"experiment_id": each, "removed": True} for each in found])
    for each in [] if as_json else found:
        click.echo(f"{each}: removed for good")
    return 0


def _is_wanted(opened: Store, ids: list[str]) -> bool:
    """Say what would be lost and ask."""
    for each in ids:
        record: ExperimentRecord = opened.experiment(each)
        note(f"{each}: {record.name}, {len(opened.runs(experiment_id=each))} runs with all they recorded")
    return is_confirmed("Remove this for good?", "--permanent")


@command.command("restore")
@ids_argument
@plain_options
def restore(ids: tuple[str, ...], store: Path | None, as_json: bool) -> None:
    """Take experiments out of the trash."""
    with open_store(store) as opened:
        found = _resolved(opened, ids)
        for each in found:
            opened.restore(each)
        _tell(opened, found, "restored", as_json=as_json)


# -- going on ----------------------------------------------------------------------------------------------


@command.command("resume")
@id_argument
@executor_option
@shared_options
def resume(identifier: str, executor: str, store: Path | None, as_json: bool, no_color: bool) -> None:
    """Go on with a stopped or interrupted experiment from its newest checkpoint, or else from the start."""
    with open_store(store) as opened:
        (found,) = _resolved(opened, (identifier,))
        if opened.experiment(found).trashed is not None:
            raise InputError.of("ID", identifier, "it is in the trash; `wnin runs restore` takes it back")
        run_on(opened, found, Watching(no_color=no_color), executor=executor)
        _tell(opened, [found], opened.experiment(found).status, as_json=as_json)
