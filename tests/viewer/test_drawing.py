"""What the viewer draws, looked at pixel by pixel in frames that come through the ring."""

import json
import struct
import time

import numpy as np
import psutil
import pytest
from PIL import Image

from tests.viewer.conftest import needed, selftest
from tests.viewer.driving import Driven, glyphs
from wnin_desktop.viewer import messages as m

RED, BLUE, GREEN = (220, 30, 30, 255), (30, 60, 220, 255), (20, 160, 60, 255)
WHITE = (255, 255, 255)
FLAT = m.Axis(range=(-1.0, 1.0))


def axes(panel=0, height=(0.0, 1.0), ticks=()):
    axis = m.Axis(title="a", range=(-1.0, 1.0), ticks=ticks)
    return m.Axes(panel=panel, a=axis, b=axis, height=m.Axis(title="h", range=height))


def grid(side=21):
    line = np.linspace(-1.0, 1.0, side)
    return np.meshgrid(line, line)


def surface(heights, identity=1, panel=0, **more):
    return m.Surface(id=identity, panel=panel, a=(-1.0, 1.0), b=(-1.0, 1.0), heights=heights, **more)


def near(pixels, colour, reach=40):
    """Return where the picture has about this colour."""
    return (np.abs(pixels.astype(int) - np.array(colour[:3])) <= reach).all(axis=-1)


def centre(where):
    rows, columns = np.nonzero(where)
    return columns.mean(), rows.mean()


def flat(value=0.5):
    return np.full((5, 5), value)


def test_that_the_known_scene_is_drawn_on_every_adapter():
    for backend in needed():
        report = selftest(backend)
        assert report["ok"] is True
        assert report["backend"] == backend
        assert report["colours"] > 500
        assert 0.1 < report["background_part"] < 0.9


def test_that_adapters_agree_on_the_known_scene():
    reports = [selftest(backend) for backend in needed()]
    parts = [report["background_part"] for report in reports]
    assert max(parts) - min(parts) < 0.002
    middles = np.array([report["middle"] for report in reports])
    assert np.ptp(middles, axis=0).max() <= 3


def test_that_an_empty_scene_is_an_empty_box(empty):
    pixels = empty.frame()
    assert pixels.shape == (400, 640, 3)
    assert (pixels[0] == WHITE).all()
    assert near(pixels, (246, 247, 249), 2).sum() > 10_000


def test_that_a_surface_lies_where_its_numbers_say(empty):
    x, y = grid()
    empty.send(m.Layout(walls=False), axes(), surface(np.where((x > 0) & (y > 0), 0.9, 0.1)))
    empty.send(m.SurfaceStyle(id=1), m.Camera(action="preset", preset="top"))
    bright = near(empty.frame(), (215, 205, 50), 70)
    assert bright.sum() > 1000
    column, row = centre(bright)
    assert column > 320
    assert row < 200


def test_that_an_update_changes_the_picture_and_nothing_else_does(empty):
    x, _y = grid()
    empty.send(axes(), surface(0.5 + 0.3 * x))
    before = empty.frame()
    empty.send(m.SurfaceUpdate(id=1, heights=(0.5 - 0.3 * x).reshape(-1)))
    turned = empty.frame()
    assert (before != turned).any(axis=-1).mean() > 0.1
    empty.send(m.SurfaceUpdate(id=1, heights=(0.5 + 0.3 * x).reshape(-1)))
    assert (empty.frame() == before).all()


def test_that_a_still_scene_is_not_drawn_again(empty):
    empty.send(axes(), surface(flat()))
    empty.frame()
    time.sleep(0.3)
    empty.pump(0.0)
    empty.forget()
    empty.send(m.Ping())
    empty.wait(m.Pong)
    time.sleep(0.3)
    empty.pump(0.05)
    assert [message for message in empty.messages if isinstance(message, m.FrameReady)] == []


def test_that_holes_are_holes(empty):
    x, y = grid(41)
    heights = np.where(x**2 + y**2 < 0.3, np.nan, 0.5)
    empty.send(m.Layout(walls=False), axes(), surface(heights), m.Camera(action="preset", preset="top"))
    pixels = empty.frame()
    # Lines of the grid on the floor are seen through it.
    assert near(pixels, WHITE, 3)[170:230, 300:340].mean() > 0.9
    assert not near(pixels, WHITE, 3)[200, 200]
    empty.send(m.SurfaceUpdate(id=1, heights=np.nan_to_num(heights, nan=0.5).reshape(-1)))
    assert near(empty.frame(), WHITE, 3)[170:230, 300:340].mean() == 0.0


