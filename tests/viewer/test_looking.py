"""Camera, pointer and picking, through a real process."""

import numpy as np
import pytest

from tests.viewer.test_drawing import axes, flat, grid, surface
from wnin_desktop.viewer import messages as m


@pytest.fixture
def bowl(empty):
    x, y = grid(41)
    empty.send(axes(), surface(0.2 + 0.3 * (x**2 + y**2)))
    empty.frame()
    empty.forget()
    return empty


def drag(viewer, way, button="left", modifiers=0, start=(320, 200), steps=8, rest_ms=0):
    held = {"left": 1, "right": 2, "middle": 4}[button]
    at = np.array(start, float)
    viewer.send(
        m.Pointer(
            action="press", x=at[0], y=at[1], button=button, buttons=held, modifiers=modifiers, time_ms=100
        )
    )
    for step in range(1, steps + 1):
        at += np.array(way) / steps
        viewer.send(m.Pointer(action="move", x=at[0], y=at[1], buttons=held, time_ms=100 + 10 * step))
    viewer.send(
        m.Pointer(action="release", x=at[0], y=at[1], button=button, time_ms=100 + 10 * steps + rest_ms)
    )


def at_rest(viewer):
    return viewer.wait(m.CameraChanged, lambda changed: not changed.moving)


def test_that_a_pick_finds_what_is_drawn(bowl):
    bowl.send(m.Camera(action="preset", preset="top"))
    asked = bowl.send(m.Pick(x=320.0, y=200.0))
    found = bowl.wait(m.Picked)
    assert (found.reply_to, found.surface, found.clicked) == (asked, 1, False)
    assert abs(found.a) < 0.2
    assert abs(found.b) < 0.2
    assert found.height == pytest.approx(0.2 + 0.3 * (found.a**2 + found.b**2), abs=2e-3)
    bowl.send(m.Pick(x=1.0, y=1.0))
    nothing = bowl.wait(m.Picked)
    assert (nothing.surface, nothing.a, nothing.panel) == (0, None, 0)


def test_that_the_nearest_step_is_picked(bowl):
    line = np.linspace(-0.5, 0.5, 11)
    bowl.send(m.PathSet(id=5, positions=np.c_[line, 0 * line, 0 * line + 0.25], steps=10 * np.arange(11)))
    bowl.send(m.Camera(action="preset", preset="top"), m.Pick(x=320.0, y=200.0))
    found = bowl.wait(m.Picked)
    assert (found.path, found.step % 10) == (5, 0)
    assert found.path_position[0] == pytest.approx(line[found.point])
    assert found.path_distance < 14


def test_that_a_click_picks_and_a_drag_turns(bowl):
    bowl.send(m.Style(reduced_motion=True))
    bowl.send(m.Pointer(action="press", x=320, y=200, button="left", buttons=1, time_ms=1))
    asked = bowl.send(m.Pointer(action="release", x=321, y=200, button="left", time_ms=50))
    found = bowl.wait(m.Picked)
    assert (found.clicked, found.reply_to, found.surface) == (True, asked, 1)
    drag(bowl, (100, 40))
    camera = at_rest(bowl)
    assert camera.azimuth == pytest.approx(-37.5 - 35, abs=0.1)
    assert camera.elevation == pytest.approx(28 + 14, abs=0.1)
    bowl.send(m.Ping())
    bowl.wait(m.Pong)
    assert not [message for message in bowl.messages if isinstance(message, m.Picked)]


def test_that_a_throw_goes_on_and_comes_to_rest(bowl):
    drag(bowl, (100, 0))
    first = bowl.wait(m.CameraChanged)
    last = first if not first.moving else at_rest(bowl)
    assert last.azimuth < -37.5 - 36
    drag(bowl, (-100, 0), rest_ms=300)
    stopped = at_rest(bowl)
    assert stopped.azimuth == pytest.approx(last.azimuth + 35, abs=0.5)


