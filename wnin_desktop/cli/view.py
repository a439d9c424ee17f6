"""`wnin view`: a saved surface, saved events or a stream of runs in a small window, without the desktop."""

from __future__ import annotations

import importlib
import os
import re
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import click

from wnin_desktop.cli.display import trouble
from wnin_desktop.errors import NOTHING, DataError, InputError, WninError
from wnin_desktop.runs.landscape.surface_file import read_surface
from wnin_desktop.schema.events import RunEvent, decode
from wnin_desktop.stream.client import Subscriber
from wnin_desktop.stream.token import VARIABLE, find_token, token_path, token_source
from wnin_desktop.stream.uri import SUBSCRIBE_PATH, endpoint

if TYPE_CHECKING:
    from wnin_desktop.qt.view.feed import Feed
    from wnin_desktop.schema.landscape import Surface

LEAST, MOST = (480, 360), (7680, 4320)
ANSWER_S = 2.0
"""How long the window waits for the first answer of a server, which may refuse."""
MOST_EVENTS = 2_000_000
"""Events of a file that are shown."""
GIVE = "give a surface (.npz) of `wnin landscape --out`, or events (.jsonl) of `wnin serve --json`"
WHERE_FROM = "start `wnin serve` or give --token-file"


class NoWindowError(WninError):
    """No window can be opened here."""

    exit_code = 2


@click.command("view")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--ws", "uri", default=None, metavar="URI", help="Show runs as the event server at URI tells them."
)
@click.option("--token-file", type=click.Path(path_type=Path), default=None, metavar="PATH",
              help="Where the server's token is read from.")  # fmt: skip
@click.option("--size", default=None, metavar="WxH", help="Size of the window in pixels: 1120x720.")
@click.option(
    "--theme",
    type=click.Choice(["light", "dark", "system"]),
    default=None,
    help="Instead of the preferred one.",
)
@click.option("--quit-after", type=click.IntRange(1, 600_000), default=None, hidden=True)
def command(
    file: Path | None,
    uri: str | None,
    token_file: Path | None,
    size: str | None,
    theme: str | None,
    quit_after: int | None,
) -> int:
    """Show a saved or streamed run in a small window.

    FILE is a surface (.npz) that `wnin landscape --out` wrote, or events (.jsonl) that `wnin serve --json`
    wrote. Ctrl+S saves a picture, R resets the camera, F11 fills the screen, Esc closes.
    """
    if (file is None) == (uri is None):
        given = NOTHING if file is None else f"{file} --ws {uri}"
        raise InputError.of("FILE", given, "give either a FILE or --ws URI")
    if token_file is not None and uri is None:
        raise InputError.of("--token-file", str(token_file), "it goes with --ws URI")
    asked = None if size is None else read_size(size)
    surface, events = (None, None) if file is None else read_file(file)
    if uri is not None:
        endpoint(uri, SUBSCRIBE_PATH)  # a wrong one, or a missing token, is told before anything is opened
        _check_token(uri, token_file)
    _need_display()
    feed = None if uri is None else _listen(uri, token_file)
    try:
        start = _qt()
        wanted = start.Wanted(
            source=uri or str(file),
            surface=surface,
            events=events,
            feed=feed,
            size=asked,
            theme=theme or "",
            quit_after_ms=quit_after or 0,
        )
        return start.run(wanted)
    finally:
        if feed is not None:
            feed.close()


def _need_display() -> None:
    if why := trouble():
        raise NoWindowError(
            f"No window can be opened: {why}. `wnin landscape` and `wnin serve --watch` need none."
        )


def _qt() -> ModuleType:
    try:
        return importlib.import_module("wnin_desktop.qt.view.start")  # Qt only where a window opens
    except ImportError as error:
        raise NoWindowError(f"Qt cannot be loaded ({error}); `wnin doctor` says what is missing.") from None


