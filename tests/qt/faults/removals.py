"""Protections that can be taken out, so that a fault is seen to get through."""

from __future__ import annotations

import faulthandler
from collections.abc import Callable
from concurrent.futures import wait

from wnin_desktop.qt import app
from wnin_desktop.qt.bridge import live_run
from wnin_desktop.qt.bridge.faults import Faults
from wnin_desktop.qt.bridge.live_runs import LiveRuns
from wnin_desktop.qt.bridge.single import SingleWindow
from wnin_desktop.qt.bridge.tasks import Tasks
from wnin_desktop.qt.experiment.draft import Draft
from wnin_desktop.runs.store.lock import WriterLock
from wnin_desktop.runs.store.writer import RunWriter


def _no_stop() -> None:
    """Close without stopping what trains."""
    LiveRuns.close = lambda _runs, _timeout_s=0.0: True


def _no_end() -> None:
    """Close without stopping, and leave without looking at threads."""
    _no_stop()
    app.end = lambda *_: None


def _no_recorder() -> None:
    """Leave no traces of a crash."""
    faulthandler.enable = lambda *_: None


def _no_limit() -> None:
    """Wait for all work at the end, however long it takes."""
    Tasks.close = lambda tasks, _timeout_s=0.0: tasks.stop() or not wait(tasks._futures).not_done


def _no_hooks() -> None:
    """Catch no exception that nobody else caught."""
    Faults.install = lambda *_: None


def _no_commit() -> None:
    """Show each event before it is committed."""
    original = live_run.Watchers
    live_run.Watchers = lambda *, committed, **more: original(live=committed, **more)
    RunWriter.commit = lambda *_: None


def _no_raising() -> None:
    """Open a window where one is open already."""
    SingleWindow.raise_other = lambda *_: False


def _no_lock() -> None:
    """Let everybody write."""
    WriterLock.acquire = lambda _lock: None


def no_arms() -> None:
    """Let the editor fail where an arm is added or chosen; for a window that has its arms already."""

    def fail(*_: object) -> None:
        raise RuntimeError("no more arms")

    Draft.add_arm = Draft.select = Draft.set = fail


REMOVALS: dict[str, Callable[[], None]] = {
    "": lambda: None,
    "stopping": _no_stop,
    "ending": _no_end,
    "limit": _no_limit,
    "hooks": _no_hooks,
    "commit": _no_commit,
    "raising": _no_raising,
    "lock": _no_lock,
    "recorder": _no_recorder,
}


def remove(name: str) -> None:
    """Take a protection out; "" takes none."""
    REMOVALS[name]()
