"""Down: greeting, frames, and how much is spent on them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from wnin_desktop.viewer import limits
from wnin_desktop.viewer.messages.base import (
    Half,
    Height,
    Id,
    Kind,
    Message,
    Path,
    U32Number,
    UiScale,
    Width,
)


class Hello(Message, frozen=True, kw_only=True):
    """The host's first message, when the viewer's greeting proved that it knows the token."""

    kind = Kind.HELLO
    protocol: U32Number = limits.PROTOCOL_VERSION
    proof: Half
    """The second half of the token."""


class Resize(Message, frozen=True, kw_only=True):
    """Frames of this size from now on, into this file; all slots are the viewer's."""

    kind = Kind.RESIZE
    generation: Id
    width: Width
    height: Height
    scale: UiScale = 1.0
    """Device pixels for each pixel of the user interface."""
    ring: Path
    slot_bytes: Annotated[int, Meta(ge=4096, le=64 * 1024 * 1024)]


class FrameRelease(Message, frozen=True, kw_only=True):
    """The host is done with a slot. Another generation's slot is passed over."""

    kind = Kind.FRAME_RELEASE
    slot: Annotated[int, Meta(ge=0, lt=limits.SLOTS)]
    generation: Id


class Ping(Message, frozen=True, kw_only=True):
    """Asks for a `Pong`."""

    kind = Kind.PING


class Bye(Message, frozen=True, kw_only=True):
    """The viewer exits with 0."""

    kind = Kind.BYE


class Quality(Message, frozen=True, kw_only=True):
    """How much is spent on a picture. `auto` draws less finely while things move on a slow adapter."""

    kind = Kind.QUALITY
    mode: Literal["auto", "still", "drag"] = "auto"
    frames_per_second: Annotated[int, Meta(ge=1, le=240)] = 60
    paused: bool = False
    """Nothing is drawn: nobody can see it."""
