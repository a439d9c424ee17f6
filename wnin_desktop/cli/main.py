"""`wnin`: a verb's module is imported only when that verb is used, so that `wnin --help` is instant."""

from __future__ import annotations

import difflib
import importlib
import os
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

import click

import wnin_desktop
from wnin_desktop import paths
from wnin_desktop.errors import WninError

INTERRUPTED = 130

# Pydantic asks every package that is installed whether it extends it, which takes longer than to build all
# our models; nothing here is extended.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

# verb: (module that holds a click command named `command`, the line in `wnin --help`)
VERBS: dict[str, tuple[str, str]] = {
    "demo": ("wnin_desktop.cli.demo", "Run the sample comparison and write its report."),
    "train": ("wnin_desktop.cli.train", "Train one run, record it and, with --ws, stream it."),
    "compare": ("wnin_desktop.cli.compare", "Run a comparison from a file or a preset."),
    "runs": ("wnin_desktop.cli.runs", "List, show, export, resume, compare and delete what was recorded."),
    "optimizers": ("wnin_desktop.cli.optimizers", "List, check and trust optimizers."),
    "landscape": ("wnin_desktop.cli.landscape", "Evaluate the loss on a plane or a line through runs."),
    "report": ("wnin_desktop.cli.report", "Write the report of a recorded comparison."),
    "audit": ("wnin_desktop.cli.audit", "Verify noise audit logs: every draw is made again and compared."),
    "desktop": ("wnin_desktop.cli.desktop", "Open the window."),
    "view": ("wnin_desktop.cli.view", "Show a saved or streamed run in a small window."),
    "screenshots": ("wnin_desktop.cli.screenshots", "Draw every page and dialog of the window as pictures."),
    "serve": ("wnin_desktop.cli.serve", "Serve live events to clients on this machine."),
    "doctor": (
        "wnin_desktop.cli.doctor",
        "Say what works on this machine, and what to do where it does not.",
    ),
}


class LazyGroup(click.Group):
    """A group that knows its verbs' names and one-line helps without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the verbs in the order of the table."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the module of `cmd_name` and return its command."""
        if cmd_name not in VERBS:
            return None
        return importlib.import_module(VERBS[cmd_name][0]).command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the verb that `args` name; a wrong one is refused with what is allowed."""
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], VERBS, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise click.UsageError(
                f"verb: {args[0]!r} is not accepted; allowed: {', '.join(VERBS)}{hint}.", ctx
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the verbs from the table alone."""
        with formatter.section("Verbs"):
            formatter.write_dl([(name, text) for name, (_, text) in VERBS.items()])


@click.group(cls=LazyGroup)
@click.version_option(wnin_desktop.__version__, prog_name="wnin")
def wnin() -> None:
    """Without Noise There Is Nothing: compare optimizers under noise, with seeds and intervals."""


def run(command: click.Command, name: str, args: Sequence[str] | None = None) -> int:
    """Run `command` and return the exit code: 0, 1 for faults, 2 for bad input, 130 for an interruption.

    Whatever goes wrong is said on stderr in a sentence; a traceback goes to a file.
    """
    _write_any_character()
    try:
        returned = command.main(args=args, prog_name=name, standalone_mode=False)
    except (click.Abort, KeyboardInterrupt):
        return _fail("interrupted; what was recorded is kept.", INTERRUPTED)
    except Exception as error:  # the last border: nobody above could say more about it
        return _ended(error)
    return returned if isinstance(returned, int) else 0


def _ended(error: Exception) -> int:
    """Say why it ended, and return the exit code that this has."""
    match error:
        case click.exceptions.NoArgsIsHelpError():
            click.echo(error.format_message(), err=True)
            return error.exit_code
        case click.ClickException():
            return _fail(_usage_sentence(error), error.exit_code)
        case WninError():
            return _fail(str(error), error.exit_code)
        case OSError(filename=str() | Path(), strerror=str()):
            where, why = error.filename, error.strerror
            return _fail(f"{where}: the system refused it ({why}); what was recorded is kept.", 1)
        case _:
            return _fail(_unexpected(error), 1)


def main() -> None:
    """Run `wnin`."""
    leave(run(wnin, "wnin"))


def main_desktop() -> None:
    """Run `wnin-desktop`, which is `wnin desktop`."""
    _main_of("desktop", "wnin-desktop")


def main_train() -> None:
    """Run `wnin-train`, which is `wnin train`."""
    _main_of("train", "wnin-train")


def _main_of(verb: str, name: str) -> None:
    """Run one verb as a program of its own; an interruption while it loads is one too."""
    try:
        command = importlib.import_module(VERBS[verb][0]).command
    except KeyboardInterrupt:
        leave(_fail("interrupted before anything was recorded.", INTERRUPTED))
    else:
        leave(run(command, name))


def leave(code: int) -> None:
    """End the process with `code`; a reader that went away first is no fault."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def _write_any_character() -> None:
    """Replace characters that the terminal's encoding lacks instead of failing on them."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def _fail(sentence: str, code: int) -> int:
    for line in sentence.splitlines() or [""]:
        click.echo(f"error: {line}", err=True)
    return code


def _usage_sentence(error: click.ClickException) -> str:
    text = " ".join(error.format_message().split())
    context = getattr(error, "ctx", None)
    return f"{text} See `{context.command_path} --help`." if context is not None else text


def _unexpected(error: Exception) -> str:
    what = f"{type(error).__name__}: {error}".splitlines()[0]
    path = _write_log("".join(traceback.format_exception(error)))
    where = f"the details are in {path}" if path else "and the details could not be written to a file"
    return f"unexpected fault ({what}); what was recorded is kept, {where}."


def _write_log(text: str) -> Path | None:
    folder = paths.home() / "logs"
    path = folder / f"{time.strftime('%Y-%m-%d_%H%M%S')}_{os.getpid()}.log"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError:
        return None
    return path


if __name__ == "__main__":
    main()
