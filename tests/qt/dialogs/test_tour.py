import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QPushButton, QTextEdit, QToolBar

from wnin_desktop.qt.dialogs.tour import Step, Tour, Welcome, is_first_start
from wnin_desktop.qt.theme import theme


@pytest.fixture
def tour(window, desk):
    bar = QToolBar()
    for name in ("button-run", "steer-strip"):
        button = QPushButton(name)
        button.setObjectName(name)
        bar.addWidget(button)
    window.addToolBar(bar)
    table = QTextEdit()
    table.setObjectName("leader-table")
    window.setCentralWidget(table)
    return Tour(window, desk.state)


def press(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_that_three_steps_point_at_what_they_speak_of(tour, window, qtbot):
    tour.present()
    for name in ("button-run", "steer-strip", "leader-table"):
        widget = window.findChild(QPushButton, name) or window.findChild(QTextEdit, name)
        corner = widget.mapTo(window, widget.rect().center())
        assert tour.target().contains(corner)
        assert tour.rect().contains(tour.panel.geometry())
        shown = tour.isVisible()
        press(qtbot, tour.next)
    assert shown
    assert tour.isHidden()


def test_that_the_tour_is_remembered_and_can_be_had_again(tour, desk, qtbot):
    assert is_first_start(desk.state)
    tour.present()
    with qtbot.waitSignal(tour.finished) as told:
        press(qtbot, tour.skip)
    assert told.args == [False]
    assert not is_first_start(desk.state)
    again = Tour(tour.parentWidget(), desk.state)
    again.present()
    assert again.step == 0
    assert again.isVisible()


def test_that_one_goes_back_and_on_by_keyboard_and_escape_ends(tour, qtbot):
    tour.present()
    assert tour.next.hasFocus()
    qtbot.keyClick(tour.next, Qt.Key.Key_Space)
    assert tour.step == 1
    press(qtbot, tour.back)
    assert tour.step == 0
    qtbot.keyClick(tour.next, Qt.Key.Key_Escape)
    assert tour.isHidden()


def test_that_a_click_beside_the_callout_does_not_end_it(tour, qtbot):
    tour.present()
    qtbot.mouseClick(tour, Qt.MouseButton.LeftButton, pos=tour.rect().bottomRight())
    assert tour.isVisible()


def test_that_a_step_without_its_widget_stands_in_the_middle(window, desk):
    tour = Tour(window, desk.state, [Step("Title", "Text", lambda: None)])
    tour.present()
    assert tour.target() == QRect()
    distance = tour.panel.geometry().center() - tour.rect().center()
    assert distance.manhattanLength() < 4


def test_that_callouts_hold_their_text_at_the_largest_size(tour, window, qtbot):
    theme().set_text_scale(1.5)
    tour.present()
    for _ in range(3):
        text = tour.text
        assert text.height() >= text.heightForWidth(text.width())
        assert tour.rect().contains(tour.panel.geometry())
        press(qtbot, tour.next)


def test_that_a_newcomer_is_offered_the_sample_once(window, desk, qtbot):
    welcome = Welcome(window, desk.state)
    welcome.present()
    assert welcome.sample.hasFocus()
    with qtbot.waitSignal(welcome.sample_wanted):
        press(qtbot, welcome.sample)
    assert welcome.isHidden()
    assert not is_first_start(desk.state)
    again = Welcome(window, desk.state)
    again.present()
    with qtbot.waitSignal(again.tour_wanted):
        press(qtbot, again.tour)
