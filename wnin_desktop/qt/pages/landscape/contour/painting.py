"""Draws a surface from above on any paint device: a widget, a picture, a page."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen

from wnin_desktop.qt.pages.landscape.contour.colouring import as_image
from wnin_desktop.qt.pages.landscape.contour.frame import Frame
from wnin_desktop.qt.pages.landscape.contour.isolines import Isoline
from wnin_desktop.qt.pages.landscape.contour.sheet import Room, Sheet, Trace
from wnin_desktop.qt.plots.axis import LABEL_FONT, TICK_FONT
from wnin_desktop.qt.plots.graph import arrayToQPolygonF
from wnin_desktop.qt.plots.ink import draw_marker
from wnin_desktop.qt.plots.ticks import Tick, linear_ticks
from wnin_desktop.qt.theme import HAIRLINE, Space, theme

X_GAP, Y_GAP = 44.0, 34.0
"""Pixels between ticks, at least."""
TICK = 4.0
MOST_BAR_TICKS = 12
BAR_WIDTH = 10.0
PATH, HALO = 2.4, 1.2
"""Width of a path, and of the rim at each of its sides."""
CORE_ALPHA = 0.6
HALO_ALPHA, LINE_ALPHA, OTHER_LINE_ALPHA = 0.75, 0.5, 0.6
LINE_WIDTH = 0.9
DARK_BELOW = 0.42
"""Lightness below which lines on a colour are white."""
START, END, EVENT = 3.4, 5.0, 4.6
SHAPES = {"escape": "*", "intervention": "D", "diverged": "X"}
"""Markers of what happened to a run."""
RING = 4.0
SAMPLE = "0.00"


def room_in(size: QRectF, sheet: Sheet | None) -> Room:
    """Return where the parts of a picture stand."""
    ticks = QFontMetricsF(theme().font(TICK_FONT))
    label = QFontMetricsF(theme().font(LABEL_FONT)).height()
    left = ticks.horizontalAdvance(f"−{SAMPLE}") + label + TICK + Space.S
    bottom = ticks.height() + label + TICK + Space.XS
    wanted = sheet is None or (sheet.is_coloured and len(sheet.b) > 1)
    right = float(Space.L)
    if wanted:
        right = BAR_WIDTH + _widest_tick(sheet, ticks) + label + TICK + Space.L + Space.S
    inner = size.adjusted(left, Space.S, -right, -bottom)
    inner.setWidth(max(inner.width(), 10.0))
    inner.setHeight(max(inner.height(), 10.0))
    bar = QRectF(inner.right() + Space.S, inner.top(), BAR_WIDTH, inner.height()) if wanted else QRectF()
    return Room(inner, bar)


def _widest_tick(sheet: Sheet | None, metrics: QFontMetricsF) -> float:
    texts = [tick.text for tick in sheet.axis.ticks(MOST_BAR_TICKS)] if sheet is not None else []
    return max((metrics.horizontalAdvance(text) for text in (SAMPLE, *texts)), default=0.0)


# -- below the paths ---------------------------------------------------------------------------------------


def paint_ground(painter: QPainter, sheet: Sheet, frame: Frame, room: Room) -> None:
    """Draw colours, isolines, axes and the scale of colours."""
    painter.save()
    painter.setClipRect(room.inner)
    if sheet.image is not None and len(sheet.b) > 1:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        _paint_image(painter, sheet, frame)
    _paint_lines(painter, sheet, frame)
    painter.restore()
    paint_axes(painter, frame, sheet.titles[0], sheet.titles[1])
    if not room.bar.isEmpty():
        _paint_bar(painter, sheet, room.bar)


def _paint_image(painter: QPainter, sheet: Sheet, frame: Frame) -> None:
    assert sheet.image is not None
    whole = frame.box(*sheet.cells())
    painter.save()
    painter.setClipRect(frame.box(*sheet.whole), Qt.ClipOperation.IntersectClip)
    painter.drawImage(whole, sheet.image, QRectF(sheet.image.rect()))
    painter.restore()


def _paint_lines(painter: QPainter, sheet: Sheet, frame: Frame) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for line in sheet.lines:
        painter.setPen(_line_pen(sheet, line))
        for points in line.lines():
            pixels = frame.pixels(points)
            painter.drawPolyline(arrayToQPolygonF(pixels[:, 0], pixels[:, 1]))


def _line_pen(sheet: Sheet, line: Isoline) -> QPen:
    """Return a pen that is seen on the colour of a height; without colours the line has it itself."""
    place = min(max(sheet.axis.place(line.level), 0.0), 1.0)
    ground = QColor(*(int(part) for part in sheet.table[round(place * (len(sheet.table) - 1))]))
    if not sheet.is_coloured:
        return QPen(ground, 1.5 * LINE_WIDTH)
    ink = QColor(Qt.GlobalColor.white if ground.lightnessF() < DARK_BELOW else Qt.GlobalColor.black)
    ink.setAlphaF(OTHER_LINE_ALPHA if ground.lightnessF() < DARK_BELOW else LINE_ALPHA)
    return QPen(ink, LINE_WIDTH)


def paint_axes(
    painter: QPainter, frame: Frame, below: str, beside: str, *, beside_ticks: Sequence[Tick] | None = None
) -> None:
    """Draw ticks and titles below and at the left of the plane."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    rect = frame.rect
    a_ticks = linear_ticks(*frame.a, max(2, int(rect.width() / X_GAP)))
    b_ticks = beside_ticks
    if b_ticks is None:
        b_ticks = linear_ticks(*frame.b, max(2, int(rect.height() / Y_GAP)))
    _paint_below(painter, frame, a_ticks, below)
    _paint_beside(painter, frame, b_ticks, beside)


