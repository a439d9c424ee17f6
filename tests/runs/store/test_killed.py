"""S1 and the lock's part of S9: a writer killed at any moment loses nothing and blocks nobody."""

import json
import os
import random
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.runs.store.checking import kept_aside, wrong
from tests.runs.store.recording import config
from wnin_desktop.errors import StoreLockedError
from wnin_desktop.runs.store import Store
from wnin_desktop.runs.store.lock import WriterLock

ROOT = Path(__file__).resolve().parents[3]
LONGEST_S = 0.12
RECLAIM_S = 2.0

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a POSIX signal")


class Victim:
    """A recording child process, with what it said so far."""

    def __init__(self, folder: Path, *options: str):
        command = [sys.executable, "-m", "tests.runs.store.victim", str(folder), *options]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        self.pipe = self.process.stdout
        self.experiment_id = json.loads(self.pipe.readline())["experiment"]

    def kill_after_promise(self) -> dict[str, int]:
        """Wait for one acknowledgement, and kill."""
        promised = json.loads(self.pipe.readline())
        self.kill_after(0)
        return promised

    def kill_after(self, seconds: float) -> dict[str, int]:
        """Read on for `seconds`, kill, and return the last complete acknowledgement."""
        os.set_blocking(self.pipe.fileno(), False)
        deadline = time.monotonic() + seconds
        said = b""
        while (left := deadline - time.monotonic()) > 0:
            if select.select([self.pipe], [], [], left)[0]:
                said += self.pipe.read() or b""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=10)
        said += self.pipe.read() or b""
        self.pipe.close()
        complete = said.rpartition(b"\n")[0].splitlines()
        return json.loads(complete[-1]) if complete else {}


def wrong_after_kill(folder: Path, seconds: float) -> list[str]:
    victim = Victim(folder)
    return wrong_in(folder, victim.experiment_id, victim.kill_after(seconds))


def wrong_in(folder: Path, experiment_id: str, promised: dict[str, int]) -> list[str]:
    with Store.open(folder) as store:
        statuses = {run.status for run in store.runs()} - {"interrupted"}
        return sorted(statuses) + kept_aside(folder) + wrong(store, experiment_id, promised)


def test_that_kill_9_loses_no_acknowledged_step(tmp_path):
    source = random.Random(1)
    for number in range(6):
        assert wrong_after_kill(tmp_path / str(number), source.uniform(0, LONGEST_S)) == []


@pytest.mark.full
@pytest.mark.parametrize("seed", range(20))
def test_that_two_hundred_kills_lose_no_acknowledged_step(tmp_path, seed):
    source = random.Random(seed + 1000)
    for number in range(10):
        assert wrong_after_kill(tmp_path / str(number), source.uniform(0, LONGEST_S)) == []


def test_that_a_promise_before_the_commit_is_seen_to_be_broken_by_kill_9(tmp_path):
    victim = Victim(tmp_path, "--too-early")
    found = wrong_in(tmp_path, victim.experiment_id, victim.kill_after_promise())
    assert len(found) == 4
    assert all("step 5 was acknowledged, 0 are stored" in each for each in found)


def lock_trial(folder: Path) -> float:
    """Meet a living writer, kill it, and return how long it took to become the writer."""
    victim = Victim(folder)
    try:
        with pytest.raises(StoreLockedError, match=f"process {victim.process.pid} on "):
            Store.open(folder)
        with Store.open(folder, read_only=True) as store:
            assert [each.status for each in store.experiments()] == ["running"]
    finally:
        victim.kill_after(0)
    begun = time.monotonic()
    with Store.open(folder) as store:
        assert {run.status for run in store.runs()} == {"interrupted"}
    return time.monotonic() - begun


def test_that_a_second_writer_is_refused_and_a_dead_one_replaced(tmp_path):
    assert lock_trial(tmp_path) < RECLAIM_S


@pytest.mark.full
def test_that_fifty_dead_writers_are_replaced(tmp_path):
    assert max(lock_trial(tmp_path / str(number)) for number in range(50)) < RECLAIM_S


def test_that_two_stores_in_one_process_exclude_each_other(tmp_path):
    with Store.open(tmp_path), pytest.raises(StoreLockedError, match=f"process {os.getpid()} on "):
        Store.open(tmp_path)
    Store.open(tmp_path).close()


def test_that_without_the_lock_two_writers_get_in(tmp_path, monkeypatch):
    monkeypatch.setattr(WriterLock, "acquire", lambda _self: None)
    with Store.open(tmp_path) as first, Store.open(tmp_path) as second:
        first.new_experiment(config())
        assert len(second.experiments()) == 1


def test_that_a_forked_child_does_not_keep_the_lock(tmp_path):
    store = Store.open(tmp_path)
    ready, go = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.write(ready[1], b"x")
        os.read(go[0], 1)
        os._exit(0)
    try:
        os.read(ready[0], 1)
        store.close()
        Store.open(tmp_path).close()
    finally:
        os.write(go[1], b"x")
        os.waitpid(child, 0)
        for descriptor in (*ready, *go):
            os.close(descriptor)
