import pytest
from PySide6.QtWidgets import QHBoxLayout, QWidget

from tests.qt.experiment.desk import FakeDesk
from wnin_desktop.qt.experiment.dock import ExperimentDock
from wnin_desktop.qt.experiment.inspector import Inspector


@pytest.fixture
def desk(qapp, tmp_path):
    return FakeDesk(tmp_path)


@pytest.fixture
def draft(desk):
    return desk.draft


@pytest.fixture
def window(qtbot, desk):
    """Return a window with the editor at the left and the inspector at the right."""
    around = QWidget()
    row = QHBoxLayout(around)
    around.dock, around.inspector = ExperimentDock(desk), Inspector(desk)
    row.addWidget(around.dock)
    row.addWidget(around.inspector)
    around.resize(800, 1400)
    qtbot.addWidget(around)
    around.show()
    around.activateWindow()
    qtbot.waitExposed(around)
    return around


@pytest.fixture
def dock(window):
    return window.dock


@pytest.fixture
def inspector(window):
    return window.inspector
