"""A run, or a comparison, as the command that makes it again: same fingerprint, same numbers."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from wnin_desktop.runs.flags import BY_PATH, PARAMS, arm_name, read_value
from wnin_desktop.schema.run import CompareConfig, RunConfig

PROGRAM = "wnin-train"
COMPARE = ("wnin", "compare")
Shell = Literal["posix", "powershell"]
OWN_SHELL: Shell = "powershell" if os.name == "nt" else "posix"
"""The shell that people on this machine have."""


def copy_as_command(config: RunConfig | CompareConfig) -> str:
    """Return the shell-quoted `wnin-train` command that makes `config`; one line for each run."""
    runs = config.runs() if isinstance(config, CompareConfig) else [config]
    return "\n".join(shlex.join([PROGRAM, *arguments(run)]) for run in runs)


def compare_command(config: CompareConfig, path: Path | None = None, *, shell: Shell = OWN_SHELL) -> str:
    """Return one shell command that makes the whole comparison.

    Args:
        config: The comparison.
        path: A file that holds it; without one the command carries the comparison in itself.
        shell: Whose rules of quoting hold.
    """
    if path is not None:
        return f"{' '.join(COMPARE)} {_quoted(str(path), shell)}"
    from wnin_desktop.runs.config_files import format_compare  # noqa: PLC0415 - flags alone need no YAML

    text = format_compare(config, ".toml").rstrip("\n")
    if shell == "powershell":
        return f"@'\n{text}\n'@ | {' '.join(COMPARE)} -"
    mark = _mark(text)
    return f"{' '.join(COMPARE)} - <<'{mark}'\n{text}\n{mark}"


def _quoted(text: str, shell: Shell) -> str:
    if shell == "posix":
        return shlex.quote(text)
    return "'" + text.replace("'", "''") + "'"


def _mark(text: str) -> str:
    """Return a word that no line of `text` is."""
    mark = "TOML"
    while mark in text.splitlines():
        mark += "_"
    return mark


def arguments(run: RunConfig) -> list[str]:
    """Return the arguments of `wnin-train` that make `run`."""
    found: list[str] = []
    for path, value in _differences(run):
        found += _words(path, value)
    if run.arm.name != arm_name(run.arm.optimizer.name):
        found += _words("arm.name", run.arm.name)
    return found


def _differences(run: RunConfig) -> Iterator[tuple[str, Any]]:
    """Yield path and value of what is not the default; what has to be said is said always."""
    yield "arm.optimizer.name", run.arm.optimizer.name
    yield "arm.optimizer.lr", run.arm.optimizer.lr
    for path, value in _unusual(run, ""):
        if path not in ("arm.name", "arm.optimizer.name", "arm.optimizer.lr"):
            yield path, value


def _unusual(model: BaseModel, lead: str, kind: str | None = None) -> Iterator[tuple[str, Any]]:
    for name, field in type(model).model_fields.items():
        value, path = getattr(model, name), f"{lead}{name}"
        default = field.get_default(call_default_factory=True)
        if name == "kind":
            if value != kind:
                yield path, value
        elif isinstance(value, BaseModel):
            usual = getattr(default, "kind", None)
            yield from _unusual(value, f"{path}.", usual)
        elif default is PydanticUndefined or _json(value) != _json(default):
            yield path, value


def _json(value: Any) -> str:
    if isinstance(value, tuple):
        value = [item.model_dump(mode="json") if isinstance(item, BaseModel) else item for item in value]
    return json.dumps(value)


def _words(path: str, value: Any) -> list[str]:
    flag = BY_PATH.get(path)
    if flag is not None and flag.is_switch and value is True:
        return [flag.name]
    if flag is not None and value is not None and _is_plain(str(value)):
        return _option(flag.name, str(value))
    if path == PARAMS and isinstance(value, dict) and all(name.isidentifier() for name in value):
        return [word for name, item in value.items() for word in ("--param", f"{name}={_text(item)}")]
    return ["--set", f"{path}={_text(value)}"]


def _option(name: str, text: str) -> list[str]:
    return [f"{name}={text}"] if text.startswith("-") else [name, text]


def _text(value: Any) -> str:
    """Return what `read_value` reads back as `value`."""
    if isinstance(value, str) and _is_plain(value) and read_value(value) == value:
        return value
    return _json(value)


def _is_plain(text: str) -> bool:
    return text.isprintable()
