import pytest
import qasync
from PySide6.QtCore import QCoreApplication, QEvent

from tests.qt.pages.landscape import scenes
from tests.runs.store.recording import config, extend, finished, started, steps
from wnin_desktop.qt.desk import Desk
from wnin_desktop.qt.pages.landscape.page import LandscapePage
from wnin_desktop.qt.theme import theme
from wnin_desktop.runs.landscape.surface_file import write_surface
from wnin_desktop.runs.store import Store
from wnin_desktop.runs.watch.experiment import WatchedExperiment
from wnin_desktop.schema.manifest import Manifest
from wnin_desktop.viewer import binary

PATIENCE_MS = 60_000


@pytest.fixture(autouse=True)
def no_viewer(monkeypatch, tmp_path):
    """No viewer is built, unless a test says otherwise."""
    monkeypatch.setenv(binary.EXECUTABLE, str(tmp_path / "no-viewer-here"))


def end(desk):
    """Close a desk with everything behind it, and let nothing of Qt's wait for the garbage collector.

    That may come in a thread that trains, where Qt's objects must not die.
    """
    desk.close()
    desk.store.close()
    desk.loop.close()
    desk.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def desk(qapp, qtbot, tmp_path):
    """A desk over a store of its own."""
    loop = qasync.QEventLoop(qapp, already_running=False)
    store = Store.open(tmp_path / "store")
    made = Desk(store, loop)
    yield made
    qtbot.waitUntil(lambda: not made.tasks.current, timeout=PATIENCE_MS)
    end(made)
    theme().apply("light")
    theme().reduced_motion = False


@pytest.fixture
def record(desk):
    """Return a function that records an experiment by hand and shows it."""

    def make(name="Recorded", *, checkpoint=True, kept=None, arms=scenes.ARMS):
        whole = config(name, arms, (0,))
        experiment_id = desk.store.new_experiment(whole)
        writer = desk.store.writer(experiment_id)
        extend(writer, [started(experiment_id, arm, 0) for arm in arms])
        extend(writer, steps(experiment_id, 1, 20, arms, (0,)))
        extend(writer, [finished(experiment_id, arm, 0, 20) for arm in arms])
        writer.close()
        if checkpoint:
            manifest = Manifest("final-000000020.safetensors", "0" * 64, 2048, 20, "final", {"torch": "2"})
            desk.store.add_checkpoint(experiment_id, manifest)
        if kept is not None:
            folder = desk.store.checkpoint_dir(experiment_id)
            write_surface(folder / "surface-ffffffffffffffff.npz", kept(experiment_id))
        experiment = WatchedExperiment.load(desk.store, experiment_id)
        desk.shown.show(experiment)
        return experiment

    return make


@pytest.fixture
def worker():
    """What evaluates; tests set what it waits for."""
    return scenes.Worker()


@pytest.fixture
def open_page(qtbot, desk, worker):
    """Return a function that shows the page and waits until it knows what there is."""
    shown = []

    def show(width=1100, height=720):
        page = LandscapePage(desk)
        page.build()
        page.course.survey.make = lambda: worker
        shown.append(page)
        page.resize(width, height)
        page.show()
        qtbot.waitUntil(lambda: not desk.tasks.current, timeout=PATIENCE_MS)
        return page

    yield show
    for page in shown:
        worker.go_on.set()
        page.course.survey.cancel()
        qtbot.waitUntil(lambda page=page: not page.course.survey.is_busy, timeout=PATIENCE_MS)
        page.hide()
    qtbot.waitUntil(lambda: not desk.tasks.current, timeout=PATIENCE_MS)
    desk.closing.emit()
    for page in shown:
        page.deleteLater()


@pytest.fixture
def drawn(qtbot, record, open_page):
    """The page with a surface of two arms, kept with a recorded experiment, smoothed twice."""
    record(kept=lambda experiment_id: scenes.surface(experiment_id, sigmas=(0.1, 0.3)))
    page = open_page()
    assert page.model.terrain is not None
    return page
