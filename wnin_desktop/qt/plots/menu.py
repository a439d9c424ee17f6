"""The menu of a plot: how it is looked at, and the ways it leaves the window."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from wnin_desktop.qt.plots import export
from wnin_desktop.qt.plots.deed import add_entry
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import theme

if TYPE_CHECKING:
    from wnin_desktop.qt.desk import Desk
    from wnin_desktop.qt.plots.grid import PlotGrid
    from wnin_desktop.qt.plots.metric_plot import MetricPlot


class ExportMenu(QMenu):
    """Files and the clipboard, for one plot or for several."""

    def __init__(
        self, title: str, plots: Callable[[], list[MetricPlot]], desk: Desk, parent: QWidget, *, name: str
    ) -> None:
        super().__init__(title, parent)
        self.setObjectName(name)
        self._plots, self._desk, self._name, self._owner = plots, desk, name, parent
        for kind in export.KINDS.values():
            self._add(kind.icon, tr(kind.title), kind.key, self._save)
        self.addSeparator()
        self._add("copy", tr("Copy as image"), "image", self._copy_image)
        self._add("table", tr("Copy data"), "data", self._copy_data)

    def _add(self, icon: str, text: str, key: str, slot: Callable[[], None]) -> None:
        action = self.addAction(theme().icon(icon), text)
        action.setObjectName(f"{self._name}-{key}")
        action.setData(key)
        action.triggered.connect(slot)

    def _save(self) -> None:
        action = self.sender()
        plots = self._plots()
        if isinstance(action, QAction) and plots:
            export.save(plots, str(action.data()), self._desk, self._owner)

    def _copy_image(self) -> None:
        if self._plots():
            export.copy_image(self._plots(), self._desk)

    def _copy_data(self) -> None:
        if self._plots():
            export.copy_data(self._plots(), self._desk)


class PlotMenu(QMenu):
    """Everything that can be done with one plot."""

    def __init__(self, plot: MetricPlot, grid: PlotGrid, desk: Desk) -> None:
        super().__init__(grid)
        self.setObjectName("plot-menu")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._plot, self._grid = plot, grid
        lens = plot.lens
        log = self._add("axis-log", tr("Logarithmic axis"), "log", self._toggle_log)
        log.setCheckable(True)
        log.setChecked(lens.is_log_y(plot.spec))
        log.setEnabled(lens.mode != "difference")
        self._add("zoom-fit", tr("Show all"), "reset", lens.reset)
        self._add("back", tr("Zoom back"), "back", lens.back).setEnabled(lens.history.can_go_back)
        self._add("forward", tr("Zoom forward"), "forward", lens.forward).setEnabled(
            lens.history.can_go_forward
        )
        self.addSeparator()
        maximised = grid.maximised is not None
        words = tr("Show all plots") if maximised else tr("Maximise")
        self._add("fold" if maximised else "unfold", words, "maximise", plot.maximise_wanted.emit)
        self.export = ExportMenu(tr("Export"), lambda: [plot], desk, self, name="plot-export")
        self.export.setIcon(theme().icon("export"))
        self.addMenu(self.export)
        self.addSeparator()
        remove = self._add("close", tr("Remove this plot"), "remove", plot.remove_wanted.emit)
        remove.setEnabled(not maximised)

    def _add(self, icon: str, text: str, key: str, act: Callable[[], object]) -> QAction:
        return add_entry(self, f"plot-menu-{key}", theme().icon(icon), text, act)

    def _toggle_log(self) -> None:
        lens = self._plot.lens
        lens.set_log_y(self._plot.spec, not lens.is_log_y(self._plot.spec))
