"""A surface from a file in the small window."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.qt.pages.landscape import scenes
from tests.qt.view.conftest import PATIENCE_MS, told
from wnin_desktop.qt.theme import theme
from wnin_desktop.qt.view.surface import SurfaceContent
from wnin_desktop.viewer.supervision import Life

Key = Qt.Key


@pytest.fixture
def content(bench):
    return SurfaceContent(Path("kept") / "surface.npz", scenes.surface(sigmas=(0.1, 0.3)), bench)


def settled(qtbot, content):
    viewer = content.views.viewer
    qtbot.waitUntil(lambda: viewer.life is Life.READY and viewer.image is not None, timeout=PATIENCE_MS)


def test_that_both_views_legend_sliders_and_looks_are_there(qtbot, fake_viewer, content, show):
    window = show(content)
    settled(qtbot, content)
    told(qtbot, fake_viewer, "Surface", "PathSet", "PathStyle", "Axes", "Time")
    assert window.windowTitle() == "surface.npz – Training loss (nat)"
    assert window.line.text() == str(Path("kept") / "surface.npz")
    assert content.views.pane3d.isVisible()
    assert content.views.pane2d.isVisible()
    assert tuple(content.legend.chips) == scenes.ARMS
    assert content.sigma.sigmas == (0.0, 0.1, 0.3)
    assert content.look.isVisible()
    assert "explains" in content.caption.text()
    assert "lowest" in content.accessibleDescription()


def test_that_time_and_noise_move_the_pictures(qtbot, fake_viewer, content, show):
    show(content)
    told(qtbot, fake_viewer, "Time", "Surface")
    content.time.slider.setValue(0)
    told(qtbot, fake_viewer, "Time")
    plain = content.model.heights.values
    content.sigma.slider.setValue(content.sigma.slider.maximum())
    told(qtbot, fake_viewer, "SurfaceUpdate")
    assert content.model.sigma == 0.3
    assert content.model.heights.values.min() > plain.min()


def test_that_the_switches_act_and_follow(qtbot, fake_viewer, content, show):
    show(content)
    settled(qtbot, content)
    before = content.model.axis.log
    content.switches["log-height"].click()
    assert content.model.axis.log != before
    content.switches["side-by-side"].click()
    assert content.model.look.side_by_side
    content.switches["toggle-2d"].click()
    assert not content.views.pane2d.isVisible()
    content.switches["toggle-3d"].click()
    assert content.views.pane2d.isVisible()
    assert not content.views.pane3d.isVisible()
    content.look_button.click()
    assert not content.look.isVisible()


def test_that_without_a_viewer_the_contours_stand_alone_and_say_why(qtbot, content, show):
    show(content)
    qtbot.waitUntil(lambda: content.views.viewer.life is Life.GIVEN_UP, timeout=PATIENCE_MS)
    assert not content.views.pane3d.isVisible()
    assert content.views.pane2d.isVisible()
    assert "Contours alone" in content.views.note.label.text()
    assert not content.switches["side-by-side"].isEnabled()


def test_that_a_surface_without_smoothing_offers_none(qtbot, bench, show):
    content = SurfaceContent(Path("surface.npz"), scenes.surface(), bench)
    show(content)
    assert not content.sigma.isVisible()
    assert content.time.isVisible()


def test_that_the_keys_reset_save_fill_and_close(qtbot, fake_viewer, content, show, tmp_path):
    window = show(content)
    settled(qtbot, content)
    qtbot.waitUntil(lambda: content.views.is_settled, timeout=PATIENCE_MS)
    fake_viewer()
    QTest.keyClick(window, Key.Key_R)
    told(qtbot, fake_viewer, "Camera")
    QTest.keyClick(window, Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert content.saving.dialog.isVisible()
    content.saving.dialog.reject()
    QTest.keyClick(window, Key.Key_F11)
    assert window.isFullScreen()
    QTest.keyClick(window, Key.Key_Escape)
    assert window.isVisible()
    assert not window.isFullScreen()
    QTest.keyClick(window, Key.Key_Escape)
    assert not window.isVisible()
    assert content.views.viewer.life is Life.AWAY


def test_that_pictures_and_numbers_are_written_and_told(qtbot, fake_viewer, content, show, tmp_path, bench):
    window = show(content)
    settled(qtbot, content)
    content.saving.write_surface_picture(str(tmp_path / "surface.png"))
    qtbot.waitUntil(lambda: bool(bench.notices.kept), timeout=PATIENCE_MS)
    assert (tmp_path / "surface.png").exists()
    assert window.line.text() == "Saved surface.png."
    content.saving.write_numbers(str(tmp_path / "again.npz"))
    qtbot.waitUntil(lambda: "Saved again.npz." in window.line.text(), timeout=PATIENCE_MS)
    content.save_button.click()
    names = [action.objectName() for action in content.saving.menu.actions()]
    assert "view.save-surface" in names
    content.saving.menu.close()


def test_that_another_theme_is_followed(qtbot, fake_viewer, content, show):
    show(content)
    told(qtbot, fake_viewer, "Time")
    theme().apply("dark")
    told(qtbot, fake_viewer, "Style", "Glyphs")
