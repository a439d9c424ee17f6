"""Down: camera, pointer, questions, pictures."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from wnin_desktop.viewer import limits
from wnin_desktop.viewer.messages.base import (
    Kind,
    Message,
    Panel,
    Path,
    Pixels,
    UiScale,
    Vector,
)


class Camera(Message, frozen=True, kw_only=True):
    """Move the camera of a panel (null: of all). Fields that are null stay as they are."""

    kind = Kind.CAMERA
    panel: Panel | None = None
    action: Literal["set", "orbit", "pan", "zoom", "preset", "reset", "stop"]
    azimuth: Annotated[float, Meta(ge=-3600.0, le=3600.0)] | None = None
    """Degrees; of `orbit` the change."""
    elevation: Annotated[float, Meta(ge=-360.0, le=360.0)] | None = None
    distance: Annotated[float, Meta(ge=0.02, le=20.0)] | None = None
    """In distances from which the box just fits; of `zoom` the factor."""
    target: Vector | None = None
    """In the box, which reaches from -1 to 1 in each direction."""
    shift: tuple[Pixels, Pixels] | None = None
    """Of `pan`, in pixels of the frame."""
    projection: Literal["perspective", "orthographic"] | None = None
    preset: Literal["corner", "top", "front", "side", "low"] | None = None
    ease_ms: Annotated[int, Meta(ge=0, le=2000)] = 0


class Pointer(Message, frozen=True, kw_only=True):
    """What the mouse does, in pixels of the frame. The viewer orbits, pans, zooms and picks by itself."""

    kind = Kind.POINTER
    action: Literal["press", "move", "release", "wheel", "double", "leave"]
    x: Pixels = 0.0
    y: Pixels = 0.0
    button: Literal["none", "left", "right", "middle"] = "none"
    buttons: Annotated[int, Meta(ge=0, le=7)] = 0
    """Held ones: left 1, right 2, middle 4."""
    modifiers: Annotated[int, Meta(ge=0, le=7)] = 0
    """Shift 1, control 2, alt 4."""
    wheel: tuple[Pixels, Pixels] = (0.0, 0.0)
    """Notches, right and up."""
    time_ms: Annotated[int, Meta(ge=0, le=0xFFFFFFFF)] = 0
    """A clock of the host's, for the speed of a throw."""


class Pick(Message, frozen=True, kw_only=True):
    """Asks what lies at a pixel; `Picked` comes back."""

    kind = Kind.PICK
    x: Pixels
    y: Pixels


class Snapshot(Message, frozen=True, kw_only=True):
    """Write a PNG, drawn at this size; `SnapshotDone` comes back."""

    kind = Kind.SNAPSHOT
    path: Path
    width: Annotated[int, Meta(ge=limits.FRAME_SIDE_LEAST, le=limits.SNAPSHOT_WIDTH)]
    height: Annotated[int, Meta(ge=limits.FRAME_SIDE_LEAST, le=limits.SNAPSHOT_HEIGHT)]
    scale: UiScale = 1.0
    transparent: bool = False


class Export(Message, frozen=True, kw_only=True):
    """Write the scene as a binary glTF; `ExportDone` comes back."""

    kind = Kind.EXPORT
    path: Path
    panel: Panel = 0
