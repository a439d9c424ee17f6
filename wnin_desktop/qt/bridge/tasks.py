"""Work off the GUI thread: exports, reading the store, the catalogue. Answers come back on the GUI thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from wnin_desktop.errors import StoppedByUser

WORKERS = 4
Work = Callable[["Task"], Any]


class Task(QObject):
    """One piece of work under way."""

    changed = Signal()
    """`done` or `text` moved; told at most as often as the work reports."""
    ended = Signal()
    _reported = Signal(float, str)
    _worked = Signal(object, object)
    """Result and error, from the work's thread."""

    def __init__(self, title: str, *, cancellable: bool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.title = title
        self.cancellable = cancellable
        self.done = -1.0
        """Part done, 0 to 1; negative while nobody knows."""
        self.text = ""
        self.is_over = False
        self._turn = threading.Lock()
        """Who comes first, the end of the work or the wish to cancel it; the other one finds it decided."""
        self._is_settled = False
        self._cancelled = threading.Event()
        self._reported.connect(self._take_report)

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked the work to end; the work looks at this between its steps."""
        return self._cancelled.is_set()

    def cancel(self) -> bool:
        """Ask the work to end; return whether it will.

        Work that has reported 1 or returned is not taken back: its result is given as if nobody had asked. So
        what was cancelled leaves nothing, and what is left behind is told.
        """
        with self._turn:
            if not self._is_settled:
                self._cancelled.set()
        return self.cancelled

    def report(self, done: float, text: str = "") -> None:
        """Say how far the work is; from the work's thread. After 1 it can no longer be cancelled.

        Raises:
            StoppedByUser: It was cancelled.
        """
        with self._turn:
            if self.cancelled:
                raise StoppedByUser(self.title)
            self._is_settled = done >= 1.0
        self._reported.emit(done, text)

    def _take_report(self, done: float, text: str) -> None:
        self.done, self.text = done, text
        self.changed.emit()

    def work(self, work: Work) -> None:
        """Do the work and send what came of it home; runs in a thread of the pool."""
        try:
            result = None if self.cancelled else work(self)
        except Exception as error:  # whatever the work raised is told on the GUI thread
            self._worked.emit(None, error)
        else:
            with self._turn:
                self._is_settled = True
            self._worked.emit(result, None)


@dataclass(frozen=True)
class _Answers:
    then: Callable[[Any], None] | None
    failed: Callable[[Exception], None] | None


class Tasks(QObject):
    """Runs work in a few threads and gives the answers on the GUI thread."""

    started = Signal(object)
    ended = Signal(object)
    failed = Signal(object, object)
    """A task and its error, where nobody else takes it."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="wnin-task")
        self._waiting: dict[Task, _Answers] = {}
        self._futures: set[Future[None]] = set()
        self._closed = False

    @property
    def current(self) -> list[Task]:
        """Return the tasks under way."""
        return list(self._waiting)

    def start(
        self,
        work: Work,
        *,
        then: Callable[[Any], None] | None = None,
        failed: Callable[[Exception], None] | None = None,
        title: str = "",
        cancellable: bool = False,
    ) -> Task:
        """Run `work(task)` in a thread; `then(result)` or `failed(error)` follows on the GUI thread.

        Args:
            work: What to do; it touches no widget.
            then: Takes the result, unless the task was cancelled.
            failed: Takes an error; without it the error becomes a notice.
            title: What the status bar calls it; nothing is shown without one.
            cancellable: Whether the person may end it.
        """
        task = Task(title, cancellable=cancellable, parent=self)
        if self._closed:
            task.cancel()
            return task
        self._waiting[task] = _Answers(then, failed)
        task._worked.connect(self._take)
        self._futures = {each for each in self._futures if not each.done()}
        self._futures.add(self._pool.submit(task.work, work))
        self.started.emit(task)
        return task

    def _take(self, result: Any, error: Exception | None) -> None:
        task = self.sender()
        if not isinstance(task, Task) or task not in self._waiting:
            return
        answers = self._waiting.pop(task)
        task.is_over = True
        try:
            if not self._closed and not task.cancelled:
                self._answer(task, answers, result, error)
        finally:
            task.ended.emit()
            self.ended.emit(task)
            task.deleteLater()

    def _answer(self, task: Task, answers: _Answers, result: Any, error: Exception | None) -> None:
        if error is None:
            if answers.then is not None:
                answers.then(result)
        elif isinstance(error, StoppedByUser):
            return
        elif answers.failed is not None:
            answers.failed(error)
        else:
            self.failed.emit(task, error)

    def stop(self) -> None:
        """Take no more work and ask what can be cancelled to end; the rest, such as saving, is still done."""
        self._closed = True
        for task in self._waiting:
            if task.cancellable:
                task.cancel()
        self._pool.shutdown(wait=False)

    def close(self, timeout_s: float = 30.0) -> bool:
        """End as `stop` does and wait; return whether all work has ended in time.

        A thread cannot be ended from outside: work that does not look whether it was cancelled, or hangs in
        a call to the system, goes on until the process ends.
        """
        self.stop()
        self._waiting.clear()
        return not wait(self._futures, timeout_s).not_done

    @property
    def is_idle(self) -> bool:
        """Whether no work is under way in any thread."""
        return all(each.done() for each in self._futures)
