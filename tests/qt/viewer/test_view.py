"""What the viewer is given to write with, and the widget that shows its pictures."""

import gc

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from wnin_desktop.qt.theme import theme
from wnin_desktop.qt.viewer.glyph_atlas import atlas
from wnin_desktop.qt.viewer.process import ViewerProcess
from wnin_desktop.qt.viewer.view import View3D
from wnin_desktop.viewer import binary
from wnin_desktop.viewer.messages import Camera, Hovered
from wnin_desktop.viewer.protocol import encode
from wnin_desktop.viewer.supervision import Life

Key = Qt.Key


@pytest.mark.parametrize("scale", [1.0, 1.5, 3.0])
@pytest.mark.parametrize(("face", "font"), [("label", "small_numbers"), ("title", "title")])
def test_that_a_font_is_one_the_viewer_takes(qapp, scale, face, font):
    made = atlas(theme().font(font), scale, face=face, also="αβ漢😀\x07")
    assert encode(made, 1)
    height, width = made.bitmap.shape
    assert (np.diff(made.codes.astype(np.int64)) > 0).all()
    assert (made.boxes[:, :4] >= 0).all()
    assert (made.boxes[:, 0] + made.boxes[:, 2] <= width).all()
    assert (made.boxes[:, 1] + made.boxes[:, 3] <= height).all()
    assert (np.abs(made.boxes) < 4096).all()
    assert {ord(each) for each in "0123456789αβ−·±"} <= set(made.codes.tolist())
    assert 7 not in made.codes


def test_that_the_glyphs_stay_when_the_picture_they_were_drawn_on_is_gone(qapp):
    made = atlas(theme().font("ui"), 1.0, face="label")
    before = made.bitmap.copy()
    gc.collect()
    junk = [QImage(512, 512, QImage.Format.Format_Grayscale8) for _ in range(20)]
    for image in junk:
        image.fill(0xFF)
    assert np.array_equal(made.bitmap, before)
    assert made.bitmap.max() > 200
    x, y, wide, high = made.boxes[made.codes.tolist().index(ord("M")), :4].astype(int)
    assert made.bitmap[y : y + high, x : x + wide].mean() > 20


@pytest.fixture
def view(qapp, monkeypatch, tmp_path):
    monkeypatch.setenv(binary.EXECUTABLE, str(tmp_path / "nowhere"))
    viewer = ViewerProcess()
    made = View3D(viewer)
    made.resize(300, 200)
    made.show()
    said = []
    monkeypatch.setattr(viewer, "say", said.append)
    made.told = said
    yield made
    made.deleteLater()
    viewer.deleteLater()


def test_that_without_a_picture_the_view_says_what_the_viewer_does(view):
    assert view.words() == ""
    view.viewer.start()
    assert view.viewer.life is Life.GIVEN_UP
    assert "nowhere" in view.words()
    view.grab()


def test_that_keys_turn_move_zoom_and_look_from_fixed_sides(view):
    for key, held in (
        (Key.Key_Left, 0),
        (Key.Key_Up, 1),
        (Key.Key_Plus, 0),
        (Key.Key_Home, 0),
        (Key.Key_2, 0),
    ):
        modifier = Qt.KeyboardModifier.ShiftModifier if held else Qt.KeyboardModifier.NoModifier
        QTest.keyClick(view, key, modifier)
    cameras = [message for message in view.told if isinstance(message, Camera)]
    assert [camera.action for camera in cameras] == ["orbit", "pan", "zoom", "reset", "preset"]
    assert all(camera.ease_ms > 0 for camera in cameras)


def test_that_nothing_eases_where_motion_is_not_wanted(view):
    theme().reduced_motion = True
    try:
        QTest.keyClick(view, Key.Key_Home)
    finally:
        theme().reduced_motion = False
    assert view.told[-1].ease_ms == 0


def test_that_what_is_found_is_told_until_the_pointer_leaves(qtbot, view):
    found = []
    view.found.connect(found.append)
    QTest.mouseMove(view, QPoint(10, 10))
    view.viewer.said.emit(Hovered(reply_to=0, x=1.0, y=1.0, a=0.5, b=0.5))
    view.leaveEvent(QEvent(QEvent.Type.Leave))
    assert found[0].a == 0.5
    assert found[1] is None
