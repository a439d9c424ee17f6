"""Every test gets a home of its own, one torch thread, and fails when it leaves litter behind."""

import gc
import os
import threading
import time
from pathlib import Path

import hypothesis
import psutil
import pytest

# Test modules, and with them torch and numpy, are imported after this file: one thread for each test process.
os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
# Programs that tests start keep what they compiled, as anybody's do; else each of them compiles it all anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# How long an example takes says something of the other processes on the machine, and nothing of the law.
hypothesis.settings.register_profile("wnin", deadline=None)
hypothesis.settings.load_profile("wnin")

# Collecting tests makes millions of objects that stay: the collector would look at each again and again.
gc.disable()

PATIENCE_S = 5.0
# Windows of tests are drawn into memory; a test of a real one sets its own platform in a process of its own.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# One of the interpreter's own helpers, which lives until the interpreter ends.
HELPERS = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")


def pytest_collection_finish():
    """Let the collector pass over what stays until the end: looking at all of it takes seconds."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _own_home(tmp_path_factory):
    """Point the program's home and store away from the person who runs the tests."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WNIN_HOME", str(home))
        patch.setenv("WNIN_STORE", str(home / "store"))
        patch.delenv("WNIN_DATA", raising=False)
        patch.delenv("WNIN_TOKEN", raising=False)
        yield home


def _threads() -> set[threading.Thread]:
    # A thread of Qt's that once ran Python stays listed as a dummy for ever; tests see that Qt's threads end.
    return {
        thread
        for thread in threading.enumerate()
        if thread.is_alive() and not isinstance(thread, threading._DummyThread)
    }


def _may_have_children() -> bool:
    """Return False where the kernel says quickly that there are none; psutil reads every process for that."""
    try:
        lists = [(task / "children").read_bytes() for task in Path("/proc/self/task").iterdir()]
    except OSError:
        return True
    return any(lists) or not lists


def _children() -> set[psutil.Process]:
    if not _may_have_children():
        return set()
    return {child for child in psutil.Process().children(recursive=True) if not _is_helper(child)}


def _is_helper(child: psutil.Process) -> bool:
    try:
        command = " ".join(child.cmdline())
    except psutil.Error:
        return True
    return child.status() == psutil.STATUS_ZOMBIE or any(helper in command for helper in HELPERS)


def _litter(threads: set[threading.Thread], children: set[psutil.Process]) -> list[str]:
    left = [f"thread {thread.name!r}" for thread in _threads() - threads]
    for child in _children() - children:
        try:
            left.append(f"process {child.pid} ({' '.join(child.cmdline())[:120]})")
        except psutil.Error:
            continue  # it ended while we looked
    return left


@pytest.fixture(autouse=True)
def _no_litter(request):
    """Fail the test that leaves a thread or a child process alive, and say what it left."""
    threads, children = _threads(), _children()
    yield
    deadline = time.monotonic() + PATIENCE_S
    while (left := _litter(threads, children)) and time.monotonic() < deadline:
        time.sleep(0.01)
    if left:
        pytest.fail(f"{request.node.nodeid} left behind: {', '.join(left)}", pytrace=False)
