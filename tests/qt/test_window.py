"""What a person does with the window, from the first start to the last click on the cross."""

import pytest
from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QToolButton

from tests.qt.windows import PATIENCE_MS, QUICK, Program, make_quick, press, type_into
from wnin_desktop.qt.dialogs.overlay import Overlay
from wnin_desktop.qt.theme import theme
from wnin_desktop.qt.window.start import Start
from wnin_desktop.runs.store import Store
from wnin_desktop.schema.events import Intervention
from wnin_desktop.schema.fingerprint import fingerprint


@pytest.fixture
def start(qapp, tmp_path):
    programs = []

    def begin(**more):
        programs.append(Program(tmp_path, **more))
        return programs[-1]

    yield begin
    for program in programs:
        if not program.desk.is_closed:
            program.close()


def run(program, qtbot):
    qtbot.waitUntil(lambda: program.desk.actions.get("run.start").isEnabled(), timeout=PATIENCE_MS)
    press(qtbot, program.find("button-run", QToolButton))
    (live,) = program.desk.runs.live
    return live


def ended(qtbot, live):
    qtbot.waitUntil(lambda: live.state == "ended", timeout=PATIENCE_MS)


def test_that_the_first_start_leads_to_a_running_sample_with_one_click(start, qtbot):
    program = start(greeted=False)
    program.commands.begin(Start(store=program.folder / "store"))
    welcome = next(each for each in program.window.findChildren(Overlay) if each.isVisible())
    press(qtbot, welcome.sample)
    qtbot.waitUntil(lambda: bool(program.desk.runs.live), timeout=PATIENCE_MS)
    (live,) = program.desk.runs.live
    qtbot.waitUntil(lambda: live.experiment.progress[0] > 100, timeout=PATIENCE_MS)
    assert [arm.name for arm in live.config.arms] == ["AdamW", "SGD", "Muon", "NormalizedDynamics"]
    assert program.desk.shown.current is live.experiment
    live.stop(checkpoint=False)
    ended(qtbot, live)


def test_that_three_arms_are_built_by_clicking_and_their_comparison_runs(start, qtbot):
    program = start()
    program.desk.catalogue.reload(fresh=False)
    qtbot.waitUntil(lambda: len(program.desk.catalogue.names()) > 3, timeout=PATIENCE_MS)
    add = program.find("arm-add")
    for _ in range(3):
        press(qtbot, add)
    assert program.desk.draft.arm_count == 3
    for key, value in QUICK.items():
        program.desk.draft.set(key, value)
    live = run(program, qtbot)
    ended(qtbot, live)
    assert live.error is None
    assert live.experiment.status == "completed"
    assert len(live.experiment.runs) == 6
    with qtbot.waitSignal(program.desk.shown.changed, raising=False, timeout=10):
        pass
    assert program.desk.shown.current is live.experiment


def test_that_a_broken_field_disables_run_with_the_reason_until_it_is_mended(start, qtbot):
    program = start()
    make_quick(program, ["sgd"])
    action = program.desk.actions.get("run.start")
    qtbot.waitUntil(action.isEnabled)
    line = program.find("optimizer.lr", QLineEdit)
    type_into(qtbot, line, "-3")
    qtbot.waitUntil(lambda: not action.isEnabled())
    assert "optimizer.lr" in action.property("reason")
    assert "-3" in action.property("reason")
    type_into(qtbot, line, "0.25")
    qtbot.waitUntil(action.isEnabled)
    assert program.desk.draft.config.arms[0].optimizer.lr == 0.25


def test_that_everything_can_be_undone_to_the_beginning_and_done_again(start, qtbot):
    program = start()
    draft = program.desk.draft
    before = draft.data
    make_quick(program)
    draft.rename_arm(0, "first")
    draft.move_arm(0, 1)
    draft.set("arms[0].optimizer.lr", 0.5)
    after = draft.data
    while draft.stack.canUndo():
        program.act("edit.undo")
    assert draft.data == before
    while draft.stack.canRedo():
        program.act("edit.redo")
    assert draft.data == after


