"""The kinds of text: the system's font at a few sizes, numbers whose digits all have one width, and code."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QFont, QFontDatabase

LEAST_PT = 9.0


@dataclass(frozen=True)
class Kind:
    """How a kind of text differs from the system's font."""

    size: float = 1.0
    weight: QFont.Weight = QFont.Weight.Normal
    tabular: bool = False
    mono: bool = False


KINDS = {
    "ui": Kind(),
    "small": Kind(0.92),
    "title": Kind(1.0, QFont.Weight.DemiBold),
    "heading": Kind(1.4, QFont.Weight.DemiBold),
    "numbers": Kind(tabular=True),
    "small_numbers": Kind(0.92, tabular=True),
    "mono": Kind(mono=True),
}


def make_font(kind: str, base: QFont, scale: float) -> QFont:
    """Return the font of `kind`, from the font the system chose and the scale of text."""
    spec = KINDS[kind]
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont) if spec.mono else QFont(base)
    size = max(base.pointSizeF(), LEAST_PT)
    font.setPointSizeF(round(size * spec.size * scale * 2) / 2)
    font.setWeight(spec.weight)
    if spec.tabular:
        font.setFeature(QFont.Tag("tnum"), 1)
        font.setFeature(QFont.Tag("lnum"), 1)
    return font
