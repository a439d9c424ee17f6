"""`wnin landscape`: the loss on a plane through parameter space, as files for people and programs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from wnin_desktop.cli.common import is_terminal, note, open_store, write_json
from wnin_desktop.cli.interrupt import asking_first
from wnin_desktop.cli.progress import clock_time
from wnin_desktop.cli.runs_describe import find_run
from wnin_desktop.cli.table import plain_options
from wnin_desktop.errors import NOTHING, InputError, StoppedByUser
from wnin_desktop.runs.flags import read_number
from wnin_desktop.runs.landscape.control import LandscapeControl
from wnin_desktop.runs.landscape.export import ENDINGS, check_ending, check_writable, write_any
from wnin_desktop.runs.landscape.telling import document, summary
from wnin_desktop.runs.store import Store
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.landscape import (
    METRICS,
    PLANES,
    Doing,
    LandscapeRequest,
    PlaneReady,
    Surface,
    SurfaceDone,
    SurfaceStopped,
)

F = TypeVar("F", bound=Callable[..., Any])
ALL = "all"
LINE_S, FRAME_S = 5.0, 0.1
"""Seconds between two words on how far it is: in a log, and to a person at a terminal."""
FLAGS = {"runs": "--run", "experiment_id": "--run", "run_id": "--run", "ID": "--run"}
"""Flags by the field they set, where they are called otherwise."""
NUMBERS = ("size", "span", "samples", "draws", "seed", "threads")


def landscape_flags(command: F) -> F:
    """Add a flag for each field of a request: parameters `runs`, and by the field's name."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS: list[Callable[[Any], Any]] = [
    click.option(
        "--run",
        "runs",
        multiple=True,
        metavar="ID",
        help="A run, EXPERIMENT/ARM/sSEED at its end, or at @STEP, @best or @matched; may be given again. An "
        "EXPERIMENT alone means the first seed of each of its arms for pca, and its only run elsewhere.",
    ),
    click.option(
        "--plane", default="random", show_default=True, metavar="KIND", help=f"{', '.join(PLANES)}."
    ),
    click.option("--size", default="51", show_default=True, metavar="NUMBER", help="Points an axis; odd."),
    click.option(
        "--span",
        default=None,
        metavar="NUMBER",
        help="Half width around the centre in axis units (filter norms, parameters); for a line, what it "
        "goes beyond its ends. Default: what fits.",
    ),
    click.option(
        "--metric", default="train_loss", show_default=True, metavar="NAME", help=f"{', '.join(METRICS)}."
    ),
    click.option(
        "--samples", default="2000", show_default=True, metavar="NUMBER", help="Fixed examples, or `all`."
    ),
    click.option(
        "--sigma",
        default=None,
        metavar="LIST",
        help="Also smoothed by such weight noise: 0.01,0.05.",
    ),
    click.option(
        "--draws", default="8", show_default=True, metavar="NUMBER", help="Pairs of draws of each sigma."
    ),
    click.option(
        "--seed", default="0", show_default=True, metavar="NUMBER", help="Names directions and draws."
    ),
    click.option(
        "--statistics",
        default="fixed",
        show_default=True,
        metavar="WORD",
        help="Of batch normalization: fixed, or recomputed at every point.",
    ),
    click.option("--escapes", is_flag=True, help="Find where the paths leave a minimum; costs gradients."),
    click.option(
        "--device", default="auto", show_default=True, metavar="TEXT", help="auto, cpu, cuda or cuda:N."
    ),
    click.option("--threads", default=None, metavar="NUMBER", help="CPU threads; default: all cores."),
]


@click.command("landscape")
@landscape_flags
@click.option(
    "--out",
    "outs",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help=f"Write the surface here, by its ending: {', '.join(ENDINGS)}; .vts puts the paths into a .vtp "
    "beside it. May be given again.",
)
@plain_options
def command(
    runs: tuple[str, ...], outs: tuple[Path, ...], store: Path | None, as_json: bool, **given: Any
) -> None:
    """Evaluate the loss on a plane or a line through runs, coarse first, and write it to files.

    It is kept with the experiment too, so asking again costs nothing. Ctrl-C keeps what was done, and the
    same command goes on from there.
    """
    for out in outs:
        check_ending(out, "--out")
        check_writable(out, "--out")
    with open_store(store, read_only=True) as opened:
        try:
            request = request_of(opened, runs, given)
            surface, kept = _evaluated(opened, request)
        except InputError as error:
            raise in_flags(error) from None
    files = [file.resolve() for out in outs for file in _written(out, surface)]
    if as_json:
        write_json(document(surface) | {"kept": kept, "files": files})
        return
    click.echo(summary(surface))
    for file in files:
        click.echo(f"Written: {file}")
    if kept and not files:
        click.echo(f"Kept: {kept}")


