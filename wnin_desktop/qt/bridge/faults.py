"""An exception in a slot, a thread or a coroutine is one notification and a log entry, and nothing breaks."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import Any

from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, qInstallMessageHandler

from wnin_desktop.errors import WninError
from wnin_desktop.qt.text import tr

logger = logging.getLogger("wnin.window")

LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


class Faults(QObject):
    """Catches what nobody else caught. `caught` carries a sentence and the traceback, on the GUI thread."""

    caught = Signal(str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._before: tuple[Any, Any] | None = None
        self._telling = False

    def install(self, loop: asyncio.AbstractEventLoop | None = None, *, qt_messages: bool = True) -> None:
        """Take over the hooks of the interpreter, of threads, of the event loop and of Qt."""
        self._before = (sys.excepthook, threading.excepthook)
        sys.excepthook = self._of_slot
        threading.excepthook = self._of_thread
        if loop is not None:
            loop.set_exception_handler(self._of_loop)
        if qt_messages:
            qInstallMessageHandler(self._of_qt)

    def uninstall(self) -> None:
        """Give the hooks back."""
        if self._before is not None:
            sys.excepthook, threading.excepthook = self._before
            self._before = None
            qInstallMessageHandler(None)

    def tell(self, error: BaseException) -> None:
        """Report an error from any thread."""
        details = story_of(error)
        logger.error("unexpected fault\n%s", details)
        ours = isinstance(error, WninError)
        self.caught.emit(str(error) if ours else tr("An unexpected fault: {0}", words_of(error)), details)

    def _of_slot(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        elif not self._telling:  # a fault while telling one must not tell itself for ever
            self._telling = True
            try:
                self.tell(error)
            finally:
                self._telling = False

    def _of_thread(self, said: threading.ExceptHookArgs) -> None:
        if said.exc_value is not None:
            self.tell(said.exc_value)

    def _of_loop(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if error is not None:
            self.tell(error)
        else:
            logger.error("event loop: %s", context.get("message"))

    def _of_qt(self, kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
        logger.log(LEVELS.get(kind, logging.WARNING), "Qt: %s", text)


def words_of(error: BaseException) -> str:
    """Return the kind and the words of an error, even of one that fails to say anything."""
    return _printable("".join(traceback.format_exception_only(error)).strip())


def story_of(error: BaseException) -> str:
    """Return the traceback of an error."""
    return _printable("".join(traceback.format_exception(error)))


def _printable(text: str) -> str:
    """Return `text` without what no file and no label can take: half letters and zeros."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