def test_that_a_run_is_paused_stepped_steered_and_stopped_from_the_window(start, qtbot):
    program = start()
    make_quick(program, ["sgd"])
    program.desk.draft.set_many(
        {"arms[0].noise": {"mode": "sgld", "temperature": 1e-6}, "budget.steps": 100_000}, "Longer"
    )
    live = run(program, qtbot)
    qtbot.waitUntil(lambda: live.state == "running", timeout=PATIENCE_MS)
    program.act("run.pause")
    assert live.state == "paused"
    slider = program.window.steer.sliders["temperature"]
    qtbot.waitUntil(slider.isEnabled, timeout=PATIENCE_MS)
    slider.changed.emit(1e-3)
    program.act("run.step")
    qtbot.waitUntil(
        lambda: any(mark.kind == "intervention" for mark in live.experiment.markers), timeout=PATIENCE_MS
    )
    program.act("run.pause")
    assert live.state == "running"
    program.act("run.stop")
    ended(qtbot, live)
    (one, _) = program.store.runs(experiment_id=live.experiment.experiment_id)
    assert one.status == "stopped"
    assert [event.value for event in program.store.events(one.run_id, [Intervention])] == [1e-3]
    assert program.store.latest_checkpoint(one.experiment_id) is not None


def test_that_the_next_session_finds_the_draft_the_page_and_the_panels(start, qtbot):
    program = start()
    make_quick(program)
    program.window.open_page("runs")
    program.desk.actions.get("view.dock-log").setChecked(False)
    draft = program.desk.draft.data
    program.close()
    again = start()
    assert again.desk.draft.data == draft
    assert again.window.tabs.currentWidget() is again.window.pages["runs"]
    assert not again.window.docks["log"].isVisible()


def test_that_closing_while_it_trains_keeps_every_step_and_leaves_it_resumable(start, qtbot):
    program = start()
    make_quick(program)
    program.desk.draft.set("budget.steps", 100_000)
    live = run(program, qtbot)
    qtbot.waitUntil(lambda: live.experiment.progress[0] > 100, timeout=PATIENCE_MS)
    program.close()
    with Store.open(program.folder / "store") as store:
        (experiment,) = store.experiments()
        assert experiment.status == "stopped"
        assert store.latest_checkpoint(experiment.experiment_id) is not None


def test_that_what_the_window_ran_has_the_fingerprint_of_what_it_shows(start, qtbot):
    program = start()
    make_quick(program)
    expected = fingerprint(program.desk.draft.config)
    live = run(program, qtbot)
    ended(qtbot, live)
    assert program.store.experiment(live.experiment.experiment_id).fingerprint == expected


def test_that_the_theme_changes_live(start, qtbot):
    program = start()
    program.act("view.theme-dark")
    dark = program.window.grab().toImage().pixelColor(5, 5).lightness()
    program.act("view.theme-light")
    light = program.window.grab().toImage().pixelColor(5, 5).lightness()
    assert dark < 60
    assert light > 200


def test_that_space_presses_a_focused_button_and_pauses_elsewhere(start, qtbot):
    program = start()
    make_quick(program, ["sgd"])
    program.desk.draft.set("budget.steps", 100_000)
    live = run(program, qtbot)
    qtbot.waitUntil(lambda: live.state == "running", timeout=PATIENCE_MS)
    count = program.desk.draft.arm_count
    add = program.find("arm-add")
    add.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(add, Qt.Key.Key_Space)
    assert program.desk.draft.arm_count == count + 1
    assert live.state == "running"
    live.stop(checkpoint=False)
    ended(qtbot, live)


def test_that_every_action_has_a_name_a_text_a_tip_and_keys_of_its_own(start):
    program = start()
    actions = program.desk.actions.all()
    assert len(actions) > 40
    assert all(action.objectName() and action.text() and action.statusTip() for action in actions)
    keys = [action.shortcut().toString() for action in actions if not action.shortcut().isEmpty()]
    assert len(keys) == len(set(keys))


def test_that_a_dropped_file_is_opened_and_anything_else_politely_refused(start, qtbot, tmp_path):
    program = start()
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"\x89PNG")
    program.window.open_dropped([str(picture)])
    assert program.desk.notices.kept[-1].kind == "warning"
    file = tmp_path / "mine.toml"
    file.write_text('name = "Mine"\nseeds = [0]\n[[arms]]\nname = "a"\n')
    program.window.open_dropped([str(file)])
    qtbot.waitUntil(lambda: program.desk.draft.data.get("name") == "Mine", timeout=PATIENCE_MS)


