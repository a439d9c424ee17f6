"""The picture of a viewer as a widget: it paints frames and hands on what mouse and keyboard do."""

from __future__ import annotations

from typing import Literal

import msgspec
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import FOCUS, Space, theme
from wnin_desktop.qt.viewer.process import ViewerProcess
from wnin_desktop.viewer import limits
from wnin_desktop.viewer.messages import Camera, Cursor, Found, Message, Pointer, Quality
from wnin_desktop.viewer.supervision import Life

RESIZE_MS = 40
"""Frames of another size are asked for once the window has kept its size for so long."""
NOTCH = 120.0
ORBIT_DEGREES, ZOOM_FACTOR, EASE_MS = 7.5, 0.85, 160
Key = Qt.Key
PAN_PIXELS = 24.0


def _arrow(x: int, y: int) -> tuple[Camera, Camera]:
    """Return what an arrow key does, and what it does with Shift."""
    turned = Camera(action="orbit", azimuth=ORBIT_DEGREES * x, elevation=ORBIT_DEGREES * y, ease_ms=EASE_MS)
    return turned, Camera(action="pan", shift=(-PAN_PIXELS * x, PAN_PIXELS * y), ease_ms=EASE_MS)


ARROWS = {
    Key.Key_Left: _arrow(-1, 0), Key.Key_Right: _arrow(1, 0), Key.Key_Up: _arrow(0, 1),
    Key.Key_Down: _arrow(0, -1),
}  # fmt: skip
NEARER = Camera(action="zoom", distance=ZOOM_FACTOR, ease_ms=EASE_MS)
KEYS = {
    Key.Key_Plus: NEARER,
    Key.Key_Equal: NEARER,
    Key.Key_Minus: Camera(action="zoom", distance=1 / ZOOM_FACTOR, ease_ms=EASE_MS),
    Key.Key_Home: Camera(action="reset", ease_ms=2 * EASE_MS),
    Key.Key_1: Camera(action="preset", preset="corner", ease_ms=2 * EASE_MS),
    Key.Key_2: Camera(action="preset", preset="top", ease_ms=2 * EASE_MS),
    Key.Key_3: Camera(action="preset", preset="front", ease_ms=2 * EASE_MS),
    Key.Key_4: Camera(action="preset", preset="side", ease_ms=2 * EASE_MS),
    Key.Key_5: Camera(action="preset", preset="low", ease_ms=2 * EASE_MS),
}
BUTTONS: dict[Qt.MouseButton, tuple[Literal["none", "left", "right", "middle"], int]] = {
    Qt.MouseButton.LeftButton: ("left", 1),
    Qt.MouseButton.RightButton: ("right", 2),
    Qt.MouseButton.MiddleButton: ("middle", 4),
}
MODIFIERS = {
    Qt.KeyboardModifier.ShiftModifier: 1,
    Qt.KeyboardModifier.ControlModifier: 2,
    Qt.KeyboardModifier.AltModifier: 4,
}
CURSORS = {
    "arrow": Qt.CursorShape.ArrowCursor,
    "open_hand": Qt.CursorShape.OpenHandCursor,
    "closed_hand": Qt.CursorShape.ClosedHandCursor,
    "cross": Qt.CursorShape.CrossCursor,
}


