"""Notices lie over the page: they move nothing, cover no tabs and no sliders, and Tab comes to them."""

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication

from tests.qt.windows import Program, press
from wnin_desktop.qt.window import notice_area, reading_order


@pytest.fixture
def program(qapp, tmp_path, qtbot):
    made = Program(tmp_path)
    made.window.resize(1100, 700)
    made.window.activateWindow()
    QApplication.processEvents()
    yield made
    made.close()


def on_window(widget, window):
    return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())


def tell(program, *texts, kind="danger", **more):
    for text in texts:
        program.desk.notices.tell(text, kind=kind, **more)
    QApplication.processEvents()


def test_that_a_notice_moves_nothing_and_covers_neither_tabs_nor_sliders(program):
    window, page = program.window, program.window.pages["compare"]
    before = on_window(page, window)
    tell(program, "It went wrong.", details="where\nand why", action=("Show it", lambda: None))
    assert on_window(page, window) == before
    card = on_window(window.notices, window)
    assert before.contains(card)
    assert not card.intersects(on_window(window.tabs.tabBar(), window))
    assert not card.intersects(on_window(window.steer, window))
    height = card.height()
    window.notices.bars[0].details_button.click()
    QApplication.processEvents()
    assert window.notices.height() > height
    assert before.contains(on_window(window.notices, window))
    window.notices.bars[0].closed.emit()
    assert not window.notices.isVisible()
    assert on_window(page, window) == before


def test_that_a_click_on_a_notice_leaves_the_keyboard_where_it_was(program, qtbot):
    program.window.tabs.setFocus()
    held = QApplication.focusWidget()
    assert held is not None
    tell(program, "It went wrong.", action=("Show it", lambda: None))
    press(qtbot, program.window.notices.bars[0].action_button)
    qtbot.waitUntil(lambda: not program.window.notices.bars)
    assert QApplication.focusWidget() is held


def test_that_a_notice_follows_the_size_of_the_page(program):
    tell(program, "A sentence that is long enough to be broken where there is little room for it. " * 2)
    window = program.window
    wide = window.notices.geometry()
    window.resize(window.minimumSize())
    QApplication.processEvents()
    narrow = window.notices.geometry()
    assert narrow.right() < wide.right()
    assert narrow.bottom() < wide.bottom()
    assert window.centralWidget().rect().contains(narrow)


def test_that_tab_comes_to_a_notice_before_the_page_and_escape_closes_it(program, qtbot):
    tell(program, "It went wrong.", action=("Show it", lambda: None))
    (bar,) = program.window.notices.bars
    stops = reading_order.stops_of(program.window)
    assert stops.index(bar.action_button) < stops.index(program.window.tabs.tabBar())
    assert stops.index(bar.close_button) == stops.index(bar.action_button) + 1
    bar.close_button.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(bar.close_button, Qt.Key.Key_Escape)
    assert program.window.notices.bars == []


def test_that_two_notices_are_shown_and_the_rest_is_counted_and_stands_in_the_log(program, qtbot):
    program.window.docks["log"].hide()
    area = program.window.notices
    tell(program, "First.", "Second.")
    assert not area.more.isVisible()
    tell(program, "Third.", "Fourth.")
    assert [bar.text for bar in area.bars] == ["Third.", "Fourth."]
    assert area.more.text() == "2 more in the log"
    press(qtbot, area.more)
    log = program.window.docks["log"]
    assert log.isVisible()
    assert [line.split("  ")[1] for line in log.widget().lines()[-4:]] == [
        "First.", "Second.", "Third.", "Fourth.",
    ]  # fmt: skip
    assert not area.more.isVisible()


def test_that_a_notice_with_the_keyboard_in_it_stays(program, qtbot, monkeypatch):
    monkeypatch.setitem(notice_area.STAYS_MS, "good", 30)
    tell(program, "It is finished.", kind="good")
    (bar,) = program.window.notices.bars
    bar.close_button.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.wait(120)
    assert program.window.notices.bars == [bar]
    program.window.tabs.tabBar().setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(lambda: not program.window.notices.bars)


def test_that_a_card_covers_no_tools_and_leaves_most_of_a_wide_page_free(program):
    window = program.window
    program.window.resize(1440, 900)
    page = window.pages["compare"]
    tell(program, "It went wrong.", "It went wrong again.")
    card = on_window(window.notices, window)
    for part in (page.tools, page.grid.legend, page.leaders):
        assert not (part.isVisible() and card.intersects(on_window(part, window))), part.objectName()
    assert card.width() < 0.75 * page.width()
    assert card.center().y() > on_window(page, window).center().y()


def test_that_the_next_notice_about_a_topic_takes_the_place_of_the_last_and_success_takes_it_away(program):
    area, notices = program.window.notices, program.desk.notices
    tell(program, "It was not written.", topic="export")
    tell(program, "No port is free.", topic="server")
    tell(program, "It is written.", kind="good", topic="export")
    assert [bar.text for bar in area.bars] == ["No port is free.", "It is written."]
    notices.settle("server")
    assert [bar.text for bar in area.bars] == ["It is written."]


def test_that_errors_go_after_a_while_except_those_about_lost_work(program, qtbot, monkeypatch):
    monkeypatch.setitem(notice_area.STAYS_MS, "danger", 30)
    area = program.window.notices
    tell(program, "A file could not be opened.")
    tell(program, "A file could not be saved.", stays=True)
    qtbot.waitUntil(lambda: len(area.bars) == 1)
    qtbot.wait(100)
    assert [bar.text for bar in area.bars] == ["A file could not be saved."]
    assert "A file could not be opened." in program.window.docks["log"].widget().lines()[-2]
