"""The name on a card: a label that becomes a line while it is renamed."""

from __future__ import annotations

from functools import cached_property

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QLineEdit, QStackedLayout, QWidget

from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import HAIRLINE, Space, set_font
from wnin_desktop.qt.theme.measures import CONTROL_HEIGHT
from wnin_desktop.qt.widgets import ElidedLabel

LONGEST = 60
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
LINE_FRAME = 2 * (Space.XS + HAIRLINE)
"""What stands above and below the letters of a line, together."""
SLACK = Space.S
"""How far beside its words a name is still hit."""


class CardName(QWidget):
    """Double-click or F2 begins, Enter or leaving ends, Escape gives up."""

    renamed = Signal(str)
    ended = Signal()
    """The keyboard may go back to the card."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("arm-name")
        self.label = ElidedLabel("", self)
        self.label.setObjectName("arm-name-label")
        set_font(self.label, "title")
        self._is_editing = False
        self._stack = QStackedLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._stack.addWidget(self.label)

    @cached_property
    def line(self) -> QLineEdit:
        """Where the name is typed; made when an arm is first renamed, which few are."""
        line = QLineEdit(self)
        line.setObjectName("arm-name-line")
        line.setAccessibleName(tr("Name of the arm"))
        line.setMaxLength(LONGEST)
        line.editingFinished.connect(self._finish)
        line.installEventFilter(self)
        self._stack.addWidget(line)
        return line

    def sizeHint(self) -> QSize:  # noqa: N802 - the names are Qt's
        """Return the height of a line from the start, so that nothing moves when renaming begins."""
        line = max(CONTROL_HEIGHT, self.fontMetrics().height() + LINE_FRAME)
        return super().sizeHint().expandedTo(QSize(0, line))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return as much height."""
        return super().minimumSizeHint().expandedTo(QSize(0, self.sizeHint().height()))

    def text(self) -> str:
        """Return the name that is shown."""
        return self.label.text()

    def show_name(self, name: str) -> None:
        """Show another name; what is being typed stays."""
        self.label.setText(name)

    @property
    def is_editing(self) -> bool:
        """Whether it is being renamed."""
        return self._is_editing

    def begin(self) -> None:
        """Let a person type."""
        self._is_editing = True
        self.line.setText(self.text())
        self._stack.setCurrentWidget(self.line)
        self.line.selectAll()
        self.line.setFocus(Qt.FocusReason.OtherFocusReason)

    def _finish(self) -> None:
        if not self._is_editing:
            return
        self._is_editing = False  # hiding the line takes its focus, which would end the editing again
        name, had_focus = self.line.text().strip(), self.line.hasFocus()
        self._stack.setCurrentWidget(self.label)
        if name and name != self.text():
            self.renamed.emit(name)
        if had_focus:
            self.ended.emit()

    def _give_up(self) -> None:
        self._is_editing = False
        self._stack.setCurrentWidget(self.label)
        self.ended.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """End on Enter, give up on Escape; neither key reaches the card."""
        if isinstance(event, QKeyEvent) and event.key() in (*ENTER, Qt.Key.Key_Escape):
            if event.type() == QEvent.Type.KeyPress:
                self._finish() if event.key() in ENTER else self._give_up()
            return event.type() in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease)
        return super().eventFilter(watched, event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Begin on a double click on the words themselves; beside them it is the card's."""
        words = self.fontMetrics().horizontalAdvance(self.label.shown_text())
        if event.button() == Qt.MouseButton.LeftButton and event.position().x() <= words + SLACK:
            self.begin()
            event.accept()
        else:
            event.ignore()
