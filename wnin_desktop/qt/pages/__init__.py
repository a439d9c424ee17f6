"""The pages of the window. Each is imported when it is made.

A page is a QWidget with `state() -> dict` and `restore(state)`, and may have `text_summary() -> str`, which
says what it shows to those who do not see it.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from wnin_desktop.qt.desk import Desk


class Page(Protocol):
    """What a page can do beside being a widget."""

    def state(self) -> dict[str, Any]:
        """Return what the next session begins with, as plain values."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """Take what `state` returned; what does not fit is passed over."""
        ...


@dataclass(frozen=True)
class PageSpec:
    """A page: its dotted name, title, icon, and where its class is (`module:Class`)."""

    name: str
    title: str
    icon: str
    place: str

    def prepare(self) -> Any:
        """Import the page's class; that needs no window and may be done by any thread."""
        module, _, name = self.place.partition(":")
        return getattr(importlib.import_module(module), name)

    def load(self, desk: Desk) -> Any:
        """Import the page and make it."""
        return self.prepare()(desk)


PAGES: tuple[PageSpec, ...] = (
    PageSpec("compare", "Compare", "compare", "wnin_desktop.qt.pages.compare.page:ComparePage"),
    PageSpec("landscape", "Landscape", "landscape", "wnin_desktop.qt.pages.landscape.page:LandscapePage"),
    PageSpec("runs", "Runs", "runs", "wnin_desktop.qt.pages.runs.page:RunsPage"),
)
