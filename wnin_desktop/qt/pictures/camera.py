"""Takes pictures of the window with the dialogs and menus before it, as a person sees them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QApplication, QDialog, QMenu, QWidget

from wnin_desktop.qt.theme import HAIRLINE, Space, theme

COMPRESSION = 80
"""As Qt counts it for PNG, 100 compresses nothing: a third less time than at 50, a twentieth more bytes."""


def picture(window: QWidget) -> QImage:
    """Return what a person sees of a window, its dialogs in its middle and its menus in their places."""
    pixmap = window.grab()
    painter = QPainter(pixmap)
    for widget in _before(window):
        shot = widget.grab()
        if isinstance(widget, QDialog):
            _paint_dialog(painter, window.rect(), widget, shot)
        else:
            _paint_framed(painter, _within(window, widget), shot)
    painter.end()
    return pixmap.toImage().convertToFormat(QImage.Format.Format_RGB888)


def save(image: QImage, path: Path) -> None:
    """Write a picture as PNG.

    Raises:
        OSError: It cannot be written.
    """
    if not image.save(str(path), "PNG", COMPRESSION):  # type: ignore[call-overload] - the stubs want bytes
        raise OSError(f"{path}: the picture could not be written")


def _before(window: QWidget) -> list[QWidget]:
    """Return the dialogs and menus that stand before a window, the foremost last."""
    tops = [each for each in QApplication.topLevelWidgets() if each.isVisible() and each is not window]
    kinds = (QDialog, QMenu)
    return sorted(
        (each for each in tops if isinstance(each, kinds)),
        key=lambda each: (kinds.index(QMenu if isinstance(each, QMenu) else QDialog), _depth(each)),
    )


def _depth(widget: QWidget) -> int:
    parent = widget.parentWidget()
    return 0 if parent is None else 1 + _depth(parent.window())


def _paint_dialog(painter: QPainter, room: QRect, dialog: QWidget, shot: QPixmap) -> None:
    """Paint a dialog with a plain title, which the window manager draws elsewhere."""
    bar = dialog.fontMetrics().height() + Space.M
    size = dialog.size()
    left = (room.width() - size.width()) // 2
    top = max(0, (room.height() - size.height() - bar) // 2)
    veil = theme().colour("window")
    veil.setAlphaF(0.5)
    painter.fillRect(room, veil)
    title = QRect(left, top, size.width(), bar)
    painter.fillRect(title, theme().colour("hairline"))
    painter.setPen(theme().colour("text"))
    painter.setFont(theme().font("title"))
    inner = title.adjusted(Space.M, 0, -Space.M, 0)
    words = painter.fontMetrics().elidedText(dialog.windowTitle(), Qt.TextElideMode.ElideRight, inner.width())
    painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignHCenter, words)
    _paint_framed(painter, QPoint(left, top + bar), shot)


def _paint_framed(painter: QPainter, corner: QPoint, shot: QPixmap) -> None:
    painter.drawPixmap(corner, shot)
    painter.setPen(QPen(theme().colour("edge"), HAIRLINE))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(QRect(corner, shot.deviceIndependentSize().toSize()).adjusted(0, 0, -1, -1))


def _within(window: QWidget, widget: QWidget) -> QPoint:
    """Return where a menu stands in the picture, moved in where it would be cut off."""
    corner = widget.mapToGlobal(QPoint(0, 0)) - window.mapToGlobal(QPoint(0, 0))
    rest = window.size() - widget.size()
    return QPoint(max(0, min(corner.x(), rest.width())), max(0, min(corner.y(), rest.height())))
