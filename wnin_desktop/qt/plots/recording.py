"""A figure of one or several plots, recorded a little at a time and painted elsewhere.

Recording notes down lines and words, which is quick; painting them on many pixels is not, and happens in a
thread.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, QPointF, QRectF, QSizeF, Qt, QTimer
from PySide6.QtGui import QFontMetricsF, QPainter, QPicture

from wnin_desktop.qt.plots.drawing import Drawing
from wnin_desktop.qt.plots.figure import saved
from wnin_desktop.qt.plots.figure_info import FigureInfo
from wnin_desktop.qt.theme import Space, theme
from wnin_desktop.qt.widgets.swatch import paint_swatch
from wnin_desktop.schema.look import LIGHT

if TYPE_CHECKING:
    from wnin_desktop.qt.plots.metric_plot import MetricPlot

BUDGET_S = 0.008
SWATCH = QSizeF(26, 14)
Done = Callable[[QPicture, QSizeF], None]


_END = object()


def _nothing() -> Generator[object, None, None]:
    yield from ()


_at_work: set[Recorder] = set()


@contextlib.contextmanager
def light_ink() -> Iterator[None]:
    """Have everything painted here in the colours of paper, whatever the window shows."""
    before, theme().tokens = theme().tokens, LIGHT
    try:
        yield
    finally:
        theme().tokens = before


class Recorder(QObject):
    """Records plots as they stand in the window, with titles, legend and caption."""

    def __init__(self, plots: Sequence[MetricPlot], info: FigureInfo, done: Done, *, light: bool) -> None:
        super().__init__()
        self.setObjectName("figure-recorder")
        self._plots, self._info, self._done, self._light = list(plots), info, done, light
        self._picture = QPicture()
        self._painter = QPainter()
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._go_on)
        self._size = QSizeF()
        self._parts: Generator[object, None, None] = _nothing()

    def start(self) -> None:
        """Begin; `done` is called with the recording and its size when it is complete."""
        # Nobody else owns it: a painter must not lose its picture because a dialog was closed meanwhile.
        _at_work.add(self)
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.abandon)
        self._painter.begin(self._picture)
        self._parts = self._record(self._painter)
        self._timer.start()

    def abandon(self) -> None:
        """End without a result."""
        self._timer.stop()
        self._parts.close()
        if self._painter.isActive():
            self._painter.end()
        _at_work.discard(self)

    def _go_on(self) -> None:
        until = time.perf_counter() + BUDGET_S
        is_done = False
        try:
            with light_ink() if self._light else contextlib.nullcontext():
                while time.perf_counter() < until and not is_done:
                    is_done = next(self._parts, _END) is _END
        except BaseException:
            self.abandon()
            raise
        if is_done:
            self.abandon()
            self._done(self._picture, self._size)

    # -- what is recorded ----------------------------------------------------------------------------------

    def _record(self, painter: QPainter) -> Generator[object, None, None]:
        places, field = self._places()
        head = self._legend_height(field.width())
        foot = QFontMetricsF(theme().font("small")).height() + Space.S
        self._size = QSizeF(field.width(), field.height() + head + foot)
        painter.fillRect(QRectF(QPointF(0, 0), self._size), theme().colour("panel"))
        self._legend(painter, field.width())
        for plot, place in zip(self._plots, places, strict=True):
            with saved(painter):
                painter.translate(place.topLeft() + QPointF(0, head))
                yield from self._plot(painter, plot, place.size())
        painter.setFont(theme().font("small"))
        painter.setPen(theme().colour("muted"))
        metrics = painter.fontMetrics()
        room = int(self._size.width() - 2 * Space.S)
        caption = metrics.elidedText(self._info.caption(), Qt.TextElideMode.ElideRight, room)
        painter.drawText(QPointF(Space.S, self._size.height() - Space.S), caption)

    def _places(self) -> tuple[list[QRectF], QRectF]:
        """Return where plots stand, from the corner of the leftmost and topmost, and the room of all."""
        if len(self._plots) == 1:
            places = [QRectF(QPointF(0, 0), QSizeF(self._plots[0].size()))]
        else:
            places = [QRectF(plot.geometry()) for plot in self._plots]
        field = QRectF()
        for place in places:
            field = field.united(place)
        return [place.translated(-field.topLeft()) for place in places], field

    def _plot(self, painter: QPainter, plot: MetricPlot, size: QSizeF) -> Iterator[object]:
        figure, curves = plot.figure, plot.curves
        painter.setFont(theme().font("title"))
        painter.setPen(theme().colour("text"))
        metrics = painter.fontMetrics()
        title = plot.header.title.text()
        top = size.height() - figure.size().height()
        baseline = max(top - Space.S, metrics.ascent())
        painter.drawText(QPointF(Space.S, baseline), title)
        beside = Space.S + metrics.horizontalAdvance(title) + Space.S
        painter.setFont(theme().font("small"))
        painter.setPen(theme().colour("muted"))
        painter.drawText(QPointF(beside, baseline), plot.header.note.text())
        painter.translate(0, top)
        if curves is not None and curves.has_points:
            yield from figure.paint_exactly(painter, Drawing(curves, figure.frame, exact=True))

    def _arms(self) -> list[str]:
        experiment = self._plots[0].experiment
        hidden = self._plots[0].lens.hidden
        return [arm for arm in experiment.arms if arm not in hidden] if experiment is not None else []

    def _chips(self, width: float) -> list[tuple[str, QPointF]]:
        """Return where the arms of the legend stand."""
        metrics = QFontMetricsF(theme().font("ui"))
        x, y, found = float(Space.S), float(Space.S), []
        for arm in self._arms():
            room = SWATCH.width() + Space.XS + metrics.horizontalAdvance(arm) + Space.L
            if x > Space.S and x + room > width:
                x, y = float(Space.S), y + metrics.height() + Space.XS
            found.append((arm, QPointF(x, y)))
            x += room
        return found

    def _legend_height(self, width: float) -> float:
        chips = self._chips(width)
        height = QFontMetricsF(theme().font("ui")).height()
        return math.ceil(chips[-1][1].y() + height + Space.XS) if chips else 0.0

    def _legend(self, painter: QPainter, width: float) -> None:
        painter.setFont(theme().font("ui"))
        height = QFontMetricsF(painter.font()).height()
        for arm, place in self._chips(width):
            swatch = QRectF(
                place.x(), place.y() + (height - SWATCH.height()) / 2, SWATCH.width(), SWATCH.height()
            )
            paint_swatch(painter, swatch, self._plots[0].look(arm))
            painter.setPen(theme().colour("text"))
            box = QRectF(swatch.right() + Space.XS, place.y(), 1000, height)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, arm)
