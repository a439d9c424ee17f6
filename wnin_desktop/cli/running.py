"""Running something from the command line: watched, interrupted by Ctrl-C in two stages, never lost."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import click

from wnin_desktop.cli.common import console, is_terminal
from wnin_desktop.cli.interrupt import asking_first
from wnin_desktop.cli.progress import LiveProgress, PlainProgress, Progress
from wnin_desktop.engine.control import RunControl
from wnin_desktop.errors import StoppedByUser
from wnin_desktop.runs.drive import Sink, Watchers, drive, resume
from wnin_desktop.runs.session import SOURCES
from wnin_desktop.runs.store import Store
from wnin_desktop.schema.run import CompareConfig

F = TypeVar("F", bound=Callable[..., Any])

executor_option = click.option(
    "--executor",
    type=click.Choice(list(SOURCES)),
    default="inline",
    show_default=True,
    help="Train in this process, or in a worker process that may crash alone.",
)


audit_option = click.option(
    "--audit",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep a log of every raw noise draw here, one file a run; `wnin audit` verifies them.",
)


@dataclass
class Watching:
    """How a run is watched: progress on stderr, and sinks that hear what the store has."""

    quiet: bool = False
    no_color: bool = False
    committed: list[Sink] = field(default_factory=list)
    audit: Path | None = None
    """Folder for noise audit logs."""


def run_new(store: Store, config: CompareConfig, watching: Watching, *, executor: str = "inline") -> str:
    """Run a comparison and return its experiment id.

    Raises:
        StoppedByUser: Ctrl-C; what was recorded is kept and can be resumed.
        InputError: The configuration does not fit this machine.
    """
    named: list[str] = []

    def work(control: RunControl, watchers: Watchers) -> str:
        return drive(
            store,
            config,
            control,
            watchers,
            source=SOURCES[executor],
            on_started=named.append,
            audit=watching.audit,
        )

    return _run(store, work, watching, named)


def run_on(store: Store, experiment_id: str, watching: Watching, *, executor: str = "inline") -> str:
    """Resume an unfinished comparison and return its experiment id.

    Raises:
        StoppedByUser: Ctrl-C; what was recorded is kept and can be resumed.
        InputError: There is no such experiment, or nothing of it is left to do.
    """

    def work(control: RunControl, watchers: Watchers) -> str:
        return resume(store, experiment_id, control, watchers, source=SOURCES[executor])

    return _run(store, work, watching, [experiment_id])


def _run(
    store: Store, work: Callable[[RunControl, Watchers], str], watching: Watching, named: list[str]
) -> str:
    control = RunControl()
    shown = progress(no_color=watching.no_color)
    with shown, asking_first(lambda: stop_in_time(control), lambda: shown.say("Asked to stop.")):
        live: list[Sink] = [] if watching.quiet else [shown]
        watchers = Watchers(live, watching.committed, shown.say, _tell_tenths(shown.say))
        try:
            experiment_id = work(control, watchers)
        except KeyboardInterrupt:
            raise StoppedByUser(_how_to_resume("interrupted", named)) from None
    if any(run.status == "stopped" for run in store.runs(experiment_id=experiment_id)):
        raise StoppedByUser(_how_to_resume("stopped with a checkpoint", [experiment_id]))
    return experiment_id


def _tell_tenths(say: Callable[[str], None]) -> Callable[[str, float], None]:
    """Return a listener to downloads that speaks at each tenth."""
    told: dict[str, int] = {}

    def tell(what: str, done: float) -> None:
        tenth = int(10 * done)
        if tenth != told.get(what):
            told[what] = tenth
            say(f"{what}: {10 * tenth} %")

    return tell


def _how_to_resume(what: str, named: list[str]) -> str:
    if not named:
        return f"{what} before anything was recorded."
    return f"{what}; what was recorded is kept, go on with: wnin runs resume {named[0]}"


def progress(*, no_color: bool = False) -> Progress:
    """Return the progress that fits where stderr leads to."""
    if is_terminal(sys.stderr):
        return LiveProgress(console(no_color=no_color, err=True))
    return PlainProgress(sys.stderr)


def stop_in_time(control: RunControl) -> None:
    """Stop with a checkpoint; for the handler of a signal.

    It runs between two instructions of the thread that reads the commands; a thread of its own waits for the
    queue's lock instead of slipping in between.
    """
    threading.Thread(target=lambda: control.stop(checkpoint=True), name="wnin-stop").start()
