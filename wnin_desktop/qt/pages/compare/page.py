"""The page Compare: tools, plots, and the leader table below them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from wnin_desktop.qt.pages.compare.leader_view import Leaders
from wnin_desktop.qt.pages.compare.tools import Tools
from wnin_desktop.qt.plots.grid import PlotGrid
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space
from wnin_desktop.qt.widgets import EmptyState

if TYPE_CHECKING:
    from wnin_desktop.qt.desk import Desk

SHARES = (7, 3)
MOST_PIXELS = 100_000


class ComparePage(QWidget):
    """Arms side by side, live."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page-compare")
        self.setAccessibleName(tr("Compare"))
        self._desk = desk
        self.grid = PlotGrid(desk, self)
        self.lens = self.grid.lens
        self.tools = Tools(desk, self.grid, self)
        self.leaders = Leaders(desk, self.lens, self)
        self.splitter = QSplitter(Qt.Orientation.Vertical, self)
        self.splitter.setObjectName("compare-splitter")
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.grid)
        self.splitter.addWidget(self.leaders)
        for index, share in enumerate(SHARES):
            self.splitter.setStretchFactor(index, share)
        self._sizes = [1000 * share for share in SHARES]
        self._first_sizes = self._sizes
        self.splitter.setSizes(self._sizes)
        self._is_shared_by_hand = False
        self.splitter.splitterMoved.connect(self._keep_sizes)
        self._share_soon = QTimer(self)  # once the layouts know how high everything is
        self._share_soon.setSingleShot(True)
        self._share_soon.setInterval(0)
        self._share_soon.timeout.connect(self._share)
        self.grid.arranged.connect(self._share_soon.start)
        self.empty = self._make_empty()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(Space.S, Space.S, Space.S, Space.S)
        layout.setSpacing(Space.XS)
        layout.addWidget(self.tools)
        layout.addWidget(self.splitter, 1)
        layout.addWidget(self.empty, 1)
        desk.shown.changed.connect(self._show_current)
        self._show_current()

    def _show_current(self) -> None:
        """Show plots, or say how to get them where there is no experiment to plot."""
        is_empty = self._desk.shown.current is None
        self.empty.setVisible(is_empty)
        self.tools.setVisible(not is_empty)
        self.splitter.setVisible(not is_empty)
        self._share_soon.start()

    def _make_empty(self) -> EmptyState:
        run = next((each for each in self._desk.actions.all() if each.objectName() == "run.start"), None)
        empty = EmptyState(
            "compare",
            tr("Curves of every arm will appear here"),
            tr(
                "Set up the experiment at the left and press Run: each arm trains with each seed, side by "
                "side, and is drawn live with its 95 % interval. Or open an earlier comparison from Runs."
            ),
            run,
            self,
        )
        empty.setObjectName("compare-empty")
        return empty

    def state(self) -> dict[str, Any]:
        """Return what the next session begins with."""
        return {
            "grid": self.grid.state(),
            "leader_metric": self.leaders.key,
            "splitter": self._sizes,
        }

    def _keep_sizes(self) -> None:
        """Take note of how a person shares the height; a splitter that was not seen yet does not know."""
        self._sizes, self._is_shared_by_hand = self.splitter.sizes(), True

    def _share(self) -> None:
        """Give the table less than its share where the plots would be too low; what a person chose stays."""
        total = sum(self.splitter.sizes())
        if self._is_shared_by_hand or not self.splitter.isVisible() or not total:
            return
        usual = total * SHARES[1] // sum(SHARES)
        head = self.leaders.head_height()
        self.leaders.setMinimumHeight(head)
        least = min(self.leaders.least_height(), total - self.grid.least_room())
        table = max(head, least, min(usual, total - self.grid.wanted_height()))
        self.splitter.setSizes([total - table, table])

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - the names are Qt's
        """Share the height anew."""
        super().resizeEvent(event)
        self._share_soon.start()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Share the height anew for larger text."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "_share_soon"):
            self._share_soon.start()

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
            self._sizes = sizes
            self._is_shared_by_hand = sizes != self._first_sizes
            self.splitter.setSizes(sizes)
        self.tools.refresh()

    def text_summary(self) -> str:
        """Return what the page shows, as sentences."""
        if self._desk.shown.current is None:
            return f"{self.empty.accessibleName()}. {self.empty.accessibleDescription()}"
        return f"{self.grid.text_summary()}\n{self.leaders.text_summary()}"


def _is_size(value: object) -> bool:
    return isinstance(value, int) and 0 < value < MOST_PIXELS
