"""TOML with the line of each field. The values come from `tomllib`; the walk here finds lines."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import NoReturn

from wnin_desktop.runs.config_formats.document import Document, check_depth, refuse_long_number, refuse_text
from wnin_desktop.schema.problems import join

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?:"{0,2})'
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:\\.|[^"\\\n])*"(?!")'
    r'|""(?!")'
    r"|'[^'\n]*'(?!')"
    r"|''(?!')"
    r"|#[^\n]*"
    r"|[\n\[\]{},=.]"
    r"|[^\s\[\]{},=.#\"']+"
    r"|[\"']",
    re.DOTALL,
)
_WHERE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
Token = tuple[str, int]


def parse(text: str) -> Document:
    """Return the data and lines of TOML text.

    Raises:
        InputError: It is not TOML, a key is given twice, or it is nested too deeply.
    """
    text = text.replace("\r\n", "\n")
    tokens = list(_tokens(text))
    _check_nesting(tokens)
    try:
        document = Document(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        _refuse(text, str(error))
    except ValueError:
        refuse_long_number(text)
    _Walk(tokens, document.lines).statements()
    return document


def _refuse(text: str, message: str) -> NoReturn:
    place = _WHERE.search(message)
    line = int(place[1]) if place and place[1] else text.count("\n") + 1
    reason = _WHERE.sub("", message)
    if "overwrite" in reason or "twice" in reason or "mutate" in reason:
        reason = f"a key is given twice ({reason})"
    refuse_text(text, line, f"it is not TOML: {reason}")


def _tokens(text: str) -> Iterator[Token]:
    line = 1
    for match in _TOKEN.finditer(text):
        word = match.group()
        if word in ('"', "'"):
            return  # text without an end: the decoder says so
        if not word.startswith("#"):
            yield word, line
        line += word.count("\n")


def _check_nesting(tokens: list[Token]) -> None:
    depth = dots = 0
    for word, line in tokens:
        depth += (word in ("{", "[")) - (word in ("}", "]"))
        dots = dots + 1 if word == "." else 0 if word in "\n[]{},=" else dots
        check_depth(max(depth, dots + 1), line)


class _Walk:
    """A walk over the tokens of text that is known to be TOML."""

    def __init__(self, tokens: list[Token], lines: dict[str, int]) -> None:
        self.tokens, self.lines, self.place = tokens, lines, 0
        self.counts: dict[str, int] = {}  # tables so far in each [[list of tables]]

    def statements(self) -> None:
        table = ""
        while self.place < len(self.tokens):
            word, line = self.tokens[self.place]
            if word == "\n":
                self.place += 1
            elif word == "[":
                table = self._header(line)
            else:
                self._assignment(table)

    def _header(self, line: int) -> str:
        self.place += 1
        many = self.tokens[self.place][0] == "["
        self.place += many
        *parents, last = self._key("]")
        self.place += 1 + many
        path = ""
        for part in parents:
            path = self._latest(join(path, part))
        path = join(path, last)
        if not many:
            self.lines[path] = line
            return path
        self.counts[path] = self.counts.get(path, 0) + 1
        self.lines.setdefault(path, line)
        path = self._latest(path)
        self.lines[path] = line
        return path

    def _latest(self, path: str) -> str:
        return join(path, self.counts[path] - 1) if path in self.counts else path

    def _assignment(self, table: str) -> None:
        line, path = self.tokens[self.place][1], table
        for part in self._key("="):
            path = join(path, part)
            self.lines.setdefault(path, line)
        self.place += 1
        self._value(path)

    def _key(self, end: str) -> list[str]:
        parts = []
        while (word := self.tokens[self.place][0]) != end:
            if word != ".":
                parts.append(tomllib.loads(f"k = {word}")["k"] if word[0] in "\"'" else word)
            self.place += 1
        return parts

    def _value(self, path: str) -> None:
        word = self.tokens[self.place][0]
        if word == "[":
            self._list(path)
        elif word == "{":
            self._inline_table(path)
        else:
            while self.place < len(self.tokens) and self.tokens[self.place][0] not in ("\n", ",", "]", "}"):
                self.place += 1

    def _list(self, path: str) -> None:
        self.place += 1
        index = 0
        while (word := self.tokens[self.place])[0] != "]":
            if word[0] in ("\n", ","):
                self.place += 1
                continue
            here = join(path, index)
            self.lines[here] = word[1]
            self._value(here)
            index += 1
        self.place += 1

    def _inline_table(self, path: str) -> None:
        self.place += 1
        while (word := self.tokens[self.place][0]) != "}":
            if word in ("\n", ","):
                self.place += 1
            else:
                self._assignment(path)
        self.place += 1
