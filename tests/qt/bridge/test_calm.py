"""Timers that write numbers anew: at most four times a second, and not at the same moment as each other."""

from PySide6.QtCore import QObject

from wnin_desktop.qt.bridge.calm import PAUSE_MS, PHASES, CalmTimer


def test_that_timers_of_one_frame_act_at_different_moments(qapp):
    owner = QObject()
    timers = [CalmTimer(lambda: None, owner) for _ in range(PHASES)]
    assert len({timer.interval() % 16 for timer in timers}) == PHASES
    assert min(timer.interval() for timer in timers) >= PAUSE_MS


def test_that_it_acts_once_however_often_it_was_asked(qtbot):
    owner, acted = QObject(), []
    timer = CalmTimer(lambda: acted.append(True), owner)
    for _ in range(10):
        timer.ask()
    with qtbot.waitSignal(timer.timeout):
        pass
    assert acted == [True]
    assert not timer.isActive()
