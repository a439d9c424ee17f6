"""Letting Ctrl-C wait until a commit and its bookkeeping are done."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


@contextlib.contextmanager
def interrupt_waits() -> Iterator[None]:
    """Hold back the keyboard's interrupt to the end of the block.

    Python raises it between any two steps of the main thread; between a commit and the note that it was made,
    the same steps would be stored twice.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[tuple[int, FrameType | None]] = []
    before = signal.getsignal(signal.SIGINT)
    if not callable(before):
        yield
        return
    signal.signal(signal.SIGINT, lambda number, frame: came.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if came:
            before(*came[0])