class View3D(QWidget):
    """Left drag turns, right drag or Shift moves, the wheel zooms, a double click looks there.

    The keyboard does all of it too.
    """

    found = Signal(object)
    """What lies under the pointer (`Hovered`, `Picked`); None once the pointer has left."""
    scale_changed = Signal()
    """The window came to a screen of other pixels."""

    def __init__(self, viewer: ViewerProcess, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.viewer = viewer
        self.setObjectName("view-3d")
        self.setAccessibleName(tr("Loss surface in three dimensions"))
        self.setAccessibleDescription(
            tr("Arrow keys turn, plus and minus zoom, Home resets, 1 to 5 look from fixed sides.")
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(120, 90)
        self._resizing = QTimer(self, singleShot=True, interval=RESIZE_MS)
        self._resizing.timeout.connect(self._ask_size)
        viewer.framed.connect(self.update)
        viewer.said.connect(self._take)
        viewer.life_changed.connect(self.update)

    def sizeHint(self) -> QSize:  # noqa: N802 - the names are Qt's
        """Return a comfortable size."""
        return QSize(720, 480)

    # -- painting ------------------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the newest frame; one of another size is stretched until the next one comes."""
        painter = QPainter(self)
        image = self.viewer.image
        if image is None or image.isNull():
            painter.fillRect(self.rect(), theme().colour("panel"))
            self._paint_words(painter)
        elif image.size() == self._pixels():
            painter.drawImage(QPointF(0, 0), image)
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(QRectF(self.rect()), image, QRectF(image.rect()))
        if self.hasFocus():
            painter.setPen(QPen(theme().colour("accent"), FOCUS))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))

    def _paint_words(self, painter: QPainter) -> None:
        """Say why there is no picture yet."""
        text = self.words()
        if text:
            painter.setFont(theme().font("small"))
            painter.setPen(theme().colour("muted"))
            room = QRectF(self.rect()).adjusted(Space.L, Space.L, -Space.L, -Space.L)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)

    def words(self) -> str:
        """Return what the viewer is doing while there is no picture; "" while it draws."""
        life = self.viewer.life
        if life is Life.GIVEN_UP:
            return self.viewer.reason
        if life is Life.WAITING:
            return tr("{0} It is started again.", self.viewer.reason)
        return "" if life is Life.AWAY else tr("Starting the 3-D viewer\u2026")

    def _pixels(self) -> QSize:
        ratio = self.devicePixelRatioF()
        least = limits.FRAME_SIDE_LEAST
        width = min(max(round(self.width() * ratio), least), limits.FRAME_WIDTH)
        height = min(max(round(self.height() * ratio), least), limits.FRAME_HEIGHT)
        return QSize(width, height)

    def _ask_size(self) -> None:
        size = self._pixels()
        self.viewer.resize(size.width(), size.height(), self.devicePixelRatioF())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Ask for frames of the new size, the first ones at once."""
        super().resizeEvent(event)
        if self.viewer.image is None:
            self._ask_size()
        else:
            self._resizing.start()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Have frames drawn."""
        super().showEvent(event)
        self._ask_size()
        self.viewer.show(Quality())

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        """Have none drawn while nobody can see them."""
        super().hideEvent(event)
        self.viewer.show(Quality(paused=True))

    # -- mouse ---------------------------------------------------------------------------------------------

    def _point(self, action: Literal["press", "move", "release", "double"], event: QMouseEvent) -> None:
        ratio, place = self.devicePixelRatioF(), event.position()
        held = sum(bit for button, (_, bit) in BUTTONS.items() if event.buttons() & button)
        told = Pointer(
            action=action,
            x=place.x() * ratio,
            y=place.y() * ratio,
            button=BUTTONS.get(event.button(), ("none", 0))[0],
            buttons=held,
            modifiers=_modifiers(event.modifiers()),
            time_ms=event.timestamp() & 0xFFFFFFFF,
        )
        self.viewer.say(told)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Begin to turn, move or zoom."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._point("press", event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Go on, or ask what lies below."""
        self._point("move", event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """End; a throw goes on."""
        self._point("release", event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Look at that place."""
        self._point("double", event)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Zoom towards the pointer."""
        ratio, place, turned = self.devicePixelRatioF(), event.position(), event.angleDelta()
        told = Pointer(
            action="wheel",
            x=place.x() * ratio,
            y=place.y() * ratio,
            wheel=(turned.x() / NOTCH, turned.y() / NOTCH),
            modifiers=_modifiers(event.modifiers()),
            time_ms=event.timestamp() & 0xFFFFFFFF,
        )
        self.viewer.say(told)
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        """Tell that the pointer is gone."""
        super().leaveEvent(event)
        self.viewer.say(Pointer(action="leave"))
        self.found.emit(None)

    def _take(self, message: Message) -> None:
        if isinstance(message, Cursor):
            self.setCursor(CURSORS[message.shape])
        elif isinstance(message, Found):
            self.found.emit(message)

    # -- keyboard ------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Turn, zoom, reset, look from a side; Shift with an arrow moves."""
        message = self._camera_of(event)
        if message is None:
            super().keyPressEvent(event)
            return
        self.look(message)
        event.accept()

    def look(self, message: Camera) -> None:
        """Move the camera, at once where motion is not wanted."""
        self.viewer.say(msgspec.structs.replace(message, ease_ms=0) if theme().reduced_motion else message)

    @staticmethod
    def _camera_of(event: QKeyEvent) -> Camera | None:
        held, key = event.modifiers(), Key(event.key())
        if held & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            return None
        if key in ARROWS:
            return ARROWS[key][bool(held & Qt.KeyboardModifier.ShiftModifier)]
        return KEYS.get(key)

    def event(self, event: QEvent) -> bool:
        """Ask for frames of other pixels on another screen."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._resizing.start()
            self.scale_changed.emit()
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Show the ring."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Take the ring away."""
        super().focusOutEvent(event)
        self.update()


def _modifiers(held: Qt.KeyboardModifier) -> int:
    return sum(bit for modifier, bit in MODIFIERS.items() if held & modifier)
