"""G7, inside the program: a monkey that clicks, types, drags and scrolls, the same for each seed."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable

import shiboken6
from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QAction, QDesktopServices, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QApplication,
    QComboBox,
    QFileDialog,
    QLineEdit,
    QMenu,
    QTabBar,
    QWidget,
)

from tests.qt.faults.driver import Hands, Script, say
from tests.qt.faults.removals import no_arms
from tests.qt.faults.windows import QUICK

NAMES = ("Tab", "Backtab", "Return", "Escape", "Space", "Delete", "Backspace", "Up", "Down", "Left", "Right",
         "Home", "End", "PageDown", "F1", "F2", "F5", "F6", "F11")  # fmt: skip
KEYS = tuple(getattr(Qt.Key, f"Key_{name}") for name in NAMES)
LETTERS = "adegknoprstuvxyz0159.,-+e%/ "
CONTROL = "ZYASNKDCVX,/=-0123"
MODIFIERS = (Qt.KeyboardModifier.NoModifier,) * 5 + (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
)
BUTTONS = (Qt.MouseButton.LeftButton,) * 8 + (Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton)
EXPECTED = ("This plugin does not support", "was ended because it did not stop")
"""What a platform without a screen says, and a worker that the monkey itself has ended."""
FORBIDDEN = {"file.quit"}
"""What would end the trial; everything else may be hit."""
HOT = (QAbstractButton, QLineEdit, QComboBox, QAbstractSlider, QAbstractItemView, QTabBar)
HOT_SHARE = 0.5
"""How often the monkey aims at something that can be worked, instead of at any place."""


class Monkey:
    """Acts on whatever can be seen."""

    def __init__(self, source: random.Random, actions: list[QAction]) -> None:
        self._source = source
        self._actions = [action for action in actions if action.objectName() not in FORBIDDEN]
        self.done: list[str] = []

    def act(self) -> None:
        """Do one thing."""
        target = self._target()
        if target is None or not shiboken6.isValid(target):
            return
        deed = self._source.choices(
            (
                self._click,
                self._key,
                self._type,
                self._shortcut,
                self._double,
                self._drag,
                self._wheel,
                self._command,
            ),
            (46, 14, 10, 6, 4, 8, 6, 6),
        )[0]
        self.done = [*self.done[-20:], f"{deed.__name__} {type(target).__name__} {target.objectName()}"]
        say(deed=self.done[-1])  # so that what hangs is known too
        deed(target)

    def _target(self) -> QWidget | None:
        """Return what stands at a random place of what is in front: a menu, a dialog, else any window."""
        popup, modal = QApplication.activePopupWidget(), QApplication.activeModalWidget()
        windows = [each for each in QApplication.topLevelWidgets() if each.isVisible()]
        window = popup or modal or (self._source.choice(windows) if windows else None)
        if window is None:
            return None
        if self._source.random() < HOT_SHARE:
            hot = [each for kind in HOT for each in window.findChildren(kind)]
            seen = [each for each in hot if each.isVisible() and each.isEnabled() and each.size().isValid()]
            if seen:
                return self._source.choice(seen)
        return window.childAt(self._place(window)) or window

    def _place(self, target: QWidget) -> QPoint:
        width, height = max(1, target.width()), max(1, target.height())
        return QPoint(self._source.randrange(width), self._source.randrange(height))

    def _click(self, target: QWidget) -> None:
        place = self._place(target)
        if isinstance(target, QMenu) and _quits(target, place):
            return
        QTest.mouseClick(target, self._source.choice(BUTTONS), self._source.choice(MODIFIERS), place)

    def _double(self, target: QWidget) -> None:
        QTest.mouseDClick(
            target, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, self._place(target)
        )

    def _drag(self, target: QWidget) -> None:
        button, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        QTest.mousePress(target, button, none, self._place(target))
        for _ in range(4):
            QTest.mouseMove(target, self._place(target))
        QTest.mouseRelease(target, button, none, self._place(target))

    def _wheel(self, target: QWidget) -> None:
        place = self._place(target)
        turn = QPoint(0, self._source.choice((-120, 120, 480)))
        event = QWheelEvent(
            QPointF(place), QPointF(target.mapToGlobal(place)), QPoint(), turn, Qt.MouseButton.NoButton,
            self._source.choice(MODIFIERS), Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(target, event)

    def _key(self, target: QWidget) -> None:
        QTest.keyClick(
            QApplication.focusWidget() or target, self._source.choice(KEYS), self._source.choice(MODIFIERS)
        )

    def _type(self, target: QWidget) -> None:
        text = "".join(self._source.choices(LETTERS, k=self._source.randrange(1, 8)))
        QTest.keyClicks(QApplication.focusWidget() or target, text)

    def _shortcut(self, target: QWidget) -> None:
        modifier = Qt.KeyboardModifier.ControlModifier
        if self._source.random() < 0.3:
            modifier |= Qt.KeyboardModifier.ShiftModifier
        QTest.keyClick(target.window(), self._source.choice(CONTROL), modifier)

    def _command(self, _target: QWidget) -> None:
        action = self._source.choice(self._actions)
        self.done.append(action.objectName())
        action.trigger()


def _quits(menu: QMenu, place: QPoint) -> bool:
    action = menu.actionAt(place)
    return action is not None and action.objectName() in FORBIDDEN


class _Complaints(logging.Handler):
    """Keeps what Qt and the program complain of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        expected = record.name == "wnin.watchdog" or any(words in text for words in EXPECTED)
        unexpected = text.startswith("Qt:") or record.exc_info or "unexpected" in text.partition("\n")[0]
        if unexpected and not expected:
            self.said.append(text)


def clicks(hands: Hands) -> Script:
    """Let a monkey at the window, and say whether anything complained."""
    complaints = _Complaints()
    logging.getLogger("wnin").addHandler(complaints)
    QDesktopServices.openUrl = lambda *_: True
    hands.desk.actions.get("file.quit").setEnabled(False)
    hands.build("sgd", "adamw", **(QUICK | {"budget": QUICK["budget"] | {"steps": 300}}))
    yield from hands.run()
    if hands.options.get("breaks"):
        no_arms()
    hands.desk.catalogue.reload()
    yield lambda: not hands.desk.catalogue.is_reading
    monkey = Monkey(random.Random(hands.options["seed"]), hands.desk.actions.all())
    for number in range(hands.options["count"]):
        # By a timer of its own: a button's menu has a loop of its own, in which this script has to go on.
        QTimer.singleShot(0, hands.window, monkey.act)
        yield None
        if complaints.said:
            say(complaints=complaints.said, after=number, deeds=monkey.done)
            break
        _keep_in_place(hands)
    else:
        say(complaints=[])
    yield from _leave(hands)


def _keep_in_place(hands: Hands) -> None:
    """Take back what would let the monkey out: file dialogs of whole machines, a hidden window."""
    for dialog in hands.window.findChildren(QFileDialog):
        dialog.reject()
    if hands.window.isMinimized() or not hands.window.isVisible():
        hands.window.showNormal()


def _leave(hands: Hands) -> Script:
    popup: Callable[[], QWidget | None] = QApplication.activePopupWidget
    while (widget := popup()) is not None:
        widget.close()
        yield None
    hands.close()
