"""Work off the GUI thread: exports, reading the store, the catalogue. Answers come back on the GUI thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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

    def __init__(self, title: str, *, cancellable: bool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.title = title
        self.cancellable = cancellable
        self.done = -1.0
        """Part done, 0 to 1; negative while nobody knows."""
        self.text = ""
        self.is_over = False
        self._cancelled = threading.Event()
        self._reported.connect(self._take_report)

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked the work to end; the work looks at this between its steps."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Ask the work to end."""
        self._cancelled.set()

    def report(self, done: float, text: str = "") -> None:
        """Say how far the work is; from the work's thread.

        Raises:
            StoppedByUser: It was cancelled.
        """
        if self.cancelled:
            raise StoppedByUser(self.title)
        self._reported.emit(done, text)

    def _take_report(self, done: float, text: str) -> None:
        self.done, self.text = done, text
        self.changed.emit()


class Tasks(QObject):
    """Runs work in a few threads; coroutines of the window's own event loop wait for it."""

    started = Signal(object)
    ended = Signal(object)
    failed = Signal(object, object)
    """A task and its error, where nobody else takes it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._loop = loop
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="wnin-task")
        self._waiting: dict[Task, asyncio.Task[None]] = {}
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
        self._waiting[task] = self._loop.create_task(self._follow(task, work, then, failed))
        self.started.emit(task)
        return task

    async def _follow(
        self,
        task: Task,
        work: Work,
        then: Callable[[Any], None] | None,
        failed: Callable[[Exception], None] | None,
    ) -> None:
        try:
            result = await asyncio.wrap_future(self._pool.submit(work, task), loop=self._loop)
        except StoppedByUser:
            pass
        except Exception as error:  # whatever the work raised is told, here or by the caller
            self._tell(task, error, failed)
        else:
            if then is not None and not task.cancelled and not self._closed:
                then(result)
        finally:
            self._waiting.pop(task, None)
            task.is_over = True
            task.ended.emit()
            self.ended.emit(task)
            task.deleteLater()

    def _tell(self, task: Task, error: Exception, failed: Callable[[Exception], None] | None) -> None:
        if self._closed or task.cancelled:
            return
        if failed is not None:
            failed(error)
        else:
            self.failed.emit(task, error)

    def close(self) -> None:
        """Ask all work to end and take no more; work that does not look is waited for."""
        self._closed = True
        for task in list(self._waiting):
            task.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)
