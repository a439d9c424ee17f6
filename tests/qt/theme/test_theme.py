import re

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QWidget

from wnin_desktop.qt.theme import Space, marker_path, set_font, theme
from wnin_desktop.qt.theme.arms import SYMBOLS
from wnin_desktop.qt.theme.colours import INKS, TINTS, colours, grounds
from wnin_desktop.qt.theme.fonts import KINDS
from wnin_desktop.qt.theme.maps import SURFACES, temperature_map
from wnin_desktop.qt.theme.sheet import SHEET, make_sheet
from wnin_desktop.schema.look import DARK, LIGHT, MARKERS, PALETTE, contrast, luminance

BOTH = pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])


@pytest.fixture(autouse=True)
def _as_it_was(qapp):
    yield
    theme().apply("light")
    theme().set_text_scale(1.0)
    theme().reduced_motion = False


@BOTH
@pytest.mark.parametrize("name", ["text", *INKS])
def test_that_words_can_be_read_on_every_ground_they_stand_on(tokens, name):
    known = colours(tokens)
    low = {ground: contrast(known[name], known[ground]) for ground in grounds(name)}
    assert {ground: ratio for ground, ratio in low.items() if ratio < 4.5} == {}


@BOTH
def test_that_words_on_accent_and_on_what_is_pressed_can_be_read(tokens):
    known = colours(tokens)
    assert contrast(known["on_accent"], known["accent"]) >= 4.5
    assert contrast(known["on_accent"], known["accent_strong"]) >= 4.5
    assert contrast(known["text"], known["pressed"]) >= 4.5
    assert contrast(known["accent"], known["panel"]) >= 3.0, "the focus ring"
    assert contrast(known["muted"], known["hover"]) >= 4.5, "key hints"


@BOTH
def test_that_the_colour_of_an_arm_shows_on_a_panel_and_its_ink_is_readable(tokens, qapp):
    theme().apply("dark" if tokens is DARK else "light")
    for index in range(-1, len(PALETTE)):
        look = theme().arm(index)
        assert contrast(look.colour.name(), tokens.panel) >= 2.2, "beside dash and marker"
        assert contrast(look.ink.name(), tokens.panel) >= 4.5


def test_that_tokens_are_those_of_the_report(qapp):
    theme().apply("dark")
    assert (theme().dark, theme().tokens) == (True, DARK)
    assert theme().colour("panel") == QColor(DARK.panel)
    theme().apply("light")
    assert (theme().dark, theme().choice, theme().tokens) == (False, "light", LIGHT)


def test_that_there_is_one_theme_and_it_tells_of_changes(qtbot, qapp):
    assert theme() is theme()
    with qtbot.waitSignal(theme().changed):
        theme().apply("dark")
    assert qapp.palette().color(QPalette.ColorRole.Window) == theme().colour("window")
    with pytest.raises(ValueError, match="sepia"):
        theme().apply("sepia")


def test_that_the_choice_of_the_system_is_followed(qapp, monkeypatch):
    theme().apply("system")
    monkeypatch.setattr(theme(), "_system_is_dark", lambda: True)
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert theme().dark
    theme().apply("light")
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert not theme().dark


def test_that_no_colour_is_written_into_the_style_sheet():
    assert re.findall(r"#[0-9A-Fa-f]{3,8}\b|rgba?\(", SHEET) == []
    made = make_sheet(colours(LIGHT))
    assert "$" not in made
    assert {found.upper() for found in re.findall(r"#[0-9A-Fa-f]{6}", made)} <= {
        colour.upper() for colour in colours(LIGHT).values()
    }


def test_that_a_field_with_an_error_looks_otherwise(qtbot):
    field = QLineEdit("0.1")
    qtbot.addWidget(field)
    field.resize(120, 30)
    plain = field.grab().toImage()
    field.setProperty("invalid", True)
    field.style().polish(field)
    assert field.grab().toImage() != plain
    edge = field.grab().toImage().pixelColor(60, 0)
    assert edge == theme().colour("danger")


