"""A veil over the main window with a panel on it: the palette, the cheat sheet and the tour stand on one."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QFrame, QPushButton, QWidget
from shiboken6 import isValid

from wnin_desktop.qt.theme import HAIRLINE, RADIUS, theme

VEIL = 0.62
"""How much of the window the veil hides, 0 to 1."""


class Overlay(QWidget):
    """Covers a window while something else has its attention; Escape or a click beside the panel closes.

    It is part of the window, not a window itself: no window manager and no nested loop take part.
    """

    closed = Signal()

    def __init__(self, window: QWidget, name: str, title: str) -> None:
        super().__init__(window)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self._window = window
        self._former: QWidget | None = None
        self.panel = Panel(self)
        self.panel.setObjectName(f"{name}-panel")
        self.panel.setAccessibleName(title)
        self._place_soon = QTimer(self)  # sizes are right only after the layouts have heard of the change
        self._place_soon.setSingleShot(True)
        self._place_soon.setInterval(0)
        self._place_soon.timeout.connect(self._place_again)
        self.hide()
        window.installEventFilter(self)
        theme().changed.connect(self.restyle)

    def present(self) -> None:
        """Cover the window and take the keyboard."""
        if self.isVisible():
            return
        self._former = QApplication.focusWidget()
        self._cover()
        self.show()
        self.raise_()
        self.place()
        self.first_focus().setFocus(Qt.FocusReason.PopupFocusReason)

    def dismiss(self) -> None:
        """Uncover the window and give the keyboard back to what had it."""
        if self.isHidden():
            return
        self.hide()
        former, self._former = self._former, None
        if former is not None and isValid(former) and former.isVisible():  # it may be gone by now
            former.setFocus(Qt.FocusReason.PopupFocusReason)
        self.closed.emit()

    def first_focus(self) -> QWidget:
        """Return what has the keyboard first."""
        return self.panel

    def place(self) -> None:
        """Put the panel where it belongs; a subclass says where."""
        self.panel.adjustSize()
        rest = self.rect().size() - self.panel.size()
        self.panel.move(rest.width() // 2, rest.height() // 2)

    def _cover(self) -> None:
        self.setGeometry(self._window.rect())

    def restyle(self) -> None:
        """Follow another theme or size of text."""
        self.update()
        self._place_soon.start()

    def _place_again(self) -> None:
        if self.isVisible():
            self.place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - the names are Qt's
        """Follow the size of the window."""
        if watched is self.parent() and event.type() == QEvent.Type.Resize and self.isVisible():
            self._cover()
            self.place()
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Close with Escape, press a button with Enter; no other key reaches the window below."""
        focused = self.window().focusWidget()
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(focused, QPushButton):
            focused.click()  # outside a dialog, Qt gives Enter no meaning on a button
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Close by a click beside the panel."""
        if not self.panel.geometry().contains(event.position().toPoint()):
            self.dismiss()
        event.accept()

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802
        """Keep Tab within the panel: what is covered is not to be reached."""
        stops = [child for child in self.panel.findChildren(QWidget) if _takes_tab(child)]
        if not stops:
            return True
        now = QApplication.focusWidget()
        ahead = 1 if forward else -1
        place = stops.index(now) + ahead if now in stops else 0
        reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
        stops[place % len(stops)].setFocus(reason)
        return True

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Draw the veil."""
        veil = theme().colour("window")
        veil.setAlphaF(VEIL)
        QPainter(self).fillRect(self.rect(), veil)


def _takes_tab(widget: QWidget) -> bool:
    policy = widget.focusPolicy()
    return bool(policy & Qt.FocusPolicy.TabFocus) and widget.isVisible() and widget.isEnabled()


class Panel(QFrame):
    """The raised ground on a veil."""

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - the name is Qt's
        """Draw the ground with its hairline."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme().colour("edge"), HAIRLINE))
        painter.setBrush(theme().colour("raised"))
        rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(rect, RADIUS, RADIUS)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Take clicks between the controls, so that they do not close the panel."""
        event.accept()
