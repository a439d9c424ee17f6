"""The page Landscape, used as a person uses it; what evaluates is told what to do."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from tests.qt.pages.landscape import scenes
from tests.qt.pages.landscape.hands import ended, press, settled, type_into
from wnin_desktop.errors import InputError, TrainingError
from wnin_desktop.qt.pages import PAGES
from wnin_desktop.qt.pages.landscape.page import LandscapePage
from wnin_desktop.runs.watch.experiment import WatchedExperiment
from wnin_desktop.schema.landscape import LandscapeRequest

Left = Qt.MouseButton.LeftButton
Key = Qt.Key


# -- before there is a surface -----------------------------------------------------------------------------


def test_that_the_page_is_registered_between_compare_and_runs(qtbot, desk):
    assert [spec.name for spec in PAGES][:3] == ["compare", "landscape", "runs"]
    made = next(spec for spec in PAGES if spec.name == "landscape").load(desk)
    assert isinstance(made, LandscapePage)
    desk.closing.emit()
    made.deleteLater()


def test_that_without_an_experiment_it_says_what_appears_and_how(qtbot, desk, open_page):
    started = []
    desk.actions.add("run.start", "Run", lambda: started.append(1), icon="run")
    page = open_page()
    assert page.board.empty.isVisible()
    assert not page.board.shown.isVisible()
    assert "loss surface" in page.text_summary()
    assert "No experiment" in desk.actions.get("landscape.draw").property("reason")
    press(qtbot, page.board.empty.button)
    assert started


def test_that_a_remote_experiment_says_where_it_can_be_drawn(desk, open_page):
    remote = WatchedExperiment("exp", "far away", config=None, origin="remote", peer="somebody")
    remote.host = "workstation"
    desk.shown.show(remote)
    page = open_page()
    assert "workstation" in page.text_summary()
    assert "wnin landscape" in page.text_summary()
    assert not page.board.empty.button.isVisible()
    assert not page.setup.button.isEnabled()


def test_that_an_experiment_without_parameters_says_what_to_do(record, open_page):
    record(checkpoint=False)
    page = open_page()
    assert "neither a checkpoint nor a recorded path" in page.text_summary()
    assert "neither" in page.setup.button.toolTip()


def test_that_the_first_surface_is_drawn_from_the_empty_page(qtbot, desk, record, open_page, worker):
    experiment = record()
    page = open_page()
    assert page.setup.runs.run_ids == tuple(run.run_id for run in experiment.runs.values())
    press(qtbot, page.board.empty.button)
    ended(qtbot, page)
    assert page.model.terrain.is_done
    assert page.board.shown.isVisible()
    assert not page.board.empty.isVisible()
    (asked,) = worker.asked
    assert asked.runs == page.setup.runs.run_ids
    assert page.board.caption.text()
    assert page.model.terrain.data in page.board.caption.text()


def test_that_a_quick_look_says_what_it_is_and_what_the_button_would_draw(
    qtbot, desk, record, open_page, worker, monkeypatch
):
    experiment = record()
    runs = scenes.run_ids(experiment.experiment_id)
    sample = LandscapeRequest(runs=runs, plane="pca", size=31, samples=512, threads=1)
    monkeypatch.setattr("wnin_desktop.runs.landscape.sample.sample_request", lambda *_: sample)
    page = open_page()
    qtbot.waitUntil(lambda: page.model.terrain is not None and page.model.terrain.is_done)
    ended(qtbot, page)
    settled(qtbot, desk)
    for words in (page.board.caption.text(), page.board.caption_line.text()):
        assert words.startswith("quick look: 31 × 31 points, ")
        assert "Draw surface takes 51 points along each axis, up to 2000 examples" in words
    assert page.text_summary().startswith("quick look")
    # Found again, as in the next session, it leaves the form as fine as it was.
    page.setup.request.set("size", 41)
    page.course._show_surface(page.model.terrain.surface)
    data = page.setup.request.data
    assert (data["plane"], data["size"], data["samples"], data["threads"]) == ("pca", 41, 2000, None)
    assert "takes 41 points" in page.board.caption.text()
    press(qtbot, page.setup.button)
    ended(qtbot, page)
    assert [asked.size for asked in worker.asked] == [31, 41]
    assert "quick look" not in page.board.caption.text()
    assert "Draw surface" not in page.board.caption.text()


# -- the form ----------------------------------------------------------------------------------------------


def test_that_a_fault_stands_beside_its_field_and_disables_the_button_with_the_reason(
    qtbot, desk, record, open_page
):
    record()
    page = open_page()
    size = page.setup.request.form.editor("size")
    type_into(size, "50")
    row = page.setup.request.form.row("size")
    assert "odd" in row.fault_text
    assert not page.setup.button.isEnabled()
    assert "not accepted" in desk.actions.get("landscape.draw").property("reason")
    type_into(size, "7")
    assert row.fault_text == ""
    assert page.setup.button.isEnabled()


def test_that_planes_through_runs_say_how_many_to_check(qtbot, record, open_page):
    record()
    page = open_page()
    page.setup.request.set("plane", "three")
    assert "3 runs" in page.setup.hint.text()
    assert page.setup.fault.isVisible()
    assert not page.setup.button.isEnabled()
    page.setup.request.set("plane", "line")
    assert page.setup.button.isEnabled()
    assert not page.setup.fault.isVisible()


def test_that_runs_are_checked_by_mouse_and_keyboard(qtbot, record, open_page):
    record()
    page = open_page()
    table, runs = page.setup.table, page.setup.runs
    table.setFocus()
    table.setCurrentIndex(runs.index(1, 1))
    QTest.keyClick(table, Key.Key_Space)
    assert runs.checked == [(scenes.ARMS[0], 0)]
    table.setCurrentIndex(runs.index(0, 0))
    QTest.keyClick(table, Key.Key_Return)
    assert runs.checked == []
    assert page.setup.fault.isVisible()
    assert not page.setup.button.isEnabled()
    table.setCurrentIndex(runs.index(0, 0))
    QTest.keyClick(table, Key.Key_Return)
    assert runs.checked == [(scenes.ARMS[0], 0)]


def test_that_tooltips_come_from_the_schema_with_their_flags(record, open_page):
    record()
    page = open_page()
    tip = page.setup.request.form.editor("draws").toolTip()
    assert "Pairs of opposite weight noises" in tip
    assert "--draws" in tip


def test_that_the_command_repeats_what_the_form_asks(qtbot, desk, record, open_page):
    experiment = record()
    page = open_page()
    page.setup.request.set("size", 7)
    page.setup.request.set("samples", None)
    page.setup.request.set("sigma", [0.01, 0.5])
    desk.actions.get("landscape.copy-command").trigger()
    text = QGuiApplication.clipboard().text()
    assert text.startswith("wnin landscape --run")
    assert f"'{experiment.experiment_id}/sgd noisy/s0'" in text
    assert "--size 7" in text
    assert "--samples all" in text
    assert "--sigma 0.01,0.5" in text


# -- drawing -----------------------------------------------------------------------------------------------


def test_that_a_coarse_picture_comes_at_once_and_grows_finer_under_the_eye(qtbot, record, open_page, worker):
    worker.holds = 4
    record()
    page = open_page()
    press(qtbot, page.setup.button)
    qtbot.waitUntil(lambda: page.model.terrain is not None and page.model.terrain.values is not None)
    assert page.model.terrain.stride == 4
    assert "4th" in page.board.caption.text()
    assert "Cancel" in page.setup.button.text()
    qtbot.waitUntil(lambda: "left" in page.setup.told.text())
    assert "33 %" in page.setup.told.text()
    worker.go_on.set()
    ended(qtbot, page)
    assert page.model.terrain.is_done
    assert "Draw" in page.setup.button.text()
    assert not page.setup.bar.isVisible()


def test_that_cancelling_keeps_what_was_done_and_drawing_again_goes_on(
    qtbot, desk, record, open_page, worker
):
    worker.holds = 2
    record()
    page = open_page()
    press(qtbot, page.setup.button)
    qtbot.waitUntil(lambda: page.model.terrain is not None and page.model.terrain.stride == 2)
    press(qtbot, page.setup.button)
    ended(qtbot, page)
    assert page.model.terrain.stride == 2
    assert not page.model.terrain.is_done
    assert "67 %" in page.setup.told.text()
    assert "goes on" in page.setup.told.text()
    worker.go_on.set()
    press(qtbot, page.setup.button)
    ended(qtbot, page)
    assert page.model.terrain.is_done
    assert len(worker.asked) == 2


def test_that_cancelling_in_the_status_bar_does_the_same(qtbot, desk, record, open_page, worker):
    worker.holds = 2
    record()
    page = open_page()
    page.course.draw()
    qtbot.waitUntil(lambda: page.model.terrain is not None and page.model.terrain.stride == 2)
    (task,) = [task for task in desk.tasks.current if task.title]
    task.cancel()
    ended(qtbot, page)
    assert page.course.stopped == pytest.approx(2 / 3)
    assert page.setup.button.isEnabled()


def test_that_a_refused_request_is_said_beside_the_field_and_told(qtbot, desk, record, open_page, worker):
    worker.error = InputError.of("plane", "pca", "the path of x was not kept, allowed: random")
    record()
    page = open_page()
    page.course.draw()
    ended(qtbot, page)
    assert "not kept" in page.setup.request.form.row("plane").fault_text
    assert "not kept" in desk.notices.kept[-1].text


def test_that_a_worker_that_dies_is_one_notice_and_the_page_goes_on(qtbot, desk, record, open_page, worker):
    worker.error = TrainingError("the landscape process ended unexpectedly (exit code -9)")
    record()
    page = open_page()
    page.course.draw()
    ended(qtbot, page)
    assert "exit code -9" in desk.notices.kept[-1].text
    worker.error = None
    page.course.draw()
    ended(qtbot, page)
    assert page.model.terrain.is_done


def test_that_another_experiment_ends_the_evaluation_and_clears_the_page(
    qtbot, desk, record, open_page, worker
):
    worker.holds = 4
    record("first")
    page = open_page()
    page.course.draw()
    qtbot.waitUntil(lambda: page.model.terrain is not None)
    other = record("second")
    assert page.course.experiment is other
    ended(qtbot, page)
    settled(qtbot, desk)
    assert page.model.terrain is None
    assert page.board.empty.isVisible()


def test_that_while_the_column_is_folded_the_progress_stands_above_and_can_be_cancelled(
    qtbot, record, open_page, worker
):
    worker.holds = 4
    record()
    page = open_page()
    press(qtbot, page.board.fold)
    assert not page.setup.isVisible()
    page.course.draw()
    qtbot.waitUntil(lambda: "surface" in page.board.working.chips and page.course.survey.doing is not None)
    qtbot.waitUntil(page.board.working.isVisible)
    press(qtbot, page.board.working.chips["surface"].cancel_button)
    ended(qtbot, page)
    assert not page.board.working.chips
