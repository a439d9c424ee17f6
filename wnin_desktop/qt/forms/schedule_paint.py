"""How the curve of a schedule is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from wnin_desktop.noise.schedules import curve as factors
from wnin_desktop.noise.schedules import curve_steps
from wnin_desktop.qt import numbers
from wnin_desktop.qt.forms.schedule_handles import Handle
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import HAIRLINE, RADIUS, Space, theme
from wnin_desktop.schema.schedule import AdaptiveSchedule

if TYPE_CHECKING:
    from wnin_desktop.qt.forms.schedule_preview import SchedulePreview

HEIGHT = 132
SPARK = QSize(64, 20)
MARGIN = Space.S
REACH = 14
"""Distance from a handle within which it is taken, pixels."""
HANDLE = 5.0
LINE = 1.75
HEADROOM = 1.12
"""How much the axis is longer than the curve is high."""
FILL_ALPHA, BAND_ALPHA = 0.10, 0.18
MOST_POINTS = 600


def paint_spark(painter: QPainter, view: SchedulePreview) -> None:
    """Draw the line alone."""
    if view.curve is not None:
        _band(painter, view, view.plot_rect())
        painter.setPen(_pen(_colour(view), LINE * 0.8))
        painter.drawPolyline(_line(view))


def paint_preview(painter: QPainter, view: SchedulePreview) -> None:
    """Draw ground, grid, curve, handles and words."""
    look, rect = theme(), view.plot_rect()
    painter.setPen(_pen(look.colour("accent" if view.hasFocus() else "hairline"), HAIRLINE))
    painter.setBrush(look.colour("panel"))
    painter.drawRoundedRect(view.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setFont(look.font("small_numbers"))
    if view.curve is None:
        painter.setPen(look.colour("muted"))
        painter.drawText(view.rect().adjusted(MARGIN, 0, -MARGIN, 0), CENTRE, view.summary())
        return
    _grid(painter, rect)
    _curve(painter, view, rect)
    _pointer(painter, view, rect)
    for index, handle in enumerate(view.handles):
        _handle(painter, view, handle, is_current=index == view.current)
    _words(painter, view, rect)


CENTRE = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
LEFT_TOP = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT_TOP = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def _grid(painter: QPainter, rect: QRectF) -> None:
    painter.setPen(_pen(theme().colour("hairline"), HAIRLINE))
    for share in (0.0, 0.5, 1.0):
        y = rect.bottom() - rect.height() * share / HEADROOM
        painter.drawLine(QPointF(rect.left(), y), QPointF(rect.right(), y))


def _curve(painter: QPainter, view: SchedulePreview, rect: QRectF) -> None:
    curve, colour = view.curve, _colour(view)
    assert curve is not None
    painter.save()
    painter.setClipRect(rect.adjusted(-LINE, -LINE, LINE, LINE))
    line = _line(view)
    if _band(painter, view, rect):
        painter.setPen(_pen(colour, LINE, Qt.PenStyle.DashLine))
    else:
        ground = QPolygonF(line)
        ground.append(QPointF(line.last().x(), rect.bottom()))
        ground.append(QPointF(rect.left(), rect.bottom()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_faint(colour, FILL_ALPHA))
        painter.drawPolygon(ground)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(_pen(colour, LINE))
    painter.drawPolyline(line)
    painter.restore()


def _band(painter: QPainter, view: SchedulePreview, rect: QRectF) -> bool:
    """Draw where a closed loop may go; false where there is none."""
    curve = view.curve
    if curve is None or not isinstance(curve.schedule, AdaptiveSchedule):
        return False
    low = view.point_of(0, curve.m * curve.schedule.offset).y()
    high = view.point_of(0, curve.m * (curve.schedule.offset + curve.schedule.gain)).y()
    painter.fillRect(QRectF(rect.left(), high, rect.width(), low - high), _faint(_colour(view), BAND_ALPHA))
    return True


def _line(view: SchedulePreview) -> QPolygonF:
    curve = view.curve
    assert curve is not None
    points = int(min(max(view.width(), 2), MOST_POINTS, max(curve.steps, 2)))
    steps = curve_steps(curve.steps, points)
    values = curve.m * np.nan_to_num(factors(curve.schedule, curve.steps, points))
    return QPolygonF([view.point_of(float(t), float(m)) for t, m in zip(steps, values, strict=True)])


def _pointer(painter: QPainter, view: SchedulePreview, rect: QRectF) -> None:
    if view.hovered is None or view.curve is None or not rect.contains(view.hovered):
        return
    painter.setPen(_pen(theme().colour("muted"), HAIRLINE, Qt.PenStyle.DotLine))
    x = view.hovered.x()
    painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom()))


def _handle(painter: QPainter, view: SchedulePreview, handle: Handle, *, is_current: bool) -> None:
    look, point = theme(), view.point_of(handle.t, min(handle.m, view.top))
    colour = _colour(view)
    if is_current:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_faint(look.colour("accent"), 0.35))
        painter.drawEllipse(point, HANDLE * 2, HANDLE * 2)
    painter.setPen(_pen(colour, LINE))
    # A hollow handle stands for an empty field; a lozenge moves sideways, a disc up and down.
    painter.setBrush(colour if handle.is_set and is_current else look.colour("panel"))
    if handle.axis == "m":
        painter.drawEllipse(point, HANDLE, HANDLE)
    else:
        reach = HANDLE * 1.3
        corners = [QPointF(-reach, 0), QPointF(0, -reach), QPointF(reach, 0), QPointF(0, reach)]
        painter.drawPolygon(QPolygonF([point + corner for corner in corners]))
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _words(painter: QPainter, view: SchedulePreview, rect: QRectF) -> None:
    curve, look = view.curve, theme()
    assert curve is not None
    line = painter.fontMetrics().height()
    above = QRectF(rect.left(), rect.top() - line - 2, rect.width(), line)
    below = QRectF(rect.left(), rect.bottom() + 2, rect.width(), line)
    painter.setPen(look.colour("muted"))
    peak = tr("factor {0}").format(numbers.brief(curve.top, 3))
    painter.drawText(above, LEFT_TOP, peak if curve.amplitude is None else view.amount(curve.top))
    painter.drawText(below, LEFT_TOP, "0")
    painter.drawText(below, RIGHT_TOP, tr("{0} steps").format(numbers.show(curve.steps)))
    if isinstance(curve.schedule, AdaptiveSchedule):
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, tr("moves within the band"))
    painter.setPen(look.colour("text"))
    painter.drawText(above, RIGHT_TOP, view.read_out())


def _colour(view: SchedulePreview) -> QColor:
    return view.colour or theme().colour("accent")


def _faint(colour: QColor, alpha: float) -> QColor:
    faint = QColor(colour)
    faint.setAlphaF(alpha)
    return faint


def _pen(colour: QColor, width: float, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    pen = QPen(colour, width, style)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return pen
