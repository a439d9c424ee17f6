"""Nothing in the experiment column and the inspector is clipped, in larger text and in a longer language."""

import pytest
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget

from tests.qt import walking
from wnin_desktop.qt.experiment.dock import ExperimentDock
from wnin_desktop.qt.experiment.inspector import Inspector
from wnin_desktop.qt.forms.fold import Fold
from wnin_desktop.qt.text import PseudoTranslator
from wnin_desktop.qt.theme import theme

NARROW = 300
LEAST = {(False, 1.0): 300, (True, 1.0): 340, (False, 1.5): 340, (True, 1.5): 400}
"""Width that a panel may insist on, by longer language and size of text; the smallest window has 1024."""


@pytest.fixture(params=[False, True], ids=["english", "longer"])
def language(request, qapp):
    translator = PseudoTranslator()
    if request.param:
        QApplication.installTranslator(translator)
    yield request.param
    QApplication.removeTranslator(translator)


@pytest.fixture(params=[1.0, 1.5])
def scale(request, qapp):
    theme().set_text_scale(request.param)
    yield request.param
    theme().set_text_scale(1.0)


@pytest.fixture
def panels(qtbot, language, scale, desk):
    """Return both panels as narrow as they go, with everything unfolded."""
    desk.draft.add_arm("sgd")
    desk.draft.add_arm("adamw")
    desk.draft.set("arms[1].noise", {"mode": "gradient_gaussian", "temperature": 1e-4,
                                     "schedule": {"kind": "cosine"}})  # fmt: skip
    desk.draft.set("arms[1].optimizer.lr_schedule", {"kind": "exponential"})
    desk.draft.set("budget.steps", 0)
    around = QWidget()
    qtbot.addWidget(around)
    row = QHBoxLayout(around)
    row.setContentsMargins(0, 0, 0, 0)
    dock, inspector = ExperimentDock(desk), Inspector(desk)
    row.addWidget(dock)
    row.addWidget(inspector)
    around.show()
    for section in dock.sections.values():
        section.set_folded(False)
    inspector.form.setFocus()
    for fold in around.findChildren(Fold):
        fold.set_open(True)
    qtbot.waitUntil(lambda: not desk.draft.turns._pieces and len(dock.arms.cards) == 2)
    settle()
    around.resize(2 * NARROW, 900)
    settle()
    yield dock, inspector
    around.hide()  # until here it owns both


def settle():
    for _ in range(5):  # a form that stacks its labels asks for another height, and so on upwards
        QApplication.processEvents()


def test_that_nothing_is_clipped(panels):
    for panel in panels:
        assert walking.clipped(panel) == []


def test_that_both_panels_fit_beside_the_page_of_the_smallest_window(panels, language, scale):
    for panel in panels:
        assert panel.minimumSizeHint().width() <= LEAST[language, scale]
        assert panel.area.widget().width() <= panel.area.viewport().width()
