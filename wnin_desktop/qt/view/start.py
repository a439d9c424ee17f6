"""Start and end of the small window's program."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import qasync
from PySide6.QtCore import QCoreApplication, QEvent, QLocale, QObject, QTimer, QTranslator
from PySide6.QtWidgets import QApplication

from wnin_desktop.qt.app import make_application
from wnin_desktop.qt.bridge.faults import Faults
from wnin_desktop.qt.text import PseudoTranslator
from wnin_desktop.qt.theme import theme
from wnin_desktop.qt.view.bench import Bench
from wnin_desktop.qt.view.content import Content
from wnin_desktop.qt.view.feed import Feed
from wnin_desktop.qt.view.window import ViewWindow
from wnin_desktop.runs.preferences import load_preferences
from wnin_desktop.schema.events import RunEvent
from wnin_desktop.schema.landscape import Surface
from wnin_desktop.schema.preferences import Preferences

HEARING_MS = 200
"""Python hears of Ctrl-C only while it runs."""


@dataclass(frozen=True)
class Wanted:
    """What is to be shown, and how.

    Attributes:
        source: The file, or the address of the stream.
        surface: A surface that was read.
        events: Events that were read.
        feed: A stream that has begun.
        size: Of the window; None for the usual one.
        theme: "light", "dark" or "system"; nothing for the preferred one.
        quit_after_ms: Close by itself after so long; 0 never.
    """

    source: str
    surface: Surface | None = None
    events: list[RunEvent] | None = None
    feed: Feed | None = None
    size: tuple[int, int] | None = None
    theme: str = ""
    quit_after_ms: int = 0


def make_content(wanted: Wanted, bench: Bench) -> Content:
    """Return what fills the window."""
    if wanted.surface is not None:
        from wnin_desktop.qt.view.surface import SurfaceContent  # noqa: PLC0415 - one of both is needed

        return SurfaceContent(Path(wanted.source), wanted.surface, bench)
    from wnin_desktop.qt.view.runs import RunsContent  # noqa: PLC0415

    return RunsContent(bench, feed=wanted.feed, events=wanted.events, source=wanted.source)


def run(wanted: Wanted) -> int:
    """Open the window and return the exit code once it was closed."""
    settings = load_preferences()
    preferences = settings.value
    application = make_application(sys.argv[:1])
    translator = PseudoTranslator() if preferences.appearance.language == "pseudo" else QTranslator()
    application.installTranslator(translator)
    dress(preferences, wanted.theme)
    loop = qasync.QEventLoop(application)
    faults = Faults()
    with contextlib.closing(loop):
        # Words of Qt's own stay where they are: nothing here writes a log.
        faults.install(loop, qt_messages=False)
        bench = Bench()
        faults.caught.connect(bench.tell_fault)
        window = ViewWindow(make_content(wanted, bench), bench, wanted.size)
        window.closing.connect(application.quit)
        window.show()
        if settings.notice:
            bench.notices.tell(settings.notice, kind="warning")
        if wanted.quit_after_ms:
            QTimer.singleShot(wanted.quit_after_ms, window, window.close)
        with _closed_by_signals(window.close):
            loop.run_forever()
        bench.close()
        faults.uninstall()
        _delete(window, bench)
    application.removeTranslator(translator)
    _let_go_of_copies(application)
    return 0


def dress(preferences: Preferences, choice: str = "") -> None:
    """Look as a person prefers it; `choice` is another theme for this once."""
    appearance = preferences.appearance
    theme().apply(choice or appearance.theme)
    theme().set_text_scale(appearance.text_scale)
    theme().reduced_motion = appearance.reduced_motion == "on"
    QLocale.setDefault(QLocale(appearance.number_locale or QLocale.system()))


@contextlib.contextmanager
def _closed_by_signals(close: Callable[[], object]) -> Iterator[None]:
    """Close the window in order on Ctrl-C and SIGTERM, so that no viewer is left."""

    def take(_number: int, _frame: FrameType | None) -> None:
        close()

    before = {number: signal.signal(number, take) for number in (signal.SIGINT, signal.SIGTERM)}
    hearing = QTimer(interval=HEARING_MS)
    hearing.timeout.connect(int)
    hearing.start()
    try:
        yield
    finally:
        hearing.stop()
        for number, handler in before.items():
            signal.signal(number, handler)


def _delete(*parts: QObject) -> None:
    """Delete now and in this order, so that nobody is told of the end of what he depends on."""
    for part in parts:
        part.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def _let_go_of_copies(application: QApplication) -> None:
    """Empty a clipboard that would destroy what was copied after Python has ended."""
    if application.platformName() in ("offscreen", "minimal"):
        application.clipboard().clear()
