"""The small window: what is shown, a line at its foot, and the keys that all windows have."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence
from PySide6.QtWidgets import QMainWindow, QVBoxLayout, QWidget

from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, restyle, set_font
from wnin_desktop.qt.view.bench import Bench
from wnin_desktop.qt.view.content import Content
from wnin_desktop.qt.widgets import ElidedLabel
from wnin_desktop.qt.window.notices import Notice

USUAL = QSize(1120, 720)
LEAST = QSize(480, 360)
NOTICE_MS = 8000
"""How long a notice stands at the foot before the usual line comes back."""
KINDS = {"info": "muted", "good": "good", "warning": "warning", "danger": "danger"}


class ViewWindow(QMainWindow):
    """Ctrl+S saves a picture, R looks as at first, F11 fills the screen, Esc and Ctrl+W close."""

    closing = Signal()

    def __init__(self, content: Content, bench: Bench, size: tuple[int, int] | None = None) -> None:
        super().__init__()
        self.setObjectName("view-window")
        self.setWindowTitle(content.title())
        self.content, self._bench = content, bench
        self._usual = ("", "muted")
        self._make_line()
        middle = QWidget(self)
        middle.setObjectName("view-middle")
        column = QVBoxLayout(middle)
        column.setContentsMargins(Space.S, Space.S, Space.S, Space.XS)
        column.setSpacing(Space.XS)
        column.addWidget(content, 1)
        column.addWidget(self.line)
        self.setCentralWidget(middle)
        self.setMinimumSize(LEAST)
        self.resize(QSize(*size) if size is not None else USUAL)
        self._make_actions()
        content.told.connect(self._say_usual)
        bench.notices.told.connect(self._say_notice)

    def _make_line(self) -> None:
        self.line = ElidedLabel("", self)
        self.line.setObjectName("view-line")
        self.line.setProperty("kind", "muted")
        self.line.setAccessibleName(tr("State"))
        set_font(self.line, "small")
        self._notice_over = QTimer(self, singleShot=True, interval=NOTICE_MS)
        self._notice_over.timeout.connect(self._say_again)

    def _make_actions(self) -> None:
        keys = QKeySequence.StandardKey
        self.actions_by_name: dict[str, QAction] = {}
        self._add("save-picture", tr("Save picture"), self.content.save_picture, [QKeySequence(keys.Save)])
        self._add("reset-camera", tr("Reset the camera"), self.content.reset_camera, [QKeySequence("R")])
        self._add("full-screen", tr("Full screen"), self._turn_full_screen, [QKeySequence("F11")])
        self._add("back", tr("Close, or leave full screen"), self._go_back, [QKeySequence("Esc")])
        self._add("close", tr("Close"), self.close, [QKeySequence("Ctrl+W"), QKeySequence("Ctrl+Q")])

    def _add(self, name: str, text: str, do: Callable[[], object], keys: list[QKeySequence]) -> None:
        action = QAction(text, self)
        action.setObjectName(f"view.{name}")
        action.setShortcuts(keys)
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.triggered.connect(do)
        self.addAction(action)
        self.actions_by_name[name] = action

    def _turn_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def _go_back(self) -> None:
        if self.isFullScreen():
            self._turn_full_screen()
        else:
            self.close()

    # -- the line at the foot ------------------------------------------------------------------------------

    def _say(self, text: str, kind: str) -> None:
        self.line.setText(text)
        if self.line.property("kind") != kind:
            self.line.setProperty("kind", kind)
            restyle(self.line)

    def _say_usual(self, text: str, kind: str) -> None:
        self._usual = (text, kind)
        if not self._notice_over.isActive():
            self._say(text, kind)

    def _say_notice(self, notice: Notice) -> None:
        self._say(
            " ".join(part for part in (notice.text, notice.kept, notice.do) if part), KINDS[notice.kind]
        )
        self._notice_over.start()

    def _say_again(self) -> None:
        self._say(*self._usual)

    # -- begin and end -------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Begin once the window stands."""
        if event.type() == QEvent.Type.Show and not event.spontaneous():
            QTimer.singleShot(0, self.content, self.content.start)
        return super().event(event)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - the name is Qt's
        """End the viewer and the stream."""
        self.content.close_all()
        super().closeEvent(event)
        self.closing.emit()
