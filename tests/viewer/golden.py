"""One message of every kind, and its bytes in `zigviz/src/testdata/`, which the Zig tests read too.

`python -m tests.viewer.golden` writes the files anew. A message carries its kind's number as its sequence.
"""

from pathlib import Path

import numpy as np

from wnin_desktop.viewer import messages as m
from wnin_desktop.viewer.protocol import encode

FOLDER = Path(__file__).resolve().parents[2] / "zigviz" / "src" / "testdata"
TOKEN = "0123456789abcdef" * 4

FOUND = {
    "reply_to": 50,
    "panel": 1,
    "x": 640.5,
    "y": 360.25,
    "surface": 3,
    "a": 0.5,
    "b": -0.25,
    "height": 2.5,
    "value": 0.125,
    "path": 7,
    "point": 99,
    "step": 400,
    "path_position": (0.5, -0.5, 2.25),
    "path_distance": 3.5,
    "group": 2,
    "marker": 1,
}
HEIGHTS = np.array([[0.0, 0.5, 1.0], [1.5, np.nan, np.inf]], np.float32)
POSITIONS = np.array([[0.0, 0.5, 1.0], [-0.5, 0.25, 2.0]], np.float32)
STEPS = np.array([0, 4_000_000_000], np.uint32)


def ticks(*pairs):
    return tuple(m.Tick(at, label) for at, label in pairs)


def axis(title):
    return m.Axis(title=title, range=(-1.0, 1.0), ticks=ticks((-1.0, "−1"), (0.5, "0,5")))


def samples():
    """Return one message of every kind."""
    return [
        m.Hello(proof=TOKEN[32:]),
        m.Resize(
            generation=2, width=1280, height=720, scale=1.5, ring="/run/user/ä b.ring", slot_bytes=3_686_400
        ),
        m.FrameRelease(slot=2, generation=2),
        m.Ping(),
        m.Bye(),
        m.Quality(mode="still", frames_per_second=30, paused=True),
        m.Surface(
            id=3, panel=1, a=(-1.0, 1.0), b=(-0.5, 2.0), label="loss «ä»", heights=HEIGHTS, values=HEIGHTS
        ),
        m.SurfaceUpdate(id=3, value_range=(0.5, 2.5), heights=HEIGHTS.reshape(-1)),
        m.SurfaceStyle(
            id=3,
            visible=False,
            opacity=0.5,
            colour_by="value",
            colour=(1, 2, 3, 4),
            colour_map="magma",
            value_range=(-1.0, 1.0),
            mesh=4,
        ),
        m.PathSet(id=7, panel=1, positions=POSITIONS, steps=STEPS),
        m.PathAppend(id=7, positions=POSITIONS[:1], steps=STEPS[1:]),
        m.PathStyle(
            id=7,
            label="adamw",
            colour=(59, 125, 216, 255),
            width=3.5,
            dash=(6.0, 1.5),
            visible=True,
            opacity=0.75,
            drape=3,
            head=m.Mark.DIAMOND,
        ),
        m.Points(id=4, panel=1, positions=POSITIONS, values=POSITIONS[:, 0]),
        m.PointsStyle(
            id=4,
            visible=True,
            colour=(5, 6, 7, 8),
            size=2.5,
            opacity=0.25,
            colour_map="ember",
            value_range=(0.0, 4.0),
            drape=3,
        ),
        m.Markers(
            id=2,
            panel=1,
            size=14.0,
            drape=3,
            positions=POSITIONS,
            steps=STEPS,
            shapes=[m.Mark.ESCAPE, m.Mark.HEXAGON],
            colours=[[1, 2, 3, 255], [4, 5, 6, 128]],
        ),
        m.Remove(what="points", id=4),
        m.Clear(panel=2),
        m.Layout(titles=("left", "right"), linked=False, legend=True, walls=False),
        m.Axes(panel=1, a=axis("α"), b=axis("β"), height=axis("loss")),
        m.Contours(panel=1, levels=(0.5, 1.0, 2.0), on_surface=False, on_floor=True, width=1.5),
        m.Clip(panel=1, low=0.25, high=8.0),
        m.Scale(panel=1, height="log", offset=0.125, stretch=0.5),
        m.ColourBar(panel=1, surface=3, title="loss", ticks=ticks((0.5, "0.5"), (2.0, "2"))),
        m.Time(step=400, trail=100),
        m.Style(dark=True, background=(20, 23, 27, 255), reduced_motion=True),
        m.ColourMap(name="magma", colours=np.arange(768).reshape(256, 3) % 256),
        m.Glyphs(
            face="title",
            scale=2.0,
            ascent=12.5,
            descent=3.0,
            codes=[65, 66],
            boxes=[[0, 0, 2, 1, 0.5, -1.5, 3], [2, 1, 1, 1, 0, -1, 2.5]],
            bitmap=np.arange(6).reshape(2, 3),
        ),
        m.Camera(
            panel=1,
            action="set",
            azimuth=-37.5,
            elevation=30.0,
            distance=1.25,
            target=(0.0, 0.5, -0.5),
            shift=(4.0, -2.0),
            projection="orthographic",
            preset="top",
            ease_ms=150,
        ),
        m.Pointer(
            action="wheel",
            x=10.5,
            y=20.0,
            button="left",
            buttons=3,
            modifiers=1,
            wheel=(0.0, -1.5),
            time_ms=4_000_000_000,
        ),
        m.Pick(x=640.5, y=360.25),
        m.Snapshot(path="/data/a b/ä.png", width=3840, height=2160, scale=2.0, transparent=True),
        m.Export(path="C:\\a b\\ä.glb", panel=1),
        m.Greeting(proof=TOKEN[:32], version="0.1.0", pid=12345),
        m.Ready(
            adapter='llvmpipe "quoted" \\ ä',
            backend="vulkan",
            adapter_type="cpu",
            driver="Mesa",
            version="0.1.0",
            samples=4,
            texture_side=8192,
        ),
        m.FrameReady(
            slot=1, generation=2, width=1280, height=720, stride=5120, frame=17, after=400, quality="drag"
        ),
        m.Picked(**FOUND, clicked=True),
        m.Hovered(**FOUND),
        m.CameraChanged(
            panel=1,
            azimuth=-37.5,
            elevation=30.0,
            distance=1.25,
            target=(0.0, 0.5, -0.5),
            projection="perspective",
            moving=True,
        ),
        m.Cursor(shape="closed_hand"),
        m.SnapshotDone(reply_to=56, path="/data/a b/ä.png", width=3840, height=2160, bytes=1_234_567),
        m.ExportDone(reply_to=57, path="C:\\a b\\ä.glb", bytes=1_234_567),
        m.Stats(
            frames=1000,
            frames_per_second=59.5,
            frame_ms=8.25,
            gpu_ms=6.5,
            samples=1,
            quality="drag",
        ),
        m.Pong(reply_to=4),
        m.Error(reply_to=17, code="unknown_id", message="Surface 9 is not there.", fatal=False),
    ]


def file(message):
    return FOLDER / f"{message.kind.name.lower()}.bin"


def golden(message):
    return encode(message, int(message.kind))


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for message in samples():
        file(message).write_bytes(golden(message))


if __name__ == "__main__":
    main()
