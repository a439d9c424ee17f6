import pytest
import qasync

from tests.qt.pages.runs.desks import fill_mixed
from wnin_desktop.qt.desk import Desk
from wnin_desktop.qt.pages.runs.page import RunsPage
from wnin_desktop.runs.store import Store


@pytest.fixture
def make_desk(qapp, qtbot, tmp_path):
    """Return a function that makes a desk over the store in a folder."""
    made = []

    def make(folder=None):
        loop = qasync.QEventLoop(qapp, already_running=False)
        store = Store.open(folder or tmp_path / "store")
        desk = Desk(store, loop)
        made.append((desk, store, loop))
        return desk

    yield make
    for desk, store, loop in made:
        qtbot.waitUntil(lambda desk=desk: not desk.tasks.current)
        desk.close()
        store.close()
        loop.close()


@pytest.fixture
def desk(make_desk):
    """A desk over an empty store."""
    return make_desk()


@pytest.fixture
def ids(desk):
    """Experiments that ended in every way, by name."""
    return fill_mixed(desk.store)


@pytest.fixture
def open_page(qtbot):
    """Return a function that shows the page of a desk and waits until it was fed."""
    shown = []

    def show(desk, width=1280, height=720):
        page = RunsPage(desk)
        shown.append((page, desk))
        page.resize(width, height)
        with qtbot.waitSignal(page.feed.fed):
            page.show()
        return page

    yield show
    for page, desk in shown:
        page.hide()
        qtbot.waitUntil(lambda desk=desk: not desk.tasks.current)
    for page, _ in shown:
        page.deleteLater()


@pytest.fixture
def page(desk, ids, open_page):
    """The page over experiments that ended in every way."""
    return open_page(desk)
