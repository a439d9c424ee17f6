"""The viewer's wire format: a 16-byte header and a payload. `docs/viewer.md` describes it in full.

    encode(message, sequence)            bytes of one message; `encode_parts` the same without copying arrays
    Decoder(Direction.UP).feed(data)     the messages that `data` completes, checked

A control message is a JSON object. A message with arrays is a JSON head, padded with blanks to a multiple of
four bytes behind its length (u32), and then the arrays, little-endian, C order, one behind the other.
Whatever is not exactly as described is a `ProtocolError`; after one the connection is closed.
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import numpy as np

from wnin_desktop.errors import WninError
from wnin_desktop.viewer import limits
from wnin_desktop.viewer.messages import DOWN, UP, Message

MAGIC = b"WNVZ"
HEADER = struct.Struct("<4sHHII")
HEAD_LENGTH = struct.Struct("<I")
assert HEADER.size == limits.HEADER_BYTES


class ProtocolError(WninError):
    """The other side said something that the protocol does not know."""


class Direction(enum.Enum):
    """Which way a message goes."""

    DOWN = "down"
    UP = "up"


class Header(NamedTuple):
    """What stands in front of a payload."""

    version: int
    kind: int
    sequence: int
    length: int


TYPES: dict[Direction, dict[int, type[Message]]] = {
    Direction.DOWN: {int(kind.kind): kind for kind in DOWN},
    Direction.UP: {int(kind.kind): kind for kind in UP},
}


def pack_header(kind: int, sequence: int, length: int) -> bytes:
    """Return the 16 bytes in front of `length` bytes of payload."""
    return HEADER.pack(MAGIC, limits.PROTOCOL_VERSION, kind, sequence, length)


def unpack_header(data: bytes | memoryview) -> Header:
    """Return the header in `data`, 16 bytes. Raises `ProtocolError` for another magic."""
    magic, version, kind, sequence, length = HEADER.unpack(data)
    if magic != MAGIC:
        raise ProtocolError(f"A message begins with {bytes(magic)!r}; {MAGIC!r} was expected.")
    return Header(version, kind, sequence, length)


def encode(message: Message, sequence: int) -> bytes:
    """Return the bytes of `message`. Raises `ProtocolError` when it breaks a limit."""
    return b"".join(encode_parts(message, sequence))


def encode_parts(message: Message, sequence: int) -> list[bytes | memoryview]:
    """Return the bytes of `message` in pieces: header and head, then a view of each array."""
    parts = payload_parts(message)
    length = sum(len(part) for part in parts)
    most = limits.PAYLOAD_BYTES if message.arrays else limits.CONTROL_BYTES
    if length > most:
        raise ProtocolError(f"{message.kind.name}: {length} bytes of payload; at most {most} are allowed.")
    front = pack_header(message.kind, sequence & 0xFFFFFFFF, length) + bytes(parts[0])
    return [front, *parts[1:]]


def payload_parts(message: Message) -> list[bytes | memoryview]:
    """Return the payload of `message`: JSON, or a head and its arrays."""
    try:
        head, arrays = message.split()
        text = msgspec.json.encode(head)
    except (msgspec.MsgspecError, OverflowError, TypeError, ValueError) as error:
        raise ProtocolError(f"{message.kind.name}: {error}.") from error
    if not message.arrays:
        return [text]
    text += b" " * (-len(text) % 4)
    if len(text) > limits.HEAD_BYTES:
        raise ProtocolError(f"{message.kind.name}: a head of {len(text)} bytes is too long.")
    return [HEAD_LENGTH.pack(len(text)) + text, *(array.reshape(-1).view(np.uint8).data for array in arrays)]


def decode_payload(kind: type[Message], payload: bytes | memoryview) -> Message:
    """Return the message of type `kind` in `payload`. Raises `ProtocolError`."""
    try:
        if not kind.arrays:
            return kind.join(msgspec.json.decode(payload), [])
        head, rest = _head(payload)
        return kind.join(msgspec.json.decode(head), _cut(kind, msgspec.json.decode(head), rest))
    except (
        msgspec.MsgspecError,
        UnicodeDecodeError,
        TypeError,
        ValueError,
        KeyError,
        RecursionError,
    ) as error:
        raise ProtocolError(f"{kind.kind.name}: {error}.") from error


def _head(payload: bytes | memoryview) -> tuple[memoryview, memoryview]:
    """Return the JSON head of `payload` and what follows it."""
    view = memoryview(payload)
    if len(view) < HEAD_LENGTH.size:
        raise ValueError("there is no head")
    (length,) = HEAD_LENGTH.unpack(view[: HEAD_LENGTH.size])
    if length > limits.HEAD_BYTES or length % 4 or length > len(view) - HEAD_LENGTH.size:
        raise ValueError(f"a head of {length} bytes cannot be")
    end = HEAD_LENGTH.size + length
    return view[HEAD_LENGTH.size : end], view[end:]


def _cut(kind: type[Message], head: dict[str, Any], rest: memoryview) -> list[np.ndarray]:
    """Return the arrays that `rest` holds by what `head` says of their sizes."""
    found = []
    for dtype, shape in kind.announced(head):
        count = int(np.prod(shape, dtype=np.int64))
        size = count * dtype.itemsize
        if size > len(rest):
            raise ValueError(f"{len(rest)} bytes left for an array of {size}")
        found.append(np.frombuffer(rest[:size], dtype).reshape(shape))
        rest = rest[size:]
    if len(rest):
        raise ValueError(f"{len(rest)} bytes too many")
    return found


class Decoder:
    """Bytes in, messages out. Not thread-safe. After a `ProtocolError` it is of no more use."""

    def __init__(self, direction: Direction) -> None:
        self._types = TYPES[direction]
        self._bytes = bytearray()
        self._header: Header | None = None
        self.sequence = 0
        """Sequence number of the message returned last."""

    def feed(self, data: bytes | bytearray | memoryview) -> Iterator[Message]:
        """Yield the messages that are whole with `data`. Raises `ProtocolError`."""
        self._bytes += data
        while (message := self._next()) is not None:
            yield message

    @property
    def waiting(self) -> int:
        """Return how many bytes of an unfinished message are held."""
        return len(self._bytes)

    def _next(self) -> Message | None:
        if self._header is None and len(self._bytes) >= HEADER.size:
            self._header = self._checked(unpack_header(bytes(self._bytes[: HEADER.size])))
            del self._bytes[: HEADER.size]
        if self._header is None or len(self._bytes) < self._header.length:
            return None
        header, self._header = self._header, None
        payload = bytes(self._bytes[: header.length])
        del self._bytes[: header.length]
        message = decode_payload(self._types[header.kind], payload)
        self.sequence = header.sequence
        return message

    def _checked(self, header: Header) -> Header:
        """Return `header` if such a message may come now; the payload has not been read yet."""
        if header.version != limits.PROTOCOL_VERSION:
            spoken = f"protocol {header.version}, and this side speaks {limits.PROTOCOL_VERSION}"
            raise ProtocolError(f"The other side speaks {spoken}.")
        if header.kind not in self._types:
            raise ProtocolError(f"A message of kind {header.kind} is not known.")
        if header.sequence != (expected := (self.sequence + 1) & 0xFFFFFFFF):
            raise ProtocolError(f"Message {header.sequence} came where {expected} was expected.")
        arrays = self._types[header.kind].arrays
        most = limits.PAYLOAD_BYTES if arrays else limits.CONTROL_BYTES
        if header.length > most:
            raise ProtocolError(f"{header.length} bytes of payload; at most {most} are allowed.")
        return header
