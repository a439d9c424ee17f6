"""One metric of the comparison that is shown, as a live plot."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QApplication, QStackedLayout, QVBoxLayout, QWidget

from wnin_desktop.qt.plots import keys, marks, ranges
from wnin_desktop.qt.plots.canvas import Canvas
from wnin_desktop.qt.plots.curves import Curves
from wnin_desktop.qt.plots.drawing import Drawing, End
from wnin_desktop.qt.plots.empty import EmptyPlot, empty_text, unseen_text
from wnin_desktop.qt.plots.frame import scaled
from wnin_desktop.qt.plots.header import PlotHeader
from wnin_desktop.qt.plots.layers import Layer
from wnin_desktop.qt.plots.lens import Lens
from wnin_desktop.qt.plots.looks import arm_look
from wnin_desktop.qt.plots.pacing import FIRST_BUDGET_S, Pacer
from wnin_desktop.qt.plots.read_out import ReadOut
from wnin_desktop.qt.plots.tell import heading, readings, summary
from wnin_desktop.qt.plots.zooming import Zooming
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import FOCUS, RADIUS, ArmLook, theme
from wnin_desktop.schema.metrics import BY_KEY, Metric

if TYPE_CHECKING:
    from wnin_desktop.qt.desk import Desk
    from wnin_desktop.runs.watch.experiment import WatchedExperiment

SLOW_S, QUICK_S = 0.12, 0.03
"""Time of a picture of all seeds above which it becomes coarser, and below which it becomes finer again."""
COARSEST = 8
LEAST_WIDTH, LEAST_HEIGHT = 150, 110
Range = tuple[float, float]


class MetricPlot(QWidget):
    """Curves of one metric: seeds, mean and interval of every arm, marks, ends, crosshair.

    It draws in parts (`advance`), paced by `pacer`, and only while it is visible.
    """

    maximise_wanted = Signal()
    remove_wanted = Signal()
    move_wanted = Signal(int)
    """It is to go so many places on among the plots."""
    menu_wanted = Signal(QPoint)
    """Where on the screen the menu is to open."""

    def __init__(
        self,
        metric: Metric | str,
        desk: Desk,
        parent: QWidget | None = None,
        *,
        lens: Lens | None = None,
        pacer: Pacer | None = None,
    ) -> None:
        """Make the plot.

        Args:
            metric: What is shown, or its key.
            desk: Where experiments come from.
            parent: Owner.
            lens: Shared with other plots; an own one without.
            pacer: Of the grid, which then also tells the plot of new data.
        """
        super().__init__(parent)
        self.spec = BY_KEY[metric] if isinstance(metric, str) else metric
        self.setObjectName(f"plot-{self.spec.key}")
        self._desk = desk
        self.lens = lens or Lens(self)
        self.pacer = pacer or Pacer(self)
        self.curves: Curves | None = None
        self.coarseness = 1
        self._stale, self._fresh = False, False
        self._stamp: object = None
        self._below: object = None
        self._auto_y: Range | None = None
        self._reaches: dict[str, Range] = {}
        self._below_has_turn = False
        self._drawing: Drawing | None = None
        self._build()
        self.zooming = Zooming(self.figure, self.lens, self.spec.key, self)
        self._connect()
        if pacer is None:
            desk.runs.framed.connect(self.take_frame)
            desk.shown.changed.connect(self._show_current)
        self._show_current()

    # -- made of -------------------------------------------------------------------------------------------

    def _build(self) -> None:
        title = tr(self.spec.title)
        self.header = PlotHeader(self.spec.key, title, tr(self.spec.help), self)
        self.canvas = Canvas(self.spec.key, title, self)
        self.figure = self.canvas.figure
        self.figure.look = self.look
        self.empty = EmptyPlot(self.spec.key, self)
        self.read_out: ReadOut | None = None
        body = QWidget(self)
        self._stack = QStackedLayout(body)
        self._stack.addWidget(self.canvas)
        self._stack.addWidget(self.empty)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(FOCUS, FOCUS, FOCUS, FOCUS)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(body, 1)
        self.setMinimumSize(LEAST_WIDTH, LEAST_HEIGHT)

    def _connect(self) -> None:
        sight, canvas, header = self.figure.sight, self.canvas, self.header
        sight.clicked_twice.connect(self.lens.reset)
        sight.menu_wanted.connect(self._ask_menu)
        canvas.pointed.connect(self._point)
        canvas.left.connect(self._leave)
        canvas.went_back.connect(self.lens.back)
        canvas.went_forward.connect(self.lens.forward)
        canvas.key_pressed.connect(self._take_key)
        canvas.focus_changed.connect(self.update)
        header.maximise_wanted.connect(self.maximise_wanted)
        header.scale.clicked.connect(self._set_log)
        header.whole.clicked.connect(self.lens.reset)
        header.more.clicked.connect(self._open_menu)
        self.lens.changed.connect(self._look_otherwise)
        self.lens.view_changed.connect(self._look_elsewhere)
        self.lens.crossed.connect(self._follow_cross)
        theme().changed.connect(self._follow_theme)

    # -- what is shown -------------------------------------------------------------------------------------

    @property
    def experiment(self) -> WatchedExperiment | None:
        """The experiment that is shown."""
        return self.curves.experiment if self.curves is not None else None

    def look(self, arm: str) -> ArmLook:
        """Return how an arm is drawn."""
        return arm_look(self.experiment.colour_of(arm) if self.experiment is not None else -1)

    def set_experiment(self, experiment: WatchedExperiment | None) -> None:
        """Show another experiment, or none."""
        if experiment is self.experiment and (experiment is not None or self._stack.currentIndex() == 1):
            return
        self.curves = None if experiment is None else Curves(experiment, self.spec.key, self.lens)
        for layer in self._layers():
            layer.clear()
        self.figure.ends, self.figure.marks, self.figure.dots = [], [], []
        self.hide_card()
        self._look_otherwise()

    def _show_current(self) -> None:
        self.set_experiment(self._desk.shown.current)

    def take_frame(self, changed: frozenset[WatchedExperiment]) -> None:
        """Take note that experiments grew."""
        if self.experiment in changed:
            self.want()

    def want(self) -> None:
        """Ask to be drawn, if anything of it is new and anybody sees it."""
        if self.curves is None or not self.isVisible():
            self._stale = True
            return
        stamp = self.curves.stamp()
        if stamp != self._stamp or self._fresh:
            self._stamp = stamp
            if self._stack.currentIndex() == 1:
                self._show_empty()
            self._stale = True
            self.pacer.want(self)

    def _show_empty(self) -> None:
        has_points = self.curves is not None and self.curves.has_points
        if not has_points or (self.curves is not None and not self.curves.arms):
            self.empty.setText(empty_text(self.spec, self.curves))
            self._stack.setCurrentIndex(1)
        else:
            self._stack.setCurrentIndex(0)

    # -- drawing -------------------------------------------------------------------------------------------

    def _layers(self) -> tuple[Layer, Layer, Layer]:
        return self.figure.top, self.figure.base, self.figure.seeds

    def advance(self, until: float) -> bool:
        """Draw until the clock says `until`; return whether nothing is left to draw."""
        if self.curves is None or not self.isVisible() or self._stack.currentIndex() == 1:
            return True
        below_is_busy = self.figure.base.is_busy or self.figure.seeds.is_busy
        if self._stale and not self.figure.top.is_busy and not (below_is_busy and self._below_has_turn):
            self._begin()
            if time.perf_counter() >= until:
                return False
        for layer in self._layers():
            if layer.is_busy:
                # Bands and seeds get their turn after each picture of the means, however fast those change.
                self._below_has_turn = False
                if layer.advance(until):
                    self._finish(layer)
                if time.perf_counter() >= until:
                    break
        return not self._stale and not any(layer.is_busy for layer in self._layers())

    def _begin(self) -> None:
        self._stale = False
        frame_before = self.figure.frame
        self._set_ranges()
        is_new = self._fresh or self.figure.frame != frame_before
        self._fresh = False
        curves = self.curves
        if curves is None:
            return
        ratio = self.devicePixelRatioF()
        drawing = Drawing(curves, self.figure.frame, coarseness=self.coarseness)
        self._drawing = drawing
        self.figure.top.begin(drawing.frame, drawing.means(), ratio)
        below_is_busy = self.figure.base.is_busy or self.figure.seeds.is_busy
        if is_new or (not below_is_busy and self._below != self._stamp):
            self._begin_below()

    def _begin_below(self) -> None:
        drawing = self._drawing
        if drawing is not None:
            self._below = self._stamp
            ratio = self.devicePixelRatioF()
            self.figure.base.begin(drawing.frame, drawing.base(), ratio)
            self.figure.seeds.begin(drawing.frame, drawing.seeds(), ratio)

    def _finish(self, layer: Layer) -> None:
        if layer is self.figure.top and self._drawing is not None:
            self.figure.ends = list(self._drawing.ends)
            self._reaches = dict(self._drawing.reaches)
            self._below_has_turn = True
            self.figure.message = "" if self._reaches else unseen_text(self._drawing.curves)
            self._refit()
            self._gather_marks()
            self._read()
        if layer is self.figure.seeds:
            if layer.spent_s > SLOW_S:
                self.coarseness = min(2 * self.coarseness, COARSEST)
            elif layer.spent_s < QUICK_S:
                self.coarseness = max(self.coarseness // 2, 1)
        self.figure.tell_changed()

    def _refit(self) -> None:
        """Draw again where the curves have left the range that was made for them before they were drawn."""
        curves, before = self.curves, self._auto_y
        if curves is None or before is None or self.lens.y_range(self.spec.key) is not None:
            return
        log = self.lens.is_log_y(self.spec)
        self._stale |= ranges.y_range(curves, self._reaches, log=log, before=before) != before

    def _gather_marks(self) -> None:
        if self.curves is None:
            return
        hidden = self.lens.hidden
        shown = [mark for mark in self.curves.experiment.markers if mark.arm not in hidden]
        is_over_steps = self.lens.mode != "matched"
        self.figure.marks = marks.gathered(shown, self.figure.frame) if is_over_steps else []

    # -- ranges --------------------------------------------------------------------------------------------

    def _set_ranges(self) -> None:
        curves = self.curves
        if curves is None:
            return
        figure, lens = self.figure, self.lens
        log_y = lens.is_log_y(self.spec)
        sight = lens.x_range or ranges.x_range(curves, is_alive=curves.experiment.alive, log=lens.log_x)
        y = lens.y_range(self.spec.key)
        if y is None:
            if self._fresh or not self._reaches:
                self._reaches = ranges.extents(curves, sight, log=log_y)
            y = self._auto_y = ranges.y_range(curves, self._reaches, log=log_y, before=self._auto_y)
        figure.log_x, figure.log_y = lens.log_x, log_y
        x0, x1 = (scaled(max(end, 1e-12) if lens.log_x else end, lens.log_x) for end in sight)
        if not x1 > x0:
            x0, x1 = x1 - 0.5, x1 + 0.5
        figure.axes.whole_steps = lens.mode != "matched"
        figure.set_range((x0, x1), y, falling=lens.mode == "matched")

    def _label(self) -> None:
        unit = tr(self.spec.unit).replace("^2", "²") if self.spec.unit != "1" else ""
        lens, axes = self.lens, self.figure.axes
        axes.x_label = tr("clean training loss (nat)") if lens.mode == "matched" else tr("step")
        axes.y_label = unit
        note = {
            "value": "",
            "difference": tr("minus {0}", self.curves.baseline if self.curves is not None else ""),
            "matched": tr("at equal training loss"),
        }[lens.mode]
        self.header.note.setText(note)
        log = lens.is_log_y(self.spec)
        self.header.scale.setChecked(log)
        self.header.scale.setEnabled(lens.mode != "difference")
        axes.refresh()

    # -- following -----------------------------------------------------------------------------------------

    def _look_otherwise(self) -> None:
        self._fresh, self._auto_y, self._reaches = True, None, {}
        self._label()
        self._show_empty()
        self.want()
        self._now()

    def _look_elsewhere(self) -> None:
        self._fresh, self._auto_y = True, None
        self.header.whole.setVisible(not self.lens.history.current.is_whole)
        if self.curves is not None and self.isVisible():
            # The picture there is moves at once; a new one follows.
            self._set_ranges()
            self._gather_marks()
        self.want()
        self._now()

    def _now(self) -> None:
        if self.isVisible():
            self.pacer.draw(FIRST_BUDGET_S / 4)

    def _follow_theme(self) -> None:
        self.canvas.follow_theme()
        self._look_otherwise()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - the names are Qt's
        """Catch up with what was missed."""
        super().showEvent(event)
        self._fresh = True
        self.want()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Ask for little: beside an empty plot, whose words may break, a grid takes wishes for needs."""
        return self.minimumSize()

    def hideEvent(self, event: QEvent) -> None:  # noqa: N802
        """Put the read-out away, which stands on the window and not on the page."""
        self.hide_card()
        super().hideEvent(event)  # type: ignore[arg-type] - Qt passes a QHideEvent

    def resizeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Draw for other pixels."""
        super().resizeEvent(event)  # type: ignore[arg-type] - Qt passes a QResizeEvent
        self._fresh = True
        self.want()

    # -- mouse ----------------------------------------------------------------------------------------

    def _point(self, place: QPointF) -> None:
        if self._stack.currentIndex() == 0 and not QApplication.mouseButtons():
            self.point_at(self.figure.frame.x_at(place.x()), place)

    def point_at(self, x: float, place: QPointF | None = None) -> None:
        """Put the crosshair at `x` and say beside it what it meets."""
        if self.lens.mode != "matched":
            x = float(round(x))
        frame = self.figure.frame
        place = place or QPointF(frame.x_pixel(x), frame.height / 3)
        self.lens.set_cross(x)
        self._show_card(place)

    def _show_card(self, place: QPointF) -> None:
        cross, curves = self.lens.cross, self.curves
        if cross is None or curves is None:
            return
        if self.read_out is None:
            self.read_out = ReadOut(self.window())
        rows = readings(curves, cross)
        self.read_out.set(heading(curves, cross), rows, self.look)
        if rows:
            inner = self.figure.sight.geometry().topLeft()
            self.read_out.place(self.canvas.mapTo(self.window(), (place + inner).toPoint()))
        else:
            self.read_out.hide()

    def _leave(self) -> None:
        self.hide_card()
        self.lens.set_cross(None)

    def hide_card(self) -> None:
        """Put the read-out away."""
        if self.read_out is not None:
            self.read_out.hide()

    def _follow_cross(self) -> None:
        if self.isVisible():
            self._read()
            self.figure.tell_changed()
        if self.lens.cross is None:
            self.hide_card()

    def _read(self) -> None:
        cross, curves = self.lens.cross, self.curves
        rows = readings(curves, cross) if cross is not None and curves is not None else []
        self.figure.cross = cross
        self.figure.dots = [(row.arm, row.mean) for row in rows]
        self.figure.read = [End(row.arm, row.x, row.mean) for row in rows]

    # -- keys and menu -------------------------------------------------------------------------------------

    def _take_key(self, event: object) -> None:
        keys.take(self, event)  # type: ignore[arg-type] - the signal carries a QKeyEvent

    def _set_log(self, on: bool) -> None:
        self.lens.set_log_y(self.spec, on)

    def _ask_menu(self, place: object) -> None:
        self.menu_wanted.emit(QPointF(place).toPoint())  # type: ignore[arg-type] - pyqtgraph's Point is one

    def _open_menu(self) -> None:
        self.menu_wanted.emit(self.header.more.mapToGlobal(QPoint(0, self.header.more.height())))

    # -- for everybody -------------------------------------------------------------------------------------

    def text_summary(self) -> str:
        """Return what the plot shows, as sentences."""
        if self.curves is None or not self.curves.has_points:
            return f"{tr(self.spec.title)}: {empty_text(self.spec, self.curves)}"
        return summary(self.curves, self.lens.cross)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Draw the ground, and the ring while it has the keyboard."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(theme().colour("panel"))
        has_focus = self.canvas.hasFocus()
        painter.setPen(QPen(theme().colour("accent"), FOCUS) if has_focus else Qt.PenStyle.NoPen)
        inset = FOCUS / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), RADIUS, RADIUS)
