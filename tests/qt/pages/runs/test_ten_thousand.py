"""Ten thousand runs stay fluid: what the GUI thread does for a frame takes less than the frame.

Time is the GUI thread's own CPU time, and the best of a few tries: other programs are not our affair.
"""

import time

import pytest
from PySide6.QtCore import QAbstractEventDispatcher
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from tests.runs.many_runs import fill
from wnin_desktop.qt.pages.runs.page import RunsPage
from wnin_desktop.runs.run_query import parse

FRAME_S = 0.016
TRIES = 5


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("many")
    assert fill(path, 400, 5) == 10_000
    return path


@pytest.fixture
def page(make_desk, open_page, folder):
    page = open_page(make_desk(folder), 1280, 720)
    page.deeds.unfold()
    assert len(page.model.rows) == 10_400
    return page


def best(deed) -> float:
    taken = []
    for number in range(TRIES):
        began = time.thread_time()
        deed(number)
        taken.append(time.thread_time() - began)
    return min(taken)


@pytest.fixture
def slices():
    """CPU seconds that the GUI thread took from one look for events to the next."""
    found, last = [], [time.thread_time()]

    def note():
        now = time.thread_time()
        found.append(now - last[0])
        last[0] = now

    dispatcher = QAbstractEventDispatcher.instance()
    dispatcher.awake.connect(note)
    yield found
    dispatcher.awake.disconnect(note)


def test_that_the_first_fill_never_holds_the_window_up(make_desk, qtbot, folder, slices):
    page = RunsPage(make_desk(folder))
    qtbot.addWidget(page)
    page.resize(1280, 720)
    page.restore_rows(grouped=False, sort="val_loss", descending=False, chosen=[])
    qtbot.waitUntil(lambda: not page.feed._busy)
    slices.clear()
    page.show()
    # It is drawn before the store is read: a thread that reads takes Python from the one that draws.
    assert not page.feed._busy
    qtbot.waitUntil(lambda: len(page.model.rows) == 10_000, timeout=20_000)
    page.view.viewport().grab()
    QApplication.processEvents()
    assert max(slices) < 0.05
    page.hide()


def test_that_scrolling_paints_a_frame_in_time(page):
    bar, picture = page.view.verticalScrollBar(), QImage(page.view.size(), QImage.Format.Format_RGB32)

    def scroll(number):
        bar.setValue((number + 1) * bar.maximum() // (TRIES + 1))
        page.view.viewport().render(picture)

    assert best(scroll) < FRAME_S


def test_that_other_rows_are_taken_in_time_whatever_is_chosen(page):
    page.view.choose([row.id for row in page.model.rows[3:8]])
    chosen = {row.id for row in page.choice().rows}
    views = [page.snapshot.view(None, key) for key in ("name", "val_loss", "id", "started", "status")]
    assert best(lambda number: page.model.show(views[number])) < FRAME_S
    assert {row.id for row in page.choice().rows} == chosen


def test_that_rows_that_stay_are_looked_over_in_time(page):
    assert best(lambda _number: page.model.show(page.snapshot.view())) < FRAME_S * 2
    view = page.snapshot.view()
    assert best(lambda _number: page.model.show(view)) < FRAME_S


def test_that_choosing_everything_answers_in_time(page):
    page.view.selectAll()
    assert len(page.choice().rows) == 10_400
    assert best(lambda _number: page.view.selectAll()) < FRAME_S * 2


def test_that_filtering_and_sorting_happen_off_the_gui_thread(page, qtbot):
    gui = time.thread_time()
    for text in ("status:failed", "arm:muon lr>0.01", ""):
        with qtbot.waitSignal(page.feed.fed):
            page.filter.set_text(text)
        QApplication.processEvents()
    # Three questions, each answered with thousands of rows: a few frames in all.
    assert time.thread_time() - gui < 0.3
    assert page.model.view.runs == 10_000


def test_that_a_query_reads_every_column_in_time(page):
    query = parse("status:completed tag:tag3 host:host1 duration<2m steps>=500 study")
    page.snapshot.view(query)
    assert best(lambda _number: page.snapshot.view(query)) < 0.03