def test_that_a_clip_cuts(empty):
    x, _ = grid(41)
    empty.send(m.Layout(walls=False), axes(), surface(0.5 + 0.5 * x), m.Camera(action="preset", preset="top"))
    whole = (~near(empty.frame(), WHITE, 3)).sum()
    empty.send(m.Clip(high=0.5))
    half = (~near(empty.frame(), WHITE, 3)).sum()
    assert 0.3 < half / whole < 0.6


def test_that_values_colour_what_heights_shape(empty):
    x, _y = grid()
    empty.send(axes(), surface(flat(0.2)))
    empty.send(surface(np.full(x.shape, 0.2), values=x))
    empty.send(
        m.SurfaceStyle(id=1, colour_by="value", value_range=(-1.0, 1.0)),
        m.Camera(action="preset", preset="top"),
    )
    pixels = empty.frame()
    left, right = pixels[200, 200].astype(int), pixels[200, 440].astype(int)
    assert left[2] > left[1]
    assert right[1] > right[2] + 60
    empty.send(m.ColourMap(name="red", colours=np.tile([200, 0, 0], (256, 1))))
    empty.send(m.SurfaceStyle(id=1, colour_by="value", colour_map="red"))
    pixels = empty.frame()
    assert pixels[200, 320, 0] > 3 * pixels[200, 320, 1]


def test_that_one_sees_through_what_is_not_opaque(empty):
    empty.send(axes(), surface(flat(0.1), 1), surface(flat(0.9), 2), m.Camera(action="preset", preset="top"))
    empty.send(m.SurfaceStyle(id=1, colour_by="solid", colour=RED))
    empty.send(m.SurfaceStyle(id=2, colour_by="solid", colour=BLUE))
    over = empty.frame()[200, 320].astype(int)
    empty.send(m.SurfaceStyle(id=2, colour_by="solid", colour=BLUE, opacity=0.5))
    through = empty.frame()[200, 320].astype(int)
    empty.send(m.SurfaceStyle(id=2, colour_by="solid", colour=BLUE, visible=False))
    under = empty.frame()[200, 320].astype(int)
    assert over[2] > over[0]
    assert under[0] > under[2]
    assert np.abs(through - (over + under) / 2).max() < 25


def test_that_paths_markers_and_points_are_seen(empty):
    line = np.linspace(-0.8, 0.8, 50)
    steps = np.arange(50)
    empty.send(axes(), surface(flat(0.2)), m.Camera(action="preset", preset="top"))
    empty.send(m.PathSet(id=1, positions=np.c_[line, 0 * line, 0 * line + 0.25], steps=steps))
    empty.send(m.PathStyle(id=1, colour=RED, width=4.0))
    assert near(empty.frame(), RED).sum() > 500
    empty.send(m.Time(step=24))
    column, _ = centre(near(empty.frame(), RED))
    assert column < 300
    empty.send(m.Time(), m.PathStyle(id=1, colour=RED, width=4.0, visible=False))
    assert near(empty.frame(), RED).sum() == 0
    empty.send(
        m.Markers(
            id=1, positions=[(0.0, 0.6, 0.3)], steps=[0], shapes=[m.Mark.ESCAPE], colours=[BLUE], size=24.0
        )
    )
    _, row = centre(near(empty.frame(), BLUE))
    assert row < 150
    cloud = np.random.default_rng(0).normal(0.0, 0.1, (500, 2)) - [0.0, 0.5]
    empty.send(m.Points(id=1, positions=np.c_[cloud, np.full(500, 0.3)]))
    empty.send(m.PointsStyle(id=1, colour=GREEN, opacity=1.0))
    green = near(empty.frame(), GREEN, 50)
    assert green.sum() > 300
    assert centre(green)[1] > 240


def test_that_a_path_behind_a_surface_is_faint(empty):
    empty.send(
        axes(), surface(flat(0.8)), m.SurfaceStyle(id=1, colour_by="solid", colour=(240, 240, 240, 255))
    )
    line = np.linspace(-0.8, 0.8, 50)
    empty.send(m.PathSet(id=1, positions=np.c_[line, 0 * line, 0 * line + 0.1], steps=np.arange(50)))
    empty.send(m.PathStyle(id=1, colour=RED, width=5.0), m.Camera(action="preset", preset="top"))
    pixels = empty.frame().astype(int)
    assert near(pixels, RED).sum() == 0
    reddish = pixels[..., 0] - pixels[..., 1] > 25
    assert reddish.sum() > 500


