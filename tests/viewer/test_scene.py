"""What a restarted viewer is told."""

import numpy as np

from wnin_desktop.viewer.messages import (
    Axes,
    Axis,
    Camera,
    CameraChanged,
    Clear,
    ColourMap,
    Layout,
    Markers,
    PathAppend,
    PathSet,
    PathStyle,
    Pick,
    Quality,
    Remove,
    Style,
    Surface,
    SurfaceStyle,
    SurfaceUpdate,
    Time,
)
from wnin_desktop.viewer.scene import Scene

GRID = np.arange(6, dtype=np.float32).reshape(2, 3)


def surface(number=1, panel=0, heights=GRID):
    return Surface(id=number, panel=panel, a=(-1.0, 1.0), b=(-1.0, 1.0), heights=heights)


def path(number=1, count=2, panel=0, start=0):
    steps = np.arange(start, start + count, dtype=np.uint32)
    return PathSet(id=number, panel=panel, positions=np.full((count, 3), number, np.float32), steps=steps)


def replayed(*messages):
    scene = Scene()
    for message in messages:
        scene.take(message)
    return list(scene.replay())


def test_that_the_last_word_counts_and_what_is_referred_to_comes_first():
    colours = ColourMap(name="own", colours=np.zeros((256, 3), np.uint8))
    told = replayed(
        Time(step=3), SurfaceStyle(id=1, colour_map="own"), surface(), Style(), colours, Time(step=9),
        SurfaceStyle(id=1, opacity=0.5), Layout(titles=("a", "b")),
    )  # fmt: skip
    assert [type(each) for each in told] == [Style, ColourMap, Layout, Surface, SurfaceStyle, Time]
    assert told[-1].step == 9
    assert told[-2].opacity == 0.5


def test_that_an_update_is_part_of_its_surface():
    new = np.arange(10, 16, dtype=np.float32)
    update = SurfaceUpdate(id=1, heights=new, value_range=(10.0, 15.0))
    made, style = replayed(surface(), SurfaceStyle(id=1), update)
    assert np.array_equal(made.heights, new.reshape(2, 3))
    assert style.value_range == (10.0, 15.0)


def test_that_an_update_that_does_not_fit_changes_nothing():
    (made,) = replayed(surface(), SurfaceUpdate(id=1, heights=np.zeros(4, np.float32)))
    assert made.heights is GRID
    assert replayed(SurfaceUpdate(id=2, heights=np.zeros(6, np.float32))) == []


def test_that_a_path_is_whole_and_said_only_once():
    scene = Scene()
    scene.take(path(count=2))
    for start in (2, 4):
        scene.take(PathAppend(id=1, positions=np.ones((2, 3), np.float32), steps=np.arange(start, start + 2)))
    for _ in range(2):
        (made,) = scene.replay()
        assert made.steps.tolist() == [0, 1, 2, 3, 4, 5]
        assert made.positions.shape == (6, 3)
    scene.take(path(count=1))
    (made,) = scene.replay()
    assert made.steps.tolist() == [0]


def test_that_what_was_removed_stays_away():
    told = replayed(surface(), SurfaceStyle(id=1), path(), PathStyle(id=1), Remove(what="surface", id=1))
    assert {type(each) for each in told} == {PathSet, PathStyle}
    marks = Markers(
        id=1, positions=np.zeros((0, 3), np.float32), steps=[], shapes=[], colours=np.zeros((0, 4))
    )
    assert replayed(marks, Remove(what="markers", id=1)) == []


def test_that_clearing_a_panel_leaves_the_others():
    axis = Axis(range=(0.0, 1.0))
    told = replayed(
        surface(1, 0), SurfaceStyle(id=1), surface(2, 1), SurfaceStyle(id=2), path(1, 0), path(2, panel=1),
        Axes(panel=0, a=axis, b=axis, height=axis), Layout(titles=("a", "b")), Clear(panel=0),
    )  # fmt: skip
    assert [getattr(each, "id", type(each)) for each in told] == [Layout, 2, 2, 2]


def test_that_the_camera_is_where_it_was_and_questions_are_not_asked_again():
    scene = Scene()
    for message in (Pick(x=1.0, y=1.0), Camera(action="orbit", azimuth=10.0), Quality(paused=True)):
        scene.take(message)
    where = {"azimuth": 30.0, "elevation": 20.0, "distance": 1.5, "target": (0.0, 0.0, 0.1)}
    scene.look(CameraChanged(panel=0, projection="orthographic", moving=True, **where))
    quality, camera = scene.replay()
    assert quality.paused
    assert (camera.action, camera.azimuth, camera.projection) == ("set", 30.0, "orthographic")
