"""What the three formats share: the data with its lines, the limits, and the way to refuse."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

from wnin_desktop.errors import InputError, Problem
from wnin_desktop.schema.problems import join

DEPTH_LIMIT = 32
"""Tables and lists inside each other; a comparison needs 6."""
NODE_LIMIT = 20_000
"""Values of one file, its aliases written out; a comparison needs some thousands."""
KEY_LIMIT = 200
"""Characters of a key."""
PLAIN = (str, bool, int, float, type(None))


@dataclass
class Document:
    """Decoded data, and the line (from 1) of each field by its path, as in "arms[0].noise.mode"."""

    data: Any
    lines: dict[str, int] = field(default_factory=dict)

    def line_of(self, path: str) -> int | None:
        """Return the line of the field at `path`, or of the nearest table or list around it."""
        while path and path not in self.lines:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.lines.get(path)


def refuse(field: str, value: object, allowed: str, line: int | None) -> NoReturn:
    """Raise the `InputError` for one field on one line."""
    raise InputError(Problem(field, value, allowed, line))


def refuse_text(text: str, line: int, allowed: str) -> NoReturn:
    """Raise the `InputError` for text that breaks the rules of its format at `line`."""
    lines = text.split("\n")
    shown = lines[line - 1].strip() if 0 < line <= len(lines) else ""
    refuse(f"line {line}", shown, allowed, line)


def refuse_long_number(text: str) -> NoReturn:
    """Raise the `InputError` for a whole number with more digits than Python reads (some thousands)."""
    digits = re.search(r"[\d_]{1000,}", text)
    line = text.count("\n", 0, digits.start()) + 1 if digits else None
    refuse("configuration", digits[0] if digits else "a number", "a number is shorter than that", line)


def check_depth(depth: int, line: int) -> None:
    """Refuse tables and lists nested too deeply."""
    if depth > DEPTH_LIMIT:
        allowed = f"tables and lists may stand inside each other {DEPTH_LIMIT} deep"
        refuse(f"line {line}", f"{depth} levels", allowed, line)


def check_plain(document: Document) -> Document:
    """Return `document` when it holds only text, numbers, true, false, tables and lists under readable keys.

    Raises:
        InputError: A date, a key that cannot be shown, or too many values; the line is named.
    """
    waiting: list[tuple[str, Any]] = [("", document.data)]
    seen = 0
    while waiting:
        path, value = waiting.pop()
        seen += 1
        if seen > NODE_LIMIT:
            refuse("configuration", f"more than {NODE_LIMIT} values", f"allowed: at most {NODE_LIMIT}", None)
        if isinstance(value, dict):
            waiting.extend((_child(document, path, key), child) for key, child in value.items())
        elif isinstance(value, list):
            waiting.extend((join(path, index), child) for index, child in enumerate(value))
        elif not isinstance(value, PLAIN):
            allowed = "dates and times are not used here, allowed: text in quotes, numbers, true or false"
            refuse(path, str(value), allowed, document.line_of(path))
    return document


def _child(document: Document, path: str, key: str) -> str:
    if key.isprintable() and len(key) <= KEY_LIMIT:
        return join(path, key)
    allowed = f"a key is at most {KEY_LIMIT} characters that can be shown"
    refuse(f"{path or 'configuration'}, a key", key, allowed, document.line_of(path))