def test_that_what_lies_on_a_surface_follows_it(empty):
    line = np.linspace(-0.9, 0.9, 60)
    empty.send(m.Camera(action="preset", preset="front"), axes(), surface(flat(0.1)))
    empty.send(m.PathSet(id=1, positions=np.c_[line, 0 * line - 0.99, 0 * line + 0.5], steps=np.arange(60)))
    empty.send(m.PathStyle(id=1, colour=RED, width=4.0, drape=1))
    low = centre(near(empty.frame(), RED, 60))[1]
    empty.send(m.SurfaceUpdate(id=1, heights=flat(0.9).reshape(-1)))
    high = centre(near(empty.frame(), RED, 60))[1]
    assert high < low - 100


def test_that_contours_are_lines_on_surface_and_floor(empty):
    x, y = grid(41)
    empty.send(m.Layout(walls=False), axes(), surface(0.5 * (x**2 + y**2)))
    plain = empty.frame()
    empty.send(m.Contours(levels=tuple(np.linspace(0.1, 0.9, 9)), on_floor=False))
    lined = empty.frame()
    empty.send(m.Contours(levels=(0.1, 0.2, 0.5), on_floor=True))
    floor = empty.frame()
    assert 0.005 < (plain != lined).any(axis=-1).mean() < 0.2
    assert (floor != plain).any(axis=-1).sum() > 300


def test_that_text_needs_a_font_and_follows_the_ticks(empty):
    ticks = (m.Tick(-0.5, "−0,5"), m.Tick(0.5, "0,5"))
    empty.send(m.Layout(titles=("Loss",)), axes(ticks=ticks))
    without = empty.frame()
    empty.send(glyphs("label"), glyphs("title"))
    labelled = empty.frame()
    dark = near(labelled, (27, 31, 36), 60).sum()
    assert near(without, (27, 31, 36), 60).sum() == 0
    assert dark > 100
    empty.send(
        m.Style(dark=True, background=(20, 23, 27, 255), wall=(20, 23, 27, 255), text=(230, 234, 240, 255))
    )
    pixels = empty.frame()
    assert (pixels[0, 0] == (20, 23, 27)).all()
    assert near(pixels, (230, 234, 240), 60).sum() > 100


def test_that_panels_stand_side_by_side(empty):
    empty.send(m.Layout(titles=("", "")), axes(0), axes(1), surface(flat(), 1, 0), surface(flat(), 2, 1))
    pixels = empty.frame()
    # The hairline between them is the only difference.
    differ = (pixels[:, 1:320] != pixels[:, 321:]).any(axis=-1)
    assert differ.mean() < 0.01
    empty.send(m.Layout(titles=("", ""), linked=False), m.Camera(panel=1, action="preset", preset="top"))
    pixels = empty.frame()
    assert (pixels[:, 1:320] != pixels[:, 321:]).any(axis=-1).mean() > 0.1


def test_that_a_picture_is_written_as_it_is_seen(empty, tmp_path):
    x, y = grid()
    empty.send(axes(), surface(0.5 + 0.4 * x * y))
    seen = empty.frame()
    path = tmp_path / "a b ä.png"
    asked = empty.send(m.Snapshot(path=str(path), width=640, height=400))
    done = empty.wait(m.SnapshotDone)
    assert (done.reply_to, done.bytes) == (asked, path.stat().st_size)
    with Image.open(path) as image:
        assert image.mode == "RGB"
        assert (np.array(image) == seen).all()
    empty.send(m.Snapshot(path=str(path), width=1500, height=1000, scale=2.0, transparent=True))
    empty.wait(m.SnapshotDone)
    with Image.open(path) as image:
        assert image.size == (1500, 1000)
        pixels = np.array(image)
    assert (pixels[0, :, 3] == 0).all()
    assert (pixels[..., 3] == 255).mean() > 0.1


def test_that_a_file_that_cannot_be_written_is_said(empty, tmp_path):
    asked = empty.send(m.Snapshot(path=str(tmp_path / "none" / "x.png"), width=64, height=64))
    error = empty.wait(m.Error)
    assert (error.reply_to, error.code, error.fatal) == (asked, "file", False)
    empty.send(m.Export(path="relative.glb"))
    assert empty.wait(m.Error).code == "file"


