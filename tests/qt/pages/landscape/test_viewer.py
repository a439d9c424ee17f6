"""The page with a viewer: what it is told, what it says, and what becomes of the page when it dies."""

import contextlib
import json
import os
import stat
import sys
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from tests.qt.pages.landscape import scenes
from tests.qt.pages.landscape.conftest import PATIENCE_MS
from wnin_desktop.qt.pages.landscape.model import Spot
from wnin_desktop.qt.theme import theme
from wnin_desktop.viewer import binary
from wnin_desktop.viewer.messages import CameraChanged, Hovered, Layout, Pointer, Quality, Snapshot
from wnin_desktop.viewer.supervision import Life

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the fake viewer speaks over Unix sockets")
FAKE = Path(__file__).parents[3] / "fake_viewer.py"
Key = Qt.Key


@pytest.fixture
def heard(tmp_path):
    """Return a function that gives what the viewer was told since it was last asked."""
    file = tmp_path / "heard"
    seen = 0

    def take():
        nonlocal seen
        text = file.read_text() if file.exists() else ""
        begun, seen = seen, text.rfind("\n") + 1
        return [tuple(json.loads(line)) for line in text[begun:seen].splitlines()]

    return take


@pytest.fixture
def behave(monkeypatch, tmp_path, no_viewer):
    """Return a function that says how viewers behave that are started from now on."""
    script = tmp_path / "wnin-viz"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{FAKE}" "$@"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PYTHONPATH", str(FAKE.parents[1]))
    monkeypatch.setattr(binary, "find", lambda: binary.Binary(script, script))

    def say(mode="well", **more):
        behaviour = {"mode": mode, "heard": str(tmp_path / "heard")} | more
        monkeypatch.setenv("WNIN_FAKE_VIEWER", json.dumps(behaviour))

    say()
    return say


@pytest.fixture
def page(qtbot, behave, record, open_page):
    """The page with a surface and a viewer that lives."""
    record(kept=lambda experiment_id: scenes.surface(experiment_id, sigmas=(0.1, 0.3)))
    made = open_page()
    wait(
        qtbot,
        lambda: made.board.views.viewer.life is Life.READY and made.board.views.viewer.image is not None,
    )
    yield made
    ending = [each for each in psutil.Process().children() if each.pid == made.board.views.viewer.process_id]
    made.board.views.close_viewer()
    wait(qtbot, lambda: not any(map(lives, ending)))


def lives(process):
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def wait(qtbot, until):
    qtbot.waitUntil(until, timeout=PATIENCE_MS)


def count_of(kind, messages):
    return sum(isinstance(message, kind) for message in messages)


def reborn(qtbot, page):
    """Kill the viewer and wait for the next one."""
    viewer = page.board.views.viewer
    first = viewer.process_id
    os.kill(first, 9)
    wait(qtbot, lambda: viewer.life is Life.READY and viewer.process_id not in (0, first))


def told(qtbot, heard, *kinds):
    """Wait until the viewer was told messages of these kinds; return everything it was told."""
    found = []

    def all_came():
        found.extend(heard())
        return {kind for kind, _ in found} >= set(kinds)

    wait(qtbot, all_came)
    return found


SCENE = ("Style", "ColourMap", "Glyphs", "Layout", "Scale", "Axes", "Contours", "ColourBar", "Surface",
         "SurfaceStyle", "PathSet", "PathStyle", "Markers", "Time", "Resize")  # fmt: skip
"""What a viewer is told that has just begun."""
ANY_TIME = {"FrameRelease", "Ping", "Pointer", "Quality"}
"""What is no part of a scene: pictures go back, and how finely they are drawn follows how calm it is."""


def test_that_the_viewer_is_told_the_whole_scene(qtbot, heard, page):
    found = told(qtbot, heard, *SCENE)
    assert ("Surface", 1) in found
    assert {number for kind, number in found if kind == "PathSet"} == {1, 2}
    assert page.board.views.pane3d.isVisible()
    assert page.board.views.pane2d.isVisible()
    assert "fake" in page.board.views.pane3d.note.text()
    assert not page.board.views.note.isVisible()


def test_that_only_what_changed_is_told(qtbot, heard, page):
    told(qtbot, heard, *SCENE)
    page.model.set_step(5)
    found = told(qtbot, heard, "Time")
    assert {kind for kind, _ in found} <= {"Time"} | ANY_TIME
    page.model.set_sigma(0.1)
    found = told(qtbot, heard, "SurfaceUpdate")
    assert not {"Surface", "PathSet", "Glyphs"} & {kind for kind, _ in found}
    page.board.legend.chips[scenes.ARMS[0]].click()
    found = told(qtbot, heard, "Remove")
    assert ("Remove", 1) in found


