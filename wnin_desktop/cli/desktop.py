"""`wnin-desktop`: open the window, with an experiment if one is named."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import click

from wnin_desktop import paths
from wnin_desktop.cli.display import trouble
from wnin_desktop.errors import InputError, WninError
from wnin_desktop.runs.executors import import_torch_first
from wnin_desktop.runs.preferences import load_preferences

PRESET = "preset:"


def _preferred_store(path: str | None) -> Path:
    """Return the store a person prefers; the environment goes before it, as everywhere."""
    return Path(path).expanduser() if path and not os.environ.get("WNIN_STORE") else paths.store_dir()


@click.command("desktop")
@click.argument("file", required=False)
@click.option("--run", is_flag=True, help="Run the experiment at once.")
@click.option(
    "--store", type=click.Path(file_okay=False, path_type=Path), default=None, metavar="DIR",
    help="Run store to open, instead of the usual one.",
)  # fmt: skip
@click.option("--quit-after", type=click.IntRange(1, 600_000), default=None, hidden=True)
def command(file: str | None, run: bool, store: Path | None, quit_after: int | None) -> int:
    """Open the window; FILE is an experiment (TOML, JSON, YAML) or preset:NAME."""
    return open_desktop(file, run=run, store=store, quit_after_ms=quit_after or 0)


def open_desktop(file: str | None, *, run: bool, store: Path | None = None, quit_after_ms: int = 0) -> int:
    """Open the window and return its exit code.

    Raises:
        InputError: The file does not exist.
        WninError: There is no display, or Qt cannot use it.
    """
    if why := trouble():
        raise WninError(
            f"No window can be opened: {why}. `wnin compare` and `wnin demo --headless` need none."
        )
    is_preset = file is not None and file.startswith(PRESET)
    if file is not None and not is_preset and not Path(file).is_file():
        raise InputError.of("FILE", file, f"give the path of an experiment file, or {PRESET}NAME")
    # What imports and the window make is no garbage: looking through it again and again takes a fifth of a
    # second. `app` turns it on again once the window stands.
    gc.disable()
    settings = load_preferences()
    import_torch_first(settings.value.training.executor)
    try:
        from wnin_desktop.qt import app  # noqa: PLC0415 - Qt only where a window opens
    except ImportError as error:
        raise WninError(f"Qt cannot be loaded ({error}); `wnin doctor` says what is missing.") from None
    start = app.Start(
        store=store or _preferred_store(settings.value.store.path),
        file=Path(file) if file is not None and not is_preset else None,
        preset=file.removeprefix(PRESET) if file is not None and is_preset else "",
        run=run,
        quit_after_ms=quit_after_ms,
    )
    return app.run(start, settings)
