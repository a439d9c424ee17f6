import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QAction, QIcon, QImage, QPixmap
from PySide6.QtWidgets import QPushButton

from wnin_desktop.qt.theme import icons, set_icon, theme

SOURCES = Path(__file__).resolve().parents[3] / "wnin_desktop" / "qt"
EVERY = sorted(icons.names())
INK = 0.012
"""Least share of a picture that is drawn on; the smallest icon is three dots."""


def inked(pixmap: QPixmap) -> float:
    """Return the share of pixels that are more than half opaque."""
    image = pixmap.toImage().convertToFormat(QImage.Format.Format_RGBA8888)
    alphas = bytes(image.constBits())[3::4]
    return sum(alpha > 127 for alpha in alphas) / len(alphas)


def test_that_there_are_many_icons():
    assert len(EVERY) >= 100
    assert icons.MISSING in EVERY


@pytest.mark.parametrize("choice", ["light", "dark"])
@pytest.mark.parametrize("pixels", [16, 32])
def test_that_every_icon_can_be_seen(qapp, choice, pixels):
    theme().apply(choice)
    empty = [name for name in EVERY if inked(theme().icon(name).pixmap(QSize(pixels, pixels), 1.0)) < INK]
    assert empty == []


@pytest.mark.parametrize("name", EVERY)
def test_that_an_icon_has_one_stroke_width_and_no_colour_of_its_own(name):
    text = icons.source(name).decode()
    root = ET.fromstring(text)
    assert root.get("viewBox") == "0 0 16 16"
    assert re.findall(r'stroke-width="([^"]*)"', text) == ["1.5"]
    assert set(re.findall(r'(?:stroke|fill|color)="([^"]*)"', text)) <= {"currentColor", "none"}
    assert not re.search(r"style=|#[0-9A-Fa-f]{3}|rgb\(|class=|<text|<image|transform", text)


def test_that_an_icon_has_the_colour_of_the_theme(qapp):
    for choice in ("light", "dark"):
        theme().apply(choice)
        image = theme().icon("stop").pixmap(QSize(32, 32), 1.0).toImage()
        assert image.pixelColor(16, 6) == theme().colour("text")
        on = theme().icon("stop").pixmap(QSize(32, 32), 1.0, QIcon.Mode.Normal, QIcon.State.On).toImage()
        assert on.pixelColor(16, 6) == theme().colour("accent")
        off = theme().icon("stop").pixmap(QSize(32, 32), 1.0, QIcon.Mode.Disabled).toImage()
        assert off.pixelColor(16, 6) == theme().colour("disabled")


def test_that_an_icon_has_as_many_pixels_as_the_screen(qapp):
    for ratio in (1.0, 1.25, 2.0, 3.0):
        pixmap = theme().icon("run").pixmap(QSize(16, 16), ratio)
        assert pixmap.width() == 16 * ratio


def test_that_an_icon_follows_the_theme_on_its_holder(qtbot):
    button, action = QPushButton(), QAction()
    qtbot.addWidget(button)
    theme().apply("light")
    for holder in (button, action):
        set_icon(holder, "stop")
        set_icon(holder, "run")
    before = [holder.icon().cacheKey() for holder in (button, action)]
    theme().apply("dark")
    assert [holder.icon().cacheKey() for holder in (button, action)] != before
    assert button.icon().cacheKey() == theme().icon("run").cacheKey() == action.icon().cacheKey()


def test_that_an_unknown_name_is_seen_as_such():
    assert icons.source("no-such-icon") == icons.source(icons.MISSING)


def test_that_every_icon_that_the_window_names_exists():
    pattern = re.compile(
        r"""(?:\bicon\(|set_icon\([\w.]+,\s*|IconButton\(\s*|EmptyState\(\s*|\bicon=)["']([a-z-]+)["']"""
    )
    named = {
        (path.name, name)
        for path in SOURCES.rglob("*.py")
        for name in pattern.findall(path.read_text(encoding="utf-8"))
    }
    assert len(named) > 5
    assert {place for place in named if place[1] not in icons.names() | {icons.APPLICATION}} == set()


@pytest.mark.parametrize("pixels", icons.APPLICATION_SIZES)
def test_that_the_icon_of_the_program_fills_its_square(qapp, pixels):
    pixmap = theme().icon("wnin").pixmap(QSize(pixels, pixels), 1.0)
    assert pixmap.width() == pixels
    assert inked(pixmap) > 0.75