def request_of(store: Store, runs: tuple[str, ...], given: dict[str, Any]) -> LandscapeRequest:
    """Return the request that flags describe.

    Raises:
        InputError: A value is not accepted.
    """
    if not runs:
        raise InputError.of(
            "runs", NOTHING, "give a run as EXPERIMENT/ARM/sSEED; `wnin runs list` shows them"
        )
    data: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    data |= {name: read_number(data[name]) for name in NUMBERS if name in data}
    if data["samples"] == ALL:
        data["samples"] = None
    if "sigma" in data:
        data["sigma"] = [read_number(part.strip()) for part in data["sigma"].split(",")]
    _check_all_but_runs(data, runs)
    named = [(name, text) for text in runs for name in _names(store, text, data["plane"])]
    names = [name for name, _ in named]
    try:
        return validate(LandscapeRequest, data | {"runs": names})
    except InputError as error:
        raise _as_typed(error, {**dict(named), ", ".join(names): ", ".join(runs)}) from None


def _check_all_but_runs(data: dict[str, Any], runs: tuple[str, ...]) -> None:
    """Refuse what is wrong with the other flags first: which runs a `--run` means depends on the plane.

    Raises:
        InputError: It is so.
    """
    try:
        validate(LandscapeRequest, data | {"runs": list(runs)})
    except InputError as error:
        others = [problem for problem in error.problems if problem.field.partition("[")[0] != "runs"]
        if others:
            raise InputError(others) from None


def _as_typed(error: InputError, typed: dict[str, str]) -> InputError:
    """Return `error` with its values as they were typed, where they are among `typed`."""
    return InputError(
        [
            replace(problem, value=typed.get(problem.value, problem.value))
            if isinstance(problem.value, str)
            else problem
            for problem in error.problems
        ]
    )


def _names(store: Store, text: str, plane: str) -> list[str]:
    """Return the full names of the runs that a `--run` means."""
    identifier, at, where = text.partition("@")
    if "/" in identifier:
        return [find_run(store, identifier).run_id + at + where]
    found = store.runs(experiment_id=identifier)
    if plane == "pca":
        first = {run.arm: run.run_id for run in reversed(found)}
        return [first[arm] + at + where for arm in dict.fromkeys(run.arm for run in found)]
    if len(found) != 1:
        known = ", ".join(run.run_id.partition("/")[2] for run in found) or "none yet"
        raise InputError.of("runs", text, f"give one of its runs as {identifier}/ARM/sSEED, allowed: {known}")
    return [found[0].run_id + at + where]


def in_flags(error: InputError) -> InputError:
    """Return `error` with fields named by their flags."""
    return InputError(
        [replace(problem, field=_flag(problem.field)) for problem in error.problems], source=error.source
    )


def _flag(field: str) -> str:
    name = field.partition("[")[0]
    return FLAGS.get(name, f"--{name}" if name in LandscapeRequest.model_fields else field)


def _evaluated(store: Store, request: LandscapeRequest) -> tuple[Surface, str]:
    """Evaluate and tell how far it is; return the surface and the file it is kept in.

    Raises:
        StoppedByUser: Ctrl-C; what was done is kept.
    """
    from wnin_desktop.runs.landscape.session import evaluate  # noqa: PLC0415 - torch, once the flags are right

    control, telling = LandscapeControl(), Telling()
    last: object = None
    with asking_first(control.cancel), telling:
        try:
            for last in evaluate(request, control, store=store):
                telling(last)
        except KeyboardInterrupt:
            raise StoppedByUser("interrupted; what was done is kept, the same command goes on.") from None
    if isinstance(last, SurfaceDone):
        return last.surface, last.file
    assert isinstance(last, SurfaceStopped)
    kept = "what was done is kept, the same command goes on" if last.file else "nothing was kept"
    raise StoppedByUser(f"stopped at {last.done:.0%}; {kept}.")


class Telling:
    """Says on stderr how far an evaluation is: a line written over again, or one every few seconds."""

    def __init__(self) -> None:
        self._live = is_terminal(sys.stderr)
        self._next = time.monotonic() + (0.0 if self._live else LINE_S)
        self._width = 0

    def __call__(self, event: object) -> None:
        """Take an event."""
        if isinstance(event, PlaneReady) and event.resumed < 1:
            self._clear()
            going = f", going on from {event.resumed:.0%}" if event.resumed else ""
            note(f"Evaluating {len(event.a)} x {len(event.b)} points on {event.data}{going}.")
        if not isinstance(event, Doing) or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + (FRAME_S if self._live else LINE_S)
        left = f", {clock_time(event.seconds_left)} left" if event.seconds_left >= 0 else ""
        self._write(f"{event.what}: {event.done:.0%}{left}")

    def _write(self, text: str) -> None:
        if not self._live:
            note(text)
            return
        sys.stderr.write("\r" + text.ljust(self._width))
        sys.stderr.flush()
        self._width = len(text)

    def _clear(self) -> None:
        if self._live and self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            sys.stderr.flush()
            self._width = 0

    def __enter__(self) -> Telling:
        return self

    def __exit__(self, *_details: object) -> None:
        self._clear()


def _written(out: Path, surface: Surface) -> list[Path]:
    try:
        return write_any(out, surface)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError.of("--out", str(out), f"it cannot be written: {reason}") from None