@pytest.mark.parametrize("index", [-1, 0, 1, 8, 87, 88])
def test_that_an_arm_has_colour_dash_and_marker(qapp, index):
    look = theme().arm(index)
    assert look.marker in MARKERS
    assert look.symbol == SYMBOLS[look.marker]
    assert look.pen(2.0, 0.25).color().alphaF() == pytest.approx(0.25, abs=0.01)
    assert (look.style == Qt.PenStyle.SolidLine) == (look.dash == ())
    assert not marker_path(look.marker, 4.0).isEmpty()


def test_that_the_baseline_is_grey_and_dashed(qapp):
    assert theme().baseline == theme().arm(-1)
    assert theme().baseline.colour.hslSaturationF() < 0.15
    assert theme().baseline.dash


@pytest.mark.parametrize("name", SURFACES)
def test_that_a_surface_map_grows_evenly_in_lightness(qapp, name):
    table = theme().surface_map(name)
    assert table.shape == (256, 4)
    assert table.dtype == np.uint8
    light = [luminance(QColor(*map(int, row)).name()) for row in table[::16]]
    assert light == sorted(light)
    with pytest.raises(KeyError):
        theme().surface_map("jet")


def test_that_temperature_goes_from_blue_over_white_to_ember(qapp):
    cold, middle, hot = (theme().temperature_colour(part) for part in (0.0, 0.5, 1.0))
    assert cold.blue() > 2 * cold.red()
    assert min(middle.red(), middle.green(), middle.blue()) > 250
    assert hot.red() > 4 * hot.blue()
    assert theme().temperature_colour(-1) == cold
    assert theme().temperature_colour(2) == hot
    assert not temperature_map().flags.writeable


@pytest.mark.parametrize("kind", KINDS)
def test_that_text_grows_with_its_scale(qapp, kind):
    small = theme().font(kind).pointSizeF()
    theme().set_text_scale(1.5)
    assert theme().font(kind).pointSizeF() == pytest.approx(1.5 * small, abs=0.6)
    theme().set_text_scale(9.0)
    assert theme().text_scale == 1.5


def test_that_a_label_keeps_its_kind_of_text(qtbot):
    label = QLabel("12.5")
    qtbot.addWidget(label)
    set_font(label, "numbers")
    theme().set_text_scale(1.25)
    assert label.font().pointSizeF() == theme().font("numbers").pointSizeF()
    assert label.font().featureTags()


def test_that_motion_ends_where_it_should_and_can_be_done_without(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    animation = theme().ease(widget, "minimumWidth", 80)
    assert animation is not None
    assert 120 <= animation.duration() <= 160
    qtbot.waitUntil(lambda: widget.minimumWidth() == 80)
    theme().reduced_motion = True
    assert theme().ease(widget, "minimumWidth", 20) is None
    assert widget.minimumWidth() == 20


def test_that_spaces_are_those_of_the_grid():
    assert (Space.XS, Space.S, Space.M, Space.L, Space.XL) == (4, 8, 12, 16, 24)


def test_that_every_tint_is_a_ground_of_its_ink():
    assert all(f"{name}_tint" in grounds(name) for name in TINTS)


@pytest.mark.parametrize("scale", [1.0, 1.25])
@pytest.mark.parametrize("count", [2, 4, 9])
def test_that_the_list_of_a_combo_box_shows_every_entry_whole(qtbot, count, scale):
    theme().set_text_scale(scale)
    box = QComboBox()
    qtbot.addWidget(box)
    box.addItems([f"entry {number}" for number in range(count)])
    box.show()
    box.showPopup()
    view = box.view()
    last = view.visualRect(view.model().index(count - 1, 0))
    assert view.verticalScrollBar().maximum() == 0
    assert view.viewport().rect().contains(last)
    box.hidePopup()
    theme().set_text_scale(1.0)
