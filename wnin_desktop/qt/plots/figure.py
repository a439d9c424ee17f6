"""The picture of one metric: axes, curves, marks, ends and crosshair, as one item of a scene."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsSceneResizeEvent, QStyleOptionGraphicsItem, QWidget

from wnin_desktop.qt.plots import marks
from wnin_desktop.qt.plots.axis import TICK_FONT, Axes
from wnin_desktop.qt.plots.drawing import Drawing, End
from wnin_desktop.qt.plots.frame import Frame
from wnin_desktop.qt.plots.graph import GraphicsWidget
from wnin_desktop.qt.plots.ink import draw_marker
from wnin_desktop.qt.plots.layers import Layer
from wnin_desktop.qt.plots.looks import arm_look
from wnin_desktop.qt.plots.sight import Sight
from wnin_desktop.qt.plots.ticks import short
from wnin_desktop.qt.theme import ArmLook, Space, theme

TOP = 6.0
END_DIGITS = 4
DOT = 3.2
Look = Callable[[str], ArmLook]


class Data(QGraphicsItem):
    """Shows the finished pictures of the layers, and marks and crosshair above them."""

    def __init__(self, figure: Figure, sight: Sight) -> None:
        super().__init__(sight)
        self._figure = figure
        self.setZValue(10)

    def boundingRect(self) -> QRectF:  # noqa: N802 - the names are Qt's
        """Return the whole of the sight."""
        frame = self._figure.frame
        return QRectF(0, 0, frame.width, frame.height)

    def tell_moved(self) -> None:
        """Say that the rectangle has another size."""
        self.prepareGeometryChange()

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,  # noqa: ARG002 - the signature is Qt's
        widget: QWidget | None = None,  # noqa: ARG002
    ) -> None:
        """Show everything."""
        figure, frame = self._figure, self._figure.frame
        figure.seeds.paint(painter, frame, theme().seed_alpha)
        figure.base.paint(painter, frame)
        if not figure.message:
            # Without a curve it holds nothing but the baseline's level, which would strike the words out.
            figure.top.paint(painter, frame)
        marks.paint(painter, figure.marks, frame)
        figure.paint_cross(painter)
        figure.paint_message(painter)


class Ends(GraphicsWidget):
    """The last values beside the ends of their curves, moved apart where they would overlap."""

    def __init__(self, figure: Figure) -> None:
        super().__init__(figure)
        self._figure = figure

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,  # noqa: ARG002 - the signature is Qt's
        widget: QWidget | None = None,  # noqa: ARG002
    ) -> None:
        """Draw the values."""
        self._figure.paint_ends(painter)


class Figure(GraphicsWidget):
    """Everything of a plot but its title. The owner sets ranges and what is drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.axes = Axes(self)
        self.sight = Sight(self)
        self.seeds, self.base, self.top = Layer(), Layer(), Layer()
        self.ends: list[End] = []
        self.marks: list[marks.Mark] = []
        self.dots: list[tuple[str, float]] = []
        self.read: list[End] = []
        """What the crosshair meets; it stands in the margin instead of the ends."""
        self.cross: float | None = None
        self.message = ""
        """Stands in the middle where there is no curve."""
        self.look: Look = lambda _arm: arm_look(-1)
        self.log_x = self.log_y = False
        self.frame = Frame(0, 1, 0, 1, 1, 1)
        self._range: object = None
        """What the sight was last told to show: telling it takes its time."""
        self.picture = Data(self, self.sight)
        self.end_labels = Ends(self)

    def resizeEvent(self, event: QGraphicsSceneResizeEvent) -> None:  # noqa: N802 - the name is Qt's
        """Place the parts."""
        super().resizeEvent(event)
        self.place()

    def place(self) -> None:
        """Give every part its room."""
        size = self.size()
        left, bottom = Axes.margin_left(), Axes.margin_bottom()
        right = self.margin_right()
        inner = QRectF(
            left, TOP, max(size.width() - left - right, 10.0), max(size.height() - TOP - bottom, 10.0)
        )
        self.axes.setGeometry(QRectF(0, 0, size.width(), size.height()))
        self.sight.setGeometry(inner)
        self.end_labels.setGeometry(QRectF(inner.right(), 0, right, size.height()))
        self.renew_frame()
        self.tell_changed()

    @staticmethod
    def margin_right() -> float:
        """Return the room for values at the ends of curves."""
        return QFontMetricsF(theme().font(TICK_FONT)).horizontalAdvance("0.00·10⁻⁰") + Space.M

    def set_range(self, x: tuple[float, float], y: tuple[float, float], *, falling: bool) -> None:
        """Show a range, in places on the axes; `falling` has x fall to the right."""
        wanted = (x, y, falling)
        if wanted != self._range:
            self._range = wanted
            self.sight.invertX(falling)
            self.sight.setRange(xRange=x, yRange=y, padding=0, update=False)
        self.renew_frame()

    def renew_frame(self) -> None:
        """Take note of the range and the size of what shows the curves."""
        (x0, x1), (y0, y1) = self.sight.viewRange()
        if self.sight.xInverted():
            x0, x1 = x1, x0
        inner = self.sight.geometry()
        frame = Frame(
            float(x0), float(x1), float(y0), float(y1), inner.width(), inner.height(),
            self.log_x, self.log_y,
        )  # fmt: skip
        if frame != self.frame:
            self.picture.tell_moved()
            self.frame = frame
            self.tell_changed()
        self.axes.set_frame(frame, inner)

    def tell_changed(self) -> None:
        """Paint the curves and their ends anew."""
        self.picture.update()
        self.end_labels.update()

    # -- painting ------------------------------------------------------------------------------------------

    def paint_cross(self, painter: QPainter) -> None:
        """Draw the crosshair and where it meets the curves."""
        if self.cross is None:
            return
        frame = self.frame
        x = round(frame.x_pixel(self.cross)) + 0.5
        if not -1 <= x <= frame.width + 1:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(theme().colour("muted"), 1))
        painter.drawLine(QPointF(x, 0), QPointF(x, frame.height))
        ground = theme().colour("panel")
        for arm, value in self.dots:
            y = frame.y_pixel(value)
            if np.isfinite(y) and 0 <= y <= frame.height:
                draw_marker(painter, x, y, "o", DOT, self.look(arm).colour, ground)

    def paint_message(self, painter: QPainter) -> None:
        """Say why there is no curve."""
        if self.message:
            painter.setFont(theme().font("small"))
            painter.setPen(theme().colour("muted"))
            box = QRectF(0, 0, self.frame.width, self.frame.height)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.message)

    def paint_ends(self, painter: QPainter) -> None:
        """Draw the values at the ends of the curves, or at the crosshair, in coordinates of their margin."""
        self._paint_values(painter, self.ends if self.cross is None else self.read)

    def _paint_values(self, painter: QPainter, ends: Sequence[End]) -> None:
        painter.setFont(theme().font(TICK_FONT))
        metrics = QFontMetricsF(painter.font())
        seen = [(end, self.frame.y_pixel(end.y)) for end in ends]
        seen = [(end, y) for end, y in seen if -2 <= y <= self.frame.height + 2]
        places = spread([y for _, y in seen], metrics.height() - 2, 0.0, self.frame.height)
        for (end, _), y in zip(seen, places, strict=True):
            painter.setPen(self.look(end.arm).ink)
            box = QRectF(Space.XS + 2, TOP + y - metrics.height() / 2, 400, metrics.height())
            flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(box, flags, _end_text(end.y))

    def paint_exactly(self, painter: QPainter, drawing: Drawing) -> Iterator[object]:
        """Draw the whole figure with every segment of its curves, as print wants it, pausing after each."""
        self.axes.paint(painter, QStyleOptionGraphicsItem())
        inner, frame = self.sight.geometry(), drawing.frame
        with saved(painter):
            painter.translate(inner.topLeft())
            painter.setClipRect(QRectF(0, 0, frame.width, frame.height))
            with saved(painter):
                painter.setOpacity(theme().seed_alpha)
                for stroke in drawing.seeds():
                    stroke(painter)
                    yield
            for stroke in itertools.chain(drawing.base(), drawing.means()):
                stroke(painter)
                yield
            marks.paint(painter, self.marks, frame)
        with saved(painter):
            painter.translate(inner.right(), 0)
            self._paint_values(painter, drawing.ends)


