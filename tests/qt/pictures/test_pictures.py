"""Twelve key pictures of the window, each compared with a reference beside this file.

Content, clock, fonts and the size of text are fixed, so that pictures depend on the program alone. After a
change that is meant to be seen, look at what the failing tests leave, then write the references anew:

    WNIN_PICTURES=update uv run pytest tests/qt/pictures
"""

import time
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image, ImageFilter
from pixelmatch import pixelmatch
from PySide6.QtCore import QSize
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QApplication

from tests.qt.pictures import comparing, content
from wnin_desktop.qt.pictures import camera, stage
from wnin_desktop.qt.pictures.scenes import BY_NAME
from wnin_desktop.qt.theme import fonts, theme
from wnin_desktop.qt.window.status import Status
from wnin_desktop.runs.store import Store, records

SIZE = QSize(1280, 720)
RED = (255, 0, 0)
KEY = (
    ("welcome", "light"),
    ("compare-finished", "light"),
    ("compare-finished", "dark"),
    ("compare-difference", "dark"),
    ("compare-matched-loss", "light"),
    ("compare-nine-arms", "light"),
    ("compare-diverged", "dark"),
    ("editor-with-error", "light"),
    ("inspector", "dark"),
    ("runs-full", "light"),
    ("palette", "dark"),
    ("preferences", "light"),
)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    home = tmp_path_factory.mktemp("pictures")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records.secrets, "token_hex", lambda count: count * "0a")
        return home, content.record(home / "store")


@pytest.fixture
def plain_fonts(qapp, monkeypatch):
    """Use the fonts that ship with a dependency, drawn without what a system adds."""
    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    known = [
        QFontDatabase.addApplicationFont(str(folder / name))
        for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSansMono.ttf")
    ]
    assert -1 not in known

    class Fonts:
        SystemFont = QFontDatabase.SystemFont

        @staticmethod
        def systemFont(_kind):  # noqa: N802 - the name is Qt's
            return plain("DejaVu Sans Mono")

    monkeypatch.setattr(fonts, "QFontDatabase", Fonts)
    monkeypatch.setattr(theme(), "_system_font", plain("DejaVu Sans"))
    theme()._refresh()
    yield
    monkeypatch.undo()
    theme()._refresh()
    for each in known:
        QFontDatabase.removeApplicationFont(each)


def plain(family):
    font = QFont(family, 9)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    font.setStyleStrategy(QFont.StyleStrategy.NoSubpixelAntialias)
    return font


@pytest.fixture
def set_stage(recorded, plain_fonts, monkeypatch, tmp_path):
    """Return what opens a window on the recorded store, or an empty one, with everything fixed."""
    home, ids = recorded
    monkeypatch.setenv("WNIN_HOME", str(tmp_path))
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setattr(Status, "refresh", _still)
    content.write_catalogue(tmp_path)
    QApplication.setCursorFlashTime(0)
    opened = []

    def begin(world):
        store = Store.open(tmp_path / "first" if world == "first" else home / "store")
        opened.append(stage.Stage(store, tmp_path, SIZE, ids=ids))
        return opened[-1]

    yield begin
    for each in opened:
        each.close()
    monkeypatch.undo()
    time.tzset()


def _still(status):
    """Show the status bar without the numbers of this machine."""
    chips = (status.device, status.rate, status.memory, status.store, status.server, status.events)
    for chip, text in zip(
        chips, ("cpu", "no steps", "200 MB", "store ok", "server off", "0 fps"), strict=True
    ):
        chip.set(text)


def grabbed(made):
    """Return what the window shows, as Pillow has it."""
    image = camera.picture(made.window)
    size, data = (image.width(), image.height()), bytes(image.constBits())
    return Image.frombuffer("RGB", size, data, "raw", "RGB", image.bytesPerLine(), 1)


def taken(set_stage, name, look):
    """Return the picture of a scene."""
    scene = BY_NAME[name]
    made = set_stage(scene.world)
    made.clear()
    made.dress(look)
    scene.set_up(made)
    made.settle()
    return grabbed(made)


@pytest.mark.parametrize(("name", "look"), KEY, ids=["-".join(key) for key in KEY])
def test_that_a_key_picture_is_as_it_was(set_stage, tmp_path, name, look):
    comparing.check(taken(set_stage, name, look), f"{name}-{look}", tmp_path)


def test_that_a_change_that_a_person_would_see_is_found(set_stage):
    made = set_stage("full")
    made.show("demo")
    before = grabbed(made)
    made.window.pages["compare"].lens.toggle("Muon")
    made.settle()
    count, _ = comparing.differing(before, grabbed(made))
    assert count > comparing.TOLERATED * before.width * before.height


def test_that_a_dialog_before_what_stands_there_already_is_the_same_picture(set_stage):
    made, pictures = set_stage("full"), []
    for name in ("about", "cheat-sheet", "about"):
        made.clear(BY_NAME[name].behind)
        BY_NAME[name].set_up(made)
        made.settle()
        pictures.append(grabbed(made))
    assert pictures[0].tobytes() == pictures[2].tobytes() != pictures[1].tobytes()


def test_that_pixels_differ_as_pixelmatch_has_it():
    generator = np.random.default_rng(3)
    for number in range(20):
        few = generator.integers(0, 256, (int(generator.integers(2, 5)), 3))
        plain = few[generator.integers(0, len(few), (9, 14))].repeat(3, axis=0).repeat(2, axis=1)
        first = Image.fromarray(plain.astype(np.uint8))
        moved = Image.fromarray(np.roll(plain, number % 3, axis=1).astype(np.uint8))
        second = moved.filter(ImageFilter.SMOOTH) if number % 2 else moved
        data = [image.convert("RGBA").tobytes() for image in (first, second)]
        expected = pixelmatch(*data, *first.size, threshold=comparing.THRESHOLD)
        count, difference = comparing.differing(first, second)
        assert count == expected
        assert count == 0 or sum(n for n, colour in difference.getcolors(9999) if colour == RED) == count


def test_that_a_failure_leaves_the_picture_and_the_difference(tmp_path, monkeypatch):
    monkeypatch.setattr(comparing, "FOLDER", tmp_path)
    monkeypatch.setattr(comparing, "is_update", lambda: False)
    Image.new("RGB", (64, 48), "white").save(tmp_path / "plain.png")
    other = Image.new("RGB", (64, 48), "white")
    other.paste((200, 30, 30), (10, 10, 30, 30))
    with pytest.raises(AssertionError, match="400 pixels differ"):
        comparing.check(other, "plain", tmp_path)
    assert (tmp_path / "plain-actual.png").is_file()
    assert (tmp_path / "plain-diff.png").is_file()
