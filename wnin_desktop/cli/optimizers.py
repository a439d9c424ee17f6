"""`wnin optimizers`: which there are, what they promise, whether they keep it, and which files may run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wnin_desktop import paths
from wnin_desktop.cli.asking import is_confirmed
from wnin_desktop.cli.common import color_option, json_option, note, write_json
from wnin_desktop.cli.table import colourless_option, plain_table
from wnin_desktop.engine.plugins import PluginMetadata, PluginRow, TrustStore, read_metadata, read_source
from wnin_desktop.errors import InputError, PluginError

if TYPE_CHECKING:
    from wnin_desktop.engine.optimizers.conformance import Certificate
    from wnin_desktop.engine.optimizers.loader import Registry
    from wnin_desktop.engine.optimizers.registry import OptimizerSpec

MARKS = {"passed": "green", "failed": "red", "not applicable": "white"}
WARNING = (
    "Python cannot be sandboxed: once trusted, this code can do everything that you can do on this machine. "
    "Trust it only if you have read it. A changed file must be trusted again."
)


@click.group("optimizers")
def command() -> None:
    """List optimizers, hold them to their laws, and trust files that bring new ones."""


def _registry() -> Registry:
    from wnin_desktop.engine.optimizers.loader import load_registry  # noqa: PLC0415 - built-ins import torch

    return load_registry()


# -- list and show -----------------------------------------------------------------------------------------


@command.command("list")
@json_option
@colourless_option
def list_optimizers(as_json: bool) -> None:
    """List every optimizer and plugin file, loaded or not, and why not; name the folder for your own."""
    rows = _registry().rows
    if as_json:
        write_json([_record(row) for row in rows])
        return
    heads = ("NAME", "STATE", "SOURCE", "SHA-256", "SUMMARY OR ERROR")
    click.echo(plain_table(heads, [_cells(row) for row in rows]))
    click.echo(f"\nPlugin folder: {paths.plugin_dir('optimizers')}")


def _cells(row: PluginRow) -> tuple[str, ...]:
    source = row.origin if row.origin == "built-in" or row.path is None else str(row.path)
    return row.name, row.state, source, (row.sha256 or "")[:12], row.error or row.summary


def _record(row: PluginRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "state": row.state,
        "source": row.origin,
        "path": row.path,
        "sha256": row.sha256,
        "summary": row.summary,
        "error": row.error,
    }


@command.command("show")
@click.argument("name")
@json_option
@colourless_option
def show(name: str, as_json: bool) -> None:
    """Show what an optimizer says of itself, and its hyper-parameters."""
    registry = _registry()
    row = _row(registry, name)
    spec = row.spec
    record = _record(row) | ({} if spec is None else _description(spec))
    if as_json:
        write_json(record)
        return
    parameters = record.pop("parameters", {})
    for key, value in record.items():
        if value not in (None, ""):
            click.echo(f"{key.replace('_', ' '):<16}{value}")
    if parameters:
        cells = [(key, _text(p["default"]), p["allowed"], p["help"]) for key, p in parameters.items()]
        click.echo("\n" + plain_table(("PARAMETER", "DEFAULT", "ALLOWED", "MEANING"), cells))


def _row(registry: Registry, name: str) -> PluginRow:
    for row in registry.rows:
        if row.name == name:
            return row
    registry.get(name)
    raise AssertionError("a loaded optimizer has a row")


def _description(spec: OptimizerSpec) -> dict[str, Any]:
    properties: Mapping[str, Mapping[str, Any]] = spec.hyper.model_json_schema()["properties"]
    return {
        "reference": spec.reference,
        "batching": spec.batching,
        "sampler": spec.samples,
        "gradient_scale": spec.gradient_scale,
        "parameters": {key: _parameter(schema) for key, schema in properties.items()},
    }


def _parameter(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "default": schema.get("default"),
        "required": "default" not in schema,
        "allowed": _allowed(schema),
        "unit": schema.get("unit", "1"),
        "help": schema.get("description", ""),
    }


BOUNDS = {"exclusiveMinimum": "> {}", "minimum": ">= {}", "exclusiveMaximum": "< {}", "maximum": "<= {}"}


def _allowed(schema: Mapping[str, Any]) -> str:
    """Return type and bounds of one field of a JSON schema in a few words."""
    if "allowed" in schema:
        return str(schema["allowed"])
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if "anyOf" in schema:
        return " or ".join(_allowed(part) for part in schema["anyOf"])
    bounds = [words.format(schema[key]) for key, words in BOUNDS.items() if key in schema]
    return " ".join([str(schema.get("type", "any value")).replace("null", "empty"), *bounds])


def _text(value: object) -> str:
    return "" if value is None else str(value)


# -- check -------------------------------------------------------------------------------------------------


@command.command("check")
@click.argument("names", nargs=-1, metavar="NAME...")
@click.option("--all", "all_of_them", is_flag=True, help="Check every optimizer that is loaded.")
@json_option
@color_option
def check(names: tuple[str, ...], all_of_them: bool, as_json: bool, no_color: bool) -> int:
    """Test optimizers against the table of laws; exit code 1 when one is broken."""
    from wnin_desktop.engine.optimizers.conformance import certify  # noqa: PLC0415 - it imports torch

    registry = _registry()
    chosen = registry.names() if all_of_them else list(names)
    if not chosen:
        raise InputError.of("NAME", "", f"give --all or at least one of: {', '.join(registry.names())}")
    certificates = [certify(spec) for spec in [registry.get(name) for name in chosen]]
    if as_json:
        write_json([_certificate(each) for each in certificates])
    else:
        for each in certificates:
            _show_certificate(each, no_color=no_color)
    return 0 if all(each.passed for each in certificates) else 1


def _certificate(found: Certificate) -> dict[str, Any]:
    return {
        "name": found.name,
        "sha256": found.source_sha256,
        "passed": found.passed,
        "laws": [row._asdict() for row in found.rows],
    }


def _show_certificate(found: Certificate, *, no_color: bool) -> None:
    counts = {status: sum(row.status == status for row in found.rows) for status in MARKS}
    click.echo(f"{found.name}  (SHA-256 {found.source_sha256 or 'unknown'})")
    width = max(len(row.law) for row in found.rows)
    for row in found.rows:
        status = click.style(f"{row.status:<14}", fg=MARKS[row.status])
        click.echo(f"  {status}  {row.law:<{width}}  {row.detail}", color=False if no_color else None)
    said = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    click.echo(f"  {'certified' if found.passed else 'NOT certified'}: {said}\n")


# -- trust -------------------------------------------------------------------------------------------------


@command.command("trust")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Trust it without asking.")
@json_option
@colourless_option
def trust(file: Path, yes: bool, as_json: bool) -> int:
    """Let a plugin FILE run, exactly as it is now: by its SHA-256."""
    path = file.expanduser().absolute()
    try:
        source = read_source(path)
        said = read_metadata(source)
    except PluginError as error:
        raise InputError.of("FILE", str(file), f"give a Python file; {error}") from None
    note(f"file       {path}\nSHA-256    {source.sha256}\nsays       {said.summary or '(no docstring)'}")
    note(f"brings     {_brings(said)}")
    note(WARNING)
    if not yes and not is_confirmed("Trust this file?", "trusting"):
        note("Not trusted.")
        return 1
    # The hash that was shown is what is trusted, even if the file has changed since.
    TrustStore().trust_hash(source.sha256, str(path))
    if as_json:
        write_json({"path": path, "sha256": source.sha256, "summary": said.summary, "names": said.names})
    else:
        click.echo(f"Trusted {path.name} with SHA-256 {source.sha256}.")
    return 0


def _brings(said: PluginMetadata) -> str:
    """Return what a plugin seems to bring, by its text alone."""
    if said.names:
        return f"optimizers {', '.join(said.names)}"
    return "a network (build)" if "build" in said.functions else "(nothing that can be read off its text)"


@command.command("untrust")
@click.argument("target", metavar="FILE|NAME|SHA-256")
@json_option
@colourless_option
def untrust(target: str, as_json: bool) -> None:
    """Take trust back, by file, name, or the beginning of a hash (8 letters or more)."""
    store = TrustStore()
    hashes = _trusted_hashes(store, target)
    for sha256 in hashes:
        store.revoke(sha256)
    if as_json:
        write_json({"untrusted": hashes})
    for sha256 in [] if as_json else hashes:
        click.echo(f"No longer trusted: SHA-256 {sha256}.")


def _trusted_hashes(store: TrustStore, target: str) -> list[str]:
    """Return the trusted hashes that `target` means.

    Raises:
        InputError: Nothing that is trusted fits.
    """
    entries = store.entries()
    path = str(Path(target).expanduser().absolute())
    fits = {
        sha256
        for sha256, known in entries.items()
        if known.label == path or (len(target) >= 8 and sha256.startswith(target.lower()))
    }
    if not fits:
        fits = {
            sha
            for sha, known in entries.items()
            if target in (Path(known.label).stem, Path(known.label).name)
        }
    if not fits:
        since = ", ".join(
            f"{Path(known.label).name} ({sha[:12]}, {datetime.fromtimestamp(known.since, UTC):%Y-%m-%d})"
            for sha, known in entries.items()
        )
        raise InputError.of("FILE|NAME|SHA-256", target, f"trusted are: {since or 'none'}")
    return sorted(fits)
