"""Start and end of the desktop program, in the order that the platform demands."""

from __future__ import annotations

import contextlib
import gc
import logging
import logging.handlers
import os
import sys

import psutil
import qasync
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer, QTranslator
from PySide6.QtWidgets import QApplication

import wnin_desktop
from wnin_desktop import paths
from wnin_desktop.errors import StoreError, StoreLockedError
from wnin_desktop.qt.bridge.crash import CrashRecorder
from wnin_desktop.qt.bridge.faults import Faults
from wnin_desktop.qt.bridge.single import SingleWindow, Wish
from wnin_desktop.qt.bridge.watchdog import Watchdog
from wnin_desktop.qt.desk import Desk
from wnin_desktop.qt.text import PseudoTranslator
from wnin_desktop.qt.theme import theme
from wnin_desktop.qt.window.commands import Commands
from wnin_desktop.qt.window.main_window import MainWindow
from wnin_desktop.qt.window.start import Start
from wnin_desktop.runs.preferences import LoadedPreferences, WindowState, load_preferences
from wnin_desktop.runs.store import Store

LOG_BYTES = 1 << 20
SWITCH_S = 0.0005
"""How long a thread that records or trains may keep Python while the GUI thread waits for it."""
logger = logging.getLogger("wnin.window")


def make_application(arguments: list[str]) -> QApplication:
    """Return the application, dressed."""
    # Qt shares the filling of an area of some size among threads and waits for them; while training holds the
    # cores they come late, and with them the picture.
    os.environ.setdefault("QT_NO_GUI_THREADPOOL", "1")
    application = QApplication(arguments)
    application.setApplicationName("wnin")
    application.setApplicationDisplayName("WNIN Desktop")
    application.setApplicationVersion(wnin_desktop.__version__)
    application.setDesktopFileName("wnin")
    application.setWindowIcon(theme().icon("wnin"))
    return application


def run(start: Start, settings: LoadedPreferences | None = None) -> int:
    """Open the window and return the exit code once it was closed."""
    settings = settings or load_preferences()
    sys.setswitchinterval(SWITCH_S)
    _write_logs()
    recorder = CrashRecorder()
    recorder.start()
    application = make_application(sys.argv[:1])
    translator = _translate(application, settings.value.appearance.language)
    single = SingleWindow(start.store)
    try:
        return _run(start, application, single, settings)
    finally:
        recorder.stop()
        application.removeTranslator(translator)
        _let_go_of_copies(application)


def _run(start: Start, application: QApplication, single: SingleWindow, settings: LoadedPreferences) -> int:
    opened = _open_store(start, single)
    if opened is None:
        return 0
    single.listen()
    loop = qasync.QEventLoop(application)
    faults, watchdog = Faults(), Watchdog()
    with contextlib.closing(loop):
        faults.install(loop)
        state = WindowState()
        desk = Desk(opened, loop, preferences=settings.value, state=state)
        window = open_window(desk, start)
        single.asked.connect(window.wished)
        faults.caught.connect(desk.tell_fault)
        single.show(window)
        watchdog.start()
        window.closing.connect(application.quit)
        for notice in (settings.notice, state.notice, *opened.notices):
            if notice:
                desk.notices.tell(notice, kind="warning")
        loop.run_forever()
        watchdog.stop()
        end(desk, opened, faults)
        _delete(window, desk)
    return 0


def _delete(*parts: QObject) -> None:
    """Delete now and in this order, so that nobody is told of the end of what he depends on."""
    for part in parts:
        part.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def _open_store(start: Start, single: SingleWindow) -> Store | None:
    """Open the store; hand over to the window that has it, or read only where another program writes it."""
    try:
        return Store.open(start.store)
    except StoreLockedError:
        if single.raise_other(_wish_of(start)):
            return None
        return Store.open(start.store, read_only=True)


def _wish_of(start: Start) -> Wish:
    """Return what the window that has the store is asked for; its working folder may be another."""
    file = str(start.file.expanduser().absolute()) if start.file is not None and not start.preset else ""
    return Wish(file, start.preset, start.run)


def open_window(desk: Desk, start: Start) -> MainWindow:
    """Build and show the window, and begin what takes longer after it stands."""
    window = MainWindow(desk)
    commands = Commands(desk, window)
    window.restore_session()
    window.show()
    QTimer.singleShot(0, window, _collect_garbage)
    QTimer.singleShot(0, window, lambda: commands.begin(start))
    if start.quit_after_ms:
        QTimer.singleShot(start.quit_after_ms, window, window.close)
    return window


def _collect_garbage() -> None:
    """Collect garbage from now on, and never look through what the start made: that would stop the window."""
    gc.freeze()
    gc.enable()


def end(desk: Desk, store: Store, faults: Faults) -> None:
    """Close what is left; a thread that does not end is not waited for, because the store is safe."""
    desk.close()
    stuck = [run for run in desk.runs.live if run.isRunning()]
    for child in psutil.Process().children(recursive=True) if stuck else []:
        with contextlib.suppress(psutil.Error):
            child.kill()
    stuck = [run for run in stuck if not run.wait(500)]
    with contextlib.suppress(StoreError):
        store.close()
    faults.uninstall()
    if stuck or not desk.tasks.is_idle:
        logger.error("%d runs did not end in time, or other work did not", len(stuck))
        logging.shutdown()
        os._exit(0)


def _let_go_of_copies(application: QApplication) -> None:
    """Empty a clipboard that would destroy what was copied, a Python object, after Python has ended.

    So does the one of platforms without a screen; all others hand it on or end it with the application.
    """
    if application.platformName() in ("offscreen", "minimal"):
        application.clipboard().clear()


def _translate(application: QApplication, language: str) -> QTranslator:
    translator = PseudoTranslator() if language == "pseudo" else QTranslator()
    application.installTranslator(translator)
    return translator


def _write_logs() -> None:
    folder = paths.home() / "logs"
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(
            folder / "window.log", maxBytes=LOG_BYTES, backupCount=3, encoding="utf-8"
        )
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        root = logging.getLogger("wnin")
        root.addHandler(handler)
        root.setLevel(logging.INFO)
