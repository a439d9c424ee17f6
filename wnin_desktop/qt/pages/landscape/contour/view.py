"""The surface from above as a widget: it zooms, pans, and says what lies under the pointer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QWidget

from wnin_desktop.qt.pages.landscape.card import Card
from wnin_desktop.qt.pages.landscape.contour import painting, profile
from wnin_desktop.qt.pages.landscape.contour.colouring import coloured
from wnin_desktop.qt.pages.landscape.contour.frame import Frame, Range, kept_within, zoomed
from wnin_desktop.qt.pages.landscape.contour.isolines import Isoline, coarser, isolines
from wnin_desktop.qt.pages.landscape.contour.sheet import Room, Sheet, Trace, sheet_of, traces_of
from wnin_desktop.qt.pages.landscape.model import LandscapeModel, Spot
from wnin_desktop.qt.pages.landscape.words import path_line, place_line
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import FOCUS, theme

REACH = 14.0
"""Pixels within which a point of a path is near."""
NOTCH = 120.0
ZOOM = 0.8
CLOSEST = 1 / 200
"""Shortest range that is shown, as a share of the whole."""
FAR_STEPS = 5
Key = Qt.Key
ARROWS = {Key.Key_Left: (-1, 0), Key.Key_Right: (1, 0), Key.Key_Up: (0, 1), Key.Key_Down: (0, -1)}
SOURCE = "2d"


@dataclass(frozen=True)
class _Drag:
    """Where a drag began, and what was shown then."""

    at: QPointF
    frame: Frame


class ContourView(QWidget):
    """Wheel zooms, drag pans, a double click shows all; arrows move the crosshair."""

    menu_wanted = Signal(QPoint)

    def __init__(self, model: LandscapeModel, tasks: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("view-2d")
        self.setAccessibleName(tr("Loss surface from above"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(120, 90)
        self._model, self._tasks = model, tasks
        self._zoom: tuple[Range, Range] | None = None
        self._drag: _Drag | None = None
        self._image: QImage | None = None
        self._lines: tuple[Isoline, ...] = ()
        self._sheet: Sheet | None = None
        self._traces: list[Trace] | None = None
        self._ground: QPixmap | None = None
        self._generation = 0
        self.card = Card(self)
        self._connect()
        self._describe()

    def _connect(self) -> None:
        model = self._model
        model.plane_changed.connect(self._take_plane)
        model.heights_changed.connect(self._take_heights)
        model.look_changed.connect(self._take_look)
        model.paths_changed.connect(self._take_paths)
        model.time_changed.connect(self._take_paths)
        model.spot_changed.connect(self._take_spot)
        theme().changed.connect(self._take_look)

    def sizeHint(self) -> QSize:  # noqa: N802 - the names are Qt's
        """Return a comfortable size."""
        return QSize(480, 480)

    # -- following the model -------------------------------------------------------------------------------

    def _take_plane(self) -> None:
        self._zoom = None
        self.card.hide()
        self._take_heights()

    def _take_heights(self) -> None:
        self._image, self._lines = None, ()
        self._take_paths()
        self._sheet = self._ground = None
        self._describe()

    def _take_look(self) -> None:
        self._take_heights()

    def _take_paths(self) -> None:
        self._traces = None
        self.update()

    def _take_spot(self) -> None:
        self._tell()
        self.update()

    # -- what is drawn -------------------------------------------------------------------------------------

    @property
    def sheet(self) -> Sheet | None:
        """What is drawn below the paths, made when it is first wanted."""
        if self._sheet is None:
            self._make_sheet()
        return self._sheet

    def _make_sheet(self) -> None:
        terrain, heights, look = self._model.terrain, self._model.heights, self._model.look
        if terrain is not None and heights is not None and not terrain.is_line:
            axis = self._model.axis
            if look.colour_by == "height":
                self._image = coloured(heights.values, axis, theme().surface_map(look.colour_map))
            if look.isolines:
                a, b, values = coarser(terrain.a, terrain.b, heights.values)
                self._lines = tuple(isolines(a, b, values, axis.levels()))
                if values.shape != heights.values.shape:
                    self._find_exact_lines()
        self._sheet = sheet_of(self._model, self._image, self._lines)

    def _find_exact_lines(self) -> None:
        """Find lines on all points of a fine surface in another thread; late answers are passed over."""
        terrain, heights = self._model.terrain, self._model.heights
        assert terrain is not None
        assert heights is not None
        self._generation += 1
        generation, a, b = self._generation, terrain.a, terrain.b
        values, levels = heights.values, self._model.axis.levels()
        self._tasks.start(
            lambda _task: (generation, heights, tuple(isolines(a, b, values, levels))), then=self._take_lines
        )

    def _take_lines(self, found: tuple[int, object, tuple[Isoline, ...]]) -> None:
        generation, heights, lines = found
        if generation == self._generation and heights is self._model.heights and self._sheet is not None:
            self._lines = lines
            self._sheet, self._ground = replace(self._sheet, lines=lines), None
            self.update()

    @property
    def traces(self) -> list[Trace]:
        """The paths that are drawn."""
        if self._traces is None:
            self._traces = traces_of(self._model)
        return self._traces

    def room(self, size: QSize | None = None) -> Room:
        """Return where the parts stand."""
        return painting.room_in(QRectF(QPointF(0, 0), size or self.size()), self.sheet)

    def frame(self) -> Frame:
        """Return where places lie on the widget."""
        sheet, inner = self.sheet, self.room().inner
        if sheet is None:
            return Frame((-1.0, 1.0), (-1.0, 1.0), inner)
        a, b = self._zoom or sheet.whole
        return profile.frame_in(a, inner) if self._is_line else Frame(a, b, inner)

    @property
    def _is_line(self) -> bool:
        return self._model.terrain is not None and self._model.terrain.is_line

    @property
    def is_zoomed(self) -> bool:
        """Whether less than all is shown."""
        return self._zoom is not None

    def show_all(self) -> None:
        """Show the whole surface."""
        self._zoom_to(None)

    def _zoom_to(self, zoom: tuple[Range, Range] | None) -> None:
        if zoom != self._zoom:
            self._zoom, self._ground = zoom, None
            self.update()

    # -- painting ------------------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Draw everything."""
        painter = QPainter(self)
        sheet = self.sheet
        if sheet is None:
            painter.fillRect(self.rect(), theme().colour("panel"))
        else:
            frame = self.frame()
            if self._ground is None:
                self._ground = self._draw_ground(sheet, frame)
            painter.drawPixmap(0, 0, self._ground)
            self._paint_paths(painter, sheet, frame)
            self._paint_spot(painter, frame)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(QPen(theme().colour("accent"), FOCUS))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))

    def _draw_ground(self, sheet: Sheet, frame: Frame) -> QPixmap:
        ratio = self.devicePixelRatioF()
        ground = QPixmap(self.size() * ratio)
        ground.setDevicePixelRatio(ratio)
        ground.fill(theme().colour("panel"))
        painter = QPainter(ground)
        if self._is_line:
            profile.paint_profile(painter, sheet, frame)
        else:
            painting.paint_ground(painter, sheet, frame, self.room())
        painter.end()
        return ground

    def _paint_paths(self, painter: QPainter, sheet: Sheet, frame: Frame) -> None:
        if self._is_line:
            profile.paint_ends(painter, sheet, self.traces, frame)
        else:
            painting.paint_paths(painter, self.traces, frame)

    def _paint_spot(self, painter: QPainter, frame: Frame) -> None:
        spot = self._model.spot
        if spot is not None:
            painting.paint_cross(painter, frame, spot.a, None if self._is_line else spot.b)

    def paint_figure(self, painter: QPainter, size: QSize) -> None:
        """Draw what is shown on another device, without pointer and focus, in the colours of now."""
        sheet = self.sheet
        if sheet is None:
            return
        sheet = sheet_of(self._model, self._image, self._lines) or sheet
        room = self.room(size)
        shown = self.frame()
        frame = Frame(shown.a, shown.b, room.inner)
        if self._is_line:
            profile.paint_profile(painter, sheet, frame)
            profile.paint_ends(painter, sheet, traces_of(self._model), frame)
        else:
            painting.paint_ground(painter, sheet, frame, room)
            painting.paint_paths(painter, traces_of(self._model), frame)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Draw anew."""
        super().resizeEvent(event)
        self._ground = None
        self.card.hide()

    # -- pointing ------------------------------------------------------------------------------------------

    def _point_at(self, pixel: QPointF) -> None:
        frame = self.frame()
        if self._model.terrain is None or not frame.rect.contains(pixel):
            self._model.point_at(None)
            return
        a, b = frame.place(pixel)
        near = self._near(pixel, frame)
        spot = Spot(a, 0.0 if self._is_line else b, source=SOURCE)
        if near is not None:
            spot = replace(spot, path=near[0], point=near[1])
        self._model.point_at(spot)

    def _near(self, pixel: QPointF, frame: Frame) -> tuple[int, int] | None:
        """Return path and point that lie nearest to a pixel, within reach."""
        found, least = None, REACH
        for trace in self.traces:
            points = trace.points
            if self._is_line and self.sheet is not None:
                points = profile.points_of(self.sheet, trace)
            if not len(points):
                continue
            away = frame.pixels(points) - (pixel.x(), pixel.y())
            distances = np.where(np.isfinite(away).all(1), np.hypot(away[:, 0], away[:, 1]), np.inf)
            point = int(distances.argmin())
            if distances[point] < least:
                found, least = (trace.number, point), float(distances[point])
        return found

    def read_out(self) -> list[str]:
        """Return what the crosshair marks, as lines."""
        spot, terrain = self._model.spot, self._model.terrain
        if spot is None or terrain is None:
            return []
        height, se = self._model.height_at(spot.a, spot.b), self._model.se_at(spot.a, spot.b)
        lines = [place_line(terrain, spot.a, spot.b, height, se)]
        if spot.path is not None and spot.path < len(terrain.paths):
            lines.append(path_line(terrain.paths[spot.path], spot.point))
        return lines

    def _tell(self) -> None:
        spot, terrain = self._model.spot, self._model.terrain
        if spot is None or terrain is None or spot.source != SOURCE:
            self.card.hide()
            return
        look = None
        if spot.path is not None and spot.path < len(terrain.paths):
            look = theme().arm(self._model.colour_of(terrain.paths[spot.path].arm))
        self.card.set(self.read_out(), look)
        frame = self.frame()
        x = frame.x(spot.a)
        y = frame.rect.center().y() if self._is_line else frame.y(spot.b)
        self.card.place(QPoint(round(x), round(y)))
        self._describe()

    def _describe(self) -> None:
        keys = tr("Arrow keys move the crosshair, plus and minus zoom, Home shows all, Escape takes it away.")
        self.setAccessibleDescription("\n".join([*self.read_out(), keys]))

    # -- mouse ---------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Take hold of the picture."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if event.button() == Qt.MouseButton.LeftButton and self._model.terrain is not None:
            self._drag = _Drag(event.position(), self.frame())
            event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Pan, or say what lies there."""
        drag = self._drag
        if drag is not None and event.buttons() & Qt.MouseButton.LeftButton:
            moved = event.position() - drag.at
            if self._zoom is not None and moved.manhattanLength() >= QApplication.startDragDistance():
                self.setCursor(Qt.CursorShape.ClosedHandCursor)
                self._pan(drag.frame, moved)
                return
        self._point_at(event.position())

    def _pan(self, frame: Frame, moved: QPointF) -> None:
        sheet = self.sheet
        if sheet is None:
            return
        across = -moved.x() / frame.rect.width() * (frame.a[1] - frame.a[0])
        up = moved.y() / frame.rect.height() * (frame.b[1] - frame.b[0])
        self._show_ranges((frame.a[0] + across, frame.a[1] + across), (frame.b[0] + up, frame.b[1] + up))

    def _show_ranges(self, a: Range, b: Range) -> None:
        """Show ranges as far as there is a surface."""
        sheet = self.sheet
        if sheet is None:
            return
        whole = sheet.whole
        a = kept_within(a, whole[0])
        b = whole[1] if self._is_line else kept_within(b, whole[1])
        self._zoom_to(None if (a, b) == whole else (a, b))

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: N802
        """Let go."""
        self._drag = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Show all."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._drag = None
            self.show_all()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Zoom at the pointer."""
        turned = event.angleDelta().y() / NOTCH
        if turned and self._model.terrain is not None:
            self.zoom(ZOOM**turned, event.position())
        event.accept()

    def zoom(self, factor: float, pixel: QPointF | None = None) -> None:
        """Show a range so many times as long; what lies at `pixel`, or in the middle, stays there."""
        frame, sheet = self.frame(), self.sheet
        if sheet is None:
            return
        a, b = frame.place(pixel if pixel is not None else frame.rect.center())
        whole = sheet.whole[0]
        shortest = CLOSEST * (whole[1] - whole[0])
        factor = max(factor, shortest / (frame.a[1] - frame.a[0]))
        self._show_ranges(zoomed(frame.a, a, factor), zoomed(frame.b, b, factor))

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        """Take the crosshair away."""
        super().leaveEvent(event)
        if self._model.spot is not None and self._model.spot.source == SOURCE:
            self._model.point_at(None)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        """Ask for what can be done with the picture."""
        self.menu_wanted.emit(event.globalPos())

    # -- keyboard ------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Move the crosshair, zoom, show all."""
        key = Key(event.key())
        if self._model.terrain is None or not self._press(key, event.modifiers()):
            super().keyPressEvent(event)
            return
        event.accept()

    def _press(self, key: Qt.Key, held: Qt.KeyboardModifier) -> bool:
        if key in ARROWS:
            self._step(*ARROWS[key], FAR_STEPS if held & Qt.KeyboardModifier.ShiftModifier else 1)
        elif key in (Key.Key_Plus, Key.Key_Equal):
            self.zoom(ZOOM)
        elif key == Key.Key_Minus:
            self.zoom(1 / ZOOM)
        elif key == Key.Key_Home:
            self.show_all()
        elif key == Key.Key_Escape and self._model.spot is not None:
            self._model.point_at(None)
        else:
            return False
        return True

    def _step(self, across: int, up: int, steps: int) -> None:
        """Move the crosshair over points of the grid."""
        sheet, spot = self.sheet, self._model.spot
        if sheet is None:
            return
        frame = self.frame()
        if spot is None:
            a, b = frame.place(frame.rect.center())
        else:
            a = spot.a + across * steps * _spacing(sheet.a)
            b = spot.b + up * steps * _spacing(sheet.b)
        (a0, a1), (b0, b1) = sheet.whole
        a, b = min(max(a, a0), a1), min(max(b, b0), b1)
        near = self._near(QPointF(frame.x(a), frame.y(b)), frame)
        spot = Spot(a, 0.0 if self._is_line else b, source=SOURCE)
        self._model.point_at(replace(spot, path=near[0], point=near[1]) if near else spot)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Show the ring."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Take the ring away."""
        super().focusOutEvent(event)
        self.update()


def _spacing(axis: np.ndarray) -> float:
    return float(axis[1] - axis[0]) if len(axis) > 1 else 0.0
