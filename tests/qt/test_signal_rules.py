"""G2: signals of other threads meet methods of QObjects, loops are never nested, torch comes first or never.

Each rule is shown to fail on planted code.
"""

import os
import subprocess
import sys

import pytest

from tests.qt import signal_rules as rules
from tests.qt.signal_rules import ROOT, Source

FILES = rules.sources()

LIVE = """
class Base(QThread):
    told = Signal(str)
class Worker(Base):
    heard = Signal(str)
class Plain:
    def connect(self, worker):
        worker.{signal}.connect({slot})
class Panel(QWidget):
    def follow(self, worker, other):
        worker.{signal}.connect({good})
"""


def planted(slot, signal="told", good="self.take"):
    return [Source.of("import module\n" + LIVE.format(slot=slot, signal=signal, good=good))]


def test_g2_that_signals_of_threads_meet_methods_of_qobjects():
    assert rules.foreign_slots(FILES) == []


def test_that_the_window_has_signals_of_threads_to_hold_to_the_rule():
    found = rules.thread_signals(FILES)
    assert {"named", "noticed", "progressed", "state_changed", "finished", "caught", "_worked"} <= found


@pytest.mark.parametrize("signal", ["told", "heard", "finished", "caught", "_reported"])
@pytest.mark.parametrize(
    "slot",
    ["lambda: 0", "function", "functools.partial(f, 1)", "partial(self.take, 1)", "self.take", "module.f",
     "other.text.emit", "make()", "slots[0]"],
)  # fmt: skip
def test_g2_that_the_rule_sees_what_would_run_in_another_thread(slot, signal):
    (found,) = rules.foreign_slots(planted(slot, signal))
    assert ".connect(" in found


@pytest.mark.parametrize("good", ["self.take", "self.other.take", "other.take", "other.signal"])
def test_that_the_rule_allows_methods_of_qobjects_and_signals(good):
    found = rules.foreign_slots(planted("self.panel.take", good=good))
    assert found == []


def test_that_a_direct_connection_is_seen():
    (found,) = rules.foreign_slots(planted("panel.take, Qt.ConnectionType.DirectConnection"))
    assert found.endswith("a direct connection")


def test_that_a_signal_that_a_plain_thread_emits_is_found():
    text = """
class Listener(QObject):
    heard = Signal()
    def start(self):
        threading.Thread(target=self._listen).start()
    def _listen(self):
        self.heard.emit()
"""
    assert "heard" in rules.thread_signals([Source.of(text)])


def test_g2_that_no_event_loop_runs_inside_another_and_nobody_sleeps():
    assert (
        rules.nested_loops(FILES)
        == [
            # The loop of the program itself; a chart that is exported is no part of it.
        ]
    )


@pytest.mark.parametrize(
    "text",
    ["dialog.exec()", "menu.exec_(place)", "QApplication.processEvents()", "time.sleep(1)",
     "QThread.sleep(1)", "QThread.msleep(1)", "QMessageBox.question(self, 'a', 'b')",
     "QFileDialog.getOpenFileName(self)", "QInputDialog.getText(self, 'a', 'b')", "loop = QEventLoop()",
     "QtCore.QEventLoop(self)"],
)  # fmt: skip
def test_g2_that_the_rule_sees_nested_loops_and_sleep(text):
    assert len(rules.nested_loops([Source.of(f"def f(self):\n    {text}\n")])) == 1


def test_that_the_loop_of_the_program_is_no_nested_one():
    assert rules.nested_loops([Source.of("loop = qasync.QEventLoop(application)\nexec(text)")]) == []


def test_g2_that_heavy_libraries_are_imported_late():
    assert rules.early_imports(FILES) == []


@pytest.mark.parametrize(
    "text",
    ["import torch", "from torch.func import vmap", "import scipy.stats as s", "class A:\n    import torch",
     "try:\n    import matplotlib\nexcept ImportError:\n    pass", "if sys.version:\n    import torch",
     "if TYPE_CHECKING:\n    pass\nelse:\n    import torch"],
)  # fmt: skip
def test_g2_that_the_rule_sees_early_imports(text):
    assert len(rules.early_imports([Source.of(text)])) == 1


def test_that_imports_inside_functions_and_for_types_are_late():
    text = "if TYPE_CHECKING:\n    import torch\ndef f():\n    import torch\nimport torchless"
    assert rules.early_imports([Source.of(text)]) == []


# -- what is imported when the window opens, seen from inside it ---------------------------------------------

WINDOW = """
import sys
from pathlib import Path
import wnin_desktop.cli.desktop as desktop
{change}
code = desktop.open_desktop(None, run=False, store=Path(sys.argv[1]), quit_after_ms=300)
order, names = list(sys.modules), ("torch", "PySide6", "scipy", "matplotlib")
print(code, *(order.index(name) if name in order else -1 for name in names))
"""


def imported(tmp_path, executor, change=""):
    """Return the exit code of a window, and at which place it imported torch, PySide6, scipy, matplotlib."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "preferences.toml").write_text(f'[training]\nexecutor = "{executor}"\n')
    done = subprocess.run(
        [sys.executable, "-c", WINDOW.format(change=change), str(tmp_path / "store")],
        cwd=ROOT, env=os.environ | {"WNIN_HOME": str(home)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr
    return [int(word) for word in done.stdout.split()]


def test_g2_that_a_window_that_trains_elsewhere_imports_nothing_heavy(tmp_path):
    code, torch, qt, scipy, matplotlib = imported(tmp_path, "process")
    assert (code, torch, scipy, matplotlib) == (0, -1, -1, -1)
    assert qt >= 0


def test_g2_that_a_window_that_trains_itself_imports_torch_before_qt(tmp_path):
    code, torch, qt, *_ = imported(tmp_path, "thread")
    assert code == 0
    assert 0 <= torch < qt


def test_g2_that_without_the_order_torch_is_seen_to_come_after_qt(tmp_path):
    change = "import PySide6"
    code, torch, qt, *_ = imported(tmp_path, "thread", change)
    assert code == 0
    assert 0 <= qt < torch
