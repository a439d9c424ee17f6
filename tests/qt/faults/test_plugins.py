"""P2: the window lists untrusted plugins without running them. P3: plugins that break while they train."""

import sys
import time

import pytest

from tests.qt.faults.plugins import BREAKING, plant_broken, plant_canaries
from tests.qt.faults.windows import CLOSE_S, WindowProcess
from wnin_desktop.engine.plugins import TrustStore
from wnin_desktop.runs.store import Store

UNTRUSTED = 50
LATE_S = 0.1
WATCHED_S = 1.0
FULL_ROUNDS = 4

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="looks at processes as POSIX has them")


def listed(folder, files):
    """List plugins in a window; return the states of all rows."""
    with WindowProcess("training:list_plugins", folder) as window:
        states, shown = window.hear("states"), window.hear("paths")
        window.remember(window.hear("children"))
        assert window.wait() == 0, window.errors()
        assert window.orphans() == []
        assert window.logged() == []
    assert {str(path) for path in files} == set(shown)
    return states


def test_p2_that_listing_fifty_untrusted_plugins_runs_none_of_them(tmp_path):
    files = plant_canaries(tmp_path / "home" / "plugins" / "optimizers", tmp_path / "canaries")
    assert len(files) >= UNTRUSTED
    states = listed(tmp_path, files)
    assert set(states.values()) == {"untrusted"}
    assert list((tmp_path / "canaries").iterdir()) == []


@pytest.mark.full
def test_p2_that_a_trusted_plugin_is_seen_to_make_its_canary(tmp_path):
    home = tmp_path / "home"
    files = plant_canaries(home / "plugins" / "optimizers", tmp_path / "canaries")
    trusted = files[0]
    TrustStore(home / "trusted-plugins.json").trust(trusted)
    listed(tmp_path, files)
    assert [path.name for path in (tmp_path / "canaries").iterdir()] == [trusted.name]


def broken(folder, breaking, *, stop, **more):
    """Train a plugin that breaks in a window; return everything that is wrong."""
    folder.mkdir(exist_ok=True)
    plant_broken(folder / "home", breaking)
    options = {"seconds": WATCHED_S, "stop": stop}
    with WindowProcess("training:train_plugin", folder, **options, **more) as window:
        said = window.message("lateness")
        found = wrong_while_broken(breaking, said)
        if stop:
            seconds = window.hear("stopped_in")
            found += [f"stopping took {seconds:.1f} s"] if seconds > CLOSE_S else []
        closing = window.message("closing")
        window.remember(closing["children"])
        code = window.wait(3 * CLOSE_S)
        seconds = time.time() - closing["closing"]
        found += [f"exit code {code}: {window.errors()}"] if code else []
        found += [f"closing took {seconds:.1f} s"] if seconds > CLOSE_S else []
        found += window.orphans()
    with Store.open(folder / "store") as store:
        stored = {run.run_id: run.committed for run in store.runs()}
    lost = {run_id: step for run_id, step in said["taken"].items() if stored.get(run_id, 0) < step}
    return found + ([f"lost: {lost}"] if lost else [])


def wrong_while_broken(breaking, said):
    late = said["lateness"]
    middle = late[len(late) // 2] if late else 1.0
    found = [f"half of all frames came {middle:.3f} s late or later"] if middle > LATE_S else []
    if breaking == "raises" and said["statuses"] != {"sgd": "running", "mine": "failed"}:
        found.append(f"the arms are {said['statuses']}")
    return found


@pytest.mark.full
def test_p3_that_an_optimizer_that_raises_costs_its_own_arm_in_the_window(tmp_path):
    assert broken(tmp_path, "raises", stop=True) == []


@pytest.mark.parametrize("stop", [True, pytest.param(False, marks=pytest.mark.full)])
def test_p3_that_an_optimizer_that_holds_the_interpreter_leaves_the_window_alive(tmp_path, stop):
    assert broken(tmp_path, "holds the interpreter", stop=stop) == []


@pytest.mark.full
@pytest.mark.parametrize("breaking", [each for each in BREAKING if each != "exits"])
def test_p3_that_twenty_broken_optimizers_leave_the_window_alive(tmp_path, breaking):
    for number in range(FULL_ROUNDS):
        assert broken(tmp_path / str(number), breaking, stop=number % 2 == 0) == []


@pytest.mark.full
def test_p3_that_training_in_the_window_is_seen_to_freeze_with_such_an_optimizer(tmp_path):
    plant_broken(tmp_path / "home", "holds the interpreter")
    options = {"seconds": WATCHED_S, "stop": False}
    with WindowProcess("training:train_plugin", tmp_path, executor="thread", **options) as window:
        window.hear("trains")
        with pytest.raises(AssertionError, match="never said"):
            window.message("lateness", patience_s=4 * WATCHED_S)
