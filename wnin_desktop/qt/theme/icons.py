"""Line icons: one SVG each, tinted, and drawn when it is needed for the pixels of the screen it is on.

Qt's own engine for SVG icons does that, but takes its pictures from files only; it also restores an icon from
a stream, which is how tinted pictures reach it without a file.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QDataStream, QIODevice, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from wnin_desktop import paths

MISSING, APPLICATION = "missing", "wnin"
STREAM = QDataStream.Version.Qt_6_5
APPLICATION_SIZES = (16, 24, 32, 48, 64, 128, 256)


def folder() -> Path:
    """Return the folder of the icons."""
    return paths.resources_dir() / "icons"


@cache
def names() -> frozenset[str]:
    """Return the names of all line icons."""
    return frozenset(path.stem for path in folder().glob("*.svg")) - {APPLICATION}


@cache
def source(name: str) -> bytes:
    """Return the SVG of an icon; a name that is unknown has a picture of its own."""
    known = name if name in names() else MISSING
    return (folder() / f"{known}.svg").read_bytes()


def tinted(name: str, colour: str) -> bytes:
    """Return the SVG of an icon in that colour."""
    return source(name).replace(b"currentColor", colour.encode())


def draw(svg: bytes, pixels: int) -> QPixmap:
    """Return an SVG as a square of that many pixels."""
    pixmap = QPixmap(QSize(pixels, pixels))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(svg)).render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    return pixmap


def make_icon(name: str, colour: str, disabled: str, active: str) -> QIcon:
    """Return an icon with its disabled and its checked state, sharp at any size."""
    mode, off, on = QIcon.Mode, QIcon.State.Off, QIcon.State.On
    shades = {(mode.Normal, off): colour, (mode.Selected, off): colour, (mode.Disabled, off): disabled}
    shades |= {(mode.Normal, on): active, (mode.Selected, on): active, (mode.Disabled, on): disabled}
    return _restored({key: tinted(name, shade) for key, shade in shades.items()})


def _restored(pictures: dict[tuple[QIcon.Mode, QIcon.State], bytes]) -> QIcon:
    """Return the SVG icon of these pictures."""
    data = QByteArray()
    stream = QDataStream(data, QIODevice.OpenModeFlag.WriteOnly)
    stream.setVersion(STREAM)
    stream.writeQString("svg")
    stream.writeInt32(0)  # no files
    stream.writeInt32(0)  # the pictures are not compressed
    stream.writeInt32(len(pictures))
    for (mode, state), svg in pictures.items():
        stream.writeInt32(mode.value << 4 | state.value)
        _ = stream << QByteArray(svg)
    stream.writeInt32(0)  # no pixmaps
    icon = QIcon()
    back = QDataStream(data)
    back.setVersion(STREAM)
    _ = back >> icon
    return icon


@cache
def application_icon() -> QIcon:
    """Return the icon of the program."""
    icon = QIcon()
    svg = (folder() / f"{APPLICATION}.svg").read_bytes()
    for pixels in APPLICATION_SIZES:
        icon.addPixmap(draw(svg, pixels))
    return icon