def test_that_right_and_shift_pan_and_the_wheel_zooms(bowl):
    bowl.send(m.Style(reduced_motion=True))
    for button, modifiers in (("right", 0), ("left", 1)):
        bowl.send(m.Camera(action="reset"))
        at_rest(bowl) if button == "left" else None
        drag(bowl, (60, 0), button, modifiers)
        camera = bowl.wait(
            m.CameraChanged, lambda changed: changed.target != (0.0, 0.0, 0.0) and not changed.moving
        )
        assert camera.azimuth == pytest.approx(-37.5)
    bowl.send(m.Pointer(action="wheel", x=320, y=200, wheel=(0.0, 2.0)))
    assert at_rest(bowl).distance == pytest.approx(np.exp(-0.32), rel=1e-3)


def test_that_a_double_click_looks_there(bowl):
    bowl.send(m.Pointer(action="double", x=250, y=200, button="left"))
    camera = at_rest(bowl)
    assert camera.target != (0.0, 0.0, 0.0)


def test_that_hovering_says_what_is_there_and_shapes_the_cursor(bowl):
    bowl.send(m.Pointer(action="move", x=320, y=200))
    assert bowl.wait(m.Hovered).surface == 1
    bowl.send(m.Pointer(action="press", x=320, y=200, button="left", buttons=1, time_ms=1))
    bowl.send(m.Pointer(action="move", x=360, y=200, buttons=1, time_ms=20))
    assert bowl.wait(m.Cursor).shape in ("closed_hand", "open_hand")
    bowl.send(m.Pointer(action="release", x=360, y=200, button="left", time_ms=500))
    bowl.send(m.Pointer(action="leave"))
    assert bowl.wait(m.Cursor, lambda cursor: cursor.shape == "arrow")


def test_that_commands_move_the_camera(bowl):
    bowl.send(m.Camera(action="set", azimuth=10.0, elevation=45.0, distance=2.0, target=(0.1, 0.2, 0.3)))
    camera = at_rest(bowl)
    assert (camera.azimuth, camera.elevation, camera.distance) == (10.0, 45.0, 2.0)
    assert camera.target == pytest.approx((0.1, 0.2, 0.3))
    bowl.send(m.Camera(action="preset", preset="front", ease_ms=150))
    seen = [bowl.wait(m.CameraChanged) for _ in range(2)]
    while seen[-1].moving:
        seen.append(bowl.wait(m.CameraChanged))
    assert (seen[-1].azimuth, seen[-1].elevation, seen[-1].distance) == (0.0, 0.0, 1.0)
    assert any(0.0 < camera.azimuth < 10.0 for camera in seen)


def test_that_a_pointer_on_one_panel_moves_linked_ones(empty):
    empty.send(m.Layout(titles=("", "")), axes(0), axes(1), surface(flat(), 1, 0), surface(flat(), 2, 1))
    empty.frame()
    empty.send(m.Pointer(action="wheel", x=500, y=200, wheel=(0.0, 3.0)))
    pixels = empty.frame()
    assert (pixels[:, 1:320] != pixels[:, 321:]).any(axis=-1).mean() < 0.01


def test_that_a_processor_draws_coarsely_first_and_finely_when_still(bowl):
    if bowl.conversation.ready.adapter_type != "cpu":
        pytest.skip("only adapters that are processors draw in two ways")
    asked = bowl.send(m.Camera(action="orbit", azimuth=5.0))
    first = bowl.wait(m.FrameReady, lambda ready: ready.after >= asked)
    bowl.conversation.take_frame(first)
    assert first.quality == "drag"
    second = bowl.wait(m.FrameReady)
    bowl.conversation.take_frame(second)
    assert second.quality == "still"


def test_that_statistics_come_while_frames_do(bowl):
    stats = None
    while not isinstance(stats, m.Stats):
        bowl.send(m.Camera(action="orbit", azimuth=1.0))
        stats = bowl.wait((m.FrameReady, m.Stats))
        if isinstance(stats, m.FrameReady):
            bowl.conversation.take_frame(stats)
    assert stats.frames_per_second > 0
    assert 0 < stats.gpu_ms <= stats.frame_ms
