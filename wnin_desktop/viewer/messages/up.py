"""Up: what the viewer says."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from wnin_desktop.viewer import limits
from wnin_desktop.viewer.messages.base import (
    Half,
    Height,
    Id,
    IdOrNone,
    Kind,
    Message,
    Number,
    Panel,
    Path,
    Text,
    U32Number,
    Vector,
    Width,
)


class Greeting(Message, frozen=True, kw_only=True):
    """The viewer's first message."""

    kind = Kind.GREETING
    protocol: U32Number = limits.PROTOCOL_VERSION
    proof: Half
    """The first half of the token."""
    version: Text
    pid: U32Number


class Ready(Message, frozen=True, kw_only=True):
    """An adapter was found; from now on frames may come."""

    kind = Kind.READY
    adapter: Text
    backend: Literal["vulkan", "gl", "metal", "dx12", "none"]
    adapter_type: Literal["discrete", "integrated", "cpu", "unknown"]
    driver: Text
    version: Text
    samples: Annotated[int, Meta(ge=1, le=16)]
    """For each pixel of a still picture."""
    texture_side: U32Number


class FrameReady(Message, frozen=True, kw_only=True):
    """A slot holds a picture and is the host's until `FrameRelease`."""

    kind = Kind.FRAME_READY
    slot: Annotated[int, Meta(ge=0, lt=limits.SLOTS)]
    generation: Id
    width: Width
    height: Height
    stride: Annotated[int, Meta(ge=256, le=256 * 64)]
    frame: U32Number
    """Counts the frames."""
    after: U32Number
    """Sequence number of the last message from the host that the picture shows the effect of."""
    quality: Literal["still", "drag"]


class Found(Message, frozen=True, kw_only=True):
    """What lies at a pixel; numbers are null where there is nothing."""

    reply_to: U32Number
    """Sequence number of what asked."""
    panel: Panel | None = None
    x: Number
    y: Number
    surface: IdOrNone = 0
    a: Number | None = None
    b: Number | None = None
    height: Number | None = None
    value: Number | None = None
    path: IdOrNone = 0
    """The nearest path within reach of the pointer."""
    point: U32Number = 0
    step: U32Number = 0
    path_position: Vector | None = None
    """(a, b, height) of the path's nearest point."""
    path_distance: Number | None = None
    """Pixels from the pointer."""
    group: IdOrNone = 0
    """The nearest marker within reach: its group, and its index there."""
    marker: U32Number = 0


class Picked(Found, frozen=True, kw_only=True):
    """The answer to `Pick`, or a click."""

    kind = Kind.PICKED
    clicked: bool = False


class Hovered(Found, frozen=True, kw_only=True):
    """The pointer rests or moves without a button."""

    kind = Kind.HOVERED


class CameraChanged(Message, frozen=True, kw_only=True):
    """Where the camera is. While it moves at most thirty times a second, and at the end."""

    kind = Kind.CAMERA_CHANGED
    panel: Panel
    azimuth: Number
    elevation: Number
    distance: Number
    target: Vector
    projection: Literal["perspective", "orthographic"]
    moving: bool


class Cursor(Message, frozen=True, kw_only=True):
    """The shape that the pointer should have now."""

    kind = Kind.CURSOR
    shape: Literal["arrow", "open_hand", "closed_hand", "cross"]


class SnapshotDone(Message, frozen=True, kw_only=True):
    """The picture is written."""

    kind = Kind.SNAPSHOT_DONE
    reply_to: U32Number
    path: Path
    width: U32Number
    height: U32Number
    bytes: Annotated[int, Meta(ge=0)]


class ExportDone(Message, frozen=True, kw_only=True):
    """The scene is written."""

    kind = Kind.EXPORT_DONE
    reply_to: U32Number
    path: Path
    bytes: Annotated[int, Meta(ge=0)]


class Stats(Message, frozen=True, kw_only=True):
    """Once a second while frames are drawn."""

    kind = Kind.STATS
    frames: U32Number
    """Since the start."""
    frames_per_second: Number
    frame_ms: Number
    """From deciding to draw to `FrameReady`, on the average."""
    gpu_ms: Number
    """Of that, drawing and reading back."""
    samples: Annotated[int, Meta(ge=1, le=16)]
    quality: Literal["still", "drag"]


class Pong(Message, frozen=True, kw_only=True):
    """The answer to `Ping`."""

    kind = Kind.PONG
    reply_to: U32Number


class Error(Message, frozen=True, kw_only=True):
    """Something could not be done. After a fatal one the viewer exits."""

    kind = Kind.ERROR
    reply_to: U32Number = 0
    code: Literal["unknown_id", "wrong_size", "no_room", "file", "adapter", "ring", "device_lost"]
    message: Annotated[str, Meta(max_length=limits.MESSAGE_CHARACTERS)]
    fatal: bool = False
