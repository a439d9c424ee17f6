"""What keys do in a plot."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent

if TYPE_CHECKING:
    from wnin_desktop.qt.plots.metric_plot import MetricPlot

Key = Qt.Key
JUMP = 0.02
"""Share of the picture's width that an arrow key moves the crosshair."""
ZOOM = 0.7
BOTH = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


def take(plot: MetricPlot, event: QKeyEvent) -> None:
    """Do what a key means; one that means nothing here stays with the window."""
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    act: Callable[[], object] | None
    if modifiers == Qt.KeyboardModifier.AltModifier:
        act = _with_alt(plot, event.key())
    elif modifiers == BOTH:
        act = _with_both(plot, event.key())
    elif modifiers & Qt.KeyboardModifier.ControlModifier:
        act = None
    else:
        act = _plain(plot, event.key(), one_step=bool(modifiers & Qt.KeyboardModifier.ShiftModifier))
    if act is not None:
        event.accept()
        act()


def _with_alt(plot: MetricPlot, key: int) -> Callable[[], object] | None:
    return {Key.Key_Left: plot.lens.back, Key.Key_Right: plot.lens.forward}.get(Key(key))


def _with_both(plot: MetricPlot, key: int) -> Callable[[], object] | None:
    way = {Key.Key_Left: -1, Key.Key_Right: 1}.get(Key(key))
    return None if way is None else lambda: plot.move_wanted.emit(way)


def _plain(plot: MetricPlot, key: int, *, one_step: bool) -> Callable[[], object] | None:
    lens = plot.lens
    return {
        Key.Key_Left: lambda: move_cross(plot, -1, one_step=one_step),
        Key.Key_Right: lambda: move_cross(plot, 1, one_step=one_step),
        Key.Key_Plus: lambda: _zoom(plot, ZOOM),
        Key.Key_Equal: lambda: _zoom(plot, ZOOM),
        Key.Key_Minus: lambda: _zoom(plot, 1 / ZOOM),
        Key.Key_Home: lens.reset,
        Key.Key_L: lambda: lens.set_log_y(plot.spec, not lens.is_log_y(plot.spec)),
        Key.Key_S: lambda: lens.change(seeds=not lens.seeds),
        Key.Key_B: lambda: lens.change(bands=not lens.bands),
        Key.Key_Return: plot.maximise_wanted.emit,
        Key.Key_Enter: plot.maximise_wanted.emit,
        Key.Key_Delete: plot.remove_wanted.emit,
        Key.Key_Menu: lambda: plot.menu_wanted.emit(plot.canvas.mapToGlobal(QPoint(0, 0))),
        Key.Key_F10: lambda: plot.menu_wanted.emit(plot.canvas.mapToGlobal(QPoint(0, 0))),
    }.get(Key(key))


def move_cross(plot: MetricPlot, direction: int, *, one_step: bool) -> None:
    """Move the crosshair to the left or the right, by a step or by a share of what is seen."""
    frame = plot.figure.frame
    low, high = frame.x_range
    cross = plot.lens.cross
    if cross is None:
        plot.point_at(high if direction < 0 else low)
        return
    if one_step and plot.lens.mode != "matched":
        wanted = cross + direction
    else:
        pixel = frame.x_pixel(cross) + direction * max(JUMP * frame.width, 1.0)
        wanted = frame.x_at(pixel)
        if plot.lens.mode != "matched" and abs(wanted - cross) < 1:
            wanted = cross + direction
    plot.point_at(min(max(wanted, low), high))


def _zoom(plot: MetricPlot, factor: float) -> None:
    frame, cross = plot.figure.frame, plot.lens.cross
    pixel = frame.width / 2 if cross is None else frame.x_pixel(cross)
    plot.zooming.by(factor, pixel)
