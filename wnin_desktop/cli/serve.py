"""`wnin serve`: the event server of this machine, or with `--watch` the view of one."""

from __future__ import annotations

import contextlib
import queue
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from wnin_desktop.cli.common import note, write_json_line
from wnin_desktop.cli.table import colourless_option
from wnin_desktop.schema.events import Diverged, Failed, Finished, RunEvent, RunStarted, StepMetrics
from wnin_desktop.stream.client import Subscriber
from wnin_desktop.stream.limits import DEFAULT_PORT
from wnin_desktop.stream.server import EventServer
from wnin_desktop.stream.stats import ServerStats
from wnin_desktop.stream.token import Token, find_token, remove_token, token_path, token_source

RATE_EVERY_S = 10.0
WAIT_S = 0.25
"""Longest wait at a stretch: on Windows Ctrl-C is heard only between two waits."""
WAITING_EVENTS = 65_536
"""Events of remote trainers not printed yet; what does not fit is counted, not waited for."""


@click.command("serve")
@click.option("--port", type=click.IntRange(0, 65535), default=DEFAULT_PORT, show_default=True,
              help="Port on 127.0.0.1; 0 takes any free one.")  # fmt: skip
@click.option("--token-file", type=click.Path(path_type=Path), default=None, metavar="PATH",
              help="Where to leave this launch's token; with --watch, where to read it.")  # fmt: skip
@click.option(
    "--watch", metavar="URI", default=None, help="Do not serve: print the events of the server at URI."
)
@click.option("--json", "as_json", is_flag=True, help="Write every event as one line of JSON.")
@colourless_option
def command(port: int, token_file: Path | None, watch: str | None, as_json: bool) -> None:
    """Pass events of trainers (`wnin-train --ws`) on to subscribers, on this machine only, until Ctrl-C."""
    with _interruptible():
        if watch is not None:
            find_token(token_file)  # a missing or malformed one is told at once
            _watch(Subscriber(watch, token_source(token_file)), as_json=as_json)
        else:
            _serve(port, token_file or token_path(), as_json=as_json)


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Let SIGTERM end a server as Ctrl-C does: clients are told, the token file goes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


# -- serving -----------------------------------------------------------------------------------------------


class Intake:
    """Events on their way from the server's thread to the terminal; a slow terminal costs only lines."""

    def __init__(self, limit: int = WAITING_EVENTS) -> None:
        self._waiting: queue.Queue[RunEvent] = queue.Queue(limit)
        self.left_out = 0

    def put(self, event: RunEvent) -> None:
        """Take an event; returns at once."""
        try:
            self._waiting.put_nowait(event)
        except queue.Full:
            self.left_out += 1

    def next(self, wait_s: float) -> RunEvent | None:
        """Return the next event, or None when there was none for `wait_s` seconds."""
        try:
            return self._waiting.get(timeout=max(0.0, wait_s))
        except queue.Empty:
            return None


def _serve(port: int, token_file: Path, *, as_json: bool) -> None:
    token, intake = Token.new(), Intake()
    with EventServer(port=port, token=token, on_event=intake.put) as server:
        token.write(token_file)
        try:
            note(f"serving on {server.uri}; the token of this launch is in {token_file}")
            note(f"trainers: wnin-train --ws {server.uri} --token-file {token_file}; Ctrl-C ends it")
            _print_served(server, intake, as_json=as_json)
        finally:
            remove_token(token_file, token)


def _print_served(server: EventServer, intake: Intake, *, as_json: bool) -> None:
    lines = Lines(as_json=as_json)
    due, told = time.monotonic() + RATE_EVERY_S, -1
    while True:
        event = intake.next(min(WAIT_S, due - time.monotonic()))
        if event is not None:
            lines.write(event)
        if time.monotonic() >= due:
            stats = server.stats()
            if stats.received != told and not as_json:
                note(rate_line(stats, intake.left_out))
            due, told = time.monotonic() + RATE_EVERY_S, stats.received


def rate_line(stats: ServerStats, left_out: int = 0) -> str:
    """Return what goes through the server, on one line."""
    publishers = len(stats.clients) - stats.subscribers
    parts = [f"{stats.rate:.0f} events/s", f"{stats.received} received"]
    parts.append(f"{publishers} trainers, {stats.subscribers} subscribers")
    lost = stats.dropped + left_out
    parts += [f"{lost} dropped"] if lost else []
    parts += [f"{stats.refused} requests refused"] if stats.refused else []
    return ", ".join(parts)


# -- watching ----------------------------------------------------------------------------------------------


def _watch(subscriber: Subscriber, *, as_json: bool) -> None:
    lines = Lines(as_json=as_json)
    note(f"watching {subscriber.uri}; Ctrl-C ends it")
    missed = 0
    for batch in subscriber:
        for event in batch:
            lines.write(event)
        if subscriber.missed > missed:
            note(f"{subscriber.missed - missed} steps were left out because this terminal is slow")
            missed = subscriber.missed


# -- lines -------------------------------------------------------------------------------------------------


class Lines:
    """Writes events to stdout: all of them as JSON, or for people those that begin or end something."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._last: dict[str, StepMetrics] = {}

    def write(self, event: RunEvent) -> None:
        """Write the line of an event, where it has one."""
        if self._as_json:
            write_json_line(msgspec.to_builtins(event))
        elif isinstance(event, StepMetrics):
            self._last[event.run_id] = event
        elif (line := self._line(event)) is not None:
            click.echo(printable(line))

    def _line(self, event: RunEvent) -> str | None:
        match event:
            case RunStarted():
                again = "" if event.resumed_from is None else f", resumed from step {event.resumed_from}"
                return (
                    f"started   {event.run_id}: {event.steps} steps on {event.device} of {event.host}{again}"
                )
            case Diverged():
                return f"diverged  {event.run_id}: at step {event.step}, {event.reason}"
            case Finished():
                return f"finished  {event.run_id}: {event.status} at step {event.step}{self._end(event)}"
            case Failed():
                self._last.pop(event.run_id, None)
                return f"failed    {event.run_id}: at step {event.step}, {event.error}"
        return None

    def _end(self, event: Finished) -> str:
        last = self._last.pop(event.run_id, None)
        loss = event.final.get("val_loss")
        if loss is not None:
            return f", validation loss {loss:.4g}, {event.wall_s:.1f} s"
        if last is not None and last.train_loss is not None:
            return f", last training loss {last.train_loss:.4g}, {event.wall_s:.1f} s"
        return f", {event.wall_s:.1f} s"


def printable(text: str) -> str:
    """Return text that came over the wire without anything that could steer a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