def test_that_the_scene_is_written_as_gltf(empty, tmp_path):
    x, y = grid(21)
    empty.send(axes(), surface(0.5 + 0.4 * x * y, label="loss"))
    empty.send(m.PathSet(id=1, positions=np.zeros((5, 3)), steps=np.arange(5)))
    path = tmp_path / "scene.glb"
    empty.send(m.Export(path=str(path)))
    assert empty.wait(m.ExportDone).bytes == path.stat().st_size
    data = path.read_bytes()
    assert struct.unpack("<4sII", data[:12]) == (b"glTF", 2, len(data))
    (length,) = struct.unpack("<I", data[12:16])
    document = json.loads(data[20 : 20 + length])
    assert [node["name"] for node in document["nodes"]] == ["loss", "path"]
    view = document["bufferViews"][document["meshes"][0]["primitives"][0]["attributes"]["POSITION"]]
    begin = 20 + length + 8 + view["byteOffset"]
    positions = np.frombuffer(data[begin : begin + view["byteLength"]], "<f4").reshape(21, 21, 3)
    assert np.allclose(positions[..., 0], x, atol=1e-5)
    assert np.allclose(positions[..., 2], -y, atol=1e-5)
    assert np.allclose(positions[..., 1], 0.62 * 0.8 * x * y, atol=1e-5)


def test_that_panels_are_written_beside_each_other(empty, tmp_path):
    empty.send(m.Layout(titles=("", "")), axes(0), axes(1), surface(flat(), 1, 0), surface(flat(), 2, 1))
    found = {}
    for panel in (0, 1):
        path = tmp_path / f"{panel}.glb"
        empty.send(m.Export(path=str(path), panel=panel))
        empty.wait(m.ExportDone)
        data = path.read_bytes()
        (length,) = struct.unpack("<I", data[12:16])
        found[panel] = [node.get("translation") for node in json.loads(data[20 : 20 + length])["nodes"]]
    assert found[0][0] is None
    assert found[0][1][0] > 2
    assert found[1] == [None]


def test_that_unknown_things_are_said_and_survived(empty):
    for message, code in [
        (m.SurfaceUpdate(id=77, heights=np.zeros(4)), "unknown_id"),
        (m.PathStyle(id=77), "unknown_id"),
        (m.PathAppend(id=77, positions=np.zeros((1, 3)), steps=[0]), "unknown_id"),
    ]:
        asked = empty.send(message)
        error = empty.wait(m.Error)
        assert (error.reply_to, error.code, error.fatal) == (asked, code, False)
    empty.send(surface(flat()), m.SurfaceUpdate(id=1, heights=np.zeros(4)))
    assert empty.wait(m.Error).code == "wrong_size"
    empty.send(m.Remove(what="surface", id=99), m.Ping())
    empty.wait(m.Pong)


@pytest.mark.slow
def test_that_the_largest_grid_is_drawn(empty):
    x, y = grid(1024)
    empty.send(axes(), surface(0.5 + 0.4 * x * y))
    assert (empty.frame() != 255).any(axis=-1).mean() > 0.2


@pytest.mark.parametrize("mode", ["drag", "still"])
@pytest.mark.parametrize("place", [0, 1])
def test_that_frames_leave_no_memory_behind(place, mode):
    """Mesa's Vulkan for processors kept a shader for every frame, until no branch hung on uniforms alone."""
    names = needed()
    if place >= len(names):
        pytest.skip(f"this machine draws with {', '.join(names)} only")
    with Driven(320, 200, backend=names[place]) as driven:
        driven.show()
        driven.send(m.Quality(mode=mode), *everything())
        process = psutil.Process(driven.process.pid)
        used = []
        for _ in range(9):
            for _ in range(15):
                asked = driven.send(m.Camera(action="orbit", azimuth=1.0))
                driven.frame(mode, after=asked)
            used.append(process.memory_full_info().uss)
    # Blocks come and go; a shader that is kept for every frame would be 100 KiB each time.
    assert min(used[6:]) - min(used[3:6]) < 45 * 40_000


def everything():
    """Return messages that make every kind of thing be drawn."""
    x, y = grid(31)
    yield from (glyphs(), axes(ticks=(m.Tick(0.0, "0"),)), m.Layout(titles=("t",), legend=True))
    yield from (surface(x * y, 1), surface(0.5 * x, 2), m.SurfaceStyle(id=2, opacity=0.5, mesh=4))
    yield from (m.Contours(levels=(0.1, 0.3, 0.4)), m.ColourBar(title="loss"), m.Clip(high=0.8))
    line = np.linspace(-0.5, 0.5, 40)
    for identity, opacity in ((1, 1.0), (2, 0.5)):
        yield m.PathSet(id=identity, positions=np.c_[line, line, line], steps=np.arange(40))
        yield m.PathStyle(id=identity, label="a", dash=(3.0, 1.0), opacity=opacity, head=m.Mark.STAR)
    yield m.Points(id=1, positions=np.c_[line, -line, line], values=line)
    yield m.PointsStyle(id=1, colour_map="viridis")
