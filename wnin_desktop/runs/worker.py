"""The trainer in a process of its own, behind the same interface.

The child trains and writes checkpoint files; the parent records. Between them one duplex pipe: events come
up in batches, each message one letter and JSON; commands go down. Nothing is pickled but the job's JSON.
When either end goes away the other notices at once: the child exits, the parent reports the runs as failed.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec

from wnin_desktop.engine.control import RunControl
from wnin_desktop.errors import (
    CheckpointError,
    DataError,
    InputError,
    PluginError,
    Problem,
    StoppedByUser,
    TrainingError,
    WninError,
)
from wnin_desktop.runs.job import Hooks, Job, train_inline, when_there_is_space
from wnin_desktop.runs.priority import give_way
from wnin_desktop.schema import commands
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.events import Intervention, RunEvent, decode_batch, encode_batch
from wnin_desktop.schema.manifest import Manifest
from wnin_desktop.schema.run import CompareConfig

EVENTS, MANIFEST, NOTICE, PROGRESS, HOLDING, SAVING = b"E", b"M", b"N", b"P", b"H", b"S"
REFUSED, DONE = b"R", b"D"
BATCH_S = 0.016
BATCH_EVENTS = 512
EXIT_S = 5.0
"""How long a child that was told to stop may take before it is killed."""

_ERRORS: dict[str, type[WninError]] = {
    error.__name__: error for error in (DataError, PluginError, CheckpointError, StoppedByUser, TrainingError)
}


def train_in_process(job: Job, control: RunControl, hooks: Hooks, /) -> Iterator[RunEvent]:
    """Train in a worker process; the events and errors are those of `train_here`.

    Raises:
        InputError: As `train_here`.
        StoppedByUser: Likewise.
        TrainingError: The worker died.
    """
    process, ours = _take_spare() or _start()
    _working[control] = process
    with contextlib.suppress(OSError):  # a child that is dead already is told of where its events are read
        ours.send_bytes(_job_text(job).encode())
    forward = threading.Thread(target=_forward, args=(ours, control), name="wnin-commands", daemon=True)
    forward.start()
    try:
        yield from _receive(ours, control, hooks, process)
    finally:
        control.send(commands.Stop(checkpoint=False))  # also wakes the forwarding thread
        forward.join(EXIT_S)
        _working.pop(control, None)
        _killed.discard(control)
        _end(process, ours)


# --- children --------------------------------------------------------------------------------------------

_working: dict[RunControl, Any] = {}
_killed: set[RunControl] = set()


def kill(control: RunControl) -> bool:
    """End the worker of a run at once, as where code in it hangs; return whether there was one.

    The run ends with a `TrainingError`; what was committed is kept.
    """
    process = _working.get(control)
    if process is None:
        return False
    _killed.add(control)
    with contextlib.suppress(ValueError):  # it has ended by itself meanwhile
        process.kill()
    return True


_spares: list[tuple[Any, Connection]] = []
_spares_lock = threading.Lock()
_for_window = False


def work_for_a_window() -> None:
    """Let workers that are started from now on leave the processor to the window, which has this process."""
    global _for_window  # noqa: PLW0603 - a process has a window or has none
    _for_window = True


def warm_up() -> None:
    """Start a worker that has everything imported when the next job comes; one at most waits.

    Importing torch takes seconds, which a person who clicked Run need not wait for.
    """
    with _spares_lock:
        if not _spares:
            _spares.append(_start())


def cool_down() -> None:
    """End the worker that waits for a job."""
    with _spares_lock:
        waiting = list(_spares)
        _spares.clear()
    for process, ours in waiting:
        _end(process, ours, patience=0.1)


def _start() -> tuple[Any, Connection]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=True)
    process = context.Process(target=_child, args=(theirs, _for_window), name="wnin-worker", daemon=True)
    process.start()
    theirs.close()
    return process, ours


def _take_spare() -> tuple[Any, Connection] | None:
    """Return the waiting worker, if it is still alive."""
    with _spares_lock:
        found = _spares.pop() if _spares else None
    if found is not None and not found[0].is_alive():
        _end(*found)
        return None
    return found


def _end(process: Any, ours: Connection, patience: float = EXIT_S) -> None:
    ours.close()
    process.join(patience)
    if process.is_alive():
        process.kill()
        process.join()
    process.close()


def _receive(ours: Connection, control: RunControl, hooks: Hooks, process: Any) -> Iterator[RunEvent]:
    begun = False
    while True:
        try:
            message = ours.recv_bytes()
        except (EOFError, ConnectionResetError):
            process.join(EXIT_S)
            killed = control in _killed
            raise TrainingError(_how_it_ended(process.exitcode, begun=begun, killed=killed)) from None
        begun = True
        kind, content = message[:1], message[1:]
        if kind == EVENTS:
            yield from decode_batch(content)
        elif kind == MANIFEST:
            manifest = msgspec.json.decode(content, type=Manifest)
            when_there_is_space(lambda kept=manifest: hooks.keep(kept), hooks.notice, control)
        elif kind == NOTICE:
            hooks.notice(msgspec.json.decode(content, type=str))
        elif kind == HOLDING:
            hooks.holding()
        elif kind == PROGRESS:
            hooks.progress(*msgspec.json.decode(content, type=tuple[str, float]))
        elif kind == SAVING:
            hooks.saving(msgspec.json.decode(content, type=bool))
        elif kind == REFUSED:
            raise error_of(msgspec.json.decode(content))
        else:
            return


def _how_it_ended(code: int | None, *, begun: bool, killed: bool) -> str:
    if killed:
        return "the training process was ended because it did not stop; what was recorded is kept"
    if begun:
        return f"the training process ended unexpectedly (exit code {code}); what was recorded is kept"
    return (
        f"the training process ended before it began (exit code {code}); a script that starts runs must do "
        'so under `if __name__ == "__main__":`, because each training process imports the script again'
    )


def _forward(ours: Connection, control: RunControl) -> None:
    """Pass commands down until a stop was passed or the pipe is gone."""
    while True:
        for command in control.take(wait=True):
            with contextlib.suppress(OSError):
                ours.send_bytes(commands.encode(command))
            if isinstance(command, commands.Stop):
                return


# --- in the child ----------------------------------------------------------------------------------------


def _child(pipe: Connection, for_window: bool) -> None:
    # Ctrl-C reaches every process of the terminal; the parent decides what it means and tells this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if for_window:
        give_way()
    importlib.import_module("wnin_desktop.runs.source")
    try:
        if not pipe.poll():  # there is time
            with contextlib.suppress(Exception):  # what is wrong is told when the job meets it
                importlib.import_module("wnin_desktop.runs.source").get_ready()
        job_text = pipe.recv_bytes().decode()
    except (EOFError, OSError):
        return  # nobody needs this worker
    control, up = RunControl(), _Uplink(pipe)
    threading.Thread(target=_listen, args=(pipe, control), name="wnin-listen", daemon=True).start()
    try:
        for event in train_inline(_job(job_text), control, up.hooks()):
            up.put(event)
        up.tell(DONE, None)
    except WninError as error:
        up.tell(REFUSED, error_parts(error))
    except (BrokenPipeError, ConnectionResetError):
        os._exit(1)
    except Exception:
        # The runs' own Failed events went up before; this keeps the parent from waiting.
        text = traceback.format_exc().splitlines()[-1]
        up.tell(REFUSED, {"kind": "TrainingError", "text": text, "problems": []})


class _Uplink:
    """Sends events in batches, at most `BATCH_S` late; whatever else is told comes after them."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._batch: list[RunEvent] = []
        self._lock = threading.Lock()
        self._filled = threading.Event()
        # An event must not wait for the next one: a step may take long, and a paused run sends none.
        threading.Thread(target=self._flush_in_time, name="wnin-flush", daemon=True).start()

    def put(self, event: RunEvent) -> None:
        with self._lock:
            self._batch.append(event)
            if len(self._batch) >= BATCH_EVENTS:
                self._send()
        self._filled.set()

    def flush(self) -> None:
        with self._lock:
            self._send()

    def _send(self) -> None:
        if self._batch:
            self._pipe.send_bytes(EVENTS + encode_batch(self._batch))
            self._batch = []

    def _flush_in_time(self) -> None:
        while True:
            self._filled.wait()
            self._filled.clear()
            time.sleep(BATCH_S)
            try:
                self.flush()
            except OSError:
                return  # the parent is gone, and the listening thread ends this process

    def hooks(self) -> Hooks:
        return Hooks(
            keep=lambda manifest: self.tell(MANIFEST, manifest),
            notice=lambda text: self.tell(NOTICE, text),
            progress=lambda what, done: self.tell(PROGRESS, (what, done)),
            holding=lambda: self.tell(HOLDING, None),
            saving=lambda begins: self.tell(SAVING, begins),
        )

    def tell(self, kind: bytes, content: object) -> None:
        with self._lock:
            self._send()
            self._pipe.send_bytes(kind + msgspec.json.encode(content))


