"""`wnin`: a verb's module is imported only when that verb is used, so that `wnin --help` is instant."""

from __future__ import annotations

import importlib

import click

import wnin_desktop

# verb: (module that holds a click command named `command`, the line in `wnin --help`)
VERBS: dict[str, tuple[str, str]] = {}


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

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the verbs from the table alone."""
        with formatter.section("Verbs"):
            formatter.write_dl([(name, text) for name, (_, text) in VERBS.items()])


@click.group(cls=LazyGroup)
@click.version_option(wnin_desktop.__version__, prog_name="wnin")
def wnin() -> None:
    """Without Noise There Is Nothing: compare optimizers under noise, with seeds and intervals."""


def main() -> None:
    """Run `wnin`."""
    wnin()