def read_size(text: str) -> tuple[int, int]:
    """Return width and height.

    Raises:
        InputError: It is no size, or none that a window may have.
    """
    found = re.fullmatch(r"(\d{1,5})[xX](\d{1,5})", text.strip())
    size = (int(found[1]), int(found[2])) if found else (0, 0)
    if not all(low <= side <= high for low, side, high in zip(LEAST, size, MOST, strict=True)):
        allowed = f"allowed is WIDTHxHEIGHT in pixels, {LEAST[0]}x{LEAST[1]} to {MOST[0]}x{MOST[1]}"
        raise InputError.of("--size", text, allowed)
    return size


# -- files -------------------------------------------------------------------------------------------------


def read_file(file: Path) -> tuple[Surface | None, list[RunEvent] | None]:
    """Return the surface or the events in a file; its first letters tell which it is.

    Raises:
        InputError: It is missing or damaged, or holds neither.
    """
    try:
        with file.open("rb") as handle:
            head = handle.read(64).lstrip()
        if head.startswith(b"{"):
            return None, read_events(file)
        if head.startswith(b"PK"):
            return read_surface(file), None
    except OSError as error:
        why = error.strerror or str(error)
        raise InputError.of("FILE", str(file), f"it cannot be read ({why}); {GIVE}") from None
    except DataError as error:
        why = str(error).removeprefix(f"{file} ").removesuffix("; it was not read.").rstrip(".")
        raise InputError.of("FILE", str(file), f"it {why}; {GIVE}") from None
    raise InputError.of("FILE", str(file), f"it is neither a surface nor events; {GIVE}")


def read_events(file: Path) -> list[RunEvent]:
    """Return the events in a file, one JSON object a line; a last line that is cut off is left out.

    Raises:
        InputError: A line is no event, or there is none.
        OSError: It cannot be read.
    """
    events: list[RunEvent] = []
    with file.open("rb") as handle:
        for number, line in enumerate(handle, 1):
            if not line.strip():
                continue
            try:
                events.append(decode(line))
            except InputError as error:
                if not line.endswith(b"\n"):
                    break
                raise _wrong_line(file, number, error) from None
            if len(events) > MOST_EVENTS:
                raise InputError.of("FILE", str(file), f"at most {MOST_EVENTS} events are shown")
    if not events:
        raise InputError.of("FILE", str(file), f"there is no event in it; {GIVE}")
    return events


def _wrong_line(file: Path, number: int, error: InputError) -> InputError:
    problem = error.problems[0]
    allowed = f"line {number} is no event of a run ({problem.allowed}); {GIVE}"
    return InputError.of("FILE", str(file), allowed)


# -- stream ------------------------------------------------------------------------------------------------


def _listen(uri: str, token_file: Path | None) -> Feed:
    """Return a stream that has begun; an absent server is waited for, one that refuses is not.

    Raises:
        InputError: The server refuses.
    """
    from wnin_desktop.qt.view.feed import Feed  # noqa: PLC0415 - where a window opens

    feed = Feed(Subscriber(uri, token_source(token_file)))
    feed.start()
    state = feed.wait_for_answer(ANSWER_S)
    if state.link != "refused":
        return feed
    feed.close()
    if "token" in state.reason:
        raise _wrong_token(uri, token_file)
    raise InputError.of("--ws", uri, f"the server refused: {state.reason}")


def _check_token(uri: str, token_file: Path | None) -> None:
    """Refuse where there is no token to come with.

    Raises:
        InputError: There is none, or it is not a token.
    """
    try:
        find_token(token_file)
    except InputError as error:
        problem = error.problems[0]
        if token_file is not None or problem.field == VARIABLE:
            raise
        looked = f"{VARIABLE} is not set, and {token_path()}: {problem.allowed}"
        raise InputError.of("--ws", uri, f"no server's token is found: {looked}; {WHERE_FROM}") from None


def _wrong_token(uri: str, token_file: Path | None) -> InputError:
    allowed = f"allowed is the token of the server at {uri}, which `wnin serve` names when it starts"
    if token_file is None and os.environ.get(VARIABLE):
        return InputError.of(VARIABLE, "(not shown)", allowed)
    if token_file is None:
        said = f"the token in {token_path()} is not that of the server there"
        return InputError.of("--ws", uri, f"{said}; {WHERE_FROM}")
    return InputError.of("--token-file", str(token_file), allowed)
