import pytest
from PySide6.QtWidgets import QMainWindow

from tests.qt.dialogs.desk import Desk
from wnin_desktop.qt.theme import theme


@pytest.fixture
def desk(qapp, tmp_path, monkeypatch):
    monkeypatch.setenv("WNIN_HOME", str(tmp_path / "home"))
    dress_plainly()
    desk = Desk(tmp_path)
    yield desk
    desk.close()
    dress_plainly()


def dress_plainly():
    """Bring back the light theme and the usual size of text; styling everything anew takes long."""
    if theme().choice != "light":
        theme().apply("light")
    if theme().text_scale != 1.0:
        theme().set_text_scale(1.0)


@pytest.fixture
def window(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    window.resize(1280, 720)
    window.show()
    return window
