"""A table in plain text: columns as wide as they need, nothing cut, so that it can be searched and piped."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from wnin_desktop.cli.common import json_option, store_option

F = TypeVar("F", bound=Callable[..., Any])
GAP = "  "

colourless_option = click.option(
    "--no-color", is_flag=True, expose_value=False, help="Accepted everywhere; this writes none anyway."
)


def plain_options(command: F) -> F:
    """Add `--store`, `--json` and `--no-color` to a command that writes no colours: `store`, `as_json`."""
    return store_option(json_option(colourless_option(command)))


def plain_table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], *, right: frozenset[int] = frozenset()
) -> str:
    """Return the table; the columns whose numbers are in `right` are set flush right."""
    lines = [tuple(heads), *(tuple(_one_line(cell) for cell in row) for row in rows)]
    widths = [max(width(line[column]) for line in lines) for column in range(len(heads))]
    text = [
        GAP.join(_set(cell, widths[i], i in right) for i, cell in enumerate(line)).rstrip() for line in lines
    ]
    text.insert(1, GAP.join("-" * size for size in widths))
    return "\n".join(text)


def width(text: str) -> int:
    """Return how many cells of a terminal `text` fills."""
    return sum(
        0 if unicodedata.combining(letter) else 1 + (unicodedata.east_asian_width(letter) in "WF")
        for letter in text
    )


def _set(cell: str, size: int, right: bool) -> str:
    space = " " * (size - width(cell))
    return space + cell if right else cell + space


def _one_line(text: str) -> str:
    """Return `text` without anything that would move a terminal's cursor."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
