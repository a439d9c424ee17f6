"""YAML with the line of each field, built from the parser's events: no tags, no objects, no surprises.

A plain scalar is read by the rules of JSON: `true`, `false`, `null`, numbers; everything else is text.
So `no`, `on` and `y` are text (YAML 1.1 makes them false and true), `1e-3` is a number (YAML 1.1 makes
it text), and `012`, `1:30` and `2026-01-01` are text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from wnin_desktop.runs.config_formats.document import (
    NODE_LIMIT,
    Document,
    check_depth,
    refuse,
    refuse_text,
)
from wnin_desktop.schema.problems import join

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # only its parser is used
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_INT = re.compile(r"[-+]?(0|[1-9]\d{0,40})", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", re.ASCII)
_NOT_FINITE = {".inf", "-.inf", "+.inf", ".nan"}


def plain(text: str) -> str | bool | int | float | None:
    """Return what a scalar without quotes means."""
    if text.lower() in _WORDS and text in (text.lower(), text.upper(), text.capitalize()):
        return _WORDS[text.lower()]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and not _leading_zero(text):
        return float(text)
    return float(text.replace(".", "", 1)) if text.lower() in _NOT_FINITE else text


def _leading_zero(text: str) -> bool:
    digits = text.lstrip("+-")
    return len(digits) > 1 and digits[0] == "0" and digits[1].isdigit()


def parse(text: str) -> Document:
    """Return the data and lines of YAML text.

    Raises:
        InputError: It is not YAML, holds a tag, a key twice, several documents, an alias to itself,
            too many values or too deep a nesting.
    """
    build = _Build()
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            build.take(event)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        refuse_text(text, line, f"it is not YAML: {error.problem or error.context}")
    except yaml.YAMLError as error:
        refuse_text(text, 1, f"it is not YAML: {str(error).splitlines()[0]}")
    return Document(build.root, build.lines)


@dataclass
class _Open:
    """A table or list whose end has not come yet."""

    value: dict[str, Any] | list[Any]
    path: str
    anchor: str | None
    first: int
    """Values counted before it."""
    key: str | None = None
    key_lines: dict[str, int] = field(default_factory=dict)


class _Build:
    """Puts the parser's events together."""

    def __init__(self) -> None:
        self.root: Any = None
        self.lines: dict[str, int] = {}
        self.open: list[_Open] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.count = self.documents = 0

    def take(self, event: Any) -> None:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                refuse(f"line {line}", "a second document", "allowed: one document in a file", line)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(str(event.anchor), line)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close()
        elif isinstance(event, yaml.NodeEvent):
            self._node(event, line)

    def _node(self, event: Any, line: int) -> None:
        if event.tag is not None:
            refuse(f"line {line}", event.tag, "tags are not used here, leave it out", line)
        if not isinstance(event, yaml.ScalarEvent):
            self._begin({} if isinstance(event, yaml.MappingStartEvent) else [], event.anchor, line)
        elif not self._key(event.value, line):
            value = plain(event.value) if event.implicit[0] else event.value
            if event.anchor:
                self.anchors[event.anchor] = (value, 1)
            self._put(value, line)

    def _begin(self, value: dict[str, Any] | list[Any], anchor: str | None, line: int) -> None:
        check_depth(len(self.open) + 1, line)
        path = self._put(value, line)
        self.open.append(_Open(value, path, anchor, self.count))
        self.anchors.pop(anchor or "", None)

    def _close(self) -> None:
        done = self.open.pop()
        if done.anchor:
            self.anchors[done.anchor] = (done.value, self.count - done.first + 1)

    def _alias(self, name: str, line: int) -> None:
        if name not in self.anchors:
            refuse(f"line {line}", f"*{name}", "an alias names a value that is complete above it", line)
        value, size = self.anchors[name]
        self.count += size - 1
        self._put(value, line)

    def _key(self, text: str, line: int) -> bool:
        """Take a scalar as the next key where one is due."""
        if not self.open or not isinstance(self.open[-1].value, dict) or self.open[-1].key is not None:
            return False
        table = self.open[-1]
        if text in table.key_lines:
            allowed = f"line {table.key_lines[text]} has this key already"
            refuse(join(table.path, text), "a second value", allowed, line)
        table.key = text
        table.key_lines[text] = line
        return True

    def _put(self, value: Any, line: int) -> str:
        """Place `value` where the next one is due, and return its path."""
        self.count += 1
        if self.count > NODE_LIMIT:
            refuse(f"line {line}", f"more than {NODE_LIMIT} values", "aliases are written out", line)
        if not self.open:
            self.root, path = value, ""
        elif isinstance(place := self.open[-1].value, list):
            path = join(self.open[-1].path, len(place))
            place.append(value)
        else:
            path, line = self._put_under_key(place, value, line)
        self.lines[path] = line
        return path

    def _put_under_key(self, table: dict[str, Any], value: Any, line: int) -> tuple[str, int]:
        holder = self.open[-1]
        if holder.key is None:
            refuse(f"line {line}", type(value).__name__, "a key is text", line)
        table[holder.key] = value
        path, line = join(holder.path, holder.key), holder.key_lines[holder.key]
        holder.key = None
        return path, line


def dump(data: Any) -> str:
    """Return plain data as YAML that this module reads back as it was."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True)


class _Dumper(yaml.SafeDumper):
    """Quotes each text that would be read back as something else, by this program's rules."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # Quoted, even the line ends that only YAML knows (NEL, LS, PS) are written as escapes.
    bare = text.isprintable() and isinstance(plain(text), str)
    style = None if bare else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)
