"""Preferences and the state of the window as two TOML files that survive crashes, damage and hostile hands.

Reading never raises: a person must be able to open the program whatever became of its files. What could not
be used is kept aside under another name and told in one sentence; everything else holds.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import threading
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import tomli_w

from wnin_desktop import paths
from wnin_desktop.engine.durable import replacing
from wnin_desktop.errors import InputError, WninError
from wnin_desktop.runs.config_formats import toml_text
from wnin_desktop.runs.config_formats.document import check_plain
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.preferences import Preferences

SIZE_LIMIT = 1 << 20
"""Largest preferences file that is read, bytes."""
STATE_LIMIT = 8 << 20
"""Largest window state that is read, bytes; it may hold a whole draft."""
FLEETING = ("server.enabled",)
"""Preferences that hold until the window closes: nothing listens unless it was asked for in this launch."""
MOST_NAMED = 5
"""Faulty keys that a notice names."""
T = TypeVar("T")


@dataclass(frozen=True)
class LoadedPreferences:
    """What was read: the preferences that hold, and one sentence where something was wrong ("" otherwise)."""

    value: Preferences
    notice: str = ""
    kept: Path | None = None
    """Copy of a file that could not be used as it was."""


def preferences_path() -> Path:
    """Return where preferences are kept."""
    return paths.home() / "preferences.toml"


def window_path() -> Path:
    """Return where the state of the window is kept."""
    return paths.home() / "window.toml"


def load_preferences(path: Path | None = None) -> LoadedPreferences:
    """Return the preferences of this person; never raises.

    A file that is no TOML gives the defaults. Keys that do not exist or hold what is not allowed are named,
    and all others hold. In both cases a copy of the file is kept beside it.
    """
    path = path or preferences_path()
    data, trouble = _read(path, SIZE_LIMIT)
    if trouble:
        kept = keep_aside(path)
        return LoadedPreferences(Preferences(), _unusable("preferences", trouble, kept), kept)
    _forget_fleeting(data)
    value, bad = _salvage(data)
    if not bad:
        return LoadedPreferences(value)
    kept = keep_aside(path)
    return LoadedPreferences(value, _partly(path, bad, kept), kept)


def save_preferences(value: Preferences, path: Path | None = None) -> None:
    """Write what differs from the defaults and outlives the window; a crash leaves the old file or the new.

    Raises:
        DiskFullError: No space is left.
        OSError: The file cannot be written.
    """
    path = path or preferences_path()
    data = value.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    _forget_fleeting(data)
    _write(path, data, "# Preferences of WNIN Desktop. What is not here has its default.\n")


def keep_aside(path: Path) -> Path | None:
    """Copy a file to a name made from its content, so that nobody's words are lost; None if it cannot be."""
    try:
        with path.open("rb") as handle:
            data = handle.read(STATE_LIMIT + 1)
        kept = path.with_name(f"{path.stem}.kept-{hashlib.sha256(data).hexdigest()[:8]}{path.suffix}")
        if len(data) > STATE_LIMIT:
            path.replace(kept)  # too large to be copied at each start
        elif not kept.exists():
            with replacing(kept) as handle:
                handle.write(data)
    except (OSError, WninError):
        return None
    return kept


class WindowState:
    """Geometry, docks, recent files, pages and the unsaved draft: plain values by name.

    Values are what TOML holds: true or false, numbers, text, lists and tables of these. All methods may be
    called from any thread.
    """

    def __init__(self, path: Path | None = None) -> None:
        """Read the state at `path`; None is the one in the program's home. A damaged file is an empty one."""
        self.path = path or window_path()
        self.notice = ""
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._values, trouble = _read(self.path, STATE_LIMIT)
        self._saved = None if trouble else tomli_w.dumps(self._values)
        if trouble:
            self.notice = _unusable("window layout", trouble, keep_aside(self.path))

    def get(self, key: str, default: T) -> T:
        """Return the value called `key`, or `default` where there is none or one of another kind."""
        with self._lock:
            found = self._values.get(key, default)
        value = float(found) if isinstance(default, float) and type(found) is int else found
        fits = default is None or type(value) is type(default)
        return cast("T", value) if fits else default

    def set(self, key: str, value: object) -> None:
        """Set a value; None removes it.

        Raises:
            TypeError: TOML cannot hold it.
        """
        plain = None if value is None else _plain(value, key)
        with self._lock:
            if plain is None:
                self._values.pop(key, None)
            else:
                self._values[key] = plain

    def keys(self) -> list[str]:
        """Return the names of all values."""
        with self._lock:
            return sorted(self._values)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._values.clear()

    def save(self) -> bool:
        """Write the state if it has changed, and return whether it was written.

        Raises:
            DiskFullError: No space is left.
            OSError: The file cannot be written.
        """
        with self._writing:
            with self._lock:
                text = tomli_w.dumps(self._values)
            if text == self._saved:
                return False
            _write_text(self.path, text)
            self._saved = text
            return True


