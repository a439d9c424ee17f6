"""Configurations side by side: only the fields in which they differ."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

ABSENT = ""
"""What a configuration that has no such field shows."""


class DifferingField(NamedTuple):
    """One field: its path as error messages write it, and its value in each configuration as text."""

    path: str
    values: tuple[str, ...]


def differences(configs: Sequence[Mapping[str, Any]]) -> list[DifferingField]:
    """Return the fields in which plain configurations differ, in the order in which they appear.

    Tables of a list are compared by name where they have names (`arms[muon].optimizer.lr`, and their order as
    `arms`), else place by place; other lists are compared as a whole.
    """
    flat = [dict(_fields(config, "")) for config in configs]
    paths = list(dict.fromkeys(path for each in flat for path in each))
    rows = (DifferingField(path, tuple(each.get(path, ABSENT) for each in flat)) for path in paths)
    return [row for row in rows if len(set(row.values)) > 1]


def as_text(titles: Sequence[str], rows: Sequence[DifferingField]) -> str:
    """Return differences as a table of tabs, for spreadsheets and messages."""
    lines = [("field", *titles), *((row.path, *row.values) for row in rows)]
    return "\n".join("\t".join(cell.replace("\t", " ") for cell in line) for line in lines)


def _fields(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _fields(part, f"{path}.{name}" if path else str(name))
    elif isinstance(value, (list, tuple)) and any(isinstance(part, Mapping) for part in value):
        names = [part.get("name") if isinstance(part, Mapping) else None for part in value]
        if all(isinstance(name, str) for name in names) and len(set(names)) == len(names):
            yield path, ", ".join(map(str, names))
            for part in value:
                rest = {key: field for key, field in part.items() if key != "name"}
                yield from _fields(rest, f"{path}[{part['name']}]")
            return
        for place, part in enumerate(value):
            yield from _fields(part, f"{path}[{place}]")
    elif value is not None:
        yield path, value if isinstance(value, str) else json.dumps(value)
