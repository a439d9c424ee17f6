"""G4: an exception anywhere is one notice and one entry in the log, and the program goes on."""

import re

import pytest

from tests.qt.faults.windows import WindowProcess

PLACES = ("action", "timer", "paint", "filter", "thread", "qthread", "coroutine", "callback", "task",
          "answer", "run")  # fmt: skip
OF_QT = re.compile(r"Error calling Python override of [\w:()]+: ")
"""What Qt for Python writes before it hands an exception on."""
TOLD = {
    "value": "nobody expected this",
    "ours": "The store said no",
    "mute": "MuteError",
    "odd": "half a letter",
}


def raised(folder, errors, places=PLACES, **more):
    """Raise in a window; return what was said of each exception, and what is wrong at the end."""
    with WindowProcess("raising:raise_everywhere", folder, errors=errors, places=places, **more) as window:
        heard = [window.message("place") for _ in errors for _ in places]
        assert window.hear("usable")
        assert window.wait() == 0, window.errors()
        return heard, OF_QT.sub("", window.errors())


def wrong(heard):
    """Return every exception that was not told once, logged once, with its traceback."""
    return [
        f"{said['error']} in {said['place']}: told {said['told']}, logged {said['logged']}"
        for said in heard
        if len(said["told"]) != 1
        or TOLD[said["error"]] not in said["told"][0]
        or len(said["logged"]) != 1
        or TOLD[said["error"]] not in said["logged"][0]
        or not said["bars"]
        or (said["error"] != "ours" and "Traceback" not in said["details"][0])
    ]


def test_g4_that_an_exception_anywhere_is_told_once_and_logged_once(tmp_path):
    heard, errors = raised(tmp_path, ["value"])
    assert wrong(heard) == []
    assert errors == ""


@pytest.mark.full
def test_g4_that_no_kind_of_exception_is_told_twice_or_never(tmp_path):
    heard, errors = raised(tmp_path, list(TOLD))
    assert len(heard) >= 30
    assert wrong(heard) == []
    assert errors == ""


@pytest.mark.full
def test_g4_that_without_the_hooks_exceptions_are_seen_to_pass_untold(tmp_path):
    with (
        WindowProcess(
            "raising:raise_everywhere", tmp_path, without="hooks", errors=["value"], places=["timer"]
        ) as window,
        pytest.raises(AssertionError, match="never said"),
    ):
        window.message("place", patience_s=12)
    assert "nobody expected this" in window.errors_kept
