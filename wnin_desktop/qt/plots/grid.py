"""Linked plots in a grid that a person arranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from wnin_desktop.qt.plots.legend import Legend
from wnin_desktop.qt.plots.lens import Lens
from wnin_desktop.qt.plots.menu import PlotMenu
from wnin_desktop.qt.plots.metric_plot import MetricPlot
from wnin_desktop.qt.plots.pacing import Pacer
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import FOCUS, RADIUS, Space, theme
from wnin_desktop.schema.metrics import BY_KEY

if TYPE_CHECKING:
    from wnin_desktop.qt.desk import Desk
    from wnin_desktop.runs.watch.experiment import WatchedExperiment

FIRST = ("train_loss", "val_loss", "hessian_trace_est", "temperature")
MOST_COLUMNS = 4
LEAST_HEIGHT, LEAST_LINES = 134, 8
"""Pixels and lines of text that a plot is high at least; the grid scrolls where there is less room."""
LEAST_LETTERS = 28
"""Letters x that a plot is wide at least; there are fewer columns where there is less room."""


class PlotGrid(QWidget):
    """Plots that share lens, crosshair, horizontal axis and the time of a frame."""

    arranged = Signal()
    """Other plots, another order, another number of columns, or one maximised."""

    def __init__(self, desk: Desk, parent: QWidget | None = None, *, lens: Lens | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("plot-grid")
        self.setAccessibleName(tr("Plots"))
        self._desk = desk
        self.lens = lens or Lens(self)
        self.pacer = Pacer(self)
        self.plots: dict[str, MetricPlot] = {}
        self.columns = 2
        self._placed = 0
        self.maximised: str | None = None
        self.menu: PlotMenu | None = None
        self.legend = Legend(self.lens, self)
        self._build()
        desk.shown.changed.connect(self._show_current)
        desk.runs.framed.connect(self._take_frame)
        theme().changed.connect(self._follow_theme)
        self.set_metrics(FIRST)
        self._show_current()

    def _build(self) -> None:
        self._field = Field(self)
        self._cells = QGridLayout(self._field)
        self._cells.setContentsMargins(0, 0, 0, 0)
        self._cells.setSpacing(Space.S)
        area = QScrollArea(self)
        area.setObjectName("plot-grid-area")
        area.setAccessibleName(tr("Plots"))
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(self._field)
        self._area = area
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(Space.XS)
        self._head = QHBoxLayout()
        self._head.setSpacing(Space.XS)
        self._head.addWidget(self.legend, 1)
        layout.addLayout(self._head)
        layout.addWidget(area, 1)

    def set_corner(self, corner: QWidget) -> None:
        """Put tools at the right of the legend."""
        self._head.addWidget(corner, 0, Qt.AlignmentFlag.AlignTop)

    # -- which plots, where --------------------------------------------------------------------------------

    @property
    def keys(self) -> tuple[str, ...]:
        """The metrics that are plotted, in their order."""
        return tuple(self.plots)

    def set_metrics(self, keys: Sequence[str]) -> None:
        """Plot these metrics, in this order; unknown ones are passed over."""
        wanted = [key for key in dict.fromkeys(keys) if key in BY_KEY]
        for key in [key for key in self.plots if key not in wanted]:
            self._take_away(key)
        self.plots = {key: self.plots.get(key) or self._make(key) for key in wanted}
        if self.maximised not in self.plots:
            self.maximised = None
        self._arrange()

    def add(self, key: str) -> None:
        """Plot one more metric."""
        self.set_metrics([*self.plots, key])

    def remove(self, key: str) -> None:
        """Plot one metric less."""
        self.set_metrics([each for each in self.plots if each != key])

    def reorder(self, key: str, place: int) -> None:
        """Put a plot at a place in the order."""
        others = [each for each in self.plots if each != key]
        place = min(max(place, 0), len(others))
        self.set_metrics([*others[:place], key, *others[place:]])

    def set_columns(self, count: int) -> None:
        """Show so many plots side by side, 1 to 4."""
        self.columns = min(max(int(count), 1), MOST_COLUMNS)
        self._arrange()

    def maximise(self, key: str | None) -> None:
        """Give one plot the whole grid, or show all again."""
        self.maximised = key if key in self.plots else None
        self._arrange()
        if self.maximised is not None:
            self.plots[self.maximised].canvas.setFocus()

    def _make(self, key: str) -> MetricPlot:
        plot = MetricPlot(key, self._desk, self._field, lens=self.lens, pacer=self.pacer)
        plot.maximise_wanted.connect(self._toggle_maximised)
        plot.remove_wanted.connect(self._remove_sender)
        plot.move_wanted.connect(self._move_sender)
        plot.menu_wanted.connect(self._open_menu)
        plot.header.dragged.connect(self._drag)
        plot.header.dropped.connect(self._drop)
        return plot

    def _take_away(self, key: str) -> None:
        plot = self.plots.pop(key)
        self.pacer.drop(plot)
        plot.hide_card()
        self._cells.removeWidget(plot)
        plot.hide()
        plot.deleteLater()

    def _arrange(self) -> None:
        for plot in self.plots.values():
            self._cells.removeWidget(plot)
        shown = [key for key in self.plots if self.maximised in (None, key)]
        columns = self._placed = self._columns_of(len(shown))
        least = self.least_height()
        for place, key in enumerate(shown):
            plot = self.plots[key]
            plot.setMinimumHeight(least)
            self._cells.addWidget(plot, place // columns, place % columns)
        for column in range(MOST_COLUMNS):
            self._cells.setColumnStretch(column, 1 if column < columns else 0)
        for row in range(max(len(BY_KEY), 1)):
            self._cells.setRowStretch(row, 1 if row < -(-len(shown) // columns) else 0)
        for key, plot in self.plots.items():
            plot.header.set_maximised(key == self.maximised)
            plot.setVisible(key in shown)
        self.arranged.emit()

    def least_height(self) -> int:
        """Return the pixels that a plot is high at least."""
        return max(LEAST_HEIGHT, LEAST_LINES * self.fontMetrics().lineSpacing())

    def wanted_height(self) -> int:
        """Return the pixels in which all plots are seen without scrolling, if they are low."""
        shown = 1 if self.maximised else max(len(self.plots), 1)
        rows = -(-shown // self._columns_of(shown))
        return self._head_height() + rows * self.least_height() + (rows - 1) * Space.S

    def least_room(self) -> int:
        """Return the pixels in which the arms and most of a row of plots are seen."""
        return self._head_height() + LEAST_HEIGHT

    def _head_height(self) -> int:
        return max(self._head.sizeHint().height(), self._head.heightForWidth(self.width())) + Space.XS

    def _columns_of(self, count: int) -> int:
        """Return how many of so many plots stand side by side: as chosen, where there is room."""
        least = LEAST_LETTERS * self.fontMetrics().averageCharWidth()
        fitting = max(self.width() // least, 1) if self.isVisible() else self.columns
        return 1 if self.maximised else min(self.columns, max(count, 1), fitting)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - the names are Qt's
        """Use fewer columns in a narrow page."""
        super().resizeEvent(event)
        self._suit_width()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Use the columns that there is room for."""
        super().showEvent(event)
        self._suit_width()

    def _suit_width(self) -> None:
        shown = 1 if self.maximised else len(self.plots)
        if self._columns_of(shown) != self._placed:
            self._arrange()

    def _follow_theme(self) -> None:
        self._arrange()
        self._field.update()

    # -- following -----------------------------------------------------------------------------------------

    @property
    def experiment(self) -> WatchedExperiment | None:
        """The experiment that is shown."""
        return self._desk.shown.current

    def _show_current(self) -> None:
        experiment = self.experiment
        self.legend.set_experiment(experiment)
        if experiment is not None and not set(experiment.arms) - self.lens.hidden:
            self.lens.change(hidden=frozenset())
        for plot in self.plots.values():
            plot.set_experiment(experiment)

    def _take_frame(self, changed: frozenset[WatchedExperiment]) -> None:
        experiment = self.experiment
        if experiment not in changed or not self.isVisible():
            return
        if experiment is not None and tuple(self.legend.chips) != experiment.arms:
            self.legend.refresh()
        for plot in self.plots.values():
            plot.take_frame(changed)

    def finish(self) -> None:
        """Draw everything that is to be seen, now."""
        for plot in self.plots.values():
            plot.want()
        self.pacer.finish()

    # -- what plots ask for --------------------------------------------------------------------------------

    def _sender(self) -> MetricPlot | None:
        sender = self.sender()
        return next((plot for plot in self.plots.values() if sender in (plot, plot.header)), None)

    def _toggle_maximised(self) -> None:
        plot = self._sender()
        if plot is not None:
            self.maximise(None if self.maximised else plot.spec.key)

    def _remove_sender(self) -> None:
        plot = self._sender()
        if plot is not None and self.maximised is None:
            self.remove(plot.spec.key)

    def _open_menu(self, place: QPoint) -> None:
        plot = self._sender()
        if plot is not None:
            plot.hide_card()
            self.menu = PlotMenu(plot, self, self._desk)
            self.menu.popup(place)

    def _drag(self, place: QPoint) -> None:
        target = self._plot_at(place)
        self._field.mark(None if target is None else target.geometry())

    def _drop(self, place: QPoint) -> None:
        self._field.mark(None)
        held, target = self._sender(), self._plot_at(place)
        if held is not None and target is not None and held is not target:
            self.reorder(held.spec.key, list(self.plots).index(target.spec.key))

    def _plot_at(self, place: QPoint) -> MetricPlot | None:
        local = self._field.mapFromGlobal(place)
        return next(
            (plot for plot in self.plots.values() if plot.isVisible() and plot.geometry().contains(local)),
            None,
        )

    def _move_sender(self, way: int) -> None:
        plot = self._sender()
        if plot is not None:
            self.reorder(plot.spec.key, list(self.plots).index(plot.spec.key) + way)
            plot.canvas.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - the name is Qt's
        """Take Esc for all plots."""
        if event.key() == Qt.Key.Key_Escape and self.maximised:
            self.maximise(None)
        else:
            super().keyPressEvent(event)

    # -- kept between sessions -----------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Return the arrangement and the lens as plain values."""
        return {
            "metrics": list(self.plots),
            "columns": self.columns,
            "maximised": self.maximised or "",
            "lens": self.lens.state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take what `state` returned; what does not fit is passed over."""
        metrics = state.get("metrics")
        if isinstance(metrics, list | tuple):
            self.set_metrics([key for key in metrics if isinstance(key, str)])
        columns = state.get("columns")
        if isinstance(columns, int) and not isinstance(columns, bool):
            self.columns = min(max(columns, 1), MOST_COLUMNS)
        maximised = state.get("maximised")
        self.maximised = maximised if isinstance(maximised, str) and maximised in self.plots else None
        lens = state.get("lens")
        if isinstance(lens, Mapping):
            self.lens.restore(lens)
        self._arrange()

    def text_summary(self) -> str:
        """Return what the plots show, as sentences."""
        return "\n".join(plot.text_summary() for plot in self.plots.values())


class Field(QWidget):
    """Holds the plots, and shows where a plot that is dragged would go."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("plot-field")
        self._target: QRect | None = None

    def mark(self, target: QRect | None) -> None:
        """Frame a place, or none."""
        if target != self._target:
            self._target = target
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - the name is Qt's
        """Draw the frame around the place."""
        if self._target is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme().colour("accent"), FOCUS))
        painter.drawRoundedRect(self._target.adjusted(-3, -3, 3, 3), RADIUS, RADIUS)
