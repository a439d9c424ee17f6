"""The litter check of `conftest.py`, shown to fail."""

from pathlib import Path

pytest_plugins = ["pytester"]

LITTERING = """
import subprocess, sys, threading

def test_that_leaves_a_thread():
    threading.Thread(target=threading.Event().wait, name="forgotten", daemon=True).start()

def test_that_leaves_a_process():
    globals()["kept"] = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)

def test_that_cleans_up():
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()
"""


def test_that_litter_fails_the_test_that_left_it(pytester):
    conftest = (Path(__file__).parent / "conftest.py").read_text()
    pytester.makeconftest(conftest.replace("PATIENCE_S = 5.0", "PATIENCE_S = 0.2"))
    pytester.makepyfile(test_litter=LITTERING)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:xdist")
    result.assert_outcomes(passed=3, errors=2)
    result.stdout.fnmatch_lines(["*test_that_leaves_a_thread left behind: thread 'forgotten'*"])
    result.stdout.fnmatch_lines(["*test_that_leaves_a_process left behind: process *"])
