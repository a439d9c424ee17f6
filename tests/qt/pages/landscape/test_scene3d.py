"""What the viewer is told: every message is one that it takes, and says what is to be seen."""

from dataclasses import replace

import numpy as np
import pytest

from tests.qt.pages.landscape import scenes
from wnin_desktop.qt.pages.landscape import dress as dressing
from wnin_desktop.qt.pages.landscape import scene3d
from wnin_desktop.qt.pages.landscape.looking import Look, height_axis
from wnin_desktop.qt.pages.landscape.scene3d import Shown
from wnin_desktop.qt.pages.landscape.terrain import Terrain
from wnin_desktop.qt.theme import theme
from wnin_desktop.viewer import limits
from wnin_desktop.viewer.messages import (
    Axes,
    ColourBar,
    Contours,
    Mark,
    Markers,
    PathSet,
    PathStyle,
    Remove,
    Scale,
)
from wnin_desktop.viewer.protocol import encode

COLOURS = {arm: place for place, arm in enumerate(scenes.ARMS)}
TITLES = ("α", "β", "Training loss (nat)")


@pytest.fixture
def terrain():
    return Terrain.of_surface(scenes.surface())


@pytest.fixture
def dress(qapp):
    theme().apply("light")
    return dressing.dress(range(3))


def all_of(terrain, look, dress):
    shown = Shown(TITLES, scene3d.panels_of(terrain, look))
    axis = height_axis([terrain.values], look)
    return [
        dress.style,
        scene3d.colour_map("viridis", theme().surface_map("viridis")),
        *(dressing.glyphs(face, 2.0, "äß€") for face in range(2)),
        scene3d.layout(shown),
        *scene3d.decor(terrain, axis, look, shown),
        *scene3d.surfaces(terrain, terrain.values, shown),
        *scene3d.updates(terrain.values, shown),
        *scene3d.surface_styles(look, shown, dress, COLOURS),
        *scene3d.paths(terrain, shown, dress, COLOURS),
        *scene3d.markers(terrain, [("exp/adamw/s0", 10, "intervention")], shown, dress, COLOURS),
        *scene3d.cross((0.1, 0.2), shown, (0, 0, 0, 255)),
        *scene3d.cross(None, shown, (0, 0, 0, 255)),
    ]


@pytest.mark.parametrize(
    "look",
    [
        Look(),
        Look(log=True, clip=0.8),
        Look(side_by_side=True, colour_by="solid"),
        Look(hidden=frozenset(scenes.ARMS)),
    ],
)
def test_that_every_message_is_one_the_viewer_takes(terrain, dress, look):
    for number, message in enumerate(all_of(terrain, look, dress), 1):
        assert encode(message, number)


def of(kind, messages):
    return [message for message in messages if type(message) is kind]


def test_that_the_scene_says_heights_ticks_levels_and_paths(terrain, dress):
    told = all_of(terrain, Look(log=True), dress)
    (axes,), (scale,), (levels,) = of(Axes, told), of(Scale, told), of(Contours, told)
    assert scale.height == "log"
    assert axes.a.range == (-1.0, 1.0)
    assert axes.b.range == (-2.0, 2.0)
    assert axes.height.title == "Training loss (nat)"
    assert all(axes.height.range[0] <= tick.at <= axes.height.range[1] for tick in axes.height.ticks)
    assert len(levels.levels) > 3
    styles = of(PathStyle, told)
    assert [style.label for style in styles] == list(scenes.ARMS)
    assert [style.head for style in styles] == [Mark.CIRCLE, Mark.SQUARE]
    assert styles[0].dash == ()
    assert styles[1].dash == (6.0, 1.6)
    assert {style.drape for style in styles} == {1}
    first = of(PathSet, told)[0]
    assert first.steps.tolist() == scenes.STEPS.tolist()
    assert first.positions[:, :2] == pytest.approx(terrain.paths[0].coordinates)
    (marks,) = of(Markers, told)[:1]
    assert sorted(marks.shapes.tolist()) == sorted([Mark.START, Mark.START, Mark.ESCAPE, Mark.INTERVENTION])
    assert marks.steps.tolist().count(10) == 1


def test_that_hidden_arms_leave_nothing_behind(terrain, dress):
    told = all_of(terrain, Look(hidden=frozenset({"adamw"})), dress)
    assert Remove(what="path", id=1) in told
    assert [path.id for path in of(PathSet, told)] == [2]
    assert len(of(Markers, told)[0].steps) == 1


def test_that_side_by_side_each_arm_has_its_own_path_on_the_same_surface(terrain, dress):
    look = Look(side_by_side=True)
    told = all_of(terrain, look, dress)
    assert scene3d.panels_of(terrain, look) == (("adamw",), ("sgd noisy",))
    assert {path.id: path.panel for path in of(PathSet, told)} == {1: 0, 2: 1}
    assert [style.drape for style in of(PathStyle, told)] == [1, 2]
    one, other = scene3d.surfaces(terrain, terrain.values, Shown(TITLES, scene3d.panels_of(terrain, look)))
    assert np.array_equal(one.heights, other.heights)
    assert [bar.visible for bar in of(ColourBar, told)] == [False, True]


def test_that_more_arms_than_panels_are_left_out_and_one_arm_needs_no_panel_of_its_own():
    arms = tuple("abcdef")
    many = Terrain.of_surface(scenes.surface(arms=arms))
    assert scene3d.panels_of(many, Look(side_by_side=True)) == (("a",), ("b",), ("c",), ("d",))
    hidden = frozenset(arms[1:])
    assert scene3d.panels_of(many, Look(side_by_side=True, hidden=hidden)) == (("a",),)


def test_that_points_beside_the_surface_are_left_out(terrain, dress):
    far = scenes.path("exp/adamw/s0", "adamw", 0)
    far.coordinates[-1] = (5.0, 0.0)
    places = scene3d.positions(terrain, far)
    assert np.isnan(places[-1]).all()
    assert np.isfinite(places[:-1]).all()


def test_that_the_dress_follows_the_theme(qapp):
    theme().apply("light")
    light = dressing.dress([0]).style
    theme().apply("dark")
    dark = dressing.dress([0]).style
    theme().apply("light")
    assert dark.dark
    assert not light.dark
    assert dark.background != light.background


def test_that_a_portrait_names_the_arms_once_and_every_panel_has_its_scale(terrain, dress):
    alone = Shown(TITLES, scene3d.panels_of(terrain, Look()), is_portrait=True)
    assert scene3d.layout(alone).legend
    twice = replace(terrain, paths=terrain.paths * 2)
    labels = [
        each.label for each in scene3d.paths(twice, alone, dress, COLOURS) if isinstance(each, PathStyle)
    ]
    assert labels == [*scenes.ARMS, "", ""]
    look = Look(side_by_side=True)
    beside = Shown(TITLES, scene3d.panels_of(terrain, look), is_portrait=True)
    axis = height_axis([terrain.values], look)
    bars = [each for each in scene3d.decor(terrain, axis, look, beside) if isinstance(each, ColourBar)]
    assert [bar.visible for bar in bars] == [True, True]
    assert not scene3d.layout(beside).legend
    for canvas in scene3d.CANVASES.values():
        assert limits.FRAME_WIDTH >= canvas.width > canvas.height >= 1000
        assert canvas.width * canvas.height <= limits.FRAME_WIDTH * limits.FRAME_HEIGHT
