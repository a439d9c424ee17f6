"""Line icons: one SVG each, tinted, and drawn for the pixels of every screen that is there."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from wnin_desktop import paths

MISSING = "missing"
SIZES = (16, 20, 24, 32)
RATIOS = (1.0, 2.0)
"""Device pixel ratios that are always drawn; those of the screens are added."""
APPLICATION_SIZES = (16, 24, 32, 48, 64, 128, 256)


def folder() -> Path:
    """Return the folder of the icons."""
    return paths.resources_dir() / "icons"


@cache
def names() -> frozenset[str]:
    """Return the names of all line icons."""
    return frozenset(path.stem for path in folder().glob("*.svg")) - {"wnin"}


@cache
def source(name: str) -> bytes:
    """Return the SVG of an icon; a name that is unknown has a picture of its own."""
    known = name if name in names() else MISSING
    return (folder() / f"{known}.svg").read_bytes()


def tinted(name: str, colour: str) -> bytes:
    """Return the SVG of an icon in that colour."""
    return source(name).replace(b"currentColor", colour.encode())


def ratios() -> tuple[float, ...]:
    """Return the device pixel ratios that icons are drawn for."""
    screens = {round(screen.devicePixelRatio(), 3) for screen in QGuiApplication.screens()}
    return tuple(sorted(screens | set(RATIOS)))


def draw(svg: bytes, pixels: int) -> QPixmap:
    """Return an SVG as a square of that many pixels."""
    pixmap = QPixmap(QSize(pixels, pixels))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(svg)).render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    return pixmap


def make_icon(name: str, colour: str, disabled: str, active: str) -> QIcon:
    """Return an icon with its disabled and its checked state, sharp on every screen."""
    icon = QIcon()
    modes = (
        (colour, QIcon.Mode.Normal, QIcon.State.Off),
        (disabled, QIcon.Mode.Disabled, QIcon.State.Off),
        (active, QIcon.Mode.Normal, QIcon.State.On),
    )
    for pixels in sorted({round(size * ratio) for size in SIZES for ratio in ratios()}):
        for shade, mode, state in modes:
            icon.addPixmap(draw(tinted(name, shade), pixels), mode, state)
    return icon


@cache
def application_icon() -> QIcon:
    """Return the icon of the program."""
    icon = QIcon()
    svg = (folder() / "wnin.svg").read_bytes()
    for pixels in APPLICATION_SIZES:
        icon.addPixmap(draw(svg, pixels))
    return icon
