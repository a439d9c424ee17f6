"""A real viewer process, driven over its socket, for tests and for pictures that one wants to look at."""

import contextlib
import selectors
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from matplotlib import font_manager, ft2font

from wnin_desktop.viewer import messages as m
from wnin_desktop.viewer.binary import executable_path, library_path
from wnin_desktop.viewer.conversation import Conversation, new_token
from wnin_desktop.viewer.ring import FrameRing

PATIENCE_S = 20.0
"""On a loaded machine without a graphics card the first picture takes its time: shaders are compiled."""


class GoneError(Exception):
    """The viewer closed its end."""


class Driven:
    """One viewer. `send` and `wait` speak with it, `frame` looks at it."""

    def __init__(self, width=640, height=400, scale=1.0, backend="auto", token=None, command=()):
        self.folder = tempfile.TemporaryDirectory(prefix="wv", ignore_cleanup_errors=True)
        self.name = str(Path(self.folder.name) / "s")
        self.token = token or new_token()
        self.messages = []
        self.size = (width, height, scale)
        self.ring = None
        self.generation = 0
        self.process, self.socket = self._start(backend, command)
        self.socket.setblocking(False)
        self.conversation = Conversation(self.token, self._write)

    def _start(self, backend, command):
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(self.name)
            server.listen()
            server.settimeout(PATIENCE_S)
            words = command or [executable_path(), "--wgpu", library_path(), "--socket", self.name]
            process = subprocess.Popen(
                [*map(str, words), "--backend", backend], stdin=subprocess.PIPE, stderr=subprocess.PIPE
            )
            process.stdin.write(self.token.encode() + b"\n")
            process.stdin.close()
            connection, _ = server.accept()
        return process, connection

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """End the process, however it is; return its exit code and what it said on stderr."""
        with contextlib.suppress(OSError):
            self.socket.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        said = self.process.stderr.read() if not self.process.stderr.closed else b""
        self.process.stderr.close()
        self.process.wait()
        if self.ring is not None:
            self.ring.close()
        self.folder.cleanup()
        return self.process.returncode, said.decode()

    def _write(self, data):
        view = memoryview(data)
        deadline = time.monotonic() + PATIENCE_S
        while view:
            try:
                view = view[self.socket.send(view) :]
            except BlockingIOError:
                self.pump(0.01)
            if time.monotonic() > deadline:
                raise TimeoutError("the viewer takes nothing")

    def pump(self, timeout_s):
        """Take in what comes within `timeout_s`; raise `GoneError` at the end of the stream."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.socket, selectors.EVENT_READ)
            if not selector.select(timeout_s):
                return
        try:
            data = self.socket.recv(1 << 20)
        except ConnectionError:
            data = b""
        if not data:
            raise GoneError
        self.messages += self.conversation.feed(data)

    def send(self, *messages):
        """Say something once the viewer is known; return the last sequence number."""
        while not self.conversation.is_known:
            self.pump(PATIENCE_S)
        for message in messages:
            self.conversation.send(message)
        return self.conversation.sequence

    def wait(self, kind, where=lambda _: True, timeout_s=PATIENCE_S):
        """Return the next message of `kind` that is as wanted, and forget those in front of it."""
        deadline = time.monotonic() + timeout_s
        while True:
            for place, message in enumerate(self.messages):
                if isinstance(message, kind) and where(message):
                    self.forget(place)
                    del self.messages[0]
                    return message
            if time.monotonic() > deadline:
                raise TimeoutError(f"no {kind} came")
            self.pump(max(0.0, deadline - time.monotonic()))

    def forget(self, count=None):
        """Pass over the messages that came, or the first of them; frames among them are given back."""
        for message in self.messages[:count]:
            if isinstance(message, m.FrameReady):
                self.conversation.take_frame(message)
        del self.messages[: len(self.messages) if count is None else count]

    def show(self, width=None, height=None, scale=None):
        """Have frames made of this size from now on."""
        old = self.size
        self.size = tuple(new or was for new, was in zip((width, height, scale), old, strict=True))
        self.generation += 1
        before, self.ring = self.ring, FrameRing(self.generation, *self.size[:2])
        self.send()
        self.conversation.use_ring(self.ring, self.size[2])
        if before is not None:
            before.close()

    def frame(self, quality="still", after=None):
        """Return the pixels (R, G, B) of a picture that shows all that was sent."""
        if self.ring is None:
            self.show()
        # Whatever was said before, this makes a picture due.
        after = self.send(m.Camera(action="stop")) if after is None else after
        while True:
            ready = self.wait(m.FrameReady)
            data = self.conversation.take_frame(ready)
            if data is not None and ready.after >= after and ready.quality == quality:
                rows = np.frombuffer(data, np.uint8).reshape(ready.height, ready.stride)
                pixels = rows[:, : 4 * ready.width].reshape(ready.height, ready.width, 4)
                assert (pixels[..., 3] == 255).all()
                return pixels[..., 2::-1].copy()


def glyphs(face="label", size=12.0, scale=1.0):
    """Return a font as a host sends one: DejaVu, drawn by FreeType."""
    font = ft2font.FT2Font(font_manager.findfont("DejaVu Sans:bold" if face == "title" else "DejaVu Sans"))
    font.set_size(size * scale, 72)
    codes = sorted({*range(32, 127), *range(0xA0, 0x100), *map(ord, "αβθσμλ−×⁻⁰¹²³⁴⁵⁶⁷⁸⁹…·→")})
    boxes, images, x, y, line = [], [], 1, 1, 0
    for code in codes:
        font.clear()
        font.set_text(chr(code))
        glyph_data = font.load_char(code)
        font.draw_glyphs_to_bitmap(antialiased=True)
        image = np.array(font.get_image())
        left, top = font.get_bitmap_offset()[0] / 64, glyph_data.bbox[3] / 64
        height, width = image.shape
        if x + width + 1 > 512:
            x, y, line = 1, y + line + 1, 0
        boxes.append([x, y, width, height, round(left), -round(top), glyph_data.linearHoriAdvance / 65536])
        images.append((x, y, image))
        x, line = x + width + 1, max(line, height)
    bitmap = np.zeros((y + line + 1, 512), np.uint8)
    for left, top, image in images:
        bitmap[top : top + image.shape[0], left : left + image.shape[1]] = image
    ascent, descent = (
        font.ascender / font.units_per_EM * size * scale,
        -font.descender / font.units_per_EM * size * scale,
    )
    return m.Glyphs(
        face=face, scale=scale, ascent=ascent, descent=descent, codes=codes, boxes=boxes, bitmap=bitmap
    )