def test_that_another_theme_is_told_with_its_fonts(qtbot, heard, page):
    told(qtbot, heard, "Time")
    theme().apply("dark")
    told(qtbot, heard, "Style", "Glyphs", "PathStyle")


def test_that_side_by_side_there_is_a_surface_for_each_arm_and_one_again_after(qtbot, heard, page):
    told(qtbot, heard, "Time")
    page.board.switches["side-by-side"].click()
    found = told(qtbot, heard, "Layout", "PathSet", "Surface", "Markers", "Time")
    assert {number for kind, number in found if kind == "Surface"} == {1, 2}
    page.board.switches["side-by-side"].click()
    told(qtbot, heard, "Clear", "Surface")


def test_that_a_killed_viewer_comes_back_and_is_told_everything_again(qtbot, heard, page):
    told(qtbot, heard, *SCENE)
    page.model.set_step(5)
    told(qtbot, heard, "Time")
    reborn(qtbot, page)
    kinds = [kind for kind, _ in told(qtbot, heard, *SCENE)]
    assert set(kinds[: kinds.index("Hello")]) <= ANY_TIME  # the last that the dead one was told
    assert page.board.views.pane3d.isVisible()
    assert page.board.views.viewer.image is not None


def test_that_a_viewer_that_cannot_live_leaves_the_contours_and_retry_brings_it_back(qtbot, behave, page):
    behave("no adapter")
    os.kill(page.board.views.viewer.process_id, 9)
    wait(qtbot, lambda: page.board.views.viewer.life is Life.GIVEN_UP)
    assert not page.board.views.pane3d.isVisible()
    assert page.board.views.pane2d.isVisible()
    assert "no adapter" in page.board.views.note.label.text()
    page.board.views.want("2d", False)
    assert page.board.views.pane2d.isVisible()
    page.board.views.want("2d", True)
    behave("well")
    page.board.views.note.retry.click()
    wait(qtbot, lambda: page.board.views.viewer.life is Life.READY)
    assert page.board.views.pane3d.isVisible()
    assert not page.board.views.note.isVisible()


def test_that_either_view_may_be_hidden_and_one_is_always_seen(qtbot, page):
    page.board.switches["toggle-2d"].click()
    assert not page.board.views.pane2d.isVisible()
    page.board.switches["toggle-3d"].click()
    assert page.board.views.pane2d.isVisible()
    assert not page.board.views.pane3d.isVisible()
    page.board.switches["toggle-3d"].click()
    assert page.board.views.pane3d.isVisible()


def test_that_what_is_pointed_at_in_one_view_is_marked_in_the_other(qtbot, heard, behave, page, monkeypatch):
    behave(found={"a": 0.25, "b": -0.5, "path": 2, "point": 3, "step": 5})
    reborn(qtbot, page)
    viewer, asked, answered = page.board.views.viewer, [], []
    say = viewer.say
    monkeypatch.setattr(viewer, "say", lambda message: (asked.append(message), say(message))[1])
    viewer.said.connect(answered.append)
    qtbot.mouseMove(page.board.views.view3d, QPoint(20, 20))
    QTest.mouseMove(page.board.views.view3d, QPoint(30, 30))
    wait(qtbot, lambda: page.model.spot is not None)
    # A late answer would point there again, after the other view was pointed at.
    wait(qtbot, lambda: count_of(Hovered, answered) == count_of(Pointer, asked))
    assert (page.model.spot.a, page.model.spot.b) == (0.25, -0.5)
    wait(qtbot, page.board.views.card3d.isVisible)
    assert "sgd noisy, seed 0" in page.board.views.card3d.text()
    assert "off the plane" in page.board.views.card3d.text()
    assert not page.board.views.contours.card.isVisible()
    heard()
    page.model.point_at(Spot(0.1, 0.1, source="2d"))
    assert not page.board.views.card3d.isVisible()
    assert ("Markers", 32) in told(qtbot, heard, "Markers")


