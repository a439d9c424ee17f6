"""The file through which finished frames come: made by the host, so that it outlives a viewer that crashes.

    header (one page: "WNINRING", version u32, slots u32, bytes of a slot u64) | slot 0 | slot 1 | slot 2

A slot is the viewer's until `FrameReady` hands it over and again from `FrameRelease` on. Rows are BGRA,
padded to 256 bytes. Another size is another file with a generation of its own: what was on its way for the
old one is known by its number and passed over.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import secrets
import struct
import tempfile
from pathlib import Path

from wnin_desktop.errors import WninError
from wnin_desktop.viewer import limits
from wnin_desktop.viewer.messages import FrameReady, Resize

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a file of this name is made for this user only, by a secret name
BYTES_PER_PIXEL = 4
PAGE = 4096
HEADER = struct.Struct("<8sIIQ")
MAGIC = b"WNINRING"


class RingError(WninError):
    """Frames cannot be shared: no room for them, or a frame that does not fit."""


def stride_of(width: int) -> int:
    """Return the bytes of a row of `width` pixels."""
    return -(-width * BYTES_PER_PIXEL // limits.ROW_ALIGNMENT) * limits.ROW_ALIGNMENT


def slot_bytes_of(width: int, height: int) -> int:
    """Return the bytes of a slot for frames of this size: whole pages."""
    return -(-stride_of(width) * height // PAGE) * PAGE


def ring_folder() -> Path:
    """Return where frames lie: in memory where the system has a place for it, else among temporary files."""
    for place in (SHARED_MEMORY, Path(os.environ.get("XDG_RUNTIME_DIR", ""))):
        if place.is_absolute() and place.is_dir() and os.access(place, os.W_OK):
            return place
    return Path(tempfile.gettempdir())


class FrameRing:
    """Three slots for frames of one size. The file is removed by `close`, at the latest with the object."""

    def __init__(self, generation: int, width: int, height: int, folder: Path | None = None) -> None:
        """Make the file.

        Raises:
            RingError: There is no room for it.
        """
        self.generation, self.width, self.height = generation, width, height
        self.stride = stride_of(width)
        self.slot_bytes = slot_bytes_of(width, height)
        self.path = (folder or ring_folder()) / f"wnin-viz-{secrets.token_hex(8)}"
        size = limits.RING_HEADER_BYTES + limits.SLOTS * self.slot_bytes
        try:
            self._memory = self._make(size)
        except OSError as error:
            self.path.unlink(missing_ok=True)
            raise RingError(f"{self.path}: {size} bytes for frames: {error.strerror or error}.") from error

    def _make(self, size: int) -> mmap.mmap:
        descriptor = os.open(
            self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600
        )
        try:
            if hasattr(os, "posix_fallocate"):
                # A hole would be filled while a frame is written, and a full disk would then be a bus error.
                os.posix_fallocate(descriptor, 0, size)
            else:
                os.truncate(descriptor, size)
            memory = mmap.mmap(descriptor, size)
        finally:
            os.close(descriptor)
        HEADER.pack_into(memory, 0, MAGIC, limits.RING_VERSION, limits.SLOTS, self.slot_bytes)
        return memory

    def resize_message(self, scale: float) -> Resize:
        """Return what tells the viewer of this ring; `scale` is device pixels per pixel."""
        return Resize(
            generation=self.generation, width=self.width, height=self.height, scale=scale,
            ring=str(self.path), slot_bytes=self.slot_bytes,
        )  # fmt: skip

    def frame(self, ready: FrameReady) -> memoryview:
        """Return the bytes of a frame, `height * stride`, without a copy; they are good until it is released.

        Raises:
            RingError: The frame is not one of this ring.
        """
        told = (ready.generation, ready.width, ready.height, ready.stride)
        if told != (self.generation, self.width, self.height, self.stride):
            raise RingError(f"A frame {told} was announced that the ring does not have.")
        begin = limits.RING_HEADER_BYTES + ready.slot * self.slot_bytes
        return memoryview(self._memory)[begin : begin + self.stride * self.height]

    def close(self) -> None:
        """Remove the file; views of frames that are still held keep the memory until they go."""
        self.path.unlink(missing_ok=True)
        with contextlib.suppress(BufferError):
            self._memory.close()

    def __enter__(self) -> FrameRing:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        with contextlib.suppress(OSError, AttributeError, TypeError):
            self.path.unlink(missing_ok=True)
