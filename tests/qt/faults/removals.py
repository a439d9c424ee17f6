"""Protections that can be taken out, so that a fault is seen to get through."""

from __future__ import annotations

import faulthandler
from collections.abc import Callable

from wnin_desktop.qt import app
from wnin_desktop.qt.bridge.live_runs import LiveRuns


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


REMOVALS: dict[str, Callable[[], None]] = {
    "": lambda: None,
    "stopping": _no_stop,
    "ending": _no_end,
    "recorder": _no_recorder,
}


def remove(name: str) -> None:
    """Take a protection out; "" takes none."""
    REMOVALS[name]()