def _plain(value: object, key: str) -> Any:
    """Return a copy of `value` made of what TOML holds."""
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else 0.0
    if isinstance(value, list | tuple):
        return [_plain(item, key) for item in value]
    if isinstance(value, Mapping):
        return {str(name): _plain(item, key) for name, item in value.items() if item is not None}
    raise TypeError(f"the window state {key!r} cannot hold a {type(value).__name__}")


def _read(path: Path, limit: int) -> tuple[dict[str, Any], str]:
    """Return the table in a file and why it cannot be used; a file that is not there is an empty one."""
    try:
        with path.open("rb") as handle:
            data = handle.read(limit + 1)
    except FileNotFoundError:
        return {}, ""
    except OSError as error:
        return {}, f"it cannot be read ({error.strerror or type(error).__name__})"
    if len(data) > limit:
        return {}, f"it is larger than {limit >> 20} MB"
    try:
        return _parse(data), ""
    except InputError as error:
        first = error.problems[0]
        where = f"line {first.line}: " if first.line else ""
        return {}, f"{where}{first.allowed}"
    except (ValueError, RecursionError, MemoryError) as error:
        return {}, f"it is not TOML ({error})"


def _parse(data: bytes) -> dict[str, Any]:
    text = data.decode("utf-8-sig")
    if len(data) > SIZE_LIMIT:  # our own large state: the walk that finds lines would take long
        return _plain_table(tomllib.loads(text))
    return _plain_table(check_plain(toml_text.parse(text)).data)


def _plain_table(data: Any) -> dict[str, Any]:
    """Return `data` as a table of plain values.

    Raises:
        ValueError: It holds something else, such as a date.
    """
    try:
        return _plain(data, "file")
    except TypeError as error:
        raise ValueError(str(error)) from None


def _salvage(data: dict[str, Any]) -> tuple[Preferences, list[str]]:
    """Return the preferences without what is wrong in them, and one clause for each fault."""
    bad: list[str] = []
    for _ in range(1 + _count(data)):
        try:
            return validate(Preferences, data), bad
        except InputError as error:
            for problem in error.problems:
                bad.append(problem.field)
                # Where the path leads to no key (a name too long, a part of a list), its whole table goes.
                if not _drop(data, problem.field):
                    data.pop(problem.field.partition(".")[0].partition("[")[0], None)
    return Preferences(), bad


def _forget_fleeting(data: dict[str, Any]) -> None:
    for path in FLEETING:
        _drop(data, path)
        group = path.partition(".")[0]
        if data.get(group) == {}:
            del data[group]


def _count(data: object) -> int:
    return 1 + sum(map(_count, data.values())) if isinstance(data, dict) else 1


def _drop(data: dict[str, Any], path: str) -> bool:
    """Take the value at `path` out; a name may hold dots itself ("shortcuts.run.start")."""
    if path in data:
        del data[path]
        return True
    head, dot, rest = path.partition(".")
    while dot:
        inner = data.get(head)
        if isinstance(inner, dict):
            return _drop(inner, rest)
        more, dot, rest = rest.partition(".")
        head = f"{head}.{more}"
    return False


def _partly(path: Path, bad: list[str], kept: Path | None) -> str:
    names = ", ".join(bad[:MOST_NAMED]) + (f" and {len(bad) - MOST_NAMED} more" if bad[MOST_NAMED:] else "")
    where = f"; the file as it was is kept as {kept.name}" if kept else ""
    return f"{path.name} holds what this version does not know or allow ({names}); all else holds{where}."


def _unusable(what: str, trouble: str, kept: Path | None) -> str:
    where = f"; the file is kept as {kept}" if kept else ""
    return f"The {what} could not be used ({trouble.rstrip('.')}), so the defaults hold{where}."


def _write(path: Path, data: Mapping[str, Any], head: str) -> None:
    _write_text(path, head + tomli_w.dumps(data))


def _write_text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        stack.enter_context(replacing(path)).write(text.encode())
