"""Configuration files: reading a comparison from TOML, JSON or YAML, writing one, and the presets.

A file is opened for reading only. What is wrong with it is one sentence per mistake that names the file,
the line, the field, the value and what is allowed. A file holds either a whole comparison (`[[arms]]` and
`seeds`) or one run (`[arm]` and `seed`), which is read as a comparison of one.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import tomli_w

from wnin_desktop import paths
from wnin_desktop.engine.durable import replacing
from wnin_desktop.errors import InputError
from wnin_desktop.runs.config_formats import json_text, toml_text
from wnin_desktop.runs.config_formats.document import Document, check_plain, refuse_text
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.run import CompareConfig, RunConfig
from wnin_desktop.schema.words import suggestion

SIZE_LIMIT = 1 << 20
"""Largest configuration file, bytes."""


def _parse_yaml(text: str) -> Document:
    from wnin_desktop.runs.config_formats import yaml_text  # noqa: PLC0415 - few files need it, every window waits

    return yaml_text.parse(text)


PARSERS = {
    ".toml": toml_text.parse,
    ".json": json_text.parse,
    ".yaml": _parse_yaml,
    ".yml": _parse_yaml,
}
SUFFIXES = ", ".join(PARSERS)


def load_compare(path: str | Path) -> CompareConfig:
    """Return the comparison described by a TOML, JSON or YAML file, told apart by its suffix.

    Raises:
        InputError: The file cannot be read or used; every problem names its line. The file is untouched.
    """
    path = Path(path)
    try:
        return parse_compare(_text(path), path.suffix)
    except InputError as error:
        raise InputError(error.problems, source=str(path)) from None


def read_compare(stream: BinaryIO, source: str = "stdin") -> CompareConfig:
    """Return the comparison that a stream holds as TOML.

    Raises:
        InputError: It cannot be used; every problem names its line.
    """
    try:
        return parse_compare(_decoded(_limited(stream)), ".toml")
    except InputError as error:
        raise InputError(error.problems, source=source) from None


def parse_compare(text: str, suffix: str) -> CompareConfig:
    """Return the comparison in `text`, written in the format that `suffix` (".toml") stands for.

    Raises:
        InputError: The text cannot be used; every problem names its line.
    """
    document = check_plain(_parser(suffix)(text))
    try:
        return _validated(document.data)
    except InputError as error:
        found = [replace(problem, line=document.line_of(problem.field)) for problem in error.problems]
        raise InputError(found) from None


def dump_compare(config: CompareConfig, path: str | Path) -> None:
    """Write `config` to a TOML, JSON or YAML file that reads back as an equal comparison.

    Empty fields are left out. A crash leaves the old file or the new one.

    Raises:
        InputError: The suffix is none of the formats.
        DiskFullError: No space is left.
        OSError: The file cannot be written.
    """
    path = Path(path)
    text = format_compare(config, path.suffix)
    with replacing(path) as handle:
        handle.write(text.encode())


def format_compare(config: CompareConfig, suffix: str) -> str:
    """Return `config` as text in the format that `suffix` (".toml") stands for.

    Raises:
        InputError: The suffix is none of the formats.
    """
    _parser(suffix)
    data = config.model_dump(mode="json", exclude_none=True)
    if suffix.lower() == ".toml":
        return tomli_w.dumps(data)
    if suffix.lower() == ".json":
        return json.dumps(data, indent=2, allow_nan=False) + "\n"
    from wnin_desktop.runs.config_formats import yaml_text  # noqa: PLC0415 - as above

    return yaml_text.dump(data)


def presets() -> dict[str, Path]:
    """Return the comparisons that ship with the program, by name."""
    folder = paths.resources_dir() / "presets"
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def load_preset(name: str) -> CompareConfig:
    """Return the preset called `name`.

    Raises:
        InputError: There is no such preset.
    """
    shipped = presets()
    if name not in shipped:
        raise InputError.of("preset", name, f"allowed: {', '.join(shipped)}{suggestion(name, shipped)}")
    return load_compare(shipped[name])


def _validated(data: Any) -> CompareConfig:
    # A list called `arm` is a misspelt `arms`, and the sentence about that says so.
    if isinstance(data, dict) and isinstance(data.get("arm"), dict) and "arms" not in data:
        return CompareConfig.of_run(validate(RunConfig, data))
    return validate(CompareConfig, data)


def _parser(suffix: str) -> Any:
    if suffix.lower() not in PARSERS:
        raise InputError.of("suffix", suffix, f"a configuration file ends in one of {SUFFIXES}")
    return PARSERS[suffix.lower()]


def _text(path: Path) -> str:
    _parser(path.suffix)
    return _decoded(_bytes(path))


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        allowed = "the text must be UTF-8, save it in that encoding"
        refuse_text(data.decode("utf-8", "backslashreplace"), line, allowed)


def _bytes(path: Path) -> bytes:
    try:
        if not path.is_file():
            there = "is not a file" if path.exists() else "does not exist"
            raise InputError.of("file", str(path), f"it {there}, give the path of a configuration file")
        with path.open("rb") as handle:
            return _limited(handle)
    except OSError as error:
        raise InputError.of("file", str(path), f"it cannot be read: {error.strerror}") from None


def _limited(stream: BinaryIO) -> bytes:
    data = stream.read(SIZE_LIMIT + 1)
    if len(data) > SIZE_LIMIT:
        allowed = f"a configuration file is at most {SIZE_LIMIT} bytes"
        raise InputError.of("file", f"more than {SIZE_LIMIT} bytes", allowed)
    return data
