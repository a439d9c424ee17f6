"""What verbs share: options, opening the store, and writing text or JSON where it belongs.

Results go to stdout; notices, progress and errors go to stderr.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

from wnin_desktop import paths

if TYPE_CHECKING:
    from rich.console import Console

    from wnin_desktop.runs.store import Store

F = TypeVar("F", bound=Callable[..., Any])

store_option = click.option(
    "--store",
    type=click.Path(path_type=Path),
    default=None,
    metavar="PATH",
    help="Folder of the run store; default: WNIN_STORE or the user's data folder.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Write one JSON document to stdout.")
color_option = click.option("--no-color", is_flag=True, help="Write no colours; NO_COLOR does the same.")


def shared_options(command: F) -> F:
    """Add `--store`, `--json` and `--no-color`: parameters `store`, `as_json`, `no_color`."""
    return store_option(json_option(color_option(command)))


@contextmanager
def open_store(path: Path | None, *, read_only: bool = False) -> Iterator[Store]:
    """Open the run store in `path`, or the default one, and tell its notices.

    Raises:
        StoreLockedError: Another process is writing it.
        StoreError: It cannot be opened, or there is none yet and it is only read.
    """
    from wnin_desktop.runs.store import Store  # noqa: PLC0415 - numpy and SQLite only where a store is used

    with Store.open(path or paths.store_dir(), read_only=read_only) as store:
        for notice in store.notices:
            note(notice)
        yield store


def note(text: str) -> None:
    """Tell the person something that is not the result."""
    click.echo(text, err=True)


def write_json(value: object) -> None:
    """Write `value` as one JSON document; NaN and infinities become null."""
    click.echo(json.dumps(_plain(value), ensure_ascii=False, indent=2, allow_nan=False))


def write_json_line(value: object) -> None:
    """Write `value` as one line of JSON and hand it on at once."""
    click.echo(json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False))


def _plain(value: Any) -> Any:
    """Return `value` made of JSON's own types."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "item"):  # a numpy scalar
        return _plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def is_terminal(stream: TextIO) -> bool:
    """Return whether a person watches `stream`, on a terminal that can move its cursor."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def console(*, no_color: bool = False, err: bool = False) -> Console:
    """Return a rich console on stdout or stderr."""
    from rich.console import Console  # noqa: PLC0415 - imported only by verbs that draw

    return Console(file=sys.stderr if err else sys.stdout, no_color=no_color or None, highlight=False)
