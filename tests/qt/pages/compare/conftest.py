"""The page Compare with a comparison on it."""

import pytest

from tests.qt.plots.scene import SceneDesk, scene
from wnin_desktop.qt.pages.compare.page import ComparePage


@pytest.fixture
def desk(qapp):
    return SceneDesk()


@pytest.fixture
def page(qtbot, desk):
    made = ComparePage(desk)
    qtbot.addWidget(made)
    made.resize(1100, 760)
    desk.shown.show(scene(seeds=10, diverged=1))
    made.show()
    made.grid.finish()
    return made
