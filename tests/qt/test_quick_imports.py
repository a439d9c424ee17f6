"""What is done so that the window opens soon, and that nothing is lost by it."""

import os
import subprocess
import sys

HEAVY = ("torch", "scipy", "yaml", "websockets", "pandas", "matplotlib", "PySide6.QtTest")
"""What a window that nobody has used yet does without."""


def said_by(code, tmp_path):
    """Return what a fresh interpreter prints."""
    own = {"WNIN_HOME": str(tmp_path / "home"), "WNIN_STORE": str(tmp_path / "store")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | own | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.split()


def test_that_the_window_is_imported_without_what_it_does_not_need_at_once(tmp_path):
    code = f"""
import sys
from wnin_desktop.qt import app
import wnin_desktop.qt.pages.compare.page
print(*(name for name in {HEAVY} if name in sys.modules))
"""
    assert said_by(code, tmp_path) == []


def test_that_pyqtgraph_has_the_names_of_qt_and_may_add_its_own(tmp_path):
    code = """
import PySide6.QtCore, PySide6.QtGui, PySide6.QtWidgets
import wnin_desktop.qt.plots.graph
from pyqtgraph.Qt import QtCore, QtGui, QtWidgets
for theirs, ours in ((QtCore, PySide6.QtCore), (QtGui, PySide6.QtGui), (QtWidgets, PySide6.QtWidgets)):
    assert theirs is not ours
    assert all(getattr(theirs, name) is getattr(ours, name) for name in dir(ours) if name[0] == "Q")
    assert len(dir(ours)) > 50
QtGui.made_up = 1
assert not hasattr(PySide6.QtGui, "made_up")
assert not hasattr(QtCore, "NoSuchName")
print("equal")
"""
    assert said_by(code, tmp_path) == ["equal"]


def test_that_pyqtgraph_is_taken_as_it_is_where_it_was_imported_before(tmp_path):
    code = """
import pyqtgraph
import wnin_desktop.qt.plots.graph as graph
assert graph.ViewBox is pyqtgraph.ViewBox
print("same")
"""
    assert said_by(code, tmp_path) == ["same"]


def test_that_sources_are_not_read_after_each_import(tmp_path):
    code = """
import inspect, sys
import wnin_desktop.qt.text
asked = []
inspect.getsource = lambda module: asked.append(module.__name__) or ""
import wnin_desktop.qt.numbers, difflib, xml.dom
print(*asked)
"""
    assert said_by(code, tmp_path) == []
