"""Places in nested data, written as in error messages: `arms[0].noise.schedule.phases[1].until`."""

from __future__ import annotations

import re
from typing import Any

PART = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


class _Missing:
    """The value of a place that is not there."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "MISSING"


MISSING = _Missing()


def split(path: str) -> list[str | int]:
    """Return the parts of `path`: names as text, places in lists as numbers."""
    return [int(match[2]) if match[2] else match[1] for match in PART.finditer(path)]


def under(base: str, path: str) -> str:
    """Return `path`, which is written below `base`, in full."""
    if not base or not path:
        return base or path
    return f"{base}{path}" if path.startswith("[") else f"{base}.{path}"


def below(base: str, path: str) -> str | None:
    """Return what of `path` lies below `base` ("" for `base` itself); None where it lies elsewhere."""
    if not base or path == base:
        return path if not base else ""
    rest = path.removeprefix(base)
    if rest == path or rest[0] not in ".[":
        return None
    return rest.removeprefix(".")


def get(data: Any, path: str) -> Any:
    """Return the value at `path`, or MISSING."""
    for part in split(path):
        if not _has(data, part):
            return MISSING
        data = data[part]
    return data


def _has(data: Any, part: str | int) -> bool:
    if isinstance(part, int):
        return isinstance(data, list | tuple) and part < len(data)
    return isinstance(data, dict) and part in data


def put(data: Any, path: str, value: Any) -> Any:
    """Return `data` with `value` at `path`, tables made on the way; `data` itself stays as it was."""
    return _put(data, split(path), value)


def _put(data: Any, parts: list[str | int], value: Any) -> Any:
    if not parts:
        return value
    part, rest = parts[0], parts[1:]
    if isinstance(part, int):
        items = list(data) if isinstance(data, list | tuple) else []
        items += [None] * (part + 1 - len(items))
        items[part] = _put(items[part], rest, value)
        return items
    table = dict(data) if isinstance(data, dict) else {}
    table[part] = _put(table.get(part), rest, value)
    return table


def touches(one: str, other: str) -> bool:
    """Return whether one place is the other, or lies in it, or around it."""
    return below(one, other) is not None or below(other, one) is not None