def _listen(pipe: Connection, control: RunControl) -> None:
    """Take commands from the parent; its end of the pipe closing ends this process: no orphans."""
    while True:
        try:
            command = commands.decode(pipe.recv_bytes())
            if isinstance(command, commands.Stop):
                control.stop(checkpoint=command.checkpoint)  # also ends a wait for space
            else:
                control.send(command)
        except (EOFError, OSError):
            os._exit(1)


# --- what crosses ----------------------------------------------------------------------------------------


def _job_text(job: Job) -> str:
    parts = {
        "config": job.config.model_dump(mode="json"),
        "experiment_id": job.experiment_id,
        "checkpoint_dir": str(job.checkpoint_dir),
        "resume": job.resume,
        "replay": job.replay,
        "audit": None if job.audit is None else str(job.audit),
    }
    return msgspec.json.encode(parts).decode()


def _job(text: str) -> Job:
    parts = msgspec.json.decode(text)
    resume = parts["resume"]
    return Job(
        validate(CompareConfig, parts["config"]),
        parts["experiment_id"],
        Path(parts["checkpoint_dir"]),
        None if resume is None else msgspec.convert(resume, Manifest),
        tuple(msgspec.convert(event, Intervention) for event in parts["replay"]),
        None if parts["audit"] is None else Path(parts["audit"]),
    )


def error_parts(error: WninError) -> dict[str, Any]:
    """Return an error as JSON can say it."""
    problems = []
    if isinstance(error, InputError):
        problems = [{"field": p.field, "value": repr(p.value), "allowed": p.allowed} for p in error.problems]
    return {"kind": type(error).__name__, "text": str(error), "problems": problems}


def error_of(parts: dict[str, Any]) -> WninError:
    """Return the error that `error_parts` took apart."""
    if parts["problems"]:
        return InputError([Problem(p["field"], _Shown(p["value"]), p["allowed"]) for p in parts["problems"]])
    return _ERRORS.get(parts["kind"], TrainingError)(parts["text"])


class _Shown(str):
    """A value that crossed as its repr."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)
