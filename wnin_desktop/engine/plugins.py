"""Plugin files, for optimizers and networks alike: what is known of them without running them, and trust.

Python cannot be sandboxed. So a file from outside the program is only read, never run, until the user has
trusted exactly these bytes; it is then run first in a child process that may hang or die (`plugin_check`),
and only after that in this one. What runs is what was hashed: a file is read once, and its bytes are what is
trusted, tried and run.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import json
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from wnin_desktop import paths
from wnin_desktop.engine.durable import replacing
from wnin_desktop.errors import PluginError

PluginState = Literal["loaded", "broken", "untrusted", "duplicate"]
SOURCE_LIMIT = 1024 * 1024
"""Largest plugin file that is looked at, bytes."""
SENTENCE_LIMIT = 240
"""Longest message taken over from a plugin, characters."""


@dataclass(frozen=True)
class PluginRow:
    """One plugin file or entry point, loaded or not.

    Attributes:
        name: Registered name; the file's stem where nothing could be registered.
        path: The file, if there is one.
        state: What became of it.
        error: One sentence, where it is not loaded.
        sha256: Hash of its code, the one to be trusted.
        spec: What it registered (an `OptimizerSpec` for optimizers), where it is loaded.
        origin: Where it was found.
        summary: One sentence from its author.
    """

    name: str
    path: Path | None
    state: PluginState
    error: str | None = None
    sha256: str | None = None
    spec: Any | None = None
    origin: Literal["built-in", "user", "entry point"] = "user"
    summary: str = ""


@dataclass(frozen=True)
class PluginSource:
    """A plugin file as it was read, once."""

    path: Path
    code: bytes
    sha256: str


@dataclass(frozen=True)
class PluginMetadata:
    """What the text of a plugin says, without running it.

    Attributes:
        summary: First line of its docstring.
        names: Names it seems to register: first arguments of calls of `register`, where written out.
        functions: Functions it defines at the top.
    """

    summary: str
    names: tuple[str, ...]
    functions: tuple[str, ...]


def read_source(path: Path) -> PluginSource:
    """Return the file's bytes and their hash.

    Raises:
        PluginError: It is not a regular file, cannot be read, or is larger than `SOURCE_LIMIT`.
    """
    if not path.is_file():
        raise PluginError(f"{path} is not a regular file")
    try:
        with path.open("rb") as handle:
            code = handle.read(SOURCE_LIMIT + 1)
    except OSError as error:
        raise PluginError(f"{path} cannot be read: {error.strerror}") from None
    if len(code) > SOURCE_LIMIT:
        raise PluginError(f"{path} is larger than {SOURCE_LIMIT} bytes, which is too much for a plugin")
    return PluginSource(path, code, hashlib.sha256(code).hexdigest())


def read_metadata(source: PluginSource) -> PluginMetadata:
    """Return what the text says, without running it.

    Raises:
        PluginError: It is not Python; the sentence names the line.
    """
    tree = _parsed(source)
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    names = tuple(name for call in calls if (name := _registered_name(call)) is not None)
    functions = tuple(node.name for node in tree.body if isinstance(node, ast.FunctionDef))
    doc = (ast.get_docstring(tree) or "").strip()
    return PluginMetadata(one_line(doc.split("\n", 1)[0]), names, functions)


def _parsed(source: PluginSource) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a doubtful escape in somebody's docstring is theirs
            return ast.parse(source.code, filename=str(source.path))
    except SyntaxError as error:
        where = f" in line {error.lineno}" if error.lineno else ""
        raise PluginError(f"{source.path.name} is not Python{where}: {one_line(str(error.msg))}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise PluginError(f"{source.path.name} is not Python: {sentence(error)}") from None


def _registered_name(call: ast.Call) -> str | None:
    function = call.func
    called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", None)
    if called != "register" or not call.args:
        return None
    first = call.args[0]
    return one_line(first.value) if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


def one_line(text: str) -> str:
    """Return `text` on one line of printable characters, cut at `SENTENCE_LIMIT`."""
    flat = "".join(letter if letter.isprintable() else " " for letter in text[: 4 * SENTENCE_LIMIT])
    flat = " ".join(flat.split())
    return flat if len(flat) <= SENTENCE_LIMIT else flat[: SENTENCE_LIMIT - 3] + "..."


def sentence(error: BaseException) -> str:
    """Return an error of foreign code as one line; its own text may raise too."""
    try:
        text = one_line(str(error))
    except Exception:  # a foreign class may raise anything from __str__
        text = ""
    kind = one_line(type(error).__name__)
    return f"{kind}: {text}" if text else kind


@dataclass(frozen=True)
class Trust:
    """One decision of the user: this code may run here."""

    sha256: str
    label: str
    since: float
    tried_under: tuple[str, ...] = ()
    """Environments in which it passed the try in a child process."""


class TrustStore:
    """Hashes of plugin code that the user has trusted, in one JSON file; a damaged file trusts nothing."""

    def __init__(self, path: Path | None = None) -> None:
        """Use the file at `path`; None is the one in the program's home."""
        self.path = path or paths.home() / "trusted-plugins.json"

    def is_trusted(self, sha256: str | None) -> bool:
        """Return whether this very code may run."""
        return sha256 is not None and sha256 in self.entries()

    def entries(self) -> dict[str, Trust]:
        """Return every decision, by hash."""
        try:
            document = json.loads(self.path.read_bytes())
            return {item["sha256"]: _trust(item) for item in document["trusted"]}
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return {}  # whatever happened to the file, the safe reading is that nothing was trusted

    def trust(self, path: Path) -> str:
        """Trust the file as it is now and return its hash.

        Raises:
            PluginError: The file cannot be read.
        """
        source = read_source(path)
        self.trust_hash(source.sha256, str(path.absolute()))
        return source.sha256

    def trust_hash(self, sha256: str, label: str) -> None:
        """Trust code by its hash; `label` says for people what it was."""
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise PluginError(f"{sha256!r} is not a SHA-256 hash in lower-case hexadecimal")
        entries = self.entries()
        entries.setdefault(sha256, Trust(sha256, label, time.time()))
        self._write(entries)

    def revoke(self, sha256: str) -> bool:
        """Take trust back and return whether there was any."""
        entries = self.entries()
        had = entries.pop(sha256, None) is not None
        if had:
            self._write(entries)
        return had

    def remember_try(self, sha256: str, environment: str) -> None:
        """Note that trusted code passed its try under `environment`."""
        entries = self.entries()
        if (known := entries.get(sha256)) is None or environment in known.tried_under:
            return
        tried = (*known.tried_under[-7:], environment)
        entries[sha256] = Trust(sha256, known.label, known.since, tried)
        with contextlib.suppress(OSError):  # only saves time; a read-only home costs another try
            self._write(entries)

    def was_tried(self, sha256: str, environment: str) -> bool:
        """Return whether this code already passed its try under `environment`."""
        known = self.entries().get(sha256)
        return known is not None and environment in known.tried_under

    def _write(self, entries: dict[str, Trust]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._set_damaged_aside()
        document = {"version": 1, "trusted": [_record(trust) for trust in entries.values()]}
        with replacing(self.path) as handle:
            handle.write(json.dumps(document, indent=1).encode())

    def _set_damaged_aside(self) -> None:
        """Keep a file that could not be read under another name instead of writing over it."""
        if self.path.is_file() and not self.entries() and b'"trusted": []' not in self.path.read_bytes():
            self.path.replace(self.path.with_suffix(".damaged.json"))


def _trust(item: dict[str, Any]) -> Trust:
    tried = tuple(str(name) for name in item.get("tried_under", ()))
    return Trust(str(item["sha256"]), str(item["label"]), float(item["since"]), tried)


def _record(trust: Trust) -> dict[str, Any]:
    return {
        "sha256": trust.sha256,
        "label": trust.label,
        "since": trust.since,
        "tried_under": list(trust.tried_under),
    }
