"""The messages between host and viewer, typed. `docs/viewer.md` says what each of them does.

Ids are the host's own choice, from 1, and separate for surfaces, paths, points and marker groups. Colours are
`(red, green, blue, alpha)` from 0 to 255. Lengths on the screen are in pixels of scale 1; the viewer
multiplies them by the scale of `Resize`. An array of heights has one row for each `b` and one column for
each `a`.
"""

from wnin_desktop.viewer.messages.base import Kind, Mark, Message
from wnin_desktop.viewer.messages.life import Bye, FrameRelease, Hello, Ping, Quality, Resize
from wnin_desktop.viewer.messages.looking import Camera, Export, Pick, Pointer, Snapshot
from wnin_desktop.viewer.messages.looks import ColourMap, Glyphs, Style
from wnin_desktop.viewer.messages.panels import (
    Axes,
    Axis,
    Clip,
    ColourBar,
    Contours,
    Layout,
    Scale,
    Tick,
    Time,
)
from wnin_desktop.viewer.messages.scene import (
    Clear,
    Markers,
    PathAppend,
    PathSet,
    PathStyle,
    Points,
    PointsStyle,
    Remove,
    Surface,
    SurfaceStyle,
    SurfaceUpdate,
)
from wnin_desktop.viewer.messages.up import (
    CameraChanged,
    Cursor,
    Error,
    ExportDone,
    Found,
    FrameReady,
    Greeting,
    Hovered,
    Picked,
    Pong,
    Ready,
    SnapshotDone,
    Stats,
)

DOWN: tuple[type[Message], ...] = (
    Hello, Resize, FrameRelease, Ping, Bye, Quality, Surface, SurfaceUpdate, SurfaceStyle, PathSet,
    PathAppend, PathStyle, Points, PointsStyle, Markers, Remove, Clear, Layout, Axes, Contours, Clip, Scale,
    ColourBar, Time, Style, ColourMap, Glyphs, Camera, Pointer, Pick, Snapshot, Export,
)  # fmt: skip
UP: tuple[type[Message], ...] = (
    Greeting, Ready, FrameReady, Picked, Hovered, CameraChanged, Cursor, SnapshotDone, ExportDone, Stats,
    Pong, Error,
)  # fmt: skip

__all__ = [
    "DOWN",
    "UP",
    "Axes",
    "Axis",
    "Bye",
    "Camera",
    "CameraChanged",
    "Clear",
    "Clip",
    "ColourBar",
    "ColourMap",
    "Contours",
    "Cursor",
    "Error",
    "Export",
    "ExportDone",
    "Found",
    "FrameReady",
    "FrameRelease",
    "Glyphs",
    "Greeting",
    "Hello",
    "Hovered",
    "Kind",
    "Layout",
    "Mark",
    "Markers",
    "Message",
    "PathAppend",
    "PathSet",
    "PathStyle",
    "Pick",
    "Picked",
    "Ping",
    "Pointer",
    "Points",
    "PointsStyle",
    "Pong",
    "Quality",
    "Ready",
    "Remove",
    "Resize",
    "Scale",
    "Snapshot",
    "SnapshotDone",
    "Stats",
    "Style",
    "Surface",
    "SurfaceStyle",
    "SurfaceUpdate",
    "Tick",
    "Time",
]
