"""Keeps the run table up to date: reads, filters and sorts in a task, never on the GUI thread."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from wnin_desktop.runs.run_query import Query
from wnin_desktop.runs.run_rows import rows_of_watched
from wnin_desktop.runs.run_table import Diff, Remote, RunTable, Snapshot, View, give_way

REFRESH_MS = 250
"""Live runs move at most so often."""


@dataclass(frozen=True)
class Asked:
    """What the page wants to see."""

    query: Query = field(default_factory=Query)
    sort: str = "started"
    descending: bool = True
    grouped: bool = True
    trash: bool = False


class Fed(NamedTuple):
    """What the page gets."""

    snapshot: Snapshot
    difference: Diff
    view: View
    asked: Asked


class HasDesk(Protocol):
    """What the feed needs of the desk."""

    store: Any
    tasks: Any
    remote: Any
    runs: Any


class RunFeed(QObject):
    """`fed` follows every question and every `refresh`; questions that come meanwhile merge."""

    fed = Signal(object)
    failed = Signal(object)

    def __init__(self, desk: HasDesk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("run-feed")
        self._desk = desk
        self._table = RunTable(breathe=give_way)
        self.asked = Asked()
        self._busy = False
        self._again = False
        self._read_again = False
        self._remote: dict[str, tuple[int, Remote]] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.refresh)

    def ask(self, **changes: Any) -> None:
        """Show something else of what is known; the store is not read for that."""
        self.asked = replace(self.asked, **changes)
        self._start(read=False)

    def refresh(self) -> None:
        """Read the store now."""
        self._timer.stop()
        self._start(read=True)

    def refresh_soon(self, within_ms: int = REFRESH_MS) -> None:
        """Read the store in a quarter of a second or sooner, however often this is called until then."""
        if not self._timer.isActive() or self._timer.remainingTime() > within_ms:
            self._timer.start(within_ms)

    def _start(self, *, read: bool) -> None:
        if self._busy:
            self._again = True
            self._read_again = self._read_again or read
            return
        self._busy = True
        asked, remote, paused = self.asked, self._remote_rows(), self.paused
        self._desk.tasks.start(
            lambda _task: self._work(asked, remote, paused, read), then=self._take, failed=self._fail
        ).ended.connect(self._next)

    @property
    def paused(self) -> frozenset[str]:
        """Ids of the experiments that are held here; the store knows only that they run."""
        return frozenset(
            run.experiment.experiment_id for run in self._desk.runs.live if run.state == "paused"
        )

    def _remote_rows(self) -> list[Remote]:
        """Return the rows of what others train; those that did not move are not made again."""
        kept = {}
        for name, watched in self._desk.remote.experiments.items():
            known = self._remote.get(name)
            if known is None or known[0] != watched.revision:
                known = (watched.revision, rows_of_watched(watched, time.time()))
            kept[name] = known
        self._remote = kept
        return [rows for _, rows in kept.values()]

    def _work(self, asked: Asked, remote: list[Remote], paused: frozenset[str], read: bool) -> Fed:
        snapshot, difference = self._table.snapshot, NO_CHANGE
        if read:
            snapshot, difference = self._table.refresh(self._desk.store, remote, paused)
        view = snapshot.view(
            asked.query, asked.sort, descending=asked.descending, grouped=asked.grouped, trash=asked.trash
        )
        return Fed(snapshot, difference, view, asked)

    def _take(self, fed: Fed) -> None:
        self.fed.emit(fed)

    def _fail(self, error: Exception) -> None:
        self.failed.emit(error)

    def _next(self) -> None:
        self._busy = False
        if self._again:
            read, self._again, self._read_again = self._read_again, False, False
            self._start(read=read)


NO_CHANGE = Diff(frozenset(), frozenset(), frozenset())
