"""JSON with the line of each field: `json` reads the values, the walk here finds lines and repeated keys."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from wnin_desktop.runs.config_formats.document import (
    Document,
    check_depth,
    refuse,
    refuse_long_number,
    refuse_text,
)
from wnin_desktop.schema.problems import join

_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|[{}\[\],:\n]|[^\s{}\[\],:"]+|"')
Tokens = Iterator[tuple[str, int]]


def parse(text: str) -> Document:
    """Return the data and lines of JSON text.

    Raises:
        InputError: It is not JSON, a key is given twice, or it is nested too deeply.
    """
    tokens = list(_tokens(text))
    _check_nesting(tokens)
    try:
        document = Document(json.loads(text))
    except json.JSONDecodeError as error:
        refuse_text(text, error.lineno, f"it is not JSON: {error.msg}, column {error.colno}")
    except ValueError:
        refuse_long_number(text)
    _Walk(iter(tokens), document.lines).value("", next(iter(tokens)))
    return document


def _tokens(text: str) -> Tokens:
    line = 1
    for match in _TOKEN.finditer(text):
        word = match.group()
        if word == "\n":
            line += 1
        elif word == '"':
            return  # text without an end: the decoder says so
        else:
            yield word, line


def _check_nesting(tokens: list[tuple[str, int]]) -> None:
    depth = 0
    for word, line in tokens:
        depth += (word in ("{", "[")) - (word in ("}", "]"))
        check_depth(depth, line)


class _Walk:
    """A walk over the tokens of text that is known to be JSON."""

    def __init__(self, tokens: Tokens, lines: dict[str, int]) -> None:
        self.tokens, self.lines = tokens, lines
        next(tokens)

    def value(self, path: str, opening: tuple[str, int]) -> None:
        word, line = opening
        self.lines.setdefault(path, line)
        if word == "{":
            self._table(path)
        elif word == "[":
            self._list(path)

    def _table(self, path: str) -> None:
        seen: dict[str, int] = {}
        for word, line in self.tokens:
            if word == "}":
                return
            if word == ",":
                continue
            key = json.loads(word)
            here = join(path, key)
            if key in seen:
                refuse(here, "a second value", f"line {seen[key]} has this key already", line)
            seen[key] = self.lines[here] = line
            next(self.tokens)  # the colon
            self.value(here, next(self.tokens))

    def _list(self, path: str) -> None:
        index = 0
        for word, line in self.tokens:
            if word == "]":
                return
            if word != ",":
                self.value(join(path, index), (word, line))
                index += 1
