import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QLocale, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from wnin_desktop.qt.widgets import LogSlider
from wnin_desktop.qt.widgets.log_slider import Decades


class Heard:
    """What a slider told."""

    def __init__(self, slider: LogSlider) -> None:
        self.changing: list[float] = []
        self.changed: list[float] = []
        slider.changing.connect(self.changing.append)
        slider.changed.connect(self.changed.append)


@pytest.fixture
def slider(qtbot):
    made = LogSlider(1e-4, 1.0, 0.0123456789, label="T", temperature=True)
    qtbot.addWidget(made)
    made.resize(360, 32)
    made.show()
    return made


@given(st.floats(1e-6, 10.0))
def test_that_a_value_and_its_position_agree_within_a_step(value):
    decades = Decades(1e-6, 10.0)
    near = decades.value(decades.position(value))
    assert near / value == pytest.approx(1.0, rel=0.07)
    assert decades.position(near) == decades.position(value)


@pytest.mark.parametrize("zero", [True, False])
def test_that_the_ends_are_exact_and_values_grow(zero):
    decades = Decades(3e-5, 0.7, zero=zero)
    values = [decades.value(position) for position in range(decades.first, decades.last + 1)]
    assert (values[0], values[-1]) == (3e-5, 0.7)
    assert values == sorted(set(values))
    assert decades.value(0) == (0.0 if zero else 3e-5)
    assert decades.position(0.0) == 0


@pytest.mark.parametrize("bounds", [(0.0, 1.0), (1.0, 1.0), (2.0, 1.0)])
def test_that_bounds_without_decades_are_refused(bounds):
    with pytest.raises(ValueError, match="above zero"):
        Decades(*bounds)


def test_that_a_value_that_was_set_is_kept_to_the_last_bit(slider):
    heard = Heard(slider)
    assert slider.value() == 0.0123456789
    slider.set_value(5e-4)
    assert (slider.value(), heard.changed) == (5e-4, [])


def test_that_values_that_differ_are_told_until_it_is_moved(qtbot, slider):
    slider.show_various()
    assert slider.readout.text() == "various"
    assert slider.track.value() == slider.track.minimum()
    assert "various" in slider.track.accessibleDescription()
    qtbot.keyClick(slider.track, Qt.Key.Key_Right)
    assert slider.readout.text() != "various"


def test_that_keys_step_and_go_to_both_ends(qtbot, slider):
    heard = Heard(slider)
    slider.set_value(0.1)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_PageDown, Qt.Key.Key_Home, Qt.Key.Key_End):
        qtbot.keyClick(slider.track, key)
    assert heard.changed[0] == pytest.approx(0.1 * 10**0.05, rel=0.01)
    assert heard.changed[1] < 0.1
    assert heard.changed[2:] == [0.0, 1.0]
    assert heard.changing == []


def test_that_keys_step_over_the_gap_beside_the_zero(qtbot, slider):
    heard = Heard(slider)
    slider.set_value(0.0)
    qtbot.keyClick(slider.track, Qt.Key.Key_Right)
    qtbot.keyClick(slider.track, Qt.Key.Key_Left)
    assert heard.changed == [1e-4, 0.0]


def test_that_a_drag_tells_on_the_way_and_once_at_its_end(qtbot, slider):
    heard = Heard(slider)
    track, y = slider.track, slider.track.height() // 2
    qtbot.mousePress(track, Qt.MouseButton.LeftButton, pos=QPoint(20, y))
    for x in range(40, track.width() - 2, 40):
        qtbot.mouseMove(track, QPoint(x, y))
    assert heard.changed == []
    qtbot.mouseRelease(track, Qt.MouseButton.LeftButton, pos=QPoint(track.width() - 2, y))
    assert len(heard.changing) >= 3
    assert heard.changing == sorted(heard.changing)
    assert heard.changed == [heard.changing[-1]] == [slider.value()]


def test_that_a_click_at_the_left_end_is_zero(qtbot, slider):
    qtbot.mouseClick(slider.track, Qt.MouseButton.LeftButton, pos=QPoint(3, slider.track.height() // 2))
    assert slider.value() == 0.0
    assert slider.readout.text() == "0"


def test_that_a_double_click_goes_back_to_the_default(qtbot, slider):
    heard = Heard(slider)
    slider.set_default(0.02)
    middle = QPoint(slider.track.width() // 2, slider.track.height() // 2)
    qtbot.mouseDClick(slider.track, Qt.MouseButton.LeftButton, pos=middle)
    assert (slider.value(), heard.changed[-1]) == (0.02, 0.02)


def test_that_the_wheel_turns_only_what_has_the_keyboard(qtbot, slider):
    heard = Heard(slider)
    slider.track.clearFocus()

    def turn() -> None:
        middle = QPointF(slider.track.rect().center())
        where = QPointF(slider.track.mapToGlobal(middle))
        none, still = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
        event = QWheelEvent(
            middle, where, QPoint(), QPoint(0, 120), none, Qt.KeyboardModifier.NoModifier, still, False
        )
        QApplication.sendEvent(slider.track, event)

    turn()
    assert heard.changed == []
    slider.track.setFocus()
    turn()
    assert len(heard.changed) == 1


def test_that_the_value_is_written_as_people_of_the_locale_do(qtbot):
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.German))
    try:
        made = LogSlider(1e-4, 1.0, 0.25, label="T")
        qtbot.addWidget(made)
        assert made.readout.text() == "0,25"
    finally:
        QLocale.setDefault(before)


def test_that_the_slider_has_a_name_and_says_its_value(slider):
    assert slider.track.accessibleName() == "T"
    assert "0.0123" in slider.track.accessibleDescription()
    assert slider.label.buddy() is slider.track
