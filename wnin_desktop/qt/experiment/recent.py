"""Experiments that were opened or saved last: ten, pinned ones first, missing ones greyed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QObject, Signal

MOST = 10
KEY = "experiment.recent"


class Keeper(Protocol):
    """Where values are kept from one session to the next."""

    def get(self, key: str, default: Any) -> Any:
        """Return the value called `key`, or `default`."""
        ...

    def set(self, key: str, value: object) -> None:
        """Keep a value."""
        ...


@dataclass(frozen=True)
class RecentFile:
    """One file that was opened or saved."""

    path: Path
    pinned: bool = False
    missing: bool = False


Run = Callable[[Callable[[Any], Any], Callable[[Any], None]], object]
"""Does work in a thread and hands its result to the second callable on the GUI thread."""


class RecentFiles(QObject):
    """The list, newest first below the pinned ones. Whether they are there is looked up in a thread."""

    changed = Signal()

    def __init__(self, keeper: Keeper, run: Run, parent: QObject | None = None) -> None:
        """Read the list.

        Args:
            keeper: Where it is kept.
            run: Starts work in a thread.
            parent: Qt's.
        """
        super().__init__(parent)
        self._keeper, self._run = keeper, run
        self._missing: set[Path] = set()

    @property
    def _files(self) -> tuple[RecentFile, ...]:
        return tuple(_read(self._keeper.get(KEY, []), self._missing))

    @property
    def files(self) -> tuple[RecentFile, ...]:
        """Pinned files, then the others, newest first."""
        return tuple(sorted(self._files, key=lambda each: not each.pinned))

    def add(self, path: Path) -> None:
        """Put a file first."""
        path = path.absolute()
        pinned = any(each.pinned for each in self._files if each.path == path)
        self._take([RecentFile(path, pinned), *(each for each in self._files if each.path != path)])

    def pin(self, path: Path, on: bool) -> None:
        """Keep a file in the list whatever else is opened, or no longer."""
        self._take(replace(each, pinned=on) if each.path == path else each for each in self._files)

    def remove(self, path: Path) -> None:
        """Take a file out of the list; the file itself stays."""
        self._take(each for each in self._files if each.path != path)

    def clear(self) -> None:
        """Forget all files that are not pinned."""
        self._take(each for each in self._files if each.pinned)

    def refresh(self) -> None:
        """Look which files are there; `changed` tells when that is known."""
        paths = [each.path for each in self._files]
        self._run(lambda _task: {path for path in paths if not _is_there(path)}, self._mark)

    def _mark(self, missing: set[Path]) -> None:
        if missing != self._missing:
            self._missing = missing
            self.changed.emit()

    def _take(self, files: Iterable[RecentFile]) -> None:
        files = list(files)
        room = max(MOST - sum(each.pinned for each in files), 0)
        others = [each for each in files if not each.pinned][:room]
        kept = [each for each in files if each.pinned or each in others][:MOST]
        self._keeper.set(KEY, [{"path": str(each.path), "pinned": each.pinned} for each in kept])
        self.changed.emit()


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a drive that is gone
        return False


def _read(rows: Any, missing: set[Path]) -> Iterable[RecentFile]:
    """Yield what was kept; rows that are none are passed over."""
    for row in rows[:MOST] if isinstance(rows, list) else ():
        path = row.get("path") if isinstance(row, dict) else None
        if isinstance(path, str) and path and "\0" not in path:
            yield RecentFile(Path(path), row.get("pinned") is True, Path(path) in missing)
