"""The page Compare: tools, plots, and the leader table below them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from wnin_desktop.qt.pages.compare.leader_view import Leaders
from wnin_desktop.qt.pages.compare.tools import Tools
from wnin_desktop.qt.plots.grid import PlotGrid
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space

if TYPE_CHECKING:
    from wnin_desktop.qt.desk import Desk

SHARES = (3, 1)
LEAST_TABLE = 110
MOST_PIXELS = 100_000


class ComparePage(QWidget):
    """Arms side by side, live."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page-compare")
        self.setAccessibleName(tr("Compare"))
        self.grid = PlotGrid(desk, self)
        self.lens = self.grid.lens
        self.tools = Tools(desk, self.grid, self)
        self.leaders = Leaders(desk, self.lens, self)
        self.leaders.setMinimumHeight(LEAST_TABLE)
        self.splitter = QSplitter(Qt.Orientation.Vertical, self)
        self.splitter.setObjectName("compare-splitter")
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.grid)
        self.splitter.addWidget(self.leaders)
        for index, share in enumerate(SHARES):
            self.splitter.setStretchFactor(index, share)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(Space.S, Space.S, Space.S, Space.S)
        layout.setSpacing(Space.XS)
        layout.addWidget(self.tools)
        layout.addWidget(self.splitter, 1)

    def state(self) -> dict[str, Any]:
        """Return what the next session begins with."""
        return {
            "grid": self.grid.state(),
            "leader_metric": self.leaders.key,
            "splitter": self.splitter.sizes(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take what `state` returned; what does not fit is passed over."""
        grid = state.get("grid")
        if isinstance(grid, Mapping):
            self.grid.restore(grid)
        key = state.get("leader_metric")
        if isinstance(key, str):
            self.leaders.set_key(key)
        sizes = state.get("splitter")
        if isinstance(sizes, list) and len(sizes) == len(SHARES) and all(map(_is_size, sizes)):
            self.splitter.setSizes(sizes)
        self.tools.refresh()

    def text_summary(self) -> str:
        """Return what the page shows, as sentences."""
        return f"{self.grid.text_summary()}\n{self.leaders.text_summary()}"


def _is_size(value: object) -> bool:
    return isinstance(value, int) and 0 < value < MOST_PIXELS