def _axis_pen() -> QPen:
    return QPen(theme().colour("edge"), HAIRLINE)


def _paint_below(painter: QPainter, frame: Frame, ticks: Sequence[Tick], title: str) -> None:
    rect = frame.rect
    painter.setFont(theme().font(TICK_FONT))
    metrics = QFontMetricsF(painter.font())
    taken = -math.inf
    for tick in ticks:
        x = frame.x(tick.value)
        painter.setPen(_axis_pen())
        painter.drawLine(QPointF(x, rect.bottom()), QPointF(x, rect.bottom() + TICK))
        width = metrics.horizontalAdvance(tick.text)
        if x - width / 2 < taken + Space.S:
            continue
        taken = x + width / 2
        painter.setPen(theme().colour("muted"))
        painter.drawText(QPointF(x - width / 2, rect.bottom() + TICK + metrics.ascent()), tick.text)
    painter.setFont(theme().font(LABEL_FONT))
    label = QFontMetricsF(painter.font())
    painter.setPen(theme().colour("muted"))
    text = label.elidedText(title, Qt.TextElideMode.ElideRight, rect.width())
    top = rect.bottom() + TICK + metrics.height()
    painter.drawText(
        QPointF(rect.center().x() - label.horizontalAdvance(text) / 2, top + label.ascent()), text
    )


def _paint_beside(painter: QPainter, frame: Frame, ticks: Sequence[Tick], title: str) -> None:
    rect = frame.rect
    painter.setFont(theme().font(TICK_FONT))
    metrics = QFontMetricsF(painter.font())
    flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip
    for tick in ticks:
        y = frame.y(tick.value)
        painter.setPen(_axis_pen())
        painter.drawLine(QPointF(rect.left() - TICK, y), QPointF(rect.left(), y))
        painter.setPen(theme().colour("muted"))
        box = QRectF(0, y - metrics.height() / 2, rect.left() - TICK - 2, metrics.height())
        painter.drawText(box, flags, tick.text)
    _paint_turned(painter, title, rect, rect.left() - _left_of(metrics))


def _left_of(metrics: QFontMetricsF) -> float:
    return metrics.horizontalAdvance(f"−{SAMPLE}") + TICK + Space.XS


def _paint_turned(painter: QPainter, text: str, rect: QRectF, baseline: float) -> None:
    """Write upwards along a rectangle, in its middle."""
    painter.setFont(theme().font(LABEL_FONT))
    metrics = QFontMetricsF(painter.font())
    painter.setPen(theme().colour("muted"))
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, rect.height())
    painter.save()
    painter.translate(baseline, rect.center().y() + metrics.horizontalAdvance(shown) / 2)
    painter.rotate(-90)
    painter.drawText(QPointF(0, 0), shown)
    painter.restore()


