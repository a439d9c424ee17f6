#!/usr/bin/env python3
"""A viewer process without graphics, for the window's side of its faults: it keeps the protocol or breaks it.

`WNIN_FAKE_VIEWER` is a JSON object that says how it behaves: `{"mode": ..., ...}`. What it is told is written
as JSON lines into the file `heard`, if one is named.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import socket
import sys
import time
from pathlib import Path

import numpy as np

from wnin_desktop.viewer import limits
from wnin_desktop.viewer.conversation import HALF
from wnin_desktop.viewer.messages import (
    Bye,
    Error,
    Export,
    ExportDone,
    FrameReady,
    FrameRelease,
    Greeting,
    Hello,
    Hovered,
    Ping,
    Pointer,
    Pong,
    Ready,
    Resize,
    Snapshot,
    SnapshotDone,
    Surface,
)
from wnin_desktop.viewer.protocol import Decoder, Direction, encode
from wnin_desktop.viewer.ring import stride_of

BEHAVIOUR = json.loads(os.environ.get("WNIN_FAKE_VIEWER", "{}"))
MODE = BEHAVIOUR.get("mode", "well")


class Fake:
    """One life."""

    def __init__(self, link: socket.socket, token: str) -> None:
        self.link, self.token = link, token
        self.sequence = 0
        self.decoder = Decoder(Direction.DOWN)
        self.resize: Resize | None = None
        self.free = [0, 1, 2]
        self.frames = 0
        self.colour = 0

    def say(self, message) -> None:
        self.sequence += 1
        self.link.sendall(encode(message, self.sequence))

    def live(self) -> int:
        proof = "0" * HALF if MODE == "impostor" else self.token[:HALF]
        protocol = 99 if MODE == "other version" else limits.PROTOCOL_VERSION
        self.say(Greeting(proof=proof, version="fake", pid=os.getpid(), protocol=protocol))
        while data := self.link.recv(1 << 16):
            for message in self.decoder.feed(data):
                self.note(message)
                if isinstance(message, Bye):
                    return 0
                self.take(message)
        return 0

    def take(self, message) -> None:
        if isinstance(message, Hello):
            assert message.proof == self.token[HALF:]
            if MODE == "no adapter":
                sys.stderr.write("no adapter was found\n")
                sys.exit(4)
            if MODE != "never ready":
                self.say(
                    Ready(
                        adapter="fake",
                        backend="none",
                        adapter_type="cpu",
                        driver="",
                        version="fake",
                        samples=1,
                        texture_side=4096,
                    )
                )
        elif isinstance(message, Resize):
            self.resize, self.free = message, [0, 1, 2]
            self.draw()
        elif (
            isinstance(message, FrameRelease) and self.resize and message.generation == self.resize.generation
        ):
            self.free.append(message.slot)
        elif isinstance(message, Surface):
            self.colour = int(message.heights.reshape(-1)[0])
            self.draw()
            self.misbehave()
        elif isinstance(message, Ping) and MODE != "silent":
            self.say(Pong(reply_to=self.decoder.sequence))
        elif isinstance(message, Snapshot | Export):
            self.write(message)
        elif isinstance(message, Pointer) and "found" in BEHAVIOUR:
            self.say(Hovered(reply_to=0, x=message.x, y=message.y, **BEHAVIOUR["found"]))

    def write(self, message) -> None:
        sequence = self.decoder.sequence
        if MODE == "cannot write":
            self.say(Error(reply_to=sequence, code="file", message="the disk is full"))
            return
        Path(message.path).write_bytes(b"written")
        if isinstance(message, Export):
            self.say(ExportDone(reply_to=sequence, path=message.path, bytes=7))
        else:
            size = {"width": message.width, "height": message.height}
            self.say(SnapshotDone(reply_to=sequence, path=message.path, bytes=7, **size))

    def draw(self) -> None:
        if self.resize is None or not self.free:
            return
        slot, size = self.free.pop(0), self.resize
        stride = stride_of(size.width)
        with Path(size.ring).open("r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
            begin = limits.RING_HEADER_BYTES + slot * size.slot_bytes
            memory[begin : begin + stride * size.height] = bytes([self.colour, 0, 0, 255]) * (
                stride * size.height // 4
            )
        self.frames += 1
        self.say(
            FrameReady(
                slot=slot,
                generation=size.generation,
                width=size.width,
                height=size.height,
                stride=stride,
                frame=self.frames,
                after=self.decoder.sequence,
                quality="still",
            )
        )

    def misbehave(self) -> None:
        if MODE == "crash":
            os.abort()
        if MODE == "exit":
            sys.stderr.write("the device was lost\n")
            sys.exit(7)
        if MODE == "garbage":
            random = np.random.default_rng(BEHAVIOUR.get("seed", 0))
            self.link.sendall(random.bytes(200))
        if MODE == "strange frame":
            self.say(
                FrameReady(
                    slot=0,
                    generation=self.resize.generation,
                    width=3000,
                    height=2000,
                    stride=12032,
                    frame=1,
                    after=1,
                    quality="still",
                )
            )

    def note(self, message) -> None:
        if heard := BEHAVIOUR.get("heard"):
            with Path(heard).open("a") as file:
                file.write(json.dumps([type(message).__name__, getattr(message, "id", None)]) + "\n")


def main() -> int:
    if MODE == "no start":
        sys.stderr.write("a flag is wrong\n")
        return 2
    name = sys.argv[sys.argv.index("--socket") + 1]
    token = sys.stdin.readline().strip()
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(name)
        code = 0
        with contextlib.suppress(ConnectionError):  # the host was killed in the middle of a word
            code = Fake(link, token).live()
    if MODE == "lingers":
        time.sleep(60)
    return code


if __name__ == "__main__":
    sys.exit(main())