def _end_text(value: float) -> str:
    return short(value, END_DIGITS if abs(value) >= 0.01 else END_DIGITS - 1)


@contextlib.contextmanager
def saved(painter: QPainter) -> Iterator[None]:
    """Give a painter back as it was, even where drawing is given up half way."""
    painter.save()
    try:
        yield
    finally:
        painter.restore()


def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Return `places` moved as little as needed to lie `gap` apart, in their order, within two bounds.

    Neighbours that are too close form a block around their common middle (pool adjacent violators).
    """
    order = sorted(range(len(places)), key=places.__getitem__)
    gap = min(gap, (high - low) / max(len(places) - 1, 1))
    blocks: list[tuple[float, int]] = []
    for index in order:
        start, count = places[index], 1
        while blocks and blocks[-1][0] + blocks[-1][1] * gap > start:
            before, held = blocks.pop()
            # The start of a block is the mean of what its members want, each less its place in the block.
            start = (before * held + (start - held * gap) * count) / (held + count)
            count += held
        blocks.append((start, count))
    found = [start + place * gap for start, count in blocks for place in range(count)]
    found = _bounded(found, gap, low, high)
    return [found[order.index(index)] for index in range(len(places))]


def _bounded(places: list[float], gap: float, low: float, high: float) -> list[float]:
    """Push in what sticks out, and with it what it then touches."""
    last = high
    for index in reversed(range(len(places))):
        places[index] = last = min(places[index], last)
        last -= gap
    first = low
    for index in range(len(places)):
        places[index] = first = max(places[index], first)
        first += gap
    return places
