"""Evaluations as the page follows them: in a process of their own, heard ten times a second."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from wnin_desktop.errors import StoppedByUser
from wnin_desktop.qt.pages.landscape.words import duration
from wnin_desktop.qt.text import tr
from wnin_desktop.runs.landscape.control import LandscapeControl
from wnin_desktop.schema.landscape import (
    Doing,
    LandscapeEvent,
    LandscapeRequest,
    SmoothedLevel,
    SurfaceDone,
    SurfaceLevel,
    SurfaceStopped,
)

HEAR_MS = 100
IDLE_MS = 120_000
"""How long a process waits for the next evaluation before it ends; it holds a few hundred megabytes."""
PATIENCE_S = 1.5
"""How long an evaluation may take to end when the window closes."""
PROCESS = "wnin-landscape-worker"
ALMOST = 0.999
"""The most that is reported while it goes on: after 1 a task can no longer be cancelled."""


class Worker(Protocol):
    """What evaluates: a process, or in tests something quicker."""

    def warm_up(self) -> None:
        """Get ready for the first evaluation."""
        ...

    def evaluate(
        self, request: LandscapeRequest, control: LandscapeControl, *, store: Path
    ) -> Iterator[LandscapeEvent]:
        """Evaluate."""
        ...

    def close(self) -> None:
        """End."""
        ...


def make_worker() -> Worker:
    """Return a worker in a process of its own."""
    from wnin_desktop.runs.landscape.worker import LandscapeWorker  # noqa: PLC0415 - when first wanted

    return LandscapeWorker()


class Inbox:
    """Events on their way to the window; of what is told again and again only the newest waits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: dict[object, LandscapeEvent] = {}
        self._count = 0

    def put(self, event: LandscapeEvent) -> None:
        """Take an event, from any thread."""
        with self._lock:
            self._count += 1
            key = self._key(event)
            self._events.pop(key, None)
            self._events[key] = event

    def _key(self, event: LandscapeEvent) -> object:
        if isinstance(event, SurfaceLevel | Doing):
            return type(event)
        if isinstance(event, SmoothedLevel):
            return (SmoothedLevel, event.sigma)
        return self._count

    def take(self) -> list[LandscapeEvent]:
        """Return what came, in the order of its last word."""
        with self._lock:
            found, self._events = list(self._events.values()), {}
        return found


class _Control(LandscapeControl):
    """Cancelled by the page, or by whoever cancels the task in the status bar."""

    def __init__(self) -> None:
        super().__init__()
        self.task: Any = None

    @property
    def cancelled(self) -> bool:
        return super().cancelled or (self.task is not None and self.task.cancelled)


