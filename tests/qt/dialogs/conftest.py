import pytest
from PySide6.QtWidgets import QMainWindow

from tests.qt.dialogs.desk import Desk
from wnin_desktop.qt.theme import theme


@pytest.fixture
def desk(qapp, tmp_path, monkeypatch):
    monkeypatch.setenv("WNIN_HOME", str(tmp_path / "home"))
    theme().apply("light")
    theme().set_text_scale(1.0)
    desk = Desk(tmp_path)
    yield desk
    desk.close()
    theme().apply("light")
    theme().set_text_scale(1.0)


@pytest.fixture
def window(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    window.resize(1280, 720)
    window.show()
    return window
