"""The curve m(t) of a schedule, to be looked at and to be taken hold of."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from wnin_desktop.qt import numbers
from wnin_desktop.qt.forms.places import put, under
from wnin_desktop.qt.forms.schedule_handles import Curve, Handle, handles_of, moved, read_schedule
from wnin_desktop.qt.forms.schedule_paint import (
    HEADROOM,
    HEIGHT,
    MARGIN,
    REACH,
    SPARK,
    paint_preview,
    paint_spark,
)
from wnin_desktop.qt.text import tr

FINE, COARSE = 0.01, 0.1
"""Shares of an axis that an arrow key moves a handle by, without and with Shift."""
ARROWS = {
    Qt.Key.Key_Left: ("t", -1),
    Qt.Key.Key_Right: ("t", 1),
    Qt.Key.Key_Down: ("m", -1),
    Qt.Key.Key_Up: ("m", 1),
}


class SchedulePreview(QWidget):
    """A schedule over the steps of a run. Handles are dragged, or reached by Tab and moved by arrow keys."""

    edited = Signal(str, object)
    """Full path of a field and its value, while a handle moves; one drag sets one path."""
    dragging_changed = Signal(bool)

    def __init__(self, *, compact: bool = False, parent: QWidget | None = None) -> None:
        """Make an empty preview.

        Args:
            compact: A small line without axes, text and handles, for cards and tables.
            parent: Qt's.
        """
        super().__init__(parent)
        self.compact = compact
        self.curve: Curve | None = None
        self.unit = ""
        self.colour: QColor | None = None
        self.handles: list[Handle] = []
        self.current = -1
        self.hovered: QPointF | None = None
        self.top = 1.0
        self._is_dragging = False
        self._base, self._amplitude, self._schedule = "", "magnitude", "schedule"
        self.setAccessibleName(tr("Schedule"))
        self.setProperty("helpAnchor", "noise.schedule")
        vertical = QSizePolicy.Policy.Fixed
        self.setSizePolicy(vertical if compact else QSizePolicy.Policy.Expanding, vertical)
        if not compact:
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self.setMouseTracking(True)

    # --- what it shows ---

    def bind(self, base: str, *, amplitude: str = "magnitude", schedule: str = "schedule") -> None:
        """Say where the fields lie that the handles set.

        Args:
            base: The table around them ("arms[0].noise").
            amplitude: Field of the amplitude in it ("magnitude", "temperature", "lr").
            schedule: Field of the schedule in it ("schedule", "lr_schedule").
        """
        self._base, self._amplitude, self._schedule = base, amplitude, schedule

    def show_schedule(self, data: Any, steps: Any, amplitude: Any = None, unit: str = "") -> None:
        """Show a schedule; what is not valid is said instead of drawn.

        Args:
            data: The schedule as a file holds it, or a schedule.
            steps: Steps of the run.
            amplitude: m; None shows factors.
            unit: Unit of the amplitude.
        """
        schedule = read_schedule(data)
        is_number = isinstance(amplitude, int | float) and not isinstance(amplitude, bool) and amplitude >= 0
        has_steps = isinstance(steps, int) and not isinstance(steps, bool) and steps >= 1
        usable = schedule is not None and has_steps and (amplitude is None or is_number)
        self.curve = Curve(schedule, steps, amplitude) if usable else None
        self.unit = unit
        self._renew()

    def set_colour(self, colour: QColor | None) -> None:
        """Draw the curve in the colour of its arm; None is the accent."""
        self.colour = colour
        self.update()

    def _renew(self) -> None:
        before = self.handle.path if self.handle else None
        self.handles = [] if self.curve is None or self.compact else handles_of(self.curve)
        paths = [handle.path for handle in self.handles]
        self.current = paths.index(before) if before in paths else -1
        if self.current < 0 and self.hasFocus() and self.handles:
            self.current = 0
        if self.curve is not None and not self._is_dragging:
            self.top = self.curve.top * HEADROOM
        self.setAccessibleDescription(self.summary())
        self.update()

    @property
    def handle(self) -> Handle | None:
        """The handle that the keyboard or the pointer has."""
        return self.handles[self.current] if 0 <= self.current < len(self.handles) else None

    def summary(self) -> str:
        """Return the curve in words."""
        if self.curve is None:
            return tr("No valid schedule to draw.")
        curve = self.curve
        words = tr("{0}: {1} at step 0, {2} at step {3}.").format(
            curve.schedule.kind.replace("_", " "),
            self.amount(curve.at(0)),
            self.amount(curve.at(curve.steps - 1)),
            numbers.show(curve.steps - 1),
        )
        return words if self.handle is None else f"{words} {self.handle_words(self.handle)}"

    def amount(self, value: float) -> str:
        """Return a magnitude with its unit."""
        return f"{numbers.brief(value, 3)} {tr(self.unit)}".rstrip()

    def handle_words(self, handle: Handle) -> str:
        """Return what a handle sets, and to what."""
        unit = tr(self.unit) if handle.path == "" else handle.unit
        value = int(handle.value) if handle.path == "period" else handle.value
        words = f"{handle.title}: {numbers.brief(value, 3)} {unit}".rstrip()
        return words if handle.is_set else tr("{0} (by itself)").format(words)

    def read_out(self) -> str:
        """Return what stands in the corner: step and value under the pointer, else the handle in hand."""
        if self.curve is None:
            return ""
        if self._is_dragging or self.hovered is None:
            return "" if self.handle is None else self.handle_words(self.handle)
        step = min(max(round(self.place_of(self.hovered)[0]), 0), self.curve.steps - 1)
        return tr("step {0}: {1}").format(numbers.show(step), self.amount(self.curve.at(step)))

    # --- places ---

    def plot_rect(self) -> QRectF:
        """Return where the curve is drawn."""
        if self.compact:
            return self.rect().toRectF().adjusted(1, 2, -1, -2)
        line = self.fontMetrics().height()
        return self.rect().toRectF().adjusted(MARGIN, line + MARGIN / 2, -MARGIN, -line - MARGIN / 2)

    def point_of(self, t: float, m: float) -> QPointF:
        """Return where (t, m) is drawn."""
        rect, steps = self.plot_rect(), self.curve.steps if self.curve else 1
        return QPointF(rect.left() + rect.width() * t / steps, rect.bottom() - rect.height() * m / self.top)

    def place_of(self, point: QPointF) -> tuple[float, float]:
        """Return (t, m) at a point, kept within the axes."""
        rect, steps = self.plot_rect(), self.curve.steps if self.curve else 1
        t = (point.x() - rect.left()) / max(rect.width(), 1.0) * steps
        m = (rect.bottom() - point.y()) / max(rect.height(), 1.0) * self.top
        return min(max(t, 0.0), float(steps)), min(max(m, 0.0), self.top)

    def handle_at(self, point: QPointF) -> int:
        """Return the index of the nearest handle in reach of `point`, or -1."""
        found = [
            ((self.point_of(handle.t, handle.m) - point).manhattanLength(), index)
            for index, handle in enumerate(self.handles)
        ]
        distance, index = min(found, default=(REACH + 1, -1))
        return index if distance <= REACH else -1

    # --- moving handles ---

    def _move(self, t: float, m: float) -> None:
        if self.curve is None or self.handle is None:
            return
        handle = self.handle
        value = moved(self.curve, handle, t, m, self.top)
        if value == handle.value and handle.is_set:
            return
        place = self._amplitude if handle.path == "" else under(self._schedule, handle.path)
        self._apply(handle.path, value)
        self.edited.emit(under(self._base, place), value)

    def _apply(self, path: str, value: float) -> None:
        """Show the move at once; the experiment's own echo of it changes nothing any more."""
        curve = self.curve
        assert curve is not None
        if path == "":
            self.curve = Curve(curve.schedule, curve.steps, value)
        else:
            schedule = read_schedule(changed(curve.schedule, path, value))
            self.curve = curve if schedule is None else Curve(schedule, curve.steps, curve.amplitude)
        self._renew()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Take hold of the handle under the pointer."""
        if self.compact or event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self.current = self.handle_at(event.position())
        if self.current >= 0:
            self._is_dragging = True
            self.dragging_changed.emit(True)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Move the handle in hand, or read the curve under the pointer."""
        self.hovered = event.position()
        if self._is_dragging:
            self._move(*self.place_of(event.position()))
        elif not self.compact:
            near = self.handle_at(event.position())
            self.setCursor(self._cursor(near))
        self.update()

    def _cursor(self, index: int) -> Qt.CursorShape:
        if index < 0:
            return Qt.CursorShape.ArrowCursor
        is_flat = self.handles[index].axis == "t"
        return Qt.CursorShape.SizeHorCursor if is_flat else Qt.CursorShape.SizeVerCursor

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Let go."""
        if self._is_dragging:
            self._is_dragging = False
            self.dragging_changed.emit(False)
            self._renew()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Stop reading the curve."""
        self.hovered = None
        self.update()
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Move the handle in hand along its axis."""
        axis, sign = ARROWS.get(Qt.Key(event.key()), ("", 0))
        handle = self.handle
        if self.curve is None or handle is None or axis != handle.axis:
            super().keyPressEvent(event)
            return
        self.hovered = None  # from now on the keyboard is followed
        share = COARSE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else FINE
        t, m = handle.t, handle.m
        if axis == "t":
            t = (handle.value if handle.path == "period" else t) + sign * max(share * self.curve.steps, 1.0)
        else:
            m = max(m + sign * share * self.top, 0.0)
        self._move(t, m)

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802 - Qt's name
        """Go through the handles before the keyboard leaves."""
        after = self.current + (1 if forward else -1)
        if self.hasFocus() and 0 <= after < len(self.handles):
            self._take(after)
            return True
        return super().focusNextPrevChild(forward)

    def _take(self, index: int) -> None:
        self.current = index
        self.setAccessibleDescription(self.summary())
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """Take the first handle, or the last one when coming from behind."""
        super().focusInEvent(event)
        if event.reason() == Qt.FocusReason.BacktabFocusReason:
            self._take(len(self.handles) - 1)
        elif self.current < 0 and self.handles and event.reason() != Qt.FocusReason.MouseFocusReason:
            self._take(0)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """Let go of the handle."""
        super().focusOutEvent(event)
        self._take(-1)

    # --- looks ---

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the size of a card's line, or a height that fits a form."""
        return SPARK if self.compact else QSize(HEIGHT * 2, HEIGHT)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the least useful size."""
        return SPARK if self.compact else QSize(HEIGHT, HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the curve."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.compact:
            paint_spark(painter, self)
        else:
            paint_preview(painter, self)
        painter.end()


class ScheduleSpark(SchedulePreview):
    """A schedule as a small line, for cards and tables."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(compact=True, parent=parent)


def changed(schedule: Any, path: str, value: float) -> dict[str, Any]:
    """Return a schedule as data with another value at `path`."""
    return put(schedule.model_dump(mode="python"), path, value)
