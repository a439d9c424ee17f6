"""Run, pause and stop act on what is shown, say what they do, and leave a line in the log."""

import threading

import pytest

from tests.qt.windows import PATIENCE_MS, QUICK, Program
from wnin_desktop.errors import StoppedByUser
from wnin_desktop.qt.bridge import live_run, live_runs
from wnin_desktop.qt.widgets import ProgressChip
from wnin_desktop.runs.job import train_inline

LONG = QUICK | {"budget": QUICK["budget"] | {"steps": 100_000}}


@pytest.fixture
def program(qapp, tmp_path):
    made = Program(tmp_path)
    yield made
    made.close()


def launch(program, qtbot, name):
    program.desk.draft.clear()
    program.desk.draft.add_arm("sgd")
    for key, value in (LONG | {"name": name}).items():
        program.desk.draft.set(key, value)
    qtbot.waitUntil(lambda: program.desk.actions.get("run.start").isEnabled(), timeout=PATIENCE_MS)
    program.act("run.start")
    return program.desk.runs.live[-1]


def begin(program, qtbot, name):
    run = launch(program, qtbot, name)
    qtbot.waitUntil(lambda: run.experiment.progress[0] > 0, timeout=PATIENCE_MS)
    return run


def test_that_buttons_act_on_the_comparison_that_is_shown_and_on_no_other(program, qtbot):
    first = begin(program, qtbot, "first")
    second = begin(program, qtbot, "second")
    program.act("run.stop-now")
    qtbot.waitUntil(lambda: second.state == "ended", timeout=PATIENCE_MS)
    pause = program.desk.actions.get("run.pause")
    assert not pause.isEnabled()
    assert "show first" in pause.toolTip()
    assert first.state == "running"
    program.desk.shown.show(first.experiment)
    assert pause.isEnabled()


def test_that_a_held_run_says_so_and_what_the_button_does_now(program, qtbot):
    lines = []
    program.desk.notices.logged.connect(lambda _kind, text: lines.append(text))
    run = begin(program, qtbot, "held")
    pause = program.desk.actions.get("run.pause")
    program.act("run.pause")
    assert (pause.text(), pause.isChecked()) == ("&Go on", True)
    assert "Go on" in pause.toolTip()
    status = program.window.statusBar()
    status.refresh()
    assert status.rate.text.startswith("paused at step ")
    run.turn("lr", 0.002)
    program.act("run.step")
    qtbot.waitUntil(lambda: any("learning rate" in line for line in lines), timeout=PATIENCE_MS)
    program.act("run.pause")
    assert (pause.text(), pause.isCheckable(), run.state) == ("&Pause", False, "running")
    program.act("run.stop")
    qtbot.waitUntil(lambda: run.state == "ended", timeout=PATIENCE_MS)
    said = "\n".join(lines)
    for words in (
        "was started: 2 runs",
        "held is held.",
        "takes one step",
        "goes on",
        "saves a checkpoint",
    ):
        assert words in said
    assert sum("learning rate" in line for line in lines) == 1
    page = program.window.pages["compare"]
    page.leaders.compute()
    qtbot.waitUntil(lambda: "stopped at step" in page.leaders.note.text(), timeout=PATIENCE_MS)


def test_that_the_warning_of_a_run_that_does_not_stop_goes_with_its_end(program, qtbot, monkeypatch):
    monkeypatch.setattr("wnin_desktop.qt.bridge.live_run.STUCK_MS", 0)
    run = begin(program, qtbot, "slow")
    monkeypatch.setattr(run.control, "stop", lambda **_: None)  # it does not hear
    program.act("run.stop-now")
    area = program.window.notices
    qtbot.waitUntil(lambda: any("has not stopped" in bar.text for bar in area.bars), timeout=PATIENCE_MS)
    monkeypatch.undo()
    run.control.stop(checkpoint=False)
    qtbot.waitUntil(lambda: run.state == "ended", timeout=PATIENCE_MS)
    assert not any("has not stopped" in bar.text for bar in area.bars)


