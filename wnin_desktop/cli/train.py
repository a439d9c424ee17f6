"""`wnin-train` and `wnin train`: one run, recorded, shown and, with `--ws`, streamed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wnin_desktop.cli.common import note, open_store, shared_options, write_json
from wnin_desktop.cli.flags import run_flags
from wnin_desktop.cli.running import Watching, audit_option, executor_option, run_new
from wnin_desktop.errors import InputError
from wnin_desktop.runs.drive import Sink
from wnin_desktop.runs.flags import config_from_flags, given_paths, in_flags
from wnin_desktop.runs.replay_command import copy_as_command
from wnin_desktop.runs.store import Store
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.events import RunEvent, encode
from wnin_desktop.schema.run import RunConfig
from wnin_desktop.schema.words import suggestion

if TYPE_CHECKING:
    from wnin_desktop.stream.link import LinkState


@click.command("train")
@run_flags
@click.option(
    "--ws",
    default=None,
    metavar="URL",
    help="Stream events to the server here, such as ws://127.0.0.1:8765; without it training goes on.",
)
@click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    default=None,
    metavar="FILE",
    help="File with the server's token; default: WNIN_TOKEN, or the file `wnin serve` left.",
)
@click.option("--events", is_flag=True, help="Write each recorded event as one line of JSON to stdout.")
@executor_option
@audit_option
@shared_options
def command(
    ws: str | None,
    token_file: Path | None,
    events: bool,
    executor: str,
    audit: Path | None,
    store: Path | None,
    as_json: bool,
    no_color: bool,
    **values: Any,
) -> None:
    """Train one run, record it in the store and say how it ended."""
    config = config_from_flags(values, default_lr=own_lr)
    with publishing(ws, token_file) as sinks, open_store(store) as opened:
        if events:
            sinks.append(_print_event)
        watching = Watching(no_color=no_color, committed=sinks, audit=audit)
        try:
            experiment_id = run_new(opened, config, watching, executor=executor)
        except InputError as error:
            raise in_flags(error, given_paths(values), values.get("config")) from None
        if not events:
            _summarize(opened, experiment_id, as_json=as_json)


def own_lr(optimizer: str) -> float | None:
    """Return an optimizer's own learning rate.

    Raises:
        InputError: There is no such optimizer.
    """
    from wnin_desktop.engine.optimizers.loader import load_registry  # noqa: PLC0415 - imports torch

    specs = load_registry().specs
    if optimizer not in specs:
        near = suggestion(optimizer, specs)
        raise InputError.of("--optimizer", optimizer, f"allowed: {', '.join(sorted(specs))}{near}")
    lr = specs[optimizer].hyper.model_fields["lr"].default
    return lr if isinstance(lr, float) else None


@contextmanager
def publishing(ws: str | None, token_file: Path | None) -> Iterator[list[Sink]]:
    """Yield the sinks that send events to the server at `ws`: none without it.

    Raises:
        InputError: The address, or a token that was given, is not accepted.
    """
    if ws is None:
        yield []
        return
    from wnin_desktop.stream.publisher import Publisher  # noqa: PLC0415 - only with --ws
    from wnin_desktop.stream.token import VARIABLE, find_token, token_path, token_source  # noqa: PLC0415
    from wnin_desktop.stream.uri import PUBLISH_PATH, endpoint  # noqa: PLC0415

    endpoint(ws, PUBLISH_PATH)
    if token_file is not None or os.environ.get(VARIABLE) or token_path().is_file():
        find_token(token_file)  # one that was given and is malformed is told at once
    teller = LinkTeller(ws)
    publisher = Publisher(ws, token_source(token_file), on_state=teller)
    publisher.start()
    try:
        yield [publisher.put]
    finally:
        left = publisher.close() + publisher.dropped
        if left:
            note(f"{left} event(s) were not streamed; the store has them.")


class LinkTeller:
    """Says once when there is no server, and when there is one again."""

    def __init__(self, ws: str) -> None:
        self._ws = ws
        self._said = ""

    def __call__(self, state: LinkState, reason: str) -> None:
        """Take a change of the publisher's state."""
        if state == self._said or (state == "connecting" and not reason):
            return
        self._said = state
        if state == "connected":
            note(f"Streaming to {self._ws}.")
        elif state == "connecting":
            note(
                f"No event server at {self._ws} ({reason}); training goes on and connects when there is one."
            )
        elif state == "refused":
            note(f"The event server at {self._ws} refused this trainer ({reason}); training goes on.")


def _print_event(event: RunEvent) -> None:
    click.echo(encode(event).decode())


def _summarize(store: Store, experiment_id: str, *, as_json: bool) -> None:
    run = store.runs(experiment_id=experiment_id)[0]
    if as_json:
        write_json(
            {
                "experiment_id": experiment_id,
                "run_id": run.run_id,
                "arm": run.arm,
                "seed": run.seed,
                "status": run.status,
                "steps": run.steps,
                "committed": run.committed,
                "parameters": run.parameters,
                "device": run.device,
                "fingerprint": run.fingerprint,
                "final": run.final,
                "store": store.path,
                "command": copy_as_command(validate(RunConfig, run.config)),
            }
        )
        return
    numbers = ", ".join(f"{key} {value:.4g}" for key, value in run.final.items() if value is not None)
    click.echo(
        f"{run.run_id}: {run.status} at step {run.committed} of {run.steps}{numbers and ': '}{numbers}"
    )
