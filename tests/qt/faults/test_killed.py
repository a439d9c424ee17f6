"""S2: kill -9 of the program while it trains. S9: two windows on one store."""

import json
import random
import select
import sys
import time

import numpy as np
import pytest

from tests.qt.faults.windows import ORPHAN_S, PATIENCE_S, WindowProcess
from wnin_desktop.runs.store import Store

LONGEST_S = 0.4
RECLAIM_S = 2.0
S2_COUNT, S9_COUNT = 20, 50

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="looks at processes as POSIX has them")


def killed(folder, seconds, **more):
    """Kill a training window and return what was shown last and everything wrong so far."""
    with WindowProcess("training:tell_steps", folder, **more) as window:
        window.remember(window.hear("process"))
        shown = window.hear("shown")
        time.sleep(seconds)
        window.kill()
        later = [said["shown"] for said in window.heard() if "shown" in said]
        orphans = window.orphans(ORPHAN_S)
    return (later or [shown])[-1], [f"left behind: {orphan}" for orphan in orphans]


def wrong_in(path, shown):
    """Return what does not hold after a kill: shown is stored, nothing is missing, the run can be resumed."""
    found = []
    with Store.open(path) as store:
        runs = store.runs()
        found += [f"{run.run_id} is {run.status}" for run in runs if run.status != "interrupted"]
        found += [] if len(runs) == 4 else [f"{len(runs)} runs are stored"]
        for run in runs:
            steps = store.series(run.run_id, ["train_loss"])["step"]
            if not np.array_equal(steps, np.arange(1, run.committed + 1)):
                found.append(f"{run.run_id} has a gap")
            if run.committed < shown.get(run.run_id, 0):
                found.append(f"{run.run_id}: step {shown[run.run_id]} was shown, {run.committed} are stored")
    return found


def resumed(folder):
    """Open the store again, press Resume, and return what is wrong."""
    with WindowProcess("training:resume", folder) as window:
        found = [] if window.hear("status") == "interrupted" else ["it is not marked as interrupted"]
        window.hear("gone_on")
        window.remember(window.hear("children"))
        code = window.wait()
        return found + ([f"exit code {code}"] if code else []) + window.orphans()


def test_s2_that_kill_9_loses_nothing_shown_and_the_next_window_resumes(tmp_path):
    shown, found = killed(tmp_path, 0.2)
    assert found + wrong_in(tmp_path / "store", shown) == []
    assert resumed(tmp_path) == []


@pytest.mark.full
@pytest.mark.parametrize("number", range(S2_COUNT))
def test_s2_that_twenty_kills_lose_nothing(tmp_path, number):
    seconds = random.Random(number).uniform(0, LONGEST_S)
    shown, found = killed(tmp_path, seconds, executor=("process", "thread")[number % 2])
    assert found + wrong_in(tmp_path / "store", shown) == []
    assert resumed(tmp_path) == []


@pytest.mark.full
def test_s2_that_showing_before_the_commit_is_seen_to_be_broken_by_kill_9(tmp_path):
    shown, _ = killed(tmp_path, 0.05, without="commit")
    assert any("was shown" in each for each in wrong_in(tmp_path / "store", shown))


# -- S9 ------------------------------------------------------------------------------------------------------


def second_start(folder, **more):
    """Start twice, then kill the first; return what is wrong."""
    found = []
    with WindowProcess("training:hold", folder, minimized=True) as first:
        if first.hear("read_only"):
            found.append("the first window may not write")
        with WindowProcess("training:open_and_close", folder, **more) as second:
            code = second.wait()
            said = second.heard()
        found += [f"the second start ended with {code}: {second.errors_kept}"] if code else []
        found += [f"the second start opened a window: {json.dumps(said)}"] if said else []
        found += first.logged() if first.hear("raised", 10) else []
        first.kill()
        killed_at = time.monotonic()
    with Store.open(folder / "store"):
        seconds = time.monotonic() - killed_at
    found += [f"the lock was reclaimed after {seconds:.1f} s"] if seconds > RECLAIM_S else []
    with WindowProcess("training:open_and_close", folder) as third:
        found += ["the next window may not write"] if third.hear("read_only") else []
        third.wait()
    return found


def test_s9_that_a_second_start_raises_the_first_window_and_a_dead_one_is_replaced(tmp_path):
    assert second_start(tmp_path) == []


def double_start(folder):
    """Start twice at one moment and return how many windows came to be, and how the other start ended."""
    with (
        WindowProcess("training:hold", folder) as one,
        WindowProcess("training:hold", folder) as other,
    ):
        pipes = {window.process.stdout: window for window in (one, other)}
        ready, _, _ = select.select(list(pipes), [], [], PATIENCE_S)
        either = pipes.pop(ready[0])
        (another,) = pipes.values()
        # The one that leaves closes its pipe, and the one that stays says so.
        stays, leaves = (another, either) if either.ended_within(1.0) else (either, another)
        return stays.hear("read_only"), leaves.wait(), leaves.heard()


@pytest.mark.full
def test_s9_that_two_starts_at_one_moment_make_one_window(tmp_path):
    assert double_start(tmp_path) == (False, 0, [])


@pytest.mark.full
@pytest.mark.parametrize("number", range(S9_COUNT // 10))
def test_s9_that_fifty_second_starts_leave_one_writer(tmp_path, number):
    for trial in range(10):
        folder = tmp_path / f"{number}-{trial}"
        folder.mkdir()
        assert second_start(folder) == []


@pytest.mark.full
def test_s9_that_without_raising_a_second_window_is_seen_to_open(tmp_path):
    with WindowProcess("training:hold", tmp_path) as first:
        first.hear("read_only")
        with WindowProcess("training:open_and_close", tmp_path, without="raising") as second:
            assert second.hear("read_only") is True
            assert second.wait() == 0


@pytest.mark.full
def test_s9_that_without_the_lock_a_second_writer_is_seen_to_get_in(tmp_path):
    with WindowProcess("training:hold", tmp_path) as first:
        first.hear("read_only")
        with WindowProcess("training:open_and_close", tmp_path, without="lock") as second:
            assert second.hear("read_only") is False
            second.wait()
