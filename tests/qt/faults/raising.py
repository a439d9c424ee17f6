"""G4 and G5, inside the program: exceptions wherever one can be raised, and a segmentation fault."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import threading
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QThread, QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QDialog, QPlainTextEdit, QPushButton, QWidget

from tests.qt.faults.driver import Hands, Script, say
from tests.qt.faults.windows import QUICK
from wnin_desktop.errors import StoreError
from wnin_desktop.qt.bridge import live_runs
from wnin_desktop.qt.dialogs.crash import CrashDialog
from wnin_desktop.qt.widgets import NoticeBar


class MuteError(Exception):
    """An error that cannot even say what it is."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


ERRORS: dict[str, Callable[[str], BaseException]] = {
    "value": lambda place: ValueError(f"nobody expected this in {place}"),
    "ours": lambda place: StoreError(f"The store said no in {place}."),
    "mute": lambda place: type(f"MuteErrorIn{place}", (MuteError,), {})(),
    "odd": lambda place: ValueError(f"half a letter \ud800 and \0 in {place}"),
}
"""Errors whose words differ by place, because the same words are told once."""


def _raise(error: BaseException) -> None:
    raise error


class _Painted(QWidget):
    """Raises when it is painted for the first time."""

    error: BaseException | None = None

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - the name is Qt's
        error, self.error = self.error, None
        if error is not None:
            raise error


class _Filter(QObject):
    error: BaseException | None = None

    def eventFilter(self, _watched: QObject, _event: QEvent) -> bool:  # noqa: N802 - the name is Qt's
        error, self.error = self.error, None
        if error is not None:
            raise error
        return False


class _Thread(QThread):
    def __init__(self, error: BaseException, parent: QObject) -> None:
        super().__init__(parent)
        self._error = error

    def run(self) -> None:
        raise self._error


def _in_action(hands: Hands, error: BaseException) -> None:
    name = f"test.raise-{id(error)}"
    hands.desk.actions.add(name, "Raise", lambda: _raise(error)).trigger()


def _in_timer(hands: Hands, error: BaseException) -> None:
    QTimer.singleShot(0, hands.window, lambda: _raise(error))


def _in_paint(hands: Hands, error: BaseException) -> None:
    widget = _Painted(hands.window)
    widget.error = error
    widget.show()


def _in_filter(hands: Hands, error: BaseException) -> None:
    watcher = _Filter(hands.window)
    watcher.error = error
    hands.window.installEventFilter(watcher)
    hands.window.update()


def _in_thread(_hands: Hands, error: BaseException) -> None:
    threading.Thread(target=_raise, args=(error,)).start()


def _in_qthread(hands: Hands, error: BaseException) -> None:
    _Thread(error, hands.window).start()


def _in_coroutine(hands: Hands, error: BaseException) -> None:
    async def fail() -> None:
        await asyncio.sleep(0)
        raise error

    hands.desk.loop.create_task(fail())


def _in_callback(hands: Hands, error: BaseException) -> None:
    hands.desk.loop.call_soon(_raise, error)


def _in_task(hands: Hands, error: BaseException) -> None:
    hands.desk.tasks.start(lambda _task: _raise(error), title="Working")


def _in_answer(hands: Hands, error: BaseException) -> None:
    hands.desk.tasks.start(lambda _task: 1, then=lambda _one: _raise(error))


def _in_run(hands: Hands, error: BaseException) -> None:
    if not hands.desk.draft.arm_count:
        hands.build("sgd", **QUICK)
    live_runs.source_for = lambda *_: lambda *_: _raise(error)
    hands.desk.runs.start(hands.desk.draft.config)


PLACES: dict[str, Callable[[Hands, BaseException], None]] = {
    "action": _in_action,
    "timer": _in_timer,
    "paint": _in_paint,
    "filter": _in_filter,
    "thread": _in_thread,
    "qthread": _in_qthread,
    "coroutine": _in_coroutine,
    "callback": _in_callback,
    "task": _in_task,
    "answer": _in_answer,
    "run": _in_run,
}
QUIET_TICKS = 60
"""Turns of the script without a notice after which no other is to be expected."""


class _Log(logging.Handler):
    """Counts what is written into the log file."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record.getMessage())


def raise_everywhere(hands: Hands) -> Script:
    """Raise each error in each place, and say how often each was told and logged."""
    log = _Log()
    logging.getLogger("wnin").addHandler(log)
    notices = hands.desk.notices
    told: list[object] = []
    notices.told.connect(told.append)
    for error in hands.options["errors"]:
        for place in hands.options["places"]:
            told.clear()
            log.records.clear()
            PLACES[place](hands, ERRORS[error](place))
            yield lambda: bool(told)
            left = iter(range(QUIET_TICKS))
            yield lambda left=left: next(left, None) is None
            say(
                place=place,
                error=error,
                told=[notice.text for notice in told],
                details=[notice.details for notice in told],
                logged=list(log.records),
                bars=len([bar for bar in hands.window.findChildren(NoticeBar) if bar.isVisible()]),
            )
    count = hands.desk.draft.arm_count
    hands.act("edit.add-arm")
    say(usable=hands.desk.draft.arm_count == count + 1)
    hands.close()


def segfault(hands: Hands) -> Script:
    """Read from where nothing may be read."""
    yield from hands.run() if hands.desk.draft.config else ()
    ctypes.string_at(0)


def read_crash_report(hands: Hands) -> Script:
    """Say what the program tells of its last start, and what stands in the report it offers."""

    def bar() -> NoticeBar | None:
        return next(
            (each for each in hands.window.findChildren(NoticeBar) if "last start" in each.text), None
        )

    left = iter(range(hands.options["ticks"]))
    yield lambda: bar() or next(left, None) is None
    found = bar()
    if found is None:
        say(report=None)
    else:
        found.findChild(QPushButton, "notice-action").click()
        yield lambda: hands.find(CrashDialog) is not None
        dialog: QDialog = hands.find(CrashDialog)
        view = dialog.findChild(QPlainTextEdit, "crash-text")
        yield lambda: "Python" in view.toPlainText()
        say(report=view.toPlainText())
        if hands.options["delete"]:
            dialog.findChild(QPushButton, "crash-delete").click()
    hands.close()
