"""The newest notices, on a card that lies over a corner of the page; the rest stands in the log."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QPushButton, QTabWidget, QVBoxLayout, QWidget

from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import HAIRLINE, Space, theme
from wnin_desktop.qt.widgets import NoticeBar
from wnin_desktop.qt.window.notices import Notice, Notices
from wnin_desktop.qt.window.reading_order import READ_FIRST

MOST_BARS = 2
STAYS_MS = {"info": 8000, "good": 8000, "warning": 30_000, "danger": 30_000}
"""What may be lost, or waits for a decision, is told as a notice that stays until somebody closes it."""
WITH_ACTION_MS = 20_000
LETTERS = 60
"""Widest card, in letters x: the page is seen beside it."""
FLOORS = ("leaders", "landscape-time")
"""Parts at the bottom of pages that are not covered; the card lies above them."""
MOST_FLOOR = 0.5
"""Share of the page that such a part takes at most; one that is higher is not spared."""


class NoticeArea(QWidget):
    """Shows notices as they are told. It covers a lower corner of the page, no tools, and moves nothing."""

    log_wanted = Signal()
    """The person wants to read what there was no room for."""

    def __init__(self, notices: Notices, tabs: QTabWidget, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("notice-area")
        self.setAccessibleName(tr("Notices"))
        self.setProperty(READ_FIRST, True)
        self._tabs, self._unread = tabs, 0
        self._bars: list[NoticeBar] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(HAIRLINE, HAIRLINE, HAIRLINE, HAIRLINE)
        self._layout.setSpacing(HAIRLINE)
        self.more = self._make_more()
        self._layout.addWidget(self.more)
        self.hide()
        for around in (parent, tabs.tabBar()):
            around.installEventFilter(self)
        notices.told.connect(self._show)
        notices.settled.connect(self._settle)
        tabs.currentChanged.connect(self.place)

    def _make_more(self) -> QPushButton:
        more = QPushButton(self)
        more.setObjectName("notice-more")
        more.setProperty("kind", "quiet")
        more.clicked.connect(self._open_log)
        more.hide()
        return more

    @property
    def bars(self) -> list[NoticeBar]:
        """Return the bars that are shown, oldest first."""
        return list(self._bars)

    # -- bars ----------------------------------------------------------------------------------------------

    def _show(self, notice: Notice) -> None:
        self._settle(notice.topic)
        bar = NoticeBar(
            notice.text,
            kind=notice.kind,
            kept=notice.kept,
            do=notice.do,
            details=notice.details,
            action=notice.action[0] if notice.action else "",
            parent=self,
        )
        bar.setProperty("topic", notice.topic)
        if notice.action is not None:
            bar.setProperty("notice", notice.at)
            act = notice.action[1]
            bar.acted.connect(lambda: (act(), self._drop(bar)))
        bar.closed.connect(lambda: self._drop(bar))
        self._layout.insertWidget(len(self._bars), bar)
        self._bars.append(bar)
        if not notice.stays:
            least = 0 if notice.action is None else WITH_ACTION_MS
            self._let_go_later(bar, max(STAYS_MS[notice.kind], least))
        while len(self._bars) > MOST_BARS:
            self._unread += 1
            self._drop(next((each for each in self._bars if not self._is_held(each)), self._bars[0]))
        self._show_more()

    def _settle(self, topic: str) -> None:
        for bar in [each for each in self._bars if topic and each.property("topic") == topic]:
            self._drop(bar)

    def _let_go_later(self, bar: NoticeBar, after_ms: int) -> None:
        timer = QTimer(bar, singleShot=True, interval=after_ms)
        # What somebody reads or is about to press does not go away under their hands.
        timer.timeout.connect(lambda: timer.start() if self._is_held(bar) else self._drop(bar))
        timer.start()

    def _is_held(self, bar: NoticeBar) -> bool:
        focused = self.window().focusWidget()
        return bar.underMouse() or (focused is not None and bar.isAncestorOf(focused))

    def _drop(self, bar: NoticeBar) -> None:
        if bar in self._bars:
            self._bars.remove(bar)
            self._layout.removeWidget(bar)
            bar.hide()
            bar.deleteLater()
            self._show_more()

    def _show_more(self) -> None:
        if not self._bars:
            self._unread = 0
        self.more.setText(tr("{0} more in the log", self._unread))
        self.more.setVisible(self._unread > 0)
        self.setVisible(bool(self._bars))
        self.raise_()
        self.place()

    def _open_log(self) -> None:
        self._unread = 0
        self._show_more()
        self.log_wanted.emit()

    # -- where it lies -------------------------------------------------------------------------------------

    def place(self, *_: object) -> None:
        """Lie in the lower right corner of the page, above what is not covered."""
        around = self.parentWidget()
        if around is None or not self._bars:
            return
        bar = self._tabs.tabBar()
        top = bar.mapTo(around, QPoint(0, bar.height())).y() + Space.S
        width = min(around.width() - 2 * Space.M, self.fontMetrics().averageCharWidth() * LETTERS)
        wanted = self._layout.totalHeightForWidth(width)
        floor = self._floor(around)
        if floor - top < wanted:  # words are read, whatever lies below
            floor = around.height() - Space.S
        height = min(wanted, floor - top)
        self.setGeometry(QRect(around.width() - Space.M - width, floor - height, width, height))

    def _floor(self, around: QWidget) -> int:
        """Return the lower edge of the card."""
        page, lowest = self._tabs.currentWidget(), around.height() - Space.S
        parts = [] if page is None else [page.findChild(QWidget, name) for name in FLOORS]
        tops = [
            part.mapTo(around, QPoint(0, 0)).y() - Space.S
            for part in parts
            if part is not None and part.isVisible()
        ]
        return min([lowest, *(top for top in tops if top >= lowest * MOST_FLOOR)])

    def event(self, event: QEvent) -> bool:
        """Take more or less room as notices unfold their details."""
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self.place()
        return done

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - the names are Qt's
        """Follow the page and its tabs."""
        if event.type() == QEvent.Type.Resize:
            self.place()
        return super().eventFilter(watched, event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Draw the ground, and the line that parts the card from the page."""
        painter = QPainter(self)
        painter.setPen(QPen(theme().colour("edge"), HAIRLINE))
        painter.setBrush(theme().colour("raised"))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
