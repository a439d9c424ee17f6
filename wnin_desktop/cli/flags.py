"""Click options for the flags that describe one run; what they mean lies in `wnin_desktop.runs.flags`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from wnin_desktop.runs.flags import FLAGS, Flag, takes_numbers
from wnin_desktop.schema.network import NetworkConfig
from wnin_desktop.schema.schedule import ScheduleConfig
from wnin_desktop.schema.words import branches, describe_field

F = TypeVar("F", bound=Callable[..., Any])
# These fields have no help of their own: they choose the branch of a union.
HELPS = {
    "arm.noise.schedule.kind": ("How the noise amplitude moves with the step", ScheduleConfig, "constant"),
    "network.kind": ("What learns", NetworkConfig, "mlp"),
}
DEFAULTS = {"arm.optimizer.lr": "the optimizer's own", "arm.name": "the optimizer's name"}


def run_flags(command: F) -> F:
    """Add the flags that describe one run: a parameter for each, and `param`, `set_`, `config`."""
    for option in reversed([*map(_option, FLAGS), *_others()]):
        command = option(command)
    return command


def _option(flag: Flag) -> Callable[[F], F]:
    if flag.is_switch:
        return click.option(flag.name, flag.key, is_flag=True, default=None, help=help_of(flag))
    return click.option(flag.name, flag.key, metavar=_metavar(flag), default=None, help=help_of(flag))


def _others() -> list[Callable[[F], F]]:
    return [
        click.option(
            "--param",
            multiple=True,
            metavar="KEY=VALUE",
            help="Hyper-parameter of the optimizer; may be given again.",
        ),
        click.option(
            "--set",
            "set_",
            multiple=True,
            metavar="PATH=VALUE",
            help="Any other field of the configuration, such as network.hidden=[32,32]; may be given again.",
        ),
        click.option(
            "--config",
            type=click.Path(path_type=Path),
            default=None,
            metavar="FILE",
            help="Start from this file (TOML, JSON or YAML); flags go before it.",
        ),
        click.option(
            "--arm",
            default=None,
            metavar="NAME",
            help="The arm to take, where --config FILE holds several.",
        ),
    ]


def help_of(flag: Flag) -> str:
    """Return what the flag means, what it allows, its unit and its default, all from the schema."""
    if flag.path in HELPS:
        meaning, union, default = HELPS[flag.path]
        return f"{meaning}: {', '.join(branches(union))}. Default: {default}."
    field = flag.field
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    unit = str(extra.get("unit", "1"))
    measure = "" if unit in ("1", "by mode") else f"; in {unit}"
    words = [(field.description or "").rstrip(".")]
    if not flag.is_switch and not words[0].startswith(describe_field(field)):
        words.append(f" ({describe_field(field)}{measure})")
    default = DEFAULTS.get(flag.path, field.get_default(call_default_factory=True))
    words.append("." if default is None or flag.is_switch else f". Default: {default}.")
    return "".join(words)


def _metavar(flag: Flag) -> str:
    return "NUMBER" if takes_numbers(flag.field.annotation) else "TEXT"