def _paint_bar(painter: QPainter, sheet: Sheet, rect: QRectF) -> None:
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(rect, _bar_image(sheet))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setFont(theme().font(TICK_FONT))
    metrics = QFontMetricsF(painter.font())
    widest = 0.0
    for tick in sheet.axis.ticks(min(max(2, int(rect.height() / Y_GAP)), MOST_BAR_TICKS)):
        y = rect.bottom() - sheet.axis.place(tick.value) * rect.height()
        if not rect.top() - 1 <= y <= rect.bottom() + 1:
            continue
        painter.setPen(_axis_pen())
        painter.drawLine(QPointF(rect.right(), y), QPointF(rect.right() + TICK, y))
        painter.setPen(theme().colour("muted"))
        left = rect.right() + TICK + 2
        painter.drawText(QPointF(left, y + metrics.ascent() / 2 - 1), tick.text)
        widest = max(widest, metrics.horizontalAdvance(tick.text))
    label = QFontMetricsF(theme().font(LABEL_FONT))
    _paint_turned(painter, sheet.titles[2], rect, rect.right() + TICK + widest + label.ascent() + Space.S)


def _bar_image(sheet: Sheet) -> QImage:
    return as_image(np.ascontiguousarray(sheet.table[::-1, None, :]))


# -- paths and pointer -------------------------------------------------------------------------------------


def paint_paths(painter: QPainter, traces: Sequence[Trace], frame: Frame) -> None:
    """Draw paths with a rim, what happened on them, their starts and their ends."""
    painter.save()
    painter.setClipRect(frame.rect.adjusted(-END, -END, END, END))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    placed = [(trace, frame.pixels(trace.points)) for trace in traces]
    placed = [(trace, pixels[np.isfinite(pixels).all(1)], pixels) for trace, pixels in placed]
    for trace, known, _ in placed:
        _paint_path(painter, trace, known)
    for trace, known, pixels in placed:
        if len(known):
            _paint_marks(painter, trace, known, pixels)
    painter.restore()


def _paint_path(painter: QPainter, trace: Trace, pixels: np.ndarray) -> None:
    if len(pixels) < 2:
        return
    line = arrayToQPolygonF(pixels[:, 0], pixels[:, 1])
    painter.setBrush(Qt.BrushStyle.NoBrush)
    halo, core = theme().colour("panel"), QColor(trace.look.colour)
    halo.setAlphaF(HALO_ALPHA)
    core.setAlphaF(CORE_ALPHA)
    # A dashed line alone would be lost in its rim.
    for pen in (QPen(halo, PATH + 2 * HALO), QPen(core, PATH), trace.look.pen(PATH)):
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.drawPolyline(line)


def _paint_marks(painter: QPainter, trace: Trace, known: np.ndarray, pixels: np.ndarray) -> None:
    ground, colour = theme().colour("panel"), trace.look.colour
    painter.setPen(QPen(colour, PATH))
    painter.setBrush(ground)
    painter.drawEllipse(QPointF(*known[0]), START, START)
    for kind, point in trace.marks:
        x, y = pixels[point]
        if np.isfinite(x + y):
            draw_marker(painter, x, y, SHAPES[kind], EVENT, _event_colour(kind, trace), ground)
    x, y = known[-1]
    draw_marker(painter, x, y, trace.look.marker, END, colour, ground)


def _event_colour(kind: str, trace: Trace) -> QColor:
    return theme().colour("danger") if kind == "diverged" else trace.look.colour


def paint_cross(painter: QPainter, frame: Frame, a: float, b: float | None) -> None:
    """Draw the crosshair; without `b` it is a line upwards alone."""
    rect = frame.rect
    ink = theme().colour("text")
    ink.setAlphaF(LINE_ALPHA)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(QPen(ink, HAIRLINE))
    x = frame.x(a)
    if rect.left() <= x <= rect.right():
        painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom()))
    if b is None:
        return
    y = frame.y(b)
    if rect.top() <= y <= rect.bottom():
        painter.drawLine(QPointF(rect.left(), y), QPointF(rect.right(), y))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme().colour("panel"), PATH))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(QPointF(x, y), RING + 1, RING + 1)
    painter.setPen(QPen(theme().colour("text"), 1.2))
    painter.drawEllipse(QPointF(x, y), RING, RING)
