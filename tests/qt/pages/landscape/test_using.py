"""The page with a surface: time, smoothing, arms, looks, sessions, names and keyboard."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from tests.qt import walking
from tests.qt.pages.landscape import scenes
from tests.qt.pages.landscape.conftest import PATIENCE_MS
from tests.qt.pages.landscape.hands import ended, press, settled
from wnin_desktop.qt.pages.landscape.commands import commands
from wnin_desktop.qt.pages.landscape.page import LandscapePage
from wnin_desktop.qt.theme import theme
from wnin_desktop.viewer.supervision import Life

Left = Qt.MouseButton.LeftButton
Key = Qt.Key


# -- kept surfaces -----------------------------------------------------------------------------------------


def test_that_the_newest_kept_surface_is_there_at_once_with_its_question(drawn):
    assert drawn.model.terrain.is_done
    assert drawn.setup.request.data["plane"] == "pca"
    assert drawn.setup.request.data["sigma"] == [0.1, 0.3]
    assert drawn.setup.kept.isVisible()
    assert "pca" in drawn.setup.kept.currentText()


def test_that_it_is_there_when_the_experiment_is_shown_again_while_the_store_is_asked(qtbot, desk, drawn):
    experiment = drawn.course.experiment
    drawn.course._ask(read=False)
    desk.shown.close(experiment)
    assert drawn.model.terrain is None
    desk.shown.show(experiment)
    settled(qtbot, desk)
    assert drawn.model.terrain is not None


# -- time, sigma, arms -------------------------------------------------------------------------------------


def test_that_scrubbing_moves_every_arm_along_its_path(qtbot, drawn):
    slider = drawn.board.time.slider
    slider.setFocus()
    assert drawn.model.step is None
    QTest.keyClick(slider, Key.Key_Home)
    assert drawn.model.step == 0
    assert [len(trace.points) for trace in drawn.board.views.contours.traces] == [1, 1]
    QTest.keyClick(slider, Key.Key_Right)
    QTest.keyClick(slider, Key.Key_Right)
    QTest.keyClick(slider, Key.Key_Right)
    assert drawn.model.step == 5
    assert [len(trace.points) for trace in drawn.board.views.contours.traces] == [4, 4]
    assert drawn.board.time.value.text() == "5 of 20"
    assert "step 5" in drawn.text_summary()
    QTest.keyClick(slider, Key.Key_End)
    assert drawn.model.step is None


def test_that_playing_goes_to_the_end_and_stops(qtbot, drawn, monkeypatch):
    monkeypatch.setattr("wnin_desktop.qt.pages.landscape.timebar.PLAY_S", 0.0)
    drawn.model.set_step(0)
    press(qtbot, drawn.board.time.play)
    qtbot.waitUntil(lambda: not drawn.board.time.play.isChecked())
    assert drawn.model.step is None


def test_that_read_outs_of_time_and_noise_have_room_and_say_whose_the_error_is(drawn):
    time, sigma = drawn.board.time, drawn.board.sigma
    drawn.model.set_sigma(0.17)
    time._steps = [0, 20_000]
    time._take_time()
    QApplication.processEvents()
    assert sigma.value.text().startswith("σ 0.17 · loss ±")
    for label in (time.value, sigma.value):
        assert label.shown_text() == label.text()
    assert sigma.value.text() in sigma.value.toolTip()


def test_that_sigma_melts_the_surface_and_says_its_error(qtbot, drawn):
    slider, model = drawn.board.sigma.slider, drawn.model
    assert slider.isVisible()
    assert not drawn.board.sigma.offer.isVisible()
    slider.setFocus()
    QTest.keyClick(slider, Key.Key_PageUp)
    assert model.sigma == 0.1
    assert model.heights.values == pytest.approx(scenes.bowl() + 1.5 * 0.01)
    assert "±" in drawn.board.sigma.value.text()
    assert "0.010" in drawn.board.sigma.value.text()
    QTest.keyClick(slider, Key.Key_Right)
    assert 0.1 < model.sigma < 0.3
    assert model.heights.values == pytest.approx(scenes.bowl() + 1.5 * model.sigma**2)
    assert "Between" in drawn.board.sigma.value.toolTip()
    QTest.keyClick(slider, Key.Key_End)
    assert model.sigma == 0.3
    assert model.axis.high >= scenes.bowl().max() + 1.5 * 0.09
    QTest.keyClick(slider, Key.Key_Home)
    assert model.sigma == 0.0


def test_that_without_sigmas_smoothing_is_offered_and_computed(qtbot, desk, record, open_page, worker):
    record(kept=scenes.surface)
    page = open_page()
    assert page.board.sigma.offer.isVisible()
    assert not page.board.sigma.slider.isVisible()
    press(qtbot, page.board.sigma.offer)
    ended(qtbot, page)
    assert len(worker.asked[0].sigma) == 3
    assert page.board.sigma.slider.isVisible()
    assert page.model.terrain.sigmas == (0.0, *worker.asked[0].sigma)


def test_that_a_click_in_the_legend_hides_a_path_and_a_double_click_shows_it_alone(qtbot, drawn):
    first, second = drawn.board.legend.chips.values()
    qtbot.mouseClick(first, Left)
    assert drawn.model.look.hidden == {scenes.ARMS[0]}
    assert [trace.number for trace in drawn.board.views.contours.traces] == [1]
    qtbot.mouseClick(first, Left)
    assert drawn.model.look.hidden == frozenset()
    qtbot.mouseClick(second, Left)
    qtbot.mouseDClick(second, Left)
    assert drawn.model.look.hidden == {scenes.ARMS[0]}
    QTest.keyClick(second, Key.Key_Return)
    assert drawn.model.look.hidden == frozenset()


def test_that_arms_have_the_colours_they_have_everywhere(desk, drawn):
    experiment = drawn.course.experiment
    experiment.colours = {scenes.ARMS[0]: 5}
    desk.shown.changed.emit()
    assert drawn.model.colour_of(scenes.ARMS[0]) == 5
    assert drawn.board.legend.chips[scenes.ARMS[0]].colour == 5
    assert drawn.board.views.contours.traces[0].look == theme().arm(5)


# -- looking -----------------------------------------------------------------------------------------------


def test_that_the_switches_act_and_follow(qtbot, desk, drawn):
    press(qtbot, drawn.board.switches["log-height"])
    first = drawn.model.axis.log
    press(qtbot, drawn.board.switches["log-height"])
    assert drawn.model.axis.log != first
    assert desk.actions.get("landscape.log-height").isChecked() == drawn.model.axis.log
    drawn.board.look.clip.setValue(800)
    assert drawn.model.look.clip == 0.8
    assert drawn.model.axis.high < scenes.bowl().max()
    drawn.board.look.opacity.setValue(40)
    assert drawn.model.look.opacity == 0.4
    press(qtbot, drawn.board.look.colour_by.button("solid"))
    assert drawn.model.look.colour_by == "solid"
    drawn.board.look.isolines.click()
    assert not drawn.model.look.isolines
    assert drawn.board.views.contours.sheet.lines == ()


def test_that_a_clip_belongs_to_the_experiment_it_was_set_for(qtbot, desk, drawn, record):
    first, clip = drawn.course.experiment, drawn.board.look.clip
    clip.setValue(800)
    record("second", kept=scenes.surface)
    settled(qtbot, desk)
    assert drawn.model.terrain is not None
    assert (drawn.model.look.clip, clip.value(), drawn.board.look.clip_value.text()) == (1.0, 1000, "none")
    assert drawn.model.axis.high >= scenes.bowl().max()
    clip.setValue(900)
    state = drawn.state()
    desk.shown.show(first)
    settled(qtbot, desk)
    assert (drawn.model.look.clip, clip.value()) == (0.8, 800)
    # The last session ended with the second one.
    clip.setValue(1000)
    drawn.restore(state)
    assert drawn.model.look.clip == 0.8


def test_that_the_theme_is_switched_live(drawn):
    view = drawn.board.views.contours
    theme().apply("light")
    light = view.grab().toImage().pixelColor(2, 2)
    theme().apply("dark")
    dark = view.grab().toImage().pixelColor(2, 2)
    assert light.lightness() > 200
    assert dark.lightness() < 60


def test_that_without_a_viewer_the_contours_stand_alone_with_the_reason_and_retry(qtbot, desk, drawn):
    views = drawn.board.views
    assert views.viewer.life is Life.GIVEN_UP
    assert not views.pane3d.isVisible()
    assert views.pane2d.isVisible()
    assert "no-viewer-here" in views.note.label.text()
    assert "uv sync" in views.note.label.text()
    for name in ("toggle-3d", "side-by-side", "export-scene"):
        assert "no 3-D viewer" in desk.actions.get(f"landscape.{name}").property("reason")
    tried = []
    views.viewer.life_changed.connect(lambda: tried.append(views.viewer.life))
    press(qtbot, views.note.retry)
    assert Life.GIVEN_UP in tried
    tried.clear()
    desk.actions.get("landscape.retry-viewer").trigger()
    assert Life.GIVEN_UP in tried


# -- the keyboard ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folded", [False, True])
def test_that_smoothing_leaves_the_keyboard_on_what_cancels_and_then_on_the_slider(
    qtbot, record, open_page, worker, folded
):
    worker.holds = 2
    record(kept=scenes.surface)
    page = open_page()
    if folded:
        press(qtbot, page.board.fold)
    sigma = page.board.sigma
    sigma.offer.setFocus()
    qtbot.waitUntil(sigma.offer.hasFocus)
    QTest.keyClick(sigma.offer, Key.Key_Space)
    qtbot.waitUntil(lambda: page.model.terrain is not None and page.model.terrain.stride == 2)
    cancel = page.board.working.chips["surface"].cancel_button if folded else page.setup.button
    assert QApplication.focusWidget() is cancel
    assert not sigma.offer.isEnabled()
    worker.go_on.set()
    ended(qtbot, page)
    assert QApplication.focusWidget() is sigma.slider


def test_that_smoothing_that_is_cancelled_leaves_the_keyboard_on_the_button(qtbot, record, open_page, worker):
    worker.holds = 2
    record(kept=scenes.surface)
    page = open_page()
    page.board.sigma.offer.setFocus()
    QTest.keyClick(page.board.sigma.offer, Key.Key_Space)
    qtbot.waitUntil(lambda: page.model.terrain is not None and page.model.terrain.stride == 2)
    QTest.keyClick(page.setup.button, Key.Key_Space)
    ended(qtbot, page)
    assert "Draw" in page.setup.button.text()
    assert QApplication.focusWidget() is page.setup.button
    assert page.board.sigma.offer.isEnabled()


def test_that_retry_leaves_the_keyboard_on_itself_or_on_the_view_that_comes(qtbot, drawn, monkeypatch):
    views = drawn.board.views
    views.note.retry.setFocus()
    QTest.keyClick(views.note.retry, Key.Key_Space)
    assert views.viewer.life is Life.GIVEN_UP
    assert QApplication.focusWidget() is views.note.retry
    life = Life.STARTING
    monkeypatch.setattr(type(views.viewer), "life", property(lambda _viewer: life))
    views.viewer.life_changed.emit()
    assert not views.note.isVisible()
    assert QApplication.focusWidget() is views.view3d
    life = Life.GIVEN_UP
    views.viewer.life_changed.emit()
    assert QApplication.focusWidget() is views.note.retry


# -- session, names ------------------------------------------------------------------------------


def test_that_the_next_session_finds_it_as_it_was(qtbot, desk, drawn, open_page, record):
    drawn.setup.request.set("size", 7)
    drawn.setup.request.set("span", None)
    drawn.model.change(log=True, clip=0.9, hidden=frozenset({scenes.ARMS[1]}), colour_map="dune")
    drawn.setup.runs.check([(scenes.ARMS[1], 0)])
    drawn.board.fold.click()
    drawn.board.look_button.click()
    desk.state.set("page.landscape", drawn.state())  # as the window keeps it: what TOML holds
    state = desk.state.get("page.landscape", {})
    for action in [each for each in desk.actions.all() if each.objectName().startswith("landscape.")]:
        desk.actions._actions.pop(action.objectName())
    again = LandscapePage(desk)
    again.build()
    again.restore(state)
    assert again.state() == state
    again.course.survey.make = scenes.Worker
    again.show()
    settled(qtbot, desk)
    assert again.setup.runs.checked == [(scenes.ARMS[1], 0)] or again.model.terrain is not None
    again.hide()
    desk.closing.emit()
    again.deleteLater()


@pytest.mark.parametrize(
    "state", [{}, {"request": 5, "runs": [3, ["a"]], "look": [], "views": "x", "setup": 3}]
)
def test_that_a_damaged_state_is_passed_over(drawn, state):
    drawn.restore(state)
    assert drawn.board.views.is_wanted("2d")


def test_that_every_control_has_a_name_and_tab_reaches_it(qtbot, drawn):
    window = QWidget()
    drawn.setParent(window)
    window.resize(1100, 720)
    drawn.setGeometry(0, 0, 1100, 720)
    drawn.show()
    window.show()
    assert walking.unnamed(drawn) == []
    assert walking.anonymous(drawn) == []
    assert walking.without_buddy(drawn) == []
    QApplication.processEvents()
    assert walking.clipped(drawn) == []
    drawn.setParent(None)
    window.deleteLater()


def test_that_the_commands_reach_the_palette_and_say_why_not(desk, drawn):
    names = {action.objectName() for action in desk.actions.all()}
    wanted = {command.name for command in commands()}
    assert {"draw", "cancel", "reset-camera", "save-picture", "export-scene", "retry-viewer"} <= wanted
    assert {f"landscape.{name}" for name in wanted} <= names
    assert desk.actions.get("landscape.cancel").property("reason")
    assert desk.actions.get("landscape.save-surface").isEnabled()


def test_that_the_summary_tells_what_is_seen(drawn):
    text = drawn.text_summary()
    assert "lowest at α 0, β 0" in text
    assert "adamw, seed 0: at step 20" in text
    assert "0.5 off the plane" in text or "0.500 off the plane" in text
    drawn.model.change(hidden=frozenset({"adamw"}))
    assert "Hidden: adamw" in drawn.text_summary()


def test_that_a_closing_window_ends_the_worker_and_the_viewer(qtbot, desk, record, open_page, worker):
    worker.holds = 2
    record()
    page = open_page()
    page.course.draw()
    qtbot.waitUntil(lambda: page.model.terrain is not None and page.model.terrain.stride == 2)
    desk.closing.emit()
    qtbot.waitUntil(lambda: worker.closed, timeout=PATIENCE_MS)
    assert page.board.views.viewer.life is Life.AWAY
