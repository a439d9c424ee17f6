"""The bars above the page: the newest notices, one line each; the rest stands in the log."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from wnin_desktop.qt.widgets import NoticeBar
from wnin_desktop.qt.window.notices import Notice, Notices

MOST_BARS = 2
STAYS_MS = {"info": 8000, "good": 8000}
WITH_ACTION_MS = 20_000
"""Warnings and errors stay until somebody closes them."""


class NoticeArea(QWidget):
    """Shows notices as they are told."""

    def __init__(self, notices: Notices, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice-area")
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._bars: list[NoticeBar] = []
        notices.told.connect(self._show)

    @property
    def bars(self) -> list[NoticeBar]:
        """Return the bars that are shown, oldest first."""
        return list(self._bars)

    def _show(self, notice: Notice) -> None:
        bar = NoticeBar(
            notice.text,
            kind=notice.kind,
            kept=notice.kept,
            do=notice.do,
            details=notice.details,
            action=notice.action[0] if notice.action else "",
            parent=self,
        )
        if notice.action is not None:
            bar.setProperty("notice", notice.at)
            act = notice.action[1]
            bar.acted.connect(lambda: (act(), self._drop(bar)))
        bar.closed.connect(lambda: self._drop(bar))
        self._layout.addWidget(bar)
        self._bars.append(bar)
        if notice.kind in STAYS_MS:
            timer = QTimer(bar)
            timer.setSingleShot(True)
            timer.timeout.connect(lambda: self._drop(bar))
            timer.start(STAYS_MS[notice.kind] if notice.action is None else WITH_ACTION_MS)
        while len(self._bars) > MOST_BARS:
            self._drop(self._bars[0])

    def _drop(self, bar: NoticeBar) -> None:
        if bar in self._bars:
            self._bars.remove(bar)
            self._layout.removeWidget(bar)
            bar.hide()
            bar.deleteLater()