def test_that_the_card_is_gone_once_the_camera_moved(qtbot, page):
    viewer, views = page.board.views.viewer, page.board.views
    pose = {"panel": 0, "azimuth": 30.0, "elevation": 20.0, "distance": 1.0, "target": (0, 0, 0)}
    at_first = CameraChanged(**pose, projection="perspective", moving=False)
    viewer.said.emit(at_first)
    page.model.point_at(Spot(0.1, 0.1, source="3d"))
    assert views.card3d.isVisible()
    viewer.said.emit(at_first)
    assert views.card3d.isVisible()
    viewer.said.emit(CameraChanged(**(pose | {"elevation": 90.0}), projection="perspective", moving=True))
    assert not views.card3d.isVisible()
    assert page.model.spot is None


def test_that_a_picture_has_a_canvas_of_its_own_and_the_view_never_shows_it(
    qtbot, page, tmp_path, monkeypatch
):
    viewer, asked = page.board.views.viewer, []
    page.board.views.stage.finish()
    say = viewer.say
    monkeypatch.setattr(viewer, "say", lambda message: (asked.append(message), say(message))[1])
    page.saving.write_surface_picture(str(tmp_path / "surface.png"))
    wait(qtbot, (tmp_path / "surface.png").exists)
    kept = [message for message in asked if isinstance(message, Layout | Quality | Snapshot)]
    assert [type(message) for message in kept] == [Quality, Layout, Snapshot, Layout, Quality]
    assert [kept[0].paused, kept[4].paused] == [True, False]
    assert [kept[1].legend, kept[3].legend] == [True, False]
    assert kept[2].width >= 1600
    assert kept[2].width > kept[2].height >= 1000
    assert not any(message.legend for message in viewer.scene.replay() if isinstance(message, Layout))


def test_that_views_share_the_room_however_they_came(qtbot, page):
    views = page.board.views

    def share():
        sizes = views.splitter.sizes()
        return sizes[1] / sum(sizes)

    wait(qtbot, lambda: 0.35 < share() < 0.55)
    views.want("3d", False)
    page.resize(1440, 900)
    views.want("3d", True)
    wait(qtbot, lambda: 0.35 < share() < 0.55)


def test_that_the_camera_is_moved_by_buttons_and_keys(qtbot, heard, page):
    told(qtbot, heard, "Time")
    for button in (*page.board.views.presets.values(), page.board.views.reset3d, page.board.views.projection):
        button.click()
    page.board.views.view3d.setFocus()
    QTest.keyClick(page.board.views.view3d, Key.Key_Left)
    count = 0

    def seven():
        nonlocal count
        count += sum(kind == "Camera" for kind, _ in heard())
        return count == 7

    wait(qtbot, seven)


def test_that_pictures_and_scenes_are_written_by_the_viewer(qtbot, heard, page, tmp_path, desk):
    page.saving.write_surface_picture(str(tmp_path / "surface.png"))
    wait(qtbot, (tmp_path / "surface.png").exists)
    page.saving.write_scene(str(tmp_path / "scene.glb"))
    wait(qtbot, (tmp_path / "scene.glb").exists)
    wait(qtbot, lambda: not desk.tasks.current)
    assert "Saved scene.glb" in desk.notices.kept[-1].text
    assert list(tmp_path.glob(".*")) == []


def test_that_what_the_viewer_cannot_write_is_told_and_leaves_what_was_there(
    qtbot, behave, page, tmp_path, desk
):
    behave("cannot write")
    reborn(qtbot, page)
    path = tmp_path / "surface.png"
    path.write_bytes(b"before")
    page.saving.write_surface_picture(str(path))
    wait(qtbot, lambda: bool(desk.notices.kept) and "disk is full" in desk.notices.kept[-1].text)
    assert path.read_bytes() == b"before"


def test_that_time_leaves_as_pictures_of_the_viewer(qtbot, page, tmp_path):
    page.saving.write_sequence(str(tmp_path))
    wait(qtbot, lambda: not page.saving.sequences.is_busy)
    (folder,) = tmp_path.glob("*time*")
    assert [path.read_bytes() for path in folder.iterdir()] == [b"written"] * len(scenes.STEPS)


def test_that_a_viewer_that_dies_while_it_writes_ends_the_sequence(qtbot, page, tmp_path, desk):
    page.saving.write_sequence(str(tmp_path))
    wait(qtbot, lambda: page.saving.sequences.written >= 1)
    os.kill(page.board.views.viewer.process_id, 9)
    wait(qtbot, lambda: not page.saving.sequences.is_busy)
    wait(qtbot, lambda: not desk.tasks.current)
    assert page.saving.sequences.written <= len(scenes.STEPS)
    wait(qtbot, lambda: page.board.views.viewer.life is Life.READY)
    assert page.model.step is None
