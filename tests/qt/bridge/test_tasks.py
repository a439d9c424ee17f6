import threading
from concurrent.futures import wait

import pytest

from wnin_desktop.qt.bridge.tasks import Tasks


@pytest.fixture
def tasks(qapp):
    made = Tasks()
    yield made
    made.close()


def test_that_work_runs_elsewhere_and_its_answer_arrives_here(tasks, qtbot):
    here, seen = threading.get_ident(), []
    tasks.start(
        lambda _task: threading.get_ident(), then=lambda there: seen.append((there, threading.get_ident()))
    )
    qtbot.waitUntil(lambda: bool(seen))
    ((there, answered),) = seen
    assert there != here
    assert answered == here


def test_that_an_error_goes_to_whoever_takes_it(tasks, qtbot):
    taken = []

    def work(_task):
        raise ValueError("no")

    tasks.start(work, failed=taken.append)
    qtbot.waitUntil(lambda: bool(taken))
    assert str(taken[0]) == "no"


def test_that_an_error_nobody_takes_is_told(tasks, qtbot):
    def work(_task):
        raise ValueError("no")

    with qtbot.waitSignal(tasks.failed) as told:
        tasks.start(work, title="Reading")
    assert told.args[0].title == "Reading"


def test_that_progress_arrives_and_cancelling_ends_the_work(tasks, qtbot):
    going, answers = threading.Event(), []

    def work(task):
        while True:
            going.wait(5)
            task.report(0.5, "half")

    task = tasks.start(work, then=answers.append, title="Export", cancellable=True)
    with qtbot.waitSignal(task.changed):
        going.set()
    assert (task.done, task.text) == (0.5, "half")
    with qtbot.waitSignal(tasks.ended):
        task.cancel()
    assert answers == []
    assert tasks.current == []


@pytest.mark.parametrize("late", ["reported 1", "returned"])
def test_that_work_which_is_done_is_not_taken_back(tasks, qtbot, late):
    here, gate, answers = threading.Event(), threading.Event(), []

    def work(task):
        if late == "reported 1":
            task.report(1.0)
            here.set()
            gate.wait(5)
        return "file"

    task = tasks.start(work, then=answers.append, title="Export", cancellable=True)
    if late == "returned":
        wait(tasks._futures)  # the answer is on its way to the GUI thread, which is here
    else:
        assert here.wait(5)
    with qtbot.waitSignal(tasks.ended):
        assert not task.cancel()
        gate.set()
    assert answers == ["file"]


def test_that_nothing_starts_after_the_end(tasks, qtbot):
    tasks.close()
    assert tasks.start(lambda _task: 1, then=pytest.fail).cancelled


def test_that_what_a_person_asked_for_is_still_done_at_the_end(tasks):
    done, gate = [], threading.Event()
    for _ in range(4):
        tasks.start(lambda _task: gate.wait(5))
    tasks.start(lambda _task: done.append("saved"))
    left = tasks.start(lambda _task: done.append("exported"), cancellable=True)
    tasks.stop()
    gate.set()
    assert tasks.close()
    assert (done, left.cancelled) == (["saved"], True)


def test_that_the_end_does_not_wait_for_work_that_hangs(tasks):
    gate = threading.Event()
    tasks.start(lambda _task: gate.wait(5))
    assert not tasks.close(0.05)
    assert not tasks.is_idle
    gate.set()
    assert tasks.close()
    assert tasks.is_idle
