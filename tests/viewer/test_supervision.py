"""When a viewer is restarted, and when it is given up."""

import pytest

from wnin_desktop.viewer.supervision import CRASH_WINDOW_S, PING_S, SILENCE_S, START_S, Life, Supervision


def living(now=0.0):
    made = Supervision()
    made.started(now)
    made.ready(now)
    return made


def test_that_a_viewer_that_answers_is_asked_again_and_again_and_left_alone():
    made = living()
    now = 0.0
    for _ in range(100):
        now += PING_S
        assert made.tick(now) == "ping"
        made.heard(now + 0.1)
        assert made.tick(now + 0.2) == ""
        now += 0.1
    assert made.life is Life.READY


def test_that_silence_after_a_ping_ends_it():
    made = living()
    assert made.tick(PING_S) == "ping"
    assert made.tick(PING_S + SILENCE_S - 0.1) == ""
    assert made.tick(PING_S + SILENCE_S) == "kill"
    assert "said nothing for" in made.reason


def test_that_one_that_never_gets_ready_is_ended():
    made = Supervision()
    made.started(0.0)
    assert made.tick(START_S - 0.1) == ""
    assert made.tick(START_S) == "kill"


def test_that_it_comes_back_at_once_then_later_then_not_at_all():
    made = living()
    made.crashed(10.0, "It was killed.")
    assert (made.life, made.due) == (Life.WAITING, 10.0)
    assert made.tick(10.0) == "start"
    made.started(10.0)
    made.crashed(11.0, "It was killed.")
    assert made.tick(11.0) == ""
    assert made.tick(11.6) == "start"
    made.started(11.6)
    made.crashed(12.0, "It was killed again.")
    assert (made.life, made.reason, made.due) == (Life.GIVEN_UP, "It was killed again.", None)
    assert made.tick(1e6) == ""


def test_that_crashes_long_ago_do_not_count():
    made = living()
    for number in range(10):
        made.crashed(number * (CRASH_WINDOW_S / 2 + 1), "It was killed.")
        assert made.life is Life.WAITING


@pytest.mark.parametrize("end", ["crashes", "cannot"])
def test_that_retry_begins_anew(end):
    made = living()
    if end == "cannot":
        made.cannot("It is not built.")
    else:
        for _ in range(3):
            made.crashed(1.0, "It was killed.")
    assert made.life is Life.GIVEN_UP
    made.retry()
    assert (made.life, made.reason) == (Life.AWAY, "")
    made.started(2.0)
    made.crashed(2.0, "It was killed.")
    assert made.life is Life.WAITING
