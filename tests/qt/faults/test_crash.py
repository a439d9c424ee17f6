"""G5: after a segmentation fault the next start offers a report, without names and folders of the person."""

import signal
import sys

import pytest

from tests.qt.faults.windows import ROOT, WindowProcess

NAME = "Ada Lovelace"
FEW_TICKS, MANY_TICKS = 400, 5000
FULL_COUNT = 10
SAID = ("Segmentation fault", "<home>", "WNIN Desktop", "in segfault")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")


def person():
    """The program's own folder is this person's home, so that it stands in every traceback."""
    return {"HOME": str(ROOT), "LOGNAME": NAME, "USER": NAME}


def crash(folder, **more):
    with WindowProcess("raising:segfault", folder, environment=person(), **more) as window:
        assert window.wait() == -signal.SIGSEGV, window.errors()


def report(folder, *, ticks=MANY_TICKS, delete=False):
    with WindowProcess(
        "raising:read_crash_report", folder, environment=person(), ticks=ticks, delete=delete
    ) as window:
        text = window.hear("report")
        assert window.wait() == 0, window.errors()
        return text


def wrong_in(text):
    if text is None:
        return ["no report was offered"]
    found = [secret for secret in (str(ROOT), NAME) if secret in text]
    found += [
        word for word in ("Segmentation fault", "<home>", "WNIN Desktop", "in segfault") if word not in text
    ]
    return found


def test_g5_that_a_crash_leaves_a_redacted_report_that_the_next_start_offers(tmp_path):
    crash(tmp_path)
    assert wrong_in(report(tmp_path, delete=True)) == []
    assert report(tmp_path, ticks=FEW_TICKS) is None  # it was deleted, and an orderly end leaves none


@pytest.mark.full
def test_g5_that_ten_crashes_are_offered_at_the_next_start(tmp_path):
    for number in range(FULL_COUNT):
        folder = tmp_path / str(number)
        folder.mkdir()
        crash(folder, executor=("process", "thread")[number % 2])
        assert wrong_in(report(folder)) == []


@pytest.mark.full
def test_g5_that_without_the_recorder_a_crash_is_seen_to_leave_no_report(tmp_path):
    crash(tmp_path, without="recorder")
    assert wrong_in(report(tmp_path, ticks=FEW_TICKS)) == ["no report was offered"]