class Survey(QObject):
    """Runs one evaluation at a time.

    Attributes:
        request: What is evaluated, or was last.
        doing: What it said last of how far it is.
        is_stopping: Whether it was asked to end.
    """

    heard = Signal(object)
    """A list of events, oldest first."""
    state_changed = Signal()
    """It began, was asked to end, or ended."""
    progressed = Signal()
    failed = Signal(object)
    """The error that ended it."""

    def __init__(self, desk: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("landscape-survey")
        self.make: Callable[[], Worker] = make_worker
        self.request: LandscapeRequest | None = None
        self.doing: Doing | None = None
        self.is_stopping = False
        self._desk = desk
        self._worker: Worker | None = None
        self._lock = threading.Lock()
        """Held by whoever uses the worker."""
        self._task: Any = None
        self._control = _Control()
        self._inbox = Inbox()
        self._is_closed = False
        self._timer = QTimer(self, interval=HEAR_MS)
        self._timer.timeout.connect(self._hear)
        self._idle = QTimer(self, singleShot=True, interval=IDLE_MS)
        self._idle.timeout.connect(self._let_go)

    @property
    def is_busy(self) -> bool:
        """Whether something is evaluated."""
        return self._task is not None

    def get_ready(self) -> None:
        """Have a process import what it needs before the first evaluation is asked for."""
        if self._worker is None and not self._is_closed:
            self._worker = self.make()
            self._desk.tasks.start(self._warm_up)
            self._idle.start()

    def _warm_up(self, _task: object) -> None:
        with self._lock:
            if self._worker is not None and not self._is_closed:
                self._worker.warm_up()

    def start(self, request: LandscapeRequest, store: Path) -> None:
        """Evaluate; what is evaluated now must have ended."""
        if self._is_closed or self._task is not None:
            return
        self._idle.stop()
        self.request, self.doing, self.is_stopping = request, None, False
        control = self._control = _Control()
        inbox = self._inbox = Inbox()
        worker = self._worker = self._worker or self.make()

        def work(task: Any) -> None:
            control.task = task
            with self._lock:
                if self._is_closed:
                    return
                self._follow(worker.evaluate(request, control, store=store), inbox, task)

        self._task = self._desk.tasks.start(
            work, then=self._take_end, failed=self._take_error, title=tr("Loss surface"), cancellable=True
        )
        self._task.ended.connect(self._end)
        self._timer.start()
        self.state_changed.emit()

    @staticmethod
    def _follow(events: Iterator[LandscapeEvent], inbox: Inbox, task: Any) -> None:
        """Pass events on; in the task's thread."""
        for event in events:
            inbox.put(event)
            if isinstance(event, Doing):
                try:
                    task.report(min(event.done, ALMOST), progress_words(event))
                except StoppedByUser:
                    continue  # the evaluation hears of it, and says so at its end

    def cancel(self) -> None:
        """Ask the evaluation to end; what was done is kept, and asking the same again goes on from there."""
        if self._task is not None and not self.is_stopping:
            self.is_stopping = True
            self._control.cancel()
            self.state_changed.emit()

    def _hear(self) -> None:
        events = self._inbox.take()
        for event in events:
            if isinstance(event, Doing):
                self.doing = event
                self.progressed.emit()
        if events:
            self.heard.emit(events)

    def _take_end(self, _result: object) -> None:
        self._hear()

    def _take_error(self, error: Exception) -> None:
        self._hear()
        self.failed.emit(error)

    def _end(self) -> None:
        self._timer.stop()
        self._task = None
        self.is_stopping = False
        if not self._is_closed:
            self._hear()
            self._idle.start()
            self.state_changed.emit()

    # -- the end -------------------------------------------------------------------------------------------

    def _let_go(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None and self._task is None:
            self._desk.tasks.start(lambda _task: self._close(worker))

    def _close(self, worker: Worker) -> None:
        if not self._lock.acquire(timeout=PATIENCE_S):
            _kill()  # in the middle of an import it hears nothing; what was saved before is kept
            self._lock.acquire()
        try:
            worker.close()
        finally:
            self._lock.release()

    def close(self) -> None:
        """End everything; nobody waits for it here."""
        if self._is_closed:
            return
        self._is_closed = True
        self._control.cancel()
        self._timer.stop()
        self._idle.stop()
        worker, self._worker = self._worker, None
        if worker is not None:
            # Not a task: those end with the window, and this is the end.
            threading.Thread(target=self._close, args=(worker,), name="wnin-landscape-end").start()


def _kill() -> None:
    for child in multiprocessing.active_children():
        if child.name == PROCESS:
            child.kill()


def progress_words(doing: Doing) -> str:
    """Return what goes on, how far it is and how long it still takes."""
    parts = [tr(doing.what)]
    if doing.done > 0:
        parts.append(f"{100 * min(doing.done, 1):.0f} %")
    if doing.seconds_left > 0:
        parts.append(tr("{0} left", duration(max(doing.seconds_left, 1.0))))
    return ", ".join(parts)


def is_end(event: LandscapeEvent) -> bool:
    """Return whether an event is the last of an evaluation."""
    return isinstance(event, SurfaceDone | SurfaceStopped)
