"""One conversation with one viewer process: who it is, what is said, which frame is the newest. No I/O."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable

from wnin_desktop.errors import WninError
from wnin_desktop.viewer import limits
from wnin_desktop.viewer.messages import (
    FrameReady,
    FrameRelease,
    Greeting,
    Hello,
    Message,
    Ready,
)
from wnin_desktop.viewer.protocol import Decoder, Direction, ProtocolError, encode_parts
from wnin_desktop.viewer.ring import FrameRing, RingError

HALF = limits.TOKEN_CHARACTERS // 2
Write = Callable[[bytes | memoryview], object]


class ImpostorError(WninError):
    """Somebody connected who was not started by this program."""


class OtherVersionError(WninError):
    """The viewer speaks another protocol."""


def new_token() -> str:
    """Return a one-time token; it goes to the child's standard input and nowhere else."""
    return secrets.token_hex(HALF)


class Conversation:
    """Bytes in, messages out, and the other way round.

    Attributes:
        ready: What the viewer said of itself once it could draw.
        sequence: Of the message sent last.
    """

    def __init__(self, token: str, write: Write) -> None:
        self._token, self._write = token, write
        self._decoder = Decoder(Direction.UP)
        self._is_known = False
        self.ready: Ready | None = None
        self.sequence = 0
        self._ring: FrameRing | None = None
        self._shown: FrameReady | None = None

    @property
    def is_known(self) -> bool:
        """Whether the other side has proved who it is; before that nothing but the proof is said."""
        return self._is_known

    def feed(self, data: bytes | bytearray | memoryview) -> list[Message]:
        """Return what the viewer says with these bytes.

        Raises:
            ImpostorError: It does not know the token.
            OtherVersionError: It speaks another protocol.
            ProtocolError: It does not keep to the protocol.
        """
        found: list[Message] = []
        for message in self._decoder.feed(data):
            if not self._is_known:
                self._meet(message)
            elif isinstance(message, Greeting):
                raise ProtocolError("It greets twice.")
            if isinstance(message, Ready):
                self.ready = message
            found.append(message)
        return found

    def _meet(self, message: Message) -> None:
        if not isinstance(message, Greeting):
            raise ImpostorError("A process connected that did not greet.")
        if not hmac.compare_digest(message.proof, self._token[:HALF]):
            raise ImpostorError("A process connected that does not know the token.")
        if message.protocol != limits.PROTOCOL_VERSION:
            raise OtherVersionError(
                f"The viewer speaks protocol {message.protocol}, the program {limits.PROTOCOL_VERSION}; "
                "`uv sync --reinstall-package wnin-desktop` builds it anew."
            )
        self._is_known = True
        self.send(Hello(proof=self._token[HALF:]))

    def send(self, message: Message) -> int:
        """Say something and return its sequence number. Before the viewer is known nothing may be said."""
        if not self._is_known:
            raise ProtocolError("The viewer is not known yet.")
        parts = encode_parts(message, self.sequence + 1)
        self.sequence = (self.sequence + 1) & 0xFFFFFFFF
        for part in parts:
            self._write(part)
        return self.sequence

    # -- frames --------------------------------------------------------------------------------------------

    def use_ring(self, ring: FrameRing, scale: float) -> None:
        """Have frames drawn into `ring`; those of an earlier one are passed over from now on."""
        self._ring, self._shown = ring, None
        self.send(ring.resize_message(scale))

    def take_frame(self, ready: FrameReady) -> memoryview | None:
        """Return the bytes of a new frame, and give the slot of the one before back; none for an old ring's.

        The bytes are good until the next call that returns some, or `let_go`.

        Raises:
            ProtocolError: The frame is not one of the ring.
        """
        if self._ring is None or ready.generation != self._ring.generation:
            return None
        try:
            frame = self._ring.frame(ready)
        except RingError as error:
            raise ProtocolError(str(error)) from error
        before, self._shown = self._shown, ready
        if before is not None:
            self.send(FrameRelease(slot=before.slot, generation=before.generation))
        return frame

    def let_go(self) -> None:
        """Give back the slot of the frame that was taken last: nobody looks at it any more."""
        if self._shown is not None:
            self.send(FrameRelease(slot=self._shown.slot, generation=self._shown.generation))
            self._shown = None