def test_that_an_arm_keeps_its_colour_from_card_to_curve_and_in_the_next_session(start, qtbot):
    program = start()
    make_quick(program)
    program.desk.draft.set_colour(0, 6)
    live = run(program, qtbot)
    ended(qtbot, live)
    compare = program.window.pages["compare"]
    name = live.experiment.arms[0]
    assert live.experiment.colour_of(name) == 6
    assert compare.grid.legend.chips[name].colour == 6
    plot = next(iter(compare.grid.plots.values()))
    assert plot.look(name).colour == theme().arm(6).colour
    assert plot.look(live.experiment.arms[1]).colour == theme().arm(1).colour
    experiment_id = live.experiment.experiment_id
    program.close()
    again = start()
    qtbot.waitUntil(lambda: again.desk.shown.current is not None, timeout=PATIENCE_MS)
    assert again.desk.shown.current.experiment_id == experiment_id
    assert again.desk.shown.current.colour_of(name) == 6


def test_that_enter_presses_the_button_that_the_welcome_offers(start, qtbot):
    program = start(greeted=False)
    program.commands.begin(Start(store=program.folder / "store"))
    welcome = next(each for each in program.window.findChildren(Overlay) if each.isVisible())
    welcome.empty.setFocus()
    qtbot.keyClick(welcome.empty, Qt.Key.Key_Return)
    assert not [each for each in program.window.findChildren(Overlay) if each.isVisible()]


def test_that_titles_of_panels_and_the_log_follow_the_size_of_text(start):
    window = start().window
    dock, text = window.docks["experiment"], window.docks["log"].widget().text
    window.docks["log"].hide()

    def height_of_title():
        picture = dock.grab(QRect(0, 0, dock.width() // 2, dock.widget().y())).toImage()
        ground = picture.pixel(1, picture.height() // 2)
        rows = [y for y in range(3, picture.height() - 3)
                if any(picture.pixel(x, y) != ground for x in range(4, picture.width() - 4))]  # fmt: skip
        return rows[-1] - rows[0]

    before = height_of_title()
    try:
        theme().set_text_scale(1.5)
        window.docks["log"].show()
        QApplication.processEvents()
        assert height_of_title() > 1.25 * before
        assert text.document().defaultFont().pointSizeF() == theme().font("mono").pointSizeF()
    finally:
        theme().set_text_scale(1.0)


def drag_border(qtbot, window, dock, by):
    """Move the border between a panel at the left and the pages."""
    start, before = dock.geometry().topRight() + QPoint(3, 200), dock.width()
    end, left, none = start + QPoint(by, 0), Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    qtbot.mouseMove(window, start)
    qtbot.mousePress(window, left, pos=start)
    move = (QEvent.Type.MouseMove, end, window.mapToGlobal(end), none, left, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(window, QMouseEvent(*move))
    qtbot.waitUntil(lambda: dock.width() == before + by)
    qtbot.mouseRelease(window, left, pos=end)


def test_that_a_panel_has_the_width_that_was_chosen_again_when_the_window_is_large_again(start, qtbot):
    program = start()
    window, dock = program.window, program.window.docks["experiment"]

    def wait_for(width, is_so):
        window.resize(width, 800)
        qtbot.waitUntil(lambda: window.width() == width and is_so(dock.width()))

    wait_for(1440, lambda width: width > 0)
    drag_border(qtbot, window, dock, 120)
    chosen = dock.width()
    wait_for(1024, lambda width: width < chosen - 100)
    wait_for(1150, lambda width: chosen - 100 < width < chosen)
    wait_for(1440, lambda width: width == chosen)
    wait_for(1024, lambda width: width < chosen - 100)
    program.close()
    window = start().window
    dock = window.docks["experiment"]
    wait_for(1440, lambda width: width == chosen)
    drag_border(qtbot, window, dock, -60)
    wait_for(1024, lambda width: width < chosen - 100)
    wait_for(1500, lambda width: width == chosen - 60)
    window.reset_layout()
    QApplication.processEvents()
    wait_for(1024, lambda width: width < chosen - 100)
    wait_for(1500, lambda width: width < chosen - 100)
