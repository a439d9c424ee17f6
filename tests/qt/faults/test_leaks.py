"""G3: what is opened and closed fifty times leaves no objects and no memory behind."""

import gc

import psutil
import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtWidgets import QApplication

from tests.qt.windows import Program
from tests.runs.store.recording import recorded
from wnin_desktop.qt.dialogs.confirm import ask
from wnin_desktop.qt.window import lazily
from wnin_desktop.runs.watch.experiment import WatchedExperiment

WARM, SHORT, FULL = 3, 5, 50
MOST_BYTES = 10 << 20
STEPS = 500


@pytest.fixture
def program(qapp, tmp_path):
    recorded(tmp_path / "store", STEPS)
    made = Program(tmp_path)
    for page in made.window.pages.values():
        if hasattr(page, "build"):
            page.build()  # it is made in turns, and would grow while we count
    yield made
    made.close()


def settle(program):
    """Let everything happen that was put off, deletions too."""
    while program.desk.tasks.current:
        QCoreApplication.processEvents()
    for _ in range(3):
        QCoreApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()


def experiment(program):
    """Open a stored experiment on the Compare page, and take it off."""
    (stored,) = program.store.experiments()
    shown = program.desk.shown
    program.window.open_page("compare")
    shown.show(WatchedExperiment.load(program.store, stored.experiment_id))
    settle(program)
    shown.close(shown.current)


def pages(program):
    """Go from page to page."""
    for name in program.window.pages:
        program.window.open_page(name)
        settle(program)


def dialogs(program):
    """Open every dialog and close it."""
    for name in lazily.DIALOGS:
        dialog = program.commands.open_dialog(name)
        settle(program)
        dialog.close()
    program.act("tools.palette")
    settle(program)
    program.commands._palette.close()
    question = ask(program.window, "Sure?", "", (("cancel", "No"), ("yes", "Yes")), "cancel", lambda _key: 0)
    settle(program)
    question.reject()


def arms(program):
    """Add arms, which have cards and forms, and take them away again."""
    for name in ("sgd", "adamw"):
        program.desk.draft.add_arm(name)
        settle(program)
    program.desk.draft.clear()


def notices(program):
    """Tell more than there is room for."""
    for number in range(5):
        program.desk.notices.tell(f"Something {number}", kind="warning", details="more")
    settle(program)


CYCLES = {"experiment": experiment, "pages": pages, "dialogs": dialogs, "arms": arms, "notices": notices}


def objects(program):
    """Return how many QObjects live that Python, the windows and the desk know of."""
    # First those of Qt: asking for them makes Python know them.
    children = sum(len(widget.findChildren(QObject)) for widget in QApplication.topLevelWidgets())
    services = len(program.desk.findChildren(QObject))
    known = [each for each in gc.get_objects() if issubclass(type(each), QObject) and shiboken6.isValid(each)]
    return len(known), children, services


def grown(program, cycle, count):
    """Return by how much objects and memory have grown over `count` cycles, after some to warm up."""
    for _ in range(WARM):
        cycle(program)
        settle(program)
    before, bytes_before = objects(program), psutil.Process().memory_info().rss
    for _ in range(count):
        cycle(program)
        settle(program)
    after, bytes_after = objects(program), psutil.Process().memory_info().rss
    return [there - here for here, there in zip(before, after, strict=True)], bytes_after - bytes_before


@pytest.mark.parametrize("name", CYCLES)
def test_g3_that_opening_and_closing_leaves_no_objects(program, name):
    more, _bytes = grown(program, CYCLES[name], SHORT)
    assert max(more) < SHORT


@pytest.mark.full
@pytest.mark.parametrize("name", CYCLES)
def test_g3_that_fifty_times_leave_no_objects_and_no_memory(program, name):
    more, grown_bytes = grown(program, CYCLES[name], FULL)
    assert max(more) < FULL
    assert grown_bytes < MOST_BYTES


def test_g3_that_a_dialog_that_is_kept_is_seen_to_leak(program):
    kept = []

    def leak(program):
        about = lazily.DIALOGS["about"](program.desk, program.window)
        kept.append(about)
        about.show()
        settle(program)
        about.hide()

    more, _bytes = grown(program, leak, SHORT)
    assert min(more[:2]) >= SHORT
    for dialog in kept:
        dialog.close()
