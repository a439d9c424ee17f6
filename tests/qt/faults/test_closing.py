"""G1: the window is closed in every state: exit 0 within 5 s, nothing lost, nobody left behind."""

import sys
import time

import pytest

from tests.qt.faults.windows import CLOSE_S, WindowProcess
from tests.runs.store.recording import recorded
from wnin_desktop.runs.preferences import WindowState, load_preferences
from wnin_desktop.runs.store import Store

STATES = ("empty", "starting", "running", "paused", "stopping", "exporting", "asking", "reading")
STUCK = "runs did not end in time"
TRAINED = ("running", "paused", "stopping")
EXPORTED_STEPS = 4000
SAMPLE = ("running", "exporting", "asking")
"""States that every run of the suite tries; all of them want the machine to themselves (`-m full -n 0`)."""
FULL_ROUNDS = 10

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="looks at processes as POSIX has them")


def close_in(state, folder, **more):
    """Close a window in a state and return everything that is wrong afterwards."""
    folder.mkdir(exist_ok=True)
    exported = folder / "exported.csv"
    if state == "exporting":
        recorded(folder / "store", EXPORTED_STEPS)
    limit_s = 2 * CLOSE_S
    with WindowProcess("scripts:close", folder, state=state, file=str(exported), **more) as window:
        said = window.message("closing")
        window.remember(said["children"])
        try:
            code = window.wait(limit_s)
        except AssertionError as error:
            return [str(error)]
        seconds = time.time() - said["closing"]
        found = [f"exit code {code}: {window.errors()}"] if code else []
        found += [f"it took {seconds:.1f} s"] if seconds > CLOSE_S else []
        found += [f"left behind: {orphan}" for orphan in window.orphans()] + window.logged()
        found += lost_draft(window, said["arms"])
        dark = load_preferences(window.home / "preferences.toml").value.appearance.theme == "dark"
        found += [] if dark else ["a changed preference is lost"]
    if state == "exporting":
        assert said["tasks"]
        return found + half_written(exported)
    return found + lost_steps(folder / "store", said["taken"], state)


def lost_draft(window, arms):
    draft = WindowState(window.home / "window.toml").get("draft", {})
    kept = str(draft).count('"optimizer"')
    return [] if kept >= arms else [f"{arms} arms were edited, {kept} are remembered"]


def lost_steps(path, taken, state):
    found = []
    with Store.open(path) as store:
        stored = {run.run_id: run.committed for run in store.runs()}
        for run_id, step in taken.items():
            if stored.get(run_id, 0) < step:
                found.append(f"{run_id}: step {step} was shown, {stored.get(run_id, 0)} are stored")
        found += [f"{run.run_id} is {run.status}" for run in store.runs() if run.status != "stopped"]
        if state in TRAINED:
            found += [] if taken else ["nothing was trained"]
            newest = [store.latest_checkpoint(each.experiment_id) for each in store.experiments()]
            found += ["there is no checkpoint to go on from"] if None in newest else []
    return found


def half_written(exported):
    """An export is complete or absent."""
    if not exported.exists():
        return [str(path) for path in exported.parent.glob("*exported*")]
    rows = len(exported.read_text().splitlines()) - 1
    return [] if rows == 4 * EXPORTED_STEPS else [f"{rows} rows were exported"]


@pytest.mark.parametrize("state", SAMPLE)
def test_g1_that_a_window_closed_in_any_state_ends_well(state, tmp_path):
    assert close_in(state, tmp_path) == []


@pytest.mark.full
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("executor", ["process", "thread"])
def test_g1_that_eighty_closed_windows_end_well(state, executor, tmp_path):
    for number in range(FULL_ROUNDS // 2):
        assert close_in(state, tmp_path / f"{executor}{number}", executor=executor) == []


@pytest.mark.full
def test_g1_that_work_that_hangs_does_not_keep_the_window(tmp_path):
    (told,) = close_in("stuck", tmp_path)
    assert STUCK in told


@pytest.mark.full
def test_g1_that_without_a_limit_work_that_hangs_is_seen_to_keep_the_window(tmp_path):
    found = close_in("stuck", tmp_path, without="limit")
    assert any("it did not end" in each for each in found), found


@pytest.mark.full
def test_g1_that_without_stopping_a_run_is_seen_to_be_cut_off(tmp_path):
    found = close_in("running", tmp_path, without="stopping")
    assert any("is interrupted" in each or "is running" in each for each in found), found
    assert "there is no checkpoint to go on from" in found


@pytest.mark.full
def test_g1_that_without_an_orderly_end_the_program_is_seen_to_fail(tmp_path):
    found = close_in("running", tmp_path, without="ending")
    assert any(each.startswith(("exit code", "it took", "it did not end")) for each in found), found