def test_that_a_stopped_run_is_resumed_where_it_is_shown_and_says_from_which_step(program, qtbot):
    run = begin(program, qtbot, "stopped")
    resume = program.desk.actions.get("run.resume")
    assert (resume.isEnabled(), resume.property("reason")) == (False, "It is running.")
    program.act("run.stop")
    qtbot.waitUntil(lambda: run not in program.desk.runs.live, timeout=PATIENCE_MS)  # all was taken in
    reached = run.experiment.last_step
    qtbot.waitUntil(resume.isEnabled, timeout=PATIENCE_MS)
    program.act("run.resume")
    qtbot.waitUntil(lambda: bool(program.desk.runs.live), timeout=PATIENCE_MS)
    again = program.desk.runs.live[-1]
    qtbot.waitUntil(lambda: again.experiment.last_step > reached, timeout=PATIENCE_MS)
    assert program.desk.shown.current is again.experiment
    words = f"stopped goes on from its checkpoint at step {reached}."
    assert words in [bar.text for bar in program.window.notices.bars]


def test_that_a_run_that_left_no_checkpoint_is_begun_anew_only_when_that_is_said(program, qtbot):
    run = begin(program, qtbot, "bare")
    program.act("run.stop-now")
    qtbot.waitUntil(lambda: run.state == "ended", timeout=PATIENCE_MS)
    area = program.window.notices
    qtbot.waitUntil(lambda: any("without a checkpoint" in bar.text for bar in area.bars), timeout=PATIENCE_MS)
    program.act("run.resume")
    qtbot.waitUntil(lambda: any("left no checkpoint" in bar.text for bar in area.bars), timeout=PATIENCE_MS)
    assert not program.desk.runs.live
    next(bar for bar in area.bars if "left no checkpoint" in bar.text).action_button.click()
    assert program.desk.runs.live


@pytest.fixture
def reading(monkeypatch):
    """Have something read until this is set; then training begins."""
    begins = threading.Event()

    def source(job, control, hooks):
        while not begins.is_set() and not control.stop_asked_within(0.01):
            hooks.progress("downloading a.gz", 0.25)
        if control.stop_asked_within(0):
            raise StoppedByUser("Stopped while downloading a.gz.")
        yield from train_inline(job, control, hooks)

    monkeypatch.setattr(live_run, "PROGRESS_S", 0.0)
    monkeypatch.setattr(live_runs, "source_for", lambda *_: source)
    yield begins
    begins.set()


def start_reading(program, qtbot):
    run, status = launch(program, qtbot, "reader"), program.window.statusBar()
    qtbot.waitUntil(lambda: bool(status.findChildren(ProgressChip)), timeout=PATIENCE_MS)
    (chip,) = status.findChildren(ProgressChip)
    return run, chip


def gone(program):
    return not program.window.statusBar().findChildren(ProgressChip)


def test_that_what_is_read_before_training_is_seen_until_steps_come(program, qtbot, reading):
    run, chip = start_reading(program, qtbot)
    qtbot.waitUntil(lambda: chip.bar.value() == chip.bar.maximum() / 4)
    assert chip.accessibleName() == "reader \u2013 downloading a.gz"
    assert chip.isVisible()
    reading.set()
    qtbot.waitUntil(lambda: run.experiment.last_step > 0 and gone(program), timeout=PATIENCE_MS)
    run.progressed.emit("late", 0.5)
    assert gone(program)


def test_that_what_is_read_before_training_goes_with_the_end_of_the_run(program, qtbot, reading):
    run, chip = start_reading(program, qtbot)
    chip.cancel_button.click()
    assert run.state == "stopping"
    qtbot.waitUntil(lambda: run.state == "ended" and gone(program), timeout=PATIENCE_MS)
    (told,) = program.desk.notices.kept
    assert told.text == "reader was stopped before its first step; nothing new was recorded."
    assert told.kind == "info"
    assert program.desk.store.experiments(trashed=None) == []
