"""The font of the window as a bitmap for the viewer, drawn at the pixels of the screen: text is crisp."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QImage, QPainter, QRawFont

from wnin_desktop.viewer import limits
from wnin_desktop.viewer.messages import Glyphs

PRINTABLE = "".join(map(chr, range(0x20, 0x7F))) + "".join(map(chr, range(0xA1, 0x180)))
SCIENCE = "αβγδεζηθκλμνξπρστφχψωΓΔΘΛΞΠΣΦΨΩ∂∇∑∏√∞≈≠≤≥±×·÷‖⟨⟩←→↑↓−–—…′″²³¹⁰⁴⁵⁶⁷⁸⁹⁺⁻₀₁₂₃₄₅₆₇₈₉ℓ"
GAP = 1
"""Empty pixels around each glyph, so that filtering takes nothing from its neighbour."""
SIDE = 512


def atlas(font: QFont, scale: float, *, face: Literal["label", "title"], also: str = "") -> Glyphs:
    """Return the glyphs of `font` drawn for `scale` device pixels per pixel.

    Args:
        font: The font, in its size on the screen.
        scale: Device pixels per pixel.
        face: "label" or "title".
        also: Characters wanted beside Latin, Greek and the signs of mathematics, such as those of names.
    """
    drawn = QFont(font)
    drawn.setPixelSize(max(4, round(QFontMetricsF(font).height() / _height_per_pixel(font) * scale)))
    drawn.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    metrics = QFontMetricsF(drawn)
    characters = sorted(set(PRINTABLE + SCIENCE + "".join(each for each in also if each.isprintable())))
    # What this font lacks is drawn from another one, as everywhere in the window.
    known = characters[: limits.GLYPHS]
    boxes = [_Box(each, metrics) for each in known]
    height = _place(boxes)
    image = QImage(SIDE, height, QImage.Format.Format_Grayscale8)
    image.fill(Qt.GlobalColor.black)
    painter = QPainter(image)
    painter.setFont(drawn)
    painter.setPen(Qt.GlobalColor.white)
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
    for box in boxes:
        painter.drawText(QPointF(box.x - box.left, box.y - box.top), box.character)
    painter.end()
    lines = np.frombuffer(image.constBits(), np.uint8).reshape(height, image.bytesPerLine())
    return Glyphs(
        face=face, scale=scale, ascent=metrics.ascent(), descent=metrics.descent(),
        codes=np.array([ord(each) for each in known], np.uint32),
        boxes=np.array([box.row() for box in boxes], np.float32),
        bitmap=lines[:, :SIDE].copy(),  # the picture and its memory are gone in a moment
    )  # fmt: skip


def _height_per_pixel(font: QFont) -> float:
    """Return how high a line is for each pixel of the font's size."""
    size = QRawFont.fromFont(font).pixelSize()
    return QFontMetricsF(font).height() / size if size > 0 else 1.2


class _Box:
    """One glyph: where its ink lies from the pen on the base line, and where in the bitmap."""

    def __init__(self, character: str, metrics: QFontMetricsF) -> None:
        ink: QRectF = metrics.tightBoundingRect(character)
        if not (ink.width() > 0 and ink.height() > 0):
            ink = QRectF()  # blanks have no ink, and Qt puts it far away
        self.character = character
        self.left, self.top = math.floor(ink.left()) - GAP, math.floor(ink.top()) - GAP
        self.width = math.ceil(ink.right()) - self.left + GAP if ink.width() > 0 else 0
        self.height = math.ceil(ink.bottom()) - self.top + GAP if ink.height() > 0 else 0
        self.advance = metrics.horizontalAdvance(character)
        self.x = self.y = 0

    def row(self) -> tuple[float, ...]:
        """Return it as the wire holds it."""
        return (self.x, self.y, self.width, self.height, self.left, self.top, self.advance)


def _place(boxes: list[_Box]) -> int:
    """Put the boxes on shelves, the highest first, and return the height that takes."""
    x = y = shelf = 0
    for box in sorted(boxes, key=lambda each: -each.height):
        if x + box.width > SIDE:
            x, y, shelf = 0, y + shelf, 0
        box.x, box.y = x, y
        x, shelf = x + box.width, max(shelf, box.height)
    return max(1, min(y + shelf, limits.ATLAS_SIDE))
