"""A recorded figure as PNG, SVG or PDF; safe in any thread."""

from __future__ import annotations

import math
from xml.sax.saxutils import escape

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, QSize, QSizeF
from PySide6.QtGui import QImage, QPageLayout, QPageSize, QPainter, QPdfWriter, QPicture
from PySide6.QtSvg import QSvgGenerator

from wnin_desktop.qt.plots.figure_info import FigureInfo

DPI = 96
"""Of the window's own pixels."""
INCH_M = 0.0254
POINTS = 72 / DPI
XMP = """<?xpacket begin="\N{ZERO WIDTH NO-BREAK SPACE}" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/" pdf:Producer="{producer}">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{text}</rdf:li></rdf:Alt></dc:description>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


def encoded(picture: QPicture, size: QSizeF, kind: str, info: FigureInfo) -> bytes:
    """Return a figure as the bytes of a file: png, png2, svg or pdf.

    Raises:
        OSError: The picture could not be made, as where it is too large.
    """
    if kind == "svg":
        return _svg(picture, size, info)
    if kind == "pdf":
        return _pdf(picture, size, info)
    return _png(image(picture, size, 2.0 if kind == "png2" else 1.0, info))


def image(picture: QPicture, size: QSizeF, ratio: float, info: FigureInfo) -> QImage:
    """Return a figure as pixels, `ratio` of them to each of the window's."""
    pixels = QSize(math.ceil(size.width() * ratio), math.ceil(size.height() * ratio))
    made = QImage(pixels, QImage.Format.Format_RGB32)
    if made.isNull():
        raise OSError(f"a picture of {pixels.width()} by {pixels.height()} pixels cannot be made")
    # Sizes of text follow from it: the same as those of the recording.
    made.setDotsPerMeterX(round(DPI / INCH_M))
    made.setDotsPerMeterY(round(DPI / INCH_M))
    made.fill(0xFFFFFFFF)
    painter = QPainter(made)
    painter.scale(ratio, ratio)
    painter.drawPicture(0, 0, picture)
    painter.end()
    made.setDotsPerMeterX(round(DPI * ratio / INCH_M))
    made.setDotsPerMeterY(round(DPI * ratio / INCH_M))
    for name, value in info.fields().items():
        made.setText(name, value)
    return made


def _png(made: QImage) -> bytes:
    buffer = _buffer()
    if not made.save(buffer, "PNG"):  # type: ignore[call-overload] - a device is allowed, and its format as text
        raise OSError("the picture could not be written as PNG")
    return bytes(buffer.data().data())


def _svg(picture: QPicture, size: QSizeF, info: FigureInfo) -> bytes:
    buffer = _buffer()
    generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
    generator.setOutputDevice(buffer)
    generator.setResolution(DPI)
    generator.setSize(size.toSize())
    generator.setViewBox(QRectF(0, 0, size.width(), size.height()))
    generator.setTitle(escape(info.title))
    generator.setDescription(escape(info.text()))
    painter = QPainter(generator)
    painter.drawPicture(0, 0, picture)
    painter.end()
    return bytes(buffer.data().data())


def _pdf(picture: QPicture, size: QSizeF, info: FigureInfo) -> bytes:
    buffer = _buffer()
    writer = QPdfWriter(buffer)
    writer.setResolution(DPI)
    points = QSizeF(size.width() * POINTS, size.height() * POINTS)
    page = QPageSize(points, QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.ExactMatch)
    writer.setPageLayout(QPageLayout(page, QPageLayout.Orientation.Portrait, QMarginsF()))
    writer.setTitle(f"{info.title} ({info.experiment})")
    writer.setCreator(f"WNIN Desktop {info.version}")
    metadata = XMP.format(
        producer=escape(f"WNIN Desktop {info.version}"), title=escape(info.title), text=escape(info.text())
    )
    writer.setDocumentXmpMetadata(QByteArray(metadata.encode()))
    painter = QPainter(writer)
    painter.drawPicture(0, 0, picture)
    painter.end()
    return bytes(buffer.data().data())


def _buffer() -> QBuffer:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    return buffer
