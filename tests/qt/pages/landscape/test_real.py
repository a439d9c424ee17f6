"""A person draws the surface of an experiment that was really trained, by the real process, to the end."""

import shutil

import numpy as np
import pytest
import qasync
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from tests.engine.comparisons import arm, comparison
from tests.qt.pages.landscape.conftest import PATIENCE_MS, end
from wnin_desktop.qt.desk import Desk
from wnin_desktop.qt.pages.landscape.page import LandscapePage
from wnin_desktop.runs.drive import drive
from wnin_desktop.runs.store import Store
from wnin_desktop.runs.watch.experiment import WatchedExperiment
from wnin_desktop.schema.run import CompareConfig

Left = Qt.MouseButton.LeftButton
STEPS = 40


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A store with a comparison of two arms and two seeds, and its id."""
    folder = tmp_path_factory.mktemp("landscape-page") / "store"
    with Store.open(folder) as store:
        name = drive(store, comparison(arm("sgd"), arm("adamw"), steps=STEPS, seeds=[0, 1], name="small"))
    return folder, name


@pytest.fixture
def desk(qapp, qtbot, trained, tmp_path):
    loop = qasync.QEventLoop(qapp, already_running=False)
    store = Store.open(shutil.copytree(trained[0], tmp_path / "store"))
    made = Desk(store, loop)
    yield made
    qtbot.waitUntil(lambda: not made.tasks.current, timeout=PATIENCE_MS)
    end(made)


@pytest.fixture
def page(qtbot, desk):
    made = LandscapePage(desk)
    made.build()
    made.resize(1100, 720)
    made.show()
    yield made
    made.course.survey.cancel()
    qtbot.waitUntil(lambda: not made.course.survey.is_busy, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not desk.tasks.current, timeout=PATIENCE_MS)
    made.hide()
    desk.closing.emit()
    made.deleteLater()


def ended(qtbot, page):
    qtbot.waitUntil(lambda: not page.course.survey.is_busy, timeout=PATIENCE_MS)


def sampled(qtbot, page):
    """Wait for the surface that is drawn unasked where none was drawn yet."""
    qtbot.waitUntil(
        lambda: page.model.terrain is not None and page.model.terrain.is_done, timeout=PATIENCE_MS
    )
    ended(qtbot, page)


def type_into(line, text):
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, text)


@pytest.mark.slow
def test_that_a_surface_is_drawn_scrubbed_melted_read_and_found_again(qtbot, desk, page, trained):
    desk.shown.show(WatchedExperiment.load(desk.store, trained[1]))
    qtbot.waitUntil(lambda: page.course.about is not None, timeout=PATIENCE_MS)
    form = page.setup.request.form
    assert page.setup.request.data["plane"] == "pca"  # the paths were recorded
    assert len(page.setup.runs.run_ids) == 2
    sampled(qtbot, page)
    assert page.setup.request.data["size"] != page.model.terrain.shape[0]
    type_into(form.editor("size"), "7")
    type_into(form.editor("sigma"), "0.05 0.2")
    type_into(form.editor("samples"), "64")
    qtbot.mouseClick(page.setup.button, Left)
    ended(qtbot, page)
    terrain = page.model.terrain
    assert terrain.is_done
    assert terrain.shape == (7, 7)
    assert terrain.sigmas == (0.0, 0.05, 0.2)
    assert "explains" in page.board.caption.text()
    assert "64 of" in page.board.caption.text()
    # Scrub to the start and back.
    QTest.keyClick(page.board.time.slider, Qt.Key.Key_Home)
    assert [len(trace.points) for trace in page.board.views.contours.traces] == [1, 1]
    QTest.keyClick(page.board.time.slider, Qt.Key.Key_End)
    assert int(terrain.steps[-1]) == STEPS
    # Melt it: the mean over weight noise is another surface, with an error.
    plain = page.model.heights.values.copy()
    QTest.keyClick(page.board.sigma.slider, Qt.Key.Key_End)
    assert not np.allclose(page.model.heights.values, plain)
    assert page.model.heights.typical_se > 0
    assert "±" in page.board.sigma.value.text()
    # Read the end of a path off the picture.
    view = page.board.views.contours
    a, b = terrain.paths[1].coordinates[-1]
    frame = view.frame()
    qtbot.mouseMove(view, QPoint(round(frame.x(a)), round(frame.y(b))))
    assert "off the plane" in view.read_out()[1]
    # Hide a path: then it is the other one that ends there.
    qtbot.mouseClick(page.board.legend.chips["sgd-none"], Left)
    assert [trace.number for trace in view.traces] == [1]
    qtbot.mouseMove(view, QPoint(2, 2))
    qtbot.mouseMove(view, QPoint(round(frame.x(a)), round(frame.y(b))))
    assert "adamw-none, seed 0" in view.read_out()[1]
    # It was kept: whoever opens the experiment again sees it at once.
    qtbot.waitUntil(lambda: page.course.about is not None and len(page.course.about.kept) == 2)
    desk.shown.close(desk.shown.current)
    assert page.model.terrain is None
    desk.shown.show(WatchedExperiment.load(desk.store, trained[1]))
    qtbot.waitUntil(lambda: page.model.terrain is not None, timeout=PATIENCE_MS)
    assert page.model.terrain.is_done


@pytest.mark.slow
def test_that_a_cancelled_surface_goes_on_where_it_was(qtbot, desk, page, trained):
    desk.shown.show(WatchedExperiment.load(desk.store, trained[1]))
    sampled(qtbot, page)
    page.setup.request.set("size", 51)
    page.setup.request.set("sigma", [0.1])
    page.setup.request.set("draws", 512)
    page.setup.request.set("threads", 1)
    qtbot.mouseClick(page.setup.button, Left)
    qtbot.waitUntil(lambda: page.course.survey.doing is not None and page.course.survey.doing.done > 0.002,
                    timeout=PATIENCE_MS)  # fmt: skip
    qtbot.mouseClick(page.setup.button, Left)
    ended(qtbot, page)
    stopped = page.course.stopped
    assert 0 < stopped < 1
    page.setup.request.set("draws", 512)
    qtbot.mouseClick(page.setup.button, Left)
    qtbot.waitUntil(lambda: page.course.survey.doing is not None and page.course.survey.doing.done > stopped,
                    timeout=PATIENCE_MS)  # fmt: skip
    assert page.model.terrain.values is not None
    qtbot.mouseClick(page.setup.button, Left)
    ended(qtbot, page)
    assert page.course.stopped >= stopped


@pytest.mark.slow
def test_that_paths_grow_on_a_plane_that_stays_while_the_arms_train(qtbot, desk, page):
    desk.runs.preference = "thread"
    long = comparison(arm("sgd"), arm("adamw"), steps=200_000, seeds=[0], name="long")
    config = CompareConfig.model_validate(
        long.model_dump(mode="json") | {"budget": long.budget.model_dump() | {"trajectory_points": 400}}
    )
    run = desk.runs.start(config)
    qtbot.waitUntil(
        lambda: page.course.about is not None and page.course.about.points > 2, timeout=PATIENCE_MS
    )
    assert "training" in page.text_summary()
    page.setup.request.set("plane", "random")
    page.setup.request.set("size", 5)
    page.setup.request.set("samples", 32)
    qtbot.mouseClick(page.setup.button, Left)
    ended(qtbot, page)
    assert page.model.terrain.is_done
    plane, first = page.model.terrain.plane, len(page.model.terrain.paths[0].steps)
    qtbot.waitUntil(lambda: len(page.model.terrain.paths[0].steps) > first, timeout=PATIENCE_MS)
    assert page.model.terrain.plane is plane
    assert page.course.live.is_following
    assert page.model.step is None
    assert page.board.time.slider.value() == page.board.time.slider.maximum()
    run.stop(checkpoint=False)
    qtbot.waitUntil(lambda: run.state == "ended", timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not page.course.live.is_following, timeout=PATIENCE_MS)
    # What came after the surface was drawn is on it for whoever opens it again, and says how far it went.
    grown = page.model.terrain.paths[0].steps[-1]
    assert grown > first
    desk.shown.close(desk.shown.current)
    desk.shown.show(WatchedExperiment.load(desk.store, run.experiment.experiment_id))
    qtbot.waitUntil(
        lambda: page.model.terrain is not None and page.model.terrain.paths[0].steps[-1] >= grown,
        timeout=PATIENCE_MS,
    )
    assert np.isfinite(page.model.terrain.paths[0].values).any()
