"""The line of tools above the plots: how they are looked at, which there are, how they leave the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from wnin_desktop.qt.plots.deed import Deed, add_entry
from wnin_desktop.qt.plots.grid import MOST_COLUMNS, PlotGrid
from wnin_desktop.qt.plots.menu import ExportMenu
from wnin_desktop.qt.plots.metric_plot import MetricPlot
from wnin_desktop.qt.plots.smooth import CHOICES, Smoothing
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, theme
from wnin_desktop.qt.widgets import FlowLayout, IconButton, Segmented
from wnin_desktop.schema.metrics import METRICS

if TYPE_CHECKING:
    from wnin_desktop.qt.desk import Desk
    from wnin_desktop.runs.watch.experiment import WatchedExperiment

LONGEST_NAME = 180


class Tools(QWidget):
    """Everything acts on the grid and its lens; the tools follow when those change otherwise."""

    def __init__(self, desk: Desk, grid: PlotGrid, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compare-tools")
        self.setAccessibleName(tr("Tools of the plots"))
        self._desk, self._grid, self._lens = desk, grid, grid.lens
        self.menu: QMenu | None = None
        self._listed: list[WatchedExperiment] = []
        self._make_choices()
        self._make_switches()
        self._make_buttons()
        self._place()
        self._lens.changed.connect(self.refresh)
        self._lens.view_changed.connect(self.refresh)
        desk.shown.changed.connect(self._list_experiments)
        desk.remote.arrived.connect(self._list_experiments)
        self._list_experiments()
        self.refresh()

    # -- made of -------------------------------------------------------------------------------------------

    def _make_choices(self) -> None:
        self.experiments = QComboBox(self)
        self.experiments.setObjectName("compare-experiment")
        self.experiments.setAccessibleName(tr("Experiment that is shown"))
        self.experiments.setToolTip(tr("Experiment that is shown"))
        self.experiments.setMaximumWidth(LONGEST_NAME)
        self.experiments.activated.connect(self._show_experiment)
        self.mode = Segmented(
            (
                ("value", tr("Value")),
                ("difference", tr("Difference")),
                ("matched", tr("Matched")),
            ),
            self._lens.mode,
            self,
            name="compare-mode",
            label=tr("What is plotted"),
        )
        tips = {
            "value": tr("The metric itself"),
            "difference": tr("Each arm minus the baseline, paired by seed"),
            "matched": tr("The metric where arms have equal clean training loss, which falls to the right"),
        }
        for key, tip in tips.items():
            self.mode.button(key).setToolTip(tip)
        self.mode.changed.connect(self._set_mode)
        self.smoothing = QComboBox(self)
        self.smoothing.setObjectName("compare-smoothing")
        self.smoothing.setAccessibleName(tr("Smoothing"))
        self.smoothing.setToolTip(tr("Smoothing of means; the raw curve stays visible, faint"))
        for choice in CHOICES:
            self.smoothing.addItem(smoothing_words(choice), choice.key)
        self.smoothing.activated.connect(self._set_smoothing)

    def _make_switches(self) -> None:
        lens = self._lens
        self.log_x = self._log_switch(tr("log x"), tr("Logarithmic horizontal axis"), "log-x")
        self.log_x.clicked.connect(self._set_log_x)
        self.log_y = self._log_switch(
            tr("log y"), tr("Logarithmic vertical axes (L in a plot for its own)"), "log-y"
        )
        self.log_y.clicked.connect(self._set_log_y)
        self.seeds = self._switch("seeds", tr("Single seeds (S)"), "seeds")
        self.seeds.clicked.connect(Deed(lambda: lens.change(seeds=not lens.seeds), self).do)
        self.bands = self._switch("band", tr("95 % intervals (B)"), "bands")
        self.bands.clicked.connect(Deed(lambda: lens.change(bands=not lens.bands), self).do)

    def _log_switch(self, text: str, tip: str, name: str) -> QToolButton:
        switch = QToolButton(self)
        switch.setObjectName(f"compare-{name}")
        switch.setText(text)
        switch.setToolTip(tip)
        switch.setAccessibleName(tip)
        switch.setCheckable(True)
        switch.setAutoRaise(True)
        switch.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return switch

    def _switch(self, icon: str, tip: str, name: str) -> IconButton:
        return IconButton(icon, tip, self, name=f"compare-{name}", checkable=True)

    def _make_buttons(self) -> None:
        self.back = IconButton("back", tr("Zoom back (Alt+Left)"), self, name="compare-back")
        self.back.clicked.connect(self._lens.back)
        self.forward = IconButton("forward", tr("Zoom forward (Alt+Right)"), self, name="compare-forward")
        self.forward.clicked.connect(self._lens.forward)
        self.whole = IconButton("zoom-fit", tr("Show all (Home)"), self, name="compare-reset")
        self.whole.clicked.connect(self._lens.reset)
        self.layout_button = IconButton("layout", tr("Plots and columns"), self, name="compare-layout")
        self.layout_button.clicked.connect(self._open_layout)
        self.export_button = IconButton("export", tr("Export all plots"), self, name="compare-export")
        self.export_button.clicked.connect(self._open_export)

    def _place(self) -> None:
        layout = FlowLayout(self, gap=Space.XS)
        groups = (
            (self.mode, self.smoothing),
            (self.log_x, self.log_y, self.seeds, self.bands),
            (self.back, self.forward, self.whole),
        )
        for number, widgets in enumerate(groups):
            layout.addWidget(self._group(number, widgets))
        corner = self._group(len(groups), (self.experiments, self.layout_button, self.export_button))
        self._grid.set_corner(corner)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def _group(self, number: int, widgets: Sequence[QWidget]) -> QWidget:
        """Return widgets that stay together where the line is too short for all."""
        group = QWidget(self)
        group.setObjectName(f"compare-tools-{number}")
        row = QHBoxLayout(group)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.XS)
        for widget in widgets:
            row.addWidget(widget)
        return group

    # -- following -----------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show how the plots are looked at."""
        lens = self._lens
        self.mode.set_value(lens.mode)
        self.smoothing.setCurrentIndex(max(self.smoothing.findData(lens.smoothing.key), 0))
        self.log_x.setChecked(lens.log_x)
        specs = [plot.spec for plot in self._grid.plots.values()]
        self.log_y.setChecked(bool(specs) and all(lens.is_log_y(spec) for spec in specs))
        self.log_y.setEnabled(lens.mode != "difference")
        self.seeds.setChecked(lens.seeds)
        self.bands.setChecked(lens.bands)
        self.back.setEnabled(lens.history.can_go_back)
        self.forward.setEnabled(lens.history.can_go_forward)
        self.whole.setEnabled(not lens.history.current.is_whole)

    def _choosable(self) -> list[WatchedExperiment]:
        """Return the open experiments, then those of other processes that nobody has opened."""
        shown = self._desk.shown
        waiting = [each for key, each in self._desk.remote.experiments.items() if shown.find(key) is None]
        return [*shown.all, *waiting]

    def _list_experiments(self, *_: object) -> None:
        current = self._desk.shown.current
        self._listed = self._choosable()
        self.experiments.clear()
        for experiment in self._listed:
            self.experiments.addItem(experiment.name, experiment.experiment_id)
        if current is not None:
            self.experiments.setCurrentIndex(self._listed.index(current))
            self.experiments.setToolTip(f"{current.name}\n{current.experiment_id}")
        self.experiments.setVisible(len(self._listed) > 1)

    # -- deeds ---------------------------------------------------------------------------------------------

    def _show_experiment(self, index: int) -> None:
        if 0 <= index < len(self._listed):
            self._desk.shown.show(self._listed[index])

    def _set_mode(self, mode: str) -> None:
        self._lens.change(mode=mode)

    def _set_smoothing(self) -> None:
        self._lens.change(smoothing=Smoothing.of_key(self.smoothing.currentData()))

    def _set_log_x(self, on: bool) -> None:
        self._lens.change(log_x=on)

    def _set_log_y(self, on: bool) -> None:
        self._lens.set_all_log_y([plot.spec for plot in self._grid.plots.values()], on)

    def _shown_plots(self) -> list[MetricPlot]:
        return [plot for plot in self._grid.plots.values() if not plot.isHidden()]

    def _open_export(self) -> None:
        self.menu = ExportMenu("", self._shown_plots, self._desk, self, name="compare-export-menu")
        self._popup(self.menu, self.export_button)

    def _open_layout(self) -> None:
        menu = self.menu = QMenu(self)
        menu.setObjectName("compare-layout-menu")
        grid = self._grid
        columns = menu.addMenu(theme().icon("columns"), tr("Columns"))
        columns.setObjectName("compare-columns-menu")
        for count in range(1, MOST_COLUMNS + 1):
            add = add_entry(columns, f"compare-columns-{count}", theme().icon("columns"), str(count),
                            _setter(grid, count))  # fmt: skip
            add.setCheckable(True)
            add.setChecked(count == grid.columns)
        menu.addSeparator()
        for metric in METRICS:
            entry = menu.addAction(tr(metric.title))
            entry.setObjectName(f"compare-plot-{metric.key}")
            entry.setToolTip(tr(metric.help))
            entry.setCheckable(True)
            entry.setChecked(metric.key in grid.plots)
            entry.setData(metric.key)
            entry.triggered.connect(self._toggle_plot)
        self._popup(menu, self.layout_button)

    def _toggle_plot(self, on: bool) -> None:
        entry = self.sender()
        key = str(entry.data())  # type: ignore[attr-defined] - the sender is an entry of the menu
        self._grid.add(key) if on else self._grid.remove(key)

    @staticmethod
    def _popup(menu: QMenu, button: QWidget) -> None:
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(button.mapToGlobal(QPoint(0, button.height())))


def _setter(grid: PlotGrid, count: int) -> Callable[[], None]:
    return lambda: grid.set_columns(count)


def smoothing_words(choice: Smoothing) -> str:
    """Return a smoothing as people choose it."""
    if choice.kind == "ema":
        return tr("EMA {0}", f"{choice.amount:g}")
    if choice.kind == "mean":
        return tr("Mean of {0}", f"{choice.amount:g}")
    return tr("Raw")
