"""What the window remembers from one start to the next. Whatever is damaged becomes the default."""

from __future__ import annotations

import base64
import binascii
import logging
from typing import Any

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QMainWindow

from wnin_desktop.qt.pages import Page
from wnin_desktop.qt.window.widths import Widths
from wnin_desktop.runs.preferences import WindowState

logger = logging.getLogger("wnin.window")

LAYOUT = 4
"""Raised when docks change, so that an old layout is not forced on new docks."""


def keep_layout(window: QMainWindow, state: WindowState) -> None:
    """Write geometry and docks into `state`."""
    state.set("window.geometry", _text(window.saveGeometry()))
    state.set("window.docks", _text(window.saveState(LAYOUT)))
    for widths in window.findChildren(Widths):
        state.set("window.widths", widths.state())


def restore_layout(window: QMainWindow, state: WindowState) -> bool:
    """Put geometry and docks back; return whether both were usable."""
    geometry = _bytes(state.get("window.geometry", ""))
    docks = _bytes(state.get("window.docks", ""))
    is_usable = (
        geometry is not None
        and docks is not None
        and window.restoreGeometry(geometry)
        and window.restoreState(docks, LAYOUT)
    )
    for widths in window.findChildren(Widths):
        widths.restore(table(state, "window.widths") if is_usable else {})
    return is_usable


def restore_page(name: str, page: Page, state: WindowState) -> None:
    """Give a page what it was last time; one that chokes on it begins anew, and the window opens."""
    try:
        page.restore(table(state, f"page.{name}"))
    except Exception:  # whatever an old or damaged session does to a page, the program must start
        logger.exception("the page %s could not take its last state", name)


def table(state: WindowState, name: str) -> dict[str, Any]:
    """Return the table called `name`, empty where it is missing or something else."""
    found = state.get(name, {})
    return found if isinstance(found, dict) else {}


def _text(data: QByteArray) -> str:
    return base64.b64encode(data.data()).decode("ascii")


def _bytes(text: str) -> QByteArray | None:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return QByteArray(data) if data else None
