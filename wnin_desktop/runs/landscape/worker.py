"""Evaluations in a process of their own, so that a window stays fluid whatever they do.

One process serves one evaluation after the other and keeps what it imported and loaded; between it and its
owner is one duplex pipe. Events come up as MessagePack, a request or a cancellation goes down as JSON. When
either end goes away the other notices at once: the child exits, the parent raises.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import queue
import signal
import threading
import traceback
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from wnin_desktop.errors import TrainingError, WninError
from wnin_desktop.runs.landscape.control import LandscapeControl
from wnin_desktop.runs.priority import give_way
from wnin_desktop.runs.worker import error_of, error_parts
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.landscape import LandscapeEvent, LandscapeRequest, decode, encode

EVENT, REFUSED, DONE = b"E", b"R", b"D"
REQUEST, CANCEL = b"Q", b"C"
LOOK_S = 0.05
"""How long a cancellation may wait for the parent to look."""
EXIT_S = 5.0
"""How long a child that was told to end may take before it is killed."""


class LandscapeWorker:
    """A process that evaluates surfaces; used in a `with` block, or closed by `close`.

    It starts with the first evaluation, or earlier with `warm_up`. One thread at a time may iterate.
    """

    def __init__(self) -> None:
        self._process: Any = None
        self._pipe: Connection | None = None
        self._is_busy = False
        """Whether the process still evaluates what somebody asked for."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def warm_up(self) -> None:
        """Start the process if it does not run; importing torch takes it seconds."""
        if self._process is not None and self._process.is_alive():
            return
        self.close()
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe(duplex=True)
        self._process = context.Process(
            target=_child, args=(theirs,), name="wnin-landscape-worker", daemon=True
        )
        self._process.start()
        theirs.close()

    def evaluate(
        self,
        request: LandscapeRequest,
        control: LandscapeControl | None = None,
        *,
        store: Path,
        keep: bool = True,
    ) -> Iterator[LandscapeEvent]:
        """Evaluate in the process; events, arguments and errors are those of `session.evaluate`.

        Raises:
            TrainingError: The process died.
        """
        control = control or LandscapeControl()
        self.warm_up()
        assert self._pipe is not None
        parts = {"request": request.model_dump(mode="json"), "store": str(store), "keep": keep}
        with contextlib.suppress(
            OSError
        ):  # a child that is dead already is told of where its events are read
            self._pipe.send_bytes(REQUEST + msgspec.json.encode(parts))
        self._is_busy = True
        try:
            yield from self._events(self._pipe, control)
        finally:
            if self._is_busy:
                self._abandon()

    def _events(self, pipe: Connection, control: LandscapeControl) -> Iterator[LandscapeEvent]:
        is_told = False
        while True:
            if control.cancelled and not is_told:
                is_told = True
                with contextlib.suppress(OSError):
                    pipe.send_bytes(CANCEL)
            try:
                if not pipe.poll(LOOK_S):
                    continue
                message = pipe.recv_bytes()
            except (EOFError, OSError):
                self._process.join(EXIT_S)
                code = self._process.exitcode
                raise TrainingError(f"the landscape process ended unexpectedly (exit code {code})") from None
            kind, content = message[:1], message[1:]
            if kind == EVENT:
                yield decode(content)
                continue
            self._is_busy = False
            if kind == REFUSED:
                raise error_of(msgspec.json.decode(content))
            return

    def _abandon(self) -> None:
        """Bring an evaluation that nobody follows any more to its end; what it did is kept."""
        pipe = self._pipe
        if pipe is None:
            return
        try:
            pipe.send_bytes(CANCEL)
            while pipe.poll(EXIT_S):
                if pipe.recv_bytes()[:1] in (DONE, REFUSED):
                    return
        except (EOFError, OSError):
            pass
        self.close()

    def close(self) -> None:
        """End the process, in the middle of whatever it does."""
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            self._process.join(EXIT_S)
            if self._process.is_alive():
                self._process.kill()
                self._process.join()
            self._process.close()
        self._pipe = self._process = None


def evaluate_in_process(
    request: LandscapeRequest,
    control: LandscapeControl | None = None,
    *,
    store: Path,
    keep: bool = True,
) -> Iterator[LandscapeEvent]:
    """Evaluate one surface in a process that ends with it; see `session.evaluate`.

    Raises:
        TrainingError: The process died.
    """
    with LandscapeWorker() as worker:
        yield from worker.evaluate(request, control, store=store, keep=keep)


# --- in the child ----------------------------------------------------------------------------------------


def _child(pipe: Connection) -> None:
    # Ctrl-C reaches every process of the terminal; the parent decides what it means and tells this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    give_way()
    wanted: queue.SimpleQueue[tuple[dict[str, Any], LandscapeControl]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(pipe, wanted), name="wnin-listen", daemon=True).start()
    importlib.import_module("wnin_desktop.runs.landscape.session")
    while True:
        parts, control = wanted.get()
        try:
            _serve(pipe, parts, control)
        except (BrokenPipeError, ConnectionResetError):
            os._exit(1)


def _serve(pipe: Connection, parts: dict[str, Any], control: LandscapeControl) -> None:
    from wnin_desktop.runs.landscape.session import evaluate  # noqa: PLC0415 - torch, in the child alone

    try:
        request = validate(LandscapeRequest, parts["request"])
        for event in evaluate(request, control, store=Path(parts["store"]), keep=parts["keep"]):
            pipe.send_bytes(EVENT + encode(event))
        pipe.send_bytes(DONE)
    except WninError as error:
        pipe.send_bytes(REFUSED + msgspec.json.encode(error_parts(error)))
    except (BrokenPipeError, ConnectionResetError):
        raise
    except Exception:
        # What nobody foresaw is told too: the parent would wait for ever.
        text = traceback.format_exc().splitlines()[-1]
        told = {"kind": "TrainingError", "text": text, "problems": []}
        pipe.send_bytes(REFUSED + msgspec.json.encode(told))


def _listen(pipe: Connection, wanted: queue.SimpleQueue[tuple[dict[str, Any], LandscapeControl]]) -> None:
    """Take requests and cancellations; the parent's end of the pipe closing ends this process: no orphans."""
    control = LandscapeControl()
    while True:
        try:
            message = pipe.recv_bytes()
        except (EOFError, OSError):
            os._exit(1)
        if message[:1] == CANCEL:
            control.cancel()
        else:
            control = LandscapeControl()
            wanted.put((msgspec.json.decode(message[1:]), control))
