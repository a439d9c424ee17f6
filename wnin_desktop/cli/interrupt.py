"""Ctrl-C asks for an orderly end once; a second time it quits."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def asking_first(ask: Callable[[], object], then: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Within the block the first Ctrl-C (or SIGTERM) calls `ask`, the second one raises KeyboardInterrupt.

    `ask` runs between two instructions of the main thread, which may hold any lock. In other threads there
    are no signals, and the block is only a block. `then` is called at its end if it was asked once.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked: list[int] = []

    def handle(number: int, _frame: FrameType | None) -> None:
        asked.append(number)
        if len(asked) > 1:
            raise KeyboardInterrupt
        ask()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if len(asked) == 1:
            then()
